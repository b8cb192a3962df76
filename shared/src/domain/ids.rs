//! Identifiers: a prefix that names the kind, then 26 characters of Crockford's base 32 (a ULID, or a derived value of
//! the same form). Each kind is a type of its own.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

use super::random::Rng;

/// A text that isn't an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form '{prefix}' and 26 characters of Crockford's base 32")]
pub struct InvalidId {
    /// The prefix that was expected, such as `org_`.
    pub prefix: &'static str,
}

fn parse_ulid(text: &str, prefix: &'static str) -> Result<Ulid, InvalidId> {
    let invalid = InvalidId { prefix };
    let tail = text.strip_prefix(prefix).ok_or(invalid.clone())?;
    let ulid = Ulid::from_str(tail).map_err(|_| invalid.clone())?;
    // One spelling an id: lower case and the letters that Crockford reads as digits are refused.
    if ulid.to_string() == tail { Ok(ulid) } else { Err(invalid) }
}

fn ulid_at(now: DateTime<Utc>, rng: &Rng) -> Ulid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Ulid::from_parts(millis, u128::from_be_bytes(rng.bytes::<16>()))
}

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: the time in milliseconds, then 80 random bits.
            pub fn mint(now: DateTime<Utc>, rng: &Rng) -> Self {
                Self(ulid_at(now, rng))
            }

            /// The smallest id of an instant: where a range of time begins.
            pub fn floor_of(instant: DateTime<Utc>) -> Self {
                Self(Ulid::from_parts(u64::try_from(instant.timestamp_millis()).unwrap_or(0), 0))
            }

            /// Reads an id in its one spelling.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                parse_ulid(text, $prefix).map(Self)
            }

            /// The id's 128 bits.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// The id of these 128 bits.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A customer of the SaaS product.
    OrganizationId = "org_";
    /// An organization's claim to a domain.
    OrganizationDomainId = "org_domain_";
    /// A single sign-on connection to one identity provider.
    ConnectionId = "conn_";
    /// A signing certificate of a connection's identity provider.
    CertificateId = "cert_";
    /// A person as one connection sees them.
    ProfileId = "prof_";
    /// The member of an organization behind profiles and directory users.
    PersonId = "user_";
    /// A directory that an identity provider keeps for an organization.
    DirectoryId = "directory_";
    /// A person as one directory has them; the `id` of SCIM, too.
    DirectoryUserId = "directory_user_";
    /// A group of a directory; the `id` of SCIM, too.
    DirectoryGroupId = "directory_group_";
    /// A directory's bearer token by name; not the token.
    DirectoryTokenId = "directory_token_";
    /// A link into the admin portal; not its secret.
    PortalLinkId = "portal_link_";
    /// An admin's visit to the portal; not its secret.
    PortalSessionId = "portal_session_";
    /// Whom an organization has named as responsible for its setup.
    ItContactId = "it_contact_";
    /// An entry of the event log.
    EventId = "event_";
    /// A redirect URI of the application.
    RedirectUriId = "redir_";
    /// An API key's name for people; not the key.
    ApiKeyId = "api_key_";
    /// An entry of the sign-in log: the reference number on a refusal's page, and `sid` in tokens.
    SignInId = "sign_in_";
}

impl ProfileId {
    /// The profile of a subject at a connection: the same for every sign-in, so that it is found without an index.
    pub fn derive(connection: ConnectionId, subject: &str) -> Self {
        let mut input = connection.to_bytes().to_vec();
        input.extend_from_slice(subject.as_bytes());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Self::from_bytes(bytes)
    }
}

impl SignInId {
    /// The entry that all refusals of one reason at a connection share within a minute, where nothing proves who sent
    /// what was refused: else anybody could fill an organization's log.
    pub fn shared(connection: ConnectionId, reason: &str, now: DateTime<Utc>) -> Self {
        let mut input = connection.to_bytes().to_vec();
        input.extend_from_slice(reason.as_bytes());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
        let kind =
            digest.as_ref().iter().take(16).fold(0, |bits: u128, byte| (bits << 8) | u128::from(*byte));
        let minute = now.timestamp_millis().div_euclid(60_000) * 60_000;
        Self(Ulid::from_parts(u64::try_from(minute).unwrap_or(0), kind))
    }
}

impl EventId {
    /// A new id that exceeds `last`, so that one entity's events stay in order even where two clocks disagree.
    pub fn mint_after(now: DateTime<Utc>, rng: &Rng, last: Option<EventId>) -> Self {
        let fresh = Self::mint(now, rng);
        match last {
            Some(last) if last >= fresh => Self(last.0.increment().unwrap_or(fresh.0)),
            _ => fresh,
        }
    }

    /// When the id was minted.
    pub fn minted_at(self) -> DateTime<Utc> {
        let millis = i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX);
        DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A sign-in request: also the `ID` of the AuthnRequest, hence 160 random bits (SAML core §1.3.4) and a leading letter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SignInRequestId(String);

impl SignInRequestId {
    const PREFIX: &'static str = "req_";

    /// A new, unpredictable id.
    pub fn mint(rng: &Rng) -> Self {
        Self(format!("{}{}", Self::PREFIX, hex::encode(rng.bytes::<20>())))
    }

    /// Reads an id in its one spelling.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let tail = text.strip_prefix(Self::PREFIX).ok_or(InvalidId { prefix: Self::PREFIX })?;
        let hexadecimal = tail.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if tail.len() == 40 && hexadecimal {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId { prefix: Self::PREFIX })
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignInRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SignInRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SignInRequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SignInRequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id =
            OrganizationId::mint(DateTime::from_timestamp_millis(1_700_000_000_000).unwrap(), &Rng::system());
        assert_eq!(OrganizationId::parse(&id.to_string()).unwrap(), id);
        assert!(OrganizationId::parse(&id.to_string().to_lowercase()).is_err());
        assert!(OrganizationId::parse(&id.to_string().replace("org_", "conn_")).is_err());
        assert!(OrganizationId::parse("org_").is_err());
        assert!(OrganizationId::parse("org_8ZZZZZZZZZZZZZZZZZZZZZZZZZ").is_err());
        assert!(OrganizationId::parse(&format!("{id}0")).is_err());
    }

    #[test]
    fn an_organization_domain_is_not_an_organization() {
        let id = OrganizationDomainId::from_bytes([7; 16]);
        assert!(OrganizationId::parse(&id.to_string()).is_err());
    }

    #[test]
    fn the_same_subject_at_the_same_connection_is_the_same_profile() {
        let (one, two) = (ConnectionId::from_bytes([1; 16]), ConnectionId::from_bytes([2; 16]));
        assert_eq!(ProfileId::derive(one, "ada"), ProfileId::derive(one, "ada"));
        assert_ne!(ProfileId::derive(one, "ada"), ProfileId::derive(one, "Ada"));
        assert_ne!(ProfileId::derive(one, "ada"), ProfileId::derive(two, "ada"));
    }

    #[test]
    fn a_shared_entry_is_of_one_connection_one_reason_and_one_minute() {
        let at = |seconds: i64| DateTime::from_timestamp(1_700_000_040 + seconds, 0).unwrap();
        let (one, two) = (ConnectionId::from_bytes([1; 16]), ConnectionId::from_bytes([2; 16]));
        let shared = SignInId::shared(one, "unsigned", at(0));
        assert_eq!(SignInId::shared(one, "unsigned", at(59)), shared);
        for other in [
            SignInId::shared(one, "unsigned", at(60)),
            SignInId::shared(one, "not_xml", at(0)),
            SignInId::shared(two, "unsigned", at(0)),
        ] {
            assert_ne!(other, shared);
        }
        assert!(SignInId::shared(one, "unsigned", at(60)) > shared);
    }

    #[test]
    fn an_entitys_next_event_exceeds_its_last_though_the_clock_stood_still() {
        let now = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
        let ahead = EventId::mint(now + chrono::Duration::seconds(3), &Rng::system());
        assert!(EventId::mint_after(now, &Rng::system(), Some(ahead)) > ahead);
    }

    #[test]
    fn a_request_id_can_be_an_xml_id() {
        let id = SignInRequestId::mint(&Rng::system());
        assert!(id.as_str().starts_with(|c: char| c.is_ascii_alphabetic()));
        assert_eq!(SignInRequestId::parse(id.as_str()).unwrap(), id);
        assert!(SignInRequestId::parse("req_../../x").is_err());
    }
}
