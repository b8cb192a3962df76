//! What a proven assertion says. A [`VerifiedAssertion`] exists only if every check has passed.

use chrono::{DateTime, Utc};

use super::ASSERTION_NS;
use super::bearer::check_bearer;
use super::conditions::check_conditions;
use super::refusal::{Reason, Refusal};
use super::response::{Expectations, check_issuer, check_version};
use super::time::{Present, parse_time, time_attribute};
use crate::signature::SignedElement;
use crate::xml::Element;

/// An assertion that the connection's IdP signed for us, for this request, and that is valid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAssertion {
    assertion_id: String,
    issuer: String,
    name_id: Option<NameId>,
    attributes: Vec<Attribute>,
    session: AuthnStatement,
    not_on_or_after: DateTime<Utc>,
    signed: Signed,
}

/// The identifier of the subject (saml-core §2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The identifier, white space trimmed, never empty.
    pub value: String,
    /// The format's URI, if given.
    pub format: Option<String>,
}

/// One attribute (saml-core §2.7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `Name`: a plain name, a claims URI or `urn:oid:…`.
    pub name: String,
    /// `FriendlyName`, if given.
    pub friendly_name: Option<String>,
    /// The text of each value, white space trimmed.
    pub values: Vec<String>,
}

/// Which elements carried a signature. All that were there have been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The response alone.
    Response,
    /// The assertion alone.
    Assertion,
    /// Each on its own.
    Both,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AuthnStatement {
    instant: DateTime<Utc>,
    index: Option<String>,
    not_on_or_after: Option<DateTime<Utc>>,
    context_class_ref: Option<String>,
}

impl VerifiedAssertion {
    /// Reads and checks an assertion.
    pub(super) fn read(
        assertion: SignedElement<'_>,
        signed: Signed,
        e: &Expectations<'_>,
    ) -> Result<Self, Refusal> {
        let assertion = assertion.element();
        check_version(assertion)?;
        let id = assertion.attribute("ID").filter(|id| !id.is_empty()).ok_or(Reason::AssertionIncomplete)?;
        let issuer = at_most_one(assertion, "Issuer")?.ok_or(Reason::AssertionIssuerMissing)?;
        check_issuer(issuer, e.idp_entity_id, Reason::AssertionIssuerMismatch)?;
        at_most_one(assertion, "Conditions")?;
        let subject = at_most_one(assertion, "Subject")?.ok_or(Reason::SubjectMissing)?;
        let confirmed_until = check_bearer(subject, e)?;
        let valid_until = check_conditions(assertion, e)?;
        Ok(Self {
            assertion_id: id.to_owned(),
            issuer: e.idp_entity_id.to_owned(),
            name_id: at_most_one(subject, "NameID")?.and_then(NameId::read),
            attributes: attributes(assertion),
            session: AuthnStatement::read(assertion, e)?,
            not_on_or_after: valid_until.map_or(confirmed_until, |until| until.min(confirmed_until)),
            signed,
        })
    }

    /// The assertion's own ID, chosen by the IdP.
    pub fn assertion_id(&self) -> &str {
        &self.assertion_id
    }

    /// The IdP's entity ID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subject's NameID, unless absent or empty.
    pub fn name_id(&self) -> Option<&NameId> {
        self.name_id.as_ref()
    }

    /// The attributes of all statements, in document order.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The IdP's handle for its session, for logout.
    pub fn session_index(&self) -> Option<&str> {
        self.session.index.as_deref()
    }

    /// When the person last showed a credential to the IdP.
    pub fn authn_instant(&self) -> DateTime<Utc> {
        self.session.instant
    }

    /// When the IdP wants the session to end, if it says so. In the future, skew included.
    pub fn session_not_on_or_after(&self) -> Option<DateTime<Utc>> {
        self.session.not_on_or_after
    }

    /// From when on this assertion is no longer accepted, skew not included.
    pub fn not_on_or_after(&self) -> DateTime<Utc> {
        self.not_on_or_after
    }

    /// How the person signed in, as the IdP calls it.
    pub fn authn_context_class_ref(&self) -> Option<&str> {
        self.session.context_class_ref.as_deref()
    }

    /// What was signed.
    pub fn signed(&self) -> Signed {
        self.signed
    }
}

impl NameId {
    fn read(element: Element<'_>) -> Option<Self> {
        let value = element.leaf_text().filter(|value| !value.is_empty())?;
        Some(Self { value, format: element.attribute("Format").map(str::to_owned) })
    }
}

impl AuthnStatement {
    /// The first statement: an IdP that writes several puts the current sign-in first.
    fn read(assertion: Element<'_>, e: &Expectations<'_>) -> Result<Self, Refusal> {
        let statement =
            assertion.children(ASSERTION_NS, "AuthnStatement").next().ok_or(Reason::AuthnStatementMissing)?;
        let not_on_or_after = time_attribute(statement, "SessionNotOnOrAfter")?;
        let present = Present::new(e.now, e.skew_seconds);
        if let Some(end) = not_on_or_after.filter(|end| present.is_past(*end)) {
            let received = format!("SessionNotOnOrAfter {}", end.format("%Y-%m-%dT%H:%M:%SZ"));
            let expected = format!("later than {}", present.describe());
            return Err(Refusal::new(Reason::SessionExpired).expected(expected).received(&received));
        }
        let context = statement.only_child(ASSERTION_NS, "AuthnContext");
        Ok(Self {
            instant: parse_time(statement.attribute("AuthnInstant").unwrap_or_default())?,
            index: statement.attribute("SessionIndex").map(str::to_owned),
            not_on_or_after,
            context_class_ref: context
                .and_then(|c| c.only_child(ASSERTION_NS, "AuthnContextClassRef"))
                .and_then(Element::leaf_text),
        })
    }
}

fn attributes(assertion: Element<'_>) -> Vec<Attribute> {
    assertion
        .children(ASSERTION_NS, "AttributeStatement")
        .flat_map(|statement| statement.children(ASSERTION_NS, "Attribute"))
        .map(|attribute| Attribute {
            name: attribute.attribute("Name").unwrap_or_default().to_owned(),
            friendly_name: attribute.attribute("FriendlyName").map(str::to_owned),
            values: attribute.children(ASSERTION_NS, "AttributeValue").map(Element::text).collect(),
        })
        .collect()
}

/// An element that may stand once at most. Two of them would leave open which one counts.
fn at_most_one<'d>(parent: Element<'d>, local_name: &str) -> Result<Option<Element<'d>>, Refusal> {
    let mut found = parent.children(ASSERTION_NS, local_name);
    let first = found.next();
    match found.next() {
        None => Ok(first),
        Some(_) => {
            Err(Refusal::new(Reason::AssertionIncomplete).received(&format!("more than one {local_name}")))
        }
    }
}
