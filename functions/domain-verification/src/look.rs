//! A look at a claim's record.

use portico_shared::app::App;
use portico_shared::domain::domain_proof::{Sighting, Wanted};
use portico_shared::domain::organization::OrganizationDomain;
use portico_shared::net::dns::Look;

/// The values that prove a claim.
pub(crate) struct Proof {
    txt: String,
    cname: Option<String>,
}

impl Proof {
    pub(crate) fn of(app: &App, claim: &OrganizationDomain) -> Self {
        let dns = &app.config().dns;
        Self {
            txt: claim.txt_value(&dns.value_prefix),
            cname: dns.proof_zone.as_deref().map(|zone| claim.cname_target(zone)),
        }
    }

    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted { txt: &self.txt, cname: self.cname.as_deref() }
    }
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closely {
    /// For somebody who waits for the answer: also where people put the record by mistake.
    Nearby,
    /// For a domain that may be lost by it: public resolvers are asked, too.
    Twice,
    /// For any other.
    Once,
}

/// Looks at a claim's record.
pub(crate) async fn look(app: &App, claim: &OrganizationDomain, closely: Closely) -> Sighting {
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
