//! The names under which IdPs send what a profile needs, most specific first.

use super::attributes::Idp;

/// The parts of a profile that have usual names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    IdpId,
    Email,
    FirstName,
    LastName,
    Name,
    Groups,
}

/// Claims of AD FS and Entra under this prefix are in every Microsoft default.
macro_rules! claim {
    ($name:literal) => {
        concat!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/", $name)
    };
}

const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailAddress",
    "email_address",
    "User.email", // OneLogin
    claim!("emailaddress"),
    "urn:oid:0.9.2342.19200300.100.1.3", // mail, RFC 4524
    "urn:oid:1.2.840.113549.1.9.1",      // emailAddress, PKCS #9; Keycloak's mapper
];
const FIRST_NAME: &[&str] = &[
    "firstName",
    "first_name",
    "givenName",
    "given_name",
    "User.FirstName",
    claim!("givenname"),
    "urn:oid:2.5.4.42", // givenName, RFC 4519
];
const LAST_NAME: &[&str] = &[
    "lastName",
    "last_name",
    "surname",
    "sn",
    "family_name",
    "familyName",
    "User.LastName",
    claim!("surname"),
    "urn:oid:2.5.4.4", // sn, RFC 4519
];
const NAME: &[&str] = &[
    "displayName",
    "display_name",
    "fullName",
    "full_name",
    "name",
    "cn",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241", // displayName, RFC 2798
    "urn:oid:2.5.4.3",                   // cn, RFC 4519
];
const GROUPS: &[&str] = &[
    "groups",
    "group",
    "memberOf",
    "member_of",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1", // isMemberOf, eduMember
];

/// The names tried for a field, in order.
pub(super) fn default_names(field: Field, idp: Idp) -> &'static [&'static str] {
    match (field, idp) {
        // Stays the same when a person's address changes, which Entra's NameID doesn't.
        (Field::IdpId, Idp::Entra) => &["http://schemas.microsoft.com/identity/claims/objectidentifier"],
        (Field::IdpId, _) => &[],
        (Field::Email, _) => EMAIL,
        (Field::FirstName, _) => FIRST_NAME,
        (Field::LastName, _) => LAST_NAME,
        // Auth0 puts the full name where Microsoft puts the user principal name.
        (Field::Name, Idp::Auth0) => &[claim!("name"), "name", "displayName"],
        (Field::Name, _) => NAME,
        (Field::Groups, _) => GROUPS,
    }
}
