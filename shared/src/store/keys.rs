//! Every key of the table, and the only place that formats one. A partition key begins with its security class: a
//! function's role is restricted by it (docs/data-model.md lists them all, held by a test).

mod directory;

use chrono::{DateTime, Utc};

pub(super) use directory::*;

use crate::domain::domain_name::DomainName;
use crate::domain::ids::{
    ConnectionId, EventId, ItContactId, OrganizationDomainId, OrganizationId, PersonId,
};
use crate::domain::ids::{PortalLinkId, PortalSessionId, ProfileId};
use crate::domain::ids::{SignInId, SignInRequestId};
use crate::domain::token::HashedToken;

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

pub(super) fn api_key(hash: &HashedToken) -> Key {
    key(format!("key#{}", hash.as_str()), "key")
}

/// The parent under which all API keys are listed.
pub(super) fn api_keys() -> String {
    "key#all".to_owned()
}

/// The partition that holds an organization, its policy, its domains and copies of its connections.
pub(super) fn organization_partition(id: OrganizationId) -> String {
    format!("cfg#org#{id}")
}

pub(super) const ORGANIZATION: &str = "organization";
pub(super) const POLICY: &str = "policy";
pub(super) const DOMAIN_PREFIX: &str = "domain#";
const CONNECTION_PREFIX: &str = "connection#";

/// The sort keys of an organization's connections, first and last.
pub(super) const CONNECTION_RANGE: (&str, &str) = (CONNECTION_PREFIX, "connection#~");

pub(super) fn organization(id: OrganizationId) -> Key {
    key(organization_partition(id), ORGANIZATION)
}

pub(super) fn policy(id: OrganizationId) -> Key {
    key(organization_partition(id), POLICY)
}

pub(super) fn organization_domain(organization: OrganizationId, id: OrganizationDomainId) -> Key {
    key(organization_partition(organization), format!("{DOMAIN_PREFIX}{id}"))
}

/// The copy of a connection's configuration beside its organization.
pub(super) fn organization_connection(organization: OrganizationId, id: ConnectionId) -> Key {
    key(organization_partition(organization), format!("{CONNECTION_PREFIX}{id}"))
}

/// How far its setup has come, beside an organization.
pub(super) const SETUP: &str = "setup";
const CONTACT_PREFIX: &str = "contact#";

/// The sort keys of all that its settings pages rest on: its connections, contacts, directories, domains, itself, its policy
/// and its progress.
pub(super) const SETUP_RANGE: (&str, &str) = (CONNECTION_PREFIX, SETUP);

pub(super) fn setup(organization: OrganizationId) -> Key {
    key(organization_partition(organization), SETUP)
}

pub(super) fn it_contact(organization: OrganizationId, id: ItContactId) -> Key {
    key(organization_partition(organization), format!("{CONTACT_PREFIX}{id}"))
}

/// The partition of the links into an organization's portal, and of the visits that they begin.
fn portal_partition(organization: OrganizationId) -> String {
    format!("link#{organization}")
}

pub(super) fn portal_link(organization: OrganizationId, id: PortalLinkId) -> Key {
    key(portal_partition(organization), format!("link#{id}"))
}

/// The partition and the sort keys of the links that were made since an instant.
pub(super) fn portal_links_since(
    organization: OrganizationId,
    from: DateTime<Utc>,
) -> (String, (String, String)) {
    let first = portal_link(organization, PortalLinkId::floor_of(from));
    (first.pk, (first.sk, "link#~".to_owned()))
}

pub(super) fn portal_session(organization: OrganizationId, id: PortalSessionId) -> Key {
    key(portal_partition(organization), format!("session#{id}"))
}

/// Whose a shareable link is: it can be ended by its id alone.
pub(super) fn portal_link_owner(id: PortalLinkId) -> Key {
    key(format!("link#{id}"), "organization")
}

/// The one open invitation of an organization.
pub(super) fn invitation(organization: OrganizationId) -> Key {
    key(portal_partition(organization), "invitation")
}

/// The parent under which all organizations are listed.
pub(super) fn organizations() -> String {
    "cfg#organizations".to_owned()
}

/// The guard that makes an organization's external id unique.
pub(super) fn external_id(external_id: &str) -> Key {
    key(format!("cfg#external_id#{external_id}"), "organization")
}

/// The guard that gives a domain one owner.
pub(super) fn domain_owner(domain: &DomainName) -> Key {
    key(format!("cfg#domain#{domain}"), "owner")
}

/// The parent under which all claims to a domain are listed, proved or not.
pub(super) fn domain_claims(domain: &DomainName) -> String {
    format!("cfg#claims#{domain}")
}

pub(super) fn connection(id: ConnectionId) -> Key {
    key(format!("cfg#connection#{id}"), "connection")
}

/// The parent under which all connections are listed.
pub(super) fn connections() -> String {
    "cfg#connections".to_owned()
}

/// A connection's state, which a sign-in may write; its configuration it may not.
pub(super) fn connection_state(id: ConnectionId) -> Key {
    key(format!("state#connection#{id}"), "state")
}

pub(super) fn sp_keys(id: ConnectionId) -> Key {
    key(format!("spkey#connection#{id}"), "key")
}

/// The partition that holds all redirect URIs.
pub(super) fn redirect_uris() -> String {
    "cfg#redirect_uris".to_owned()
}

/// Our secret at a connection's OpenID provider, sealed.
pub(super) fn oidc_secret(id: ConnectionId) -> Key {
    key(format!("spkey#connection#{id}"), "oidc_secret")
}

const REDIRECT_URI_PREFIX: &str = "uri#";

/// The sort keys of redirect URIs, first and last.
pub(super) const REDIRECT_URI_RANGE: (&str, &str) = (REDIRECT_URI_PREFIX, "uri#~");

/// A redirect URI, by its hash: the URI itself may be longer than a sort key.
pub(super) fn redirect_uri(uri: &str) -> Key {
    key(redirect_uris(), format!("{REDIRECT_URI_PREFIX}{}", hashed(uri)))
}

/// A copy of the redirect URI that is used where none is named.
pub(super) fn default_redirect_uri() -> Key {
    key(redirect_uris(), "default")
}

pub(super) fn sign_in_request(id: &SignInRequestId) -> Key {
    key(format!("req#{id}"), "request")
}

pub(super) fn authorization_code(code: &HashedToken) -> Key {
    key(format!("req#code#{}", code.as_str()), "code")
}

/// The mark beside a code whose trade was answered.
pub(super) fn answered_trade(code: &HashedToken) -> Key {
    key(authorization_code(code).pk, "answered")
}

pub(super) fn access_token(token: &HashedToken) -> Key {
    key(format!("tok#{}", token.as_str()), "token")
}

pub(super) fn person(id: PersonId) -> Key {
    key(format!("person#{id}"), "person")
}

pub(super) fn profile(id: ProfileId) -> Key {
    key(format!("person#profile#{id}"), "profile")
}

/// The guard that makes a folded address lead to one person of an organization.
pub(super) fn person_by_email(organization: OrganizationId, folded: &str) -> Key {
    key(format!("person#email#{organization}#{folded}"), "person")
}

/// The guard by which a person is found by the provider's own id of them.
pub(super) fn person_by_idp_id(organization: OrganizationId, idp_id: &str) -> Key {
    key(format!("person#idp#{organization}#{}", hashed(idp_id)), "person")
}

/// A value of any length as a part of a key.
fn hashed(value: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, value.as_bytes()))
}

/// How many partitions a day's events are spread over.
pub(super) const EVENT_SHARDS: u8 = 4;

/// A day of the event log, as its partitions and markers name it.
pub(super) fn day_of(instant: DateTime<Utc>) -> String {
    instant.format("%Y%m%d").to_string()
}

/// One of a day's partitions.
pub(super) fn event_shard(day: &str, shard: u8) -> String {
    format!("evt#{day}#{shard}")
}

pub(super) fn event(shard: u8, id: EventId) -> Key {
    key(event_shard(&day_of(id.minted_at()), shard), id.to_string())
}

/// The partition that holds the copies of an organization's events.
pub(super) fn organization_events(id: OrganizationId) -> String {
    format!("evt#{id}")
}

pub(super) fn organization_event(organization: OrganizationId, id: EventId) -> Key {
    key(organization_events(organization), id.to_string())
}

/// The partition of the markers of days that have events.
pub(super) fn event_days() -> String {
    "evt#days".to_owned()
}

pub(super) fn event_day(day: &str) -> Key {
    key(event_days(), day)
}

/// The partition of an organization's sign-in log.
pub(super) fn sign_ins(organization: OrganizationId) -> String {
    format!("log#{organization}")
}

pub(super) fn sign_in(organization: OrganizationId, id: SignInId) -> Key {
    key(sign_ins(organization), id.to_string())
}

/// What a provider answered, beside the log's entries.
pub(super) fn sign_in_answer(organization: OrganizationId, id: SignInId) -> Key {
    key(sign_ins(organization), format!("answer#{id}"))
}

/// The parent under which an entry of the sign-in log is found by its reference number, whosever log it stands in.
pub(super) fn sign_in_reference(id: SignInId) -> String {
    format!("log#{id}")
}

pub(super) fn data_key(class: &str) -> Key {
    key(format!("vault#{class}"), "data_key")
}

/// The partition of the keys that sign id_tokens.
pub(super) fn signing_keys() -> String {
    "sign#keys".to_owned()
}

pub(super) fn signing_key(kid: &str) -> Key {
    key(signing_keys(), kid)
}

/// Over how many partitions of the `due` index a kind of work is spread.
pub const DUE_SHARDS: u8 = 4;

pub(super) fn due(kind: &str, subject: &str) -> Key {
    key(format!("due#{kind}#{subject}"), "due")
}

/// One of the partitions of the `due` index.
pub(super) fn due_partition(kind: &str, shard: u8) -> String {
    format!("due#{kind}#{shard}")
}

/// The partition of the `due` index in which a piece of work stands.
pub(super) fn due_shard(kind: &str, subject: &str) -> String {
    let sum = subject.bytes().fold(0_u8, u8::wrapping_add);
    due_partition(kind, sum % DUE_SHARDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, key: &Key) -> String {
        format!("| {name} | `{}` | `{}` |", key.pk, key.sk)
    }

    /// One row for every key, in the form in which docs/data-model.md shows them.
    fn every_key() -> Vec<String> {
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let rng = crate::domain::random::Rng::new(|bytes: &mut [u8]| bytes.fill(7));
        let organization_id = OrganizationId::mint(at, &rng);
        let connection_id = ConnectionId::mint(at, &rng);
        let token = crate::domain::token::PlainToken::presented("x").unwrap().hashed();
        let acme = DomainName::parse("acme.com").unwrap();
        vec![
            row("API key", &api_key(&token)),
            row("organization", &organization(organization_id)),
            row("policy", &policy(organization_id)),
            row("domain claim", &organization_domain(organization_id, OrganizationDomainId::mint(at, &rng))),
            row("connection, copy by organization", &organization_connection(organization_id, connection_id)),
            row("IT contact", &it_contact(organization_id, ItContactId::mint(at, &rng))),
            row("how far the setup has come", &setup(organization_id)),
            row("link into the portal", &portal_link(organization_id, PortalLinkId::mint(at, &rng))),
            row("whose a shareable link is", &portal_link_owner(PortalLinkId::mint(at, &rng))),
            row("visit to the portal", &portal_session(organization_id, PortalSessionId::mint(at, &rng))),
            row("the open invitation", &invitation(organization_id)),
            row("guard: external id", &external_id("customer-7")),
            row("guard: domain owner", &domain_owner(&acme)),
            row("connection", &connection(connection_id)),
            row("connection state", &connection_state(connection_id)),
            row("SP key pairs, sealed", &sp_keys(connection_id)),
            row("our secret at an OpenID provider, sealed", &oidc_secret(connection_id)),
            row("redirect URI", &redirect_uri("https://app.example.com/callback")),
            row("default redirect URI", &default_redirect_uri()),
            row("sign-in request", &sign_in_request(&SignInRequestId::mint(&rng))),
            row("authorization code", &authorization_code(&token)),
            row("mark: the code's trade was answered", &answered_trade(&token)),
            row("access token", &access_token(&token)),
            row("person", &person(PersonId::mint(at, &rng))),
            row("profile", &profile(ProfileId::derive(connection_id, "ada"))),
            row("guard: person by e-mail", &person_by_email(organization_id, "ada@acme.com")),
            row("guard: person by the provider's id", &person_by_idp_id(organization_id, "00u1")),
            row("event", &event(1, EventId::mint(at, &rng))),
            row("event, copy by organization", &organization_event(organization_id, EventId::mint(at, &rng))),
            row("marker: a day with events", &event_day(&day_of(at))),
            row("sign-in record", &sign_in(organization_id, SignInId::mint(at, &rng))),
            row("a provider's answer, sealed", &sign_in_answer(organization_id, SignInId::mint(at, &rng))),
            row("data key, sealed by KMS", &data_key("sp_keys")),
            row("id_token signing key, sealed", &signing_key("2026-09-21")),
            row("work that is due", &due("domain_check", "org_domain_01M2ZD2T000W3GE1R70W3GE1R7")),
        ]
        .into_iter()
        .chain(directory::every_key(row))
        .collect()
    }

    #[test]
    fn every_key_stands_in_the_data_model() {
        let page = include_str!("../../../docs/data-model.md");
        let missing: Vec<_> = every_key().into_iter().filter(|row| !page.contains(row)).collect();
        assert!(missing.is_empty(), "docs/data-model.md lacks these rows:\n{}", missing.join("\n"));
    }
}
