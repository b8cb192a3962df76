//! A look at a claim's record.

use crate::app::App;
use crate::domain::domain_proof::{Sighting, Wanted};
use crate::domain::organization::OrganizationDomain;
use crate::net::dns::Look;

/// The values that prove a claim.
pub(super) struct Proof {
    txt: String,
    cname: Option<String>,
}

impl Proof {
    pub(super) fn of(app: &App, claim: &OrganizationDomain) -> Self {
        let dns = &app.config().dns;
        Self {
            txt: claim.txt_value(&dns.value_prefix),
            cname: dns.proof_zone.as_deref().map(|zone| claim.cname_target(zone)),
        }
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { txt: &self.txt, cname: self.cname.as_deref() }
    }
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closely {
    /// For somebody who waits for the answer: also where people put the record by mistake.
    Nearby,
    /// For a domain that may be lost by it: public resolvers are asked, too.
    Twice,
    /// For any other.
    Once,
}

/// Looks at a claim's record.
pub async fn look(app: &App, claim: &OrganizationDomain, closely: Closely) -> Sighting {
    let proof = Proof::of(app, claim);
    let look = Look {
        domain: &claim.domain,
        label: &app.config().dns.label,
        wanted: proof.wanted(),
        second_voice: closely == Closely::Twice,
        nearby: closely == Closely::Nearby,
    };
    app.dns().look(&look).await
}
