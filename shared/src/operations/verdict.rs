//! The verdict on a provider's answer, as far as it rests on the connection alone: whether it is the provider's and meant
//! for us, and whom it names. Where answers come in, and where an admin has an earlier one judged again by today's settings.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use portico_protocol::saml::{
    Expectations, MappedProfile, Reason, Refusal, SpKeyPair, UnverifiedResponse, VerifiedAssertion,
};

use crate::config::Config;
use crate::domain::connection::Connection;
use crate::domain::domain_name::EmailAddress;
use crate::domain::sign_in::SentAttribute;

/// Why a person with an address of another domain isn't let in: ASCII without quotes, as in every reason's sentence.
pub const EMAIL_OUTSIDE_DOMAINS: &str = "The e-mail address is not of a domain that this organization has verified. Verify the domain, or correct the address in the identity provider.";

/// What an answer is held against beside its connection.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The request that it has to answer; `None` where nobody asked.
    pub in_response_to: Option<&'a str>,
    /// Our key pairs of the connection, where it is encrypted.
    pub sp_keys: &'a [Arc<SpKeyPair>],
    /// As of when.
    pub now: DateTime<Utc>,
}

/// Holds an answer against a connection's settings (steps 1 to 9 of the recipe in docs/security.md). `None` where the
/// connection doesn't name its provider yet.
///
/// # Errors
/// The first reason to refuse it.
pub fn verify(
    config: &Config,
    connection: &Connection,
    response: &UnverifiedResponse,
    circumstances: Circumstances<'_>,
) -> Option<Result<VerifiedAssertion, Refusal>> {
    let saml = &connection.saml;
    let idp_entity_id = saml.idp_entity_id.as_deref()?;
    let entity_id = config.public_url.sp_entity_id(&connection.id, saml.sp_entity_id.as_deref());
    // Old Entra tenants name the audience by its service principal name.
    let principal = format!("spn:{entity_id}");
    let certificates: Vec<_> = saml.certificates.iter().map(|known| known.certificate.clone()).collect();
    let expectations = Expectations {
        acs_url: &config.public_url.acs_url(&connection.id),
        idp_entity_id,
        audiences: &[&entity_id, &principal],
        certificates: &certificates,
        decryption_keys: &circumstances.sp_keys.iter().map(Arc::as_ref).collect::<Vec<_>>(),
        allow_sha1: saml.allow_sha1,
        in_response_to: circumstances.in_response_to,
        skew_seconds: config.clock_skew_seconds,
        now: circumstances.now,
    };
    Some(response.verify(&expectations))
}

/// Finds the person in a verified answer (step 11).
///
/// # Errors
/// It doesn't say clearly who it is, or with which address.
pub fn person(
    connection: &Connection,
    assertion: &VerifiedAssertion,
) -> Result<(MappedProfile, EmailAddress), Refusal> {
    let map = &connection.attribute_map;
    let mut profile = portico_protocol::saml::map_profile(assertion, connection.connection_type.idp(), map)?;
    // DynamoDB takes no attribute without a name.
    profile.raw_attributes.retain(|name, _| !name.is_empty());
    profile.custom_attributes.retain(|name, _| !name.is_empty());
    match EmailAddress::parse(&profile.email) {
        Some(email) => Ok((profile, email)),
        None => Err(Refusal {
            reason: Reason::EmailMalformed,
            expected: Some("name@company.com".to_owned()),
            received: Some(profile.email),
        }),
    }
}

/// The NameID and the attributes of a verified answer, as they were sent.
pub fn sent(assertion: &VerifiedAssertion) -> (Option<String>, Vec<SentAttribute>) {
    let name_id = assertion.name_id().map(|name_id| name_id.value.clone());
    let attributes = assertion.attributes().iter();
    let attributes =
        attributes.map(|sent| SentAttribute { name: sent.name.clone(), values: sent.values.clone() });
    (name_id, attributes.collect())
}
