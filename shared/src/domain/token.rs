//! Secrets that Portico hands out: shown once, kept as a hash.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::ids::{ConnectionId, OrganizationId, PersonId};
use super::random::Rng;

/// Whose an access token is: who signed in, and by which connection. Both must still be there for it to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// The person.
    pub person: PersonId,
    /// The connection.
    pub connection: ConnectionId,
}

/// What a secret of the admin portal opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalToken {
    /// A link: once.
    Link,
    /// A visit: until it ends.
    Session,
}

impl PortalToken {
    fn prefix(self) -> &'static str {
        match self {
            Self::Link => "pl_",
            Self::Session => "ps_",
        }
    }
}

/// A secret in the clear: an API key, an authorization code, an access token, a browser's binding value. It is shown to
/// its owner once and never stored or logged; `Debug` hides it.
#[derive(Clone)]
pub struct PlainToken(String);

/// The last four characters of a secret, by which people tell secrets apart.
pub fn secret_suffix(secret: &str) -> String {
    secret.chars().skip(secret.chars().count().saturating_sub(4)).collect()
}

impl PlainToken {
    /// An API key: `sk_` and 256 random bits.
    pub fn api_key(rng: &Rng) -> Self {
        Self(format!("sk_{}", hex::encode(rng.bytes::<32>())))
    }

    /// An authorization code, or a browser's binding value: 256 random bits.
    pub fn random(rng: &Rng) -> Self {
        Self(URL_SAFE_NO_PAD.encode(rng.bytes::<32>()))
    }

    /// The access token that a code gives: whose it is, so that the token and what it rests on are read side by side, and
    /// 256 bits that only the code (known to the application, and kept nowhere) and the salt (kept, and shown to nobody)
    /// give together. The same two give the same token again.
    pub fn access(bearer: Bearer, code: &PlainToken, salt: &TokenSalt) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, code.0.as_bytes());
        let secret = hmac::sign(&key, format!("access token {}", salt.0).as_bytes());
        let mut bytes = bearer.person.to_bytes().to_vec();
        bytes.extend_from_slice(&bearer.connection.to_bytes());
        bytes.extend_from_slice(secret.as_ref());
        Self(format!("at_{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A directory's bearer token: whose it is, so that everything that a request needs is read at once, and 256 random
    /// bits.
    pub fn directory(organization: OrganizationId, rng: &Rng) -> Self {
        let mut bytes = organization.to_bytes().to_vec();
        bytes.extend_from_slice(&rng.bytes::<32>());
        Self(format!("scim_{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Whose directory's token it claims to be; `None` where the text has not the form of one.
    pub fn claimed_organization(&self) -> Option<OrganizationId> {
        let bytes = URL_SAFE_NO_PAD.decode(self.0.strip_prefix("scim_")?).ok()?;
        let (organization, secret) = bytes.split_first_chunk::<16>()?;
        (secret.len() == 32).then(|| OrganizationId::from_bytes(*organization))
    }

    /// The secret of a link into the admin portal, or of a visit to it: whose it is and which, so that all that a page needs
    /// is read at once, and 256 random bits.
    pub fn portal(kind: PortalToken, organization: OrganizationId, id: [u8; 16], rng: &Rng) -> Self {
        let mut bytes = organization.to_bytes().to_vec();
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&rng.bytes::<32>());
        Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Whose link or visit it claims to be, and which; `None` where the text has not the form of one.
    pub fn claimed_portal(&self, kind: PortalToken) -> Option<(OrganizationId, [u8; 16])> {
        let bytes = URL_SAFE_NO_PAD.decode(self.0.strip_prefix(kind.prefix())?).ok()?;
        let (organization, rest) = bytes.split_first_chunk::<16>()?;
        let (id, secret) = rest.split_first_chunk::<16>()?;
        (secret.len() == 32).then(|| (OrganizationId::from_bytes(*organization), *id))
    }

    /// A value that only the holder of this secret can know, for one purpose: what a form of theirs proves itself by.
    pub fn derived(&self, purpose: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes()))
    }

    /// The last four characters, by which people tell secrets apart.
    pub fn suffix(&self) -> String {
        secret_suffix(&self.0)
    }

    /// A text that a caller presents as a secret; proves nothing. At most 256 bytes, so that nobody has us hash a book.
    pub fn presented(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= 256).then(|| Self(text.to_owned()))
    }

    /// Whose an access token claims to be; `None` where the text has not the form of one.
    pub fn claimed_bearer(&self) -> Option<Bearer> {
        let bytes = URL_SAFE_NO_PAD.decode(self.0.strip_prefix("at_")?).ok()?;
        let (person, rest) = bytes.split_first_chunk::<16>()?;
        let (connection, secret) = rest.split_first_chunk::<16>()?;
        let (person, connection) = (PersonId::from_bytes(*person), ConnectionId::from_bytes(*connection));
        (secret.len() == 32).then_some(Bearer { person, connection })
    }

    /// What is stored and looked up in its place.
    pub fn hashed(&self) -> HashedToken {
        HashedToken(hex::encode(digest::digest(&digest::SHA256, self.0.as_bytes())))
    }

    /// The secret, to be handed to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// 256 random bits that make a code's token one that can't be told from the code alone. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSalt(String);

impl TokenSalt {
    /// A new one.
    pub fn random(rng: &Rng) -> Self {
        Self(hex::encode(rng.bytes::<32>()))
    }
}

impl fmt::Debug for TokenSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSalt(…)")
    }
}

/// SHA-256 of a secret of at least 256 random bits, in hexadecimal. No salt is needed: there is nothing to guess.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HashedToken(String);

impl HashedToken {
    /// The hash as text, for a key of the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `plain` is the secret behind this hash, in constant time.
    pub fn matches(&self, plain: &PlainToken) -> bool {
        let other = plain.hashed();
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_its_own_hash_and_no_other() {
        let rng = Rng::system();
        let (one, two) = (PlainToken::random(&rng), PlainToken::random(&rng));
        assert!(one.hashed().matches(&one));
        assert!(!one.hashed().matches(&two));
    }

    #[test]
    fn an_access_token_leads_to_its_person_and_connection() {
        let bearer =
            Bearer { person: PersonId::from_bytes([9; 16]), connection: ConnectionId::from_bytes([8; 16]) };
        let rng = Rng::system();
        let token = PlainToken::access(bearer, &PlainToken::random(&rng), &TokenSalt::random(&rng));
        assert_eq!(token.claimed_bearer(), Some(bearer));
        assert_eq!(PlainToken::presented("at_x").unwrap().claimed_bearer(), None);
        assert_eq!(PlainToken::api_key(&Rng::system()).claimed_bearer(), None);
    }

    #[test]
    fn a_code_and_a_salt_give_one_token_and_neither_gives_it_alone() {
        let bearer =
            Bearer { person: PersonId::from_bytes([9; 16]), connection: ConnectionId::from_bytes([8; 16]) };
        let rng = Rng::system();
        let (code, salt) = (PlainToken::random(&rng), TokenSalt::random(&rng));
        let token = PlainToken::access(bearer, &code, &salt);
        assert_eq!(token.reveal(), PlainToken::access(bearer, &code, &salt).reveal());
        let others = [
            PlainToken::access(bearer, &PlainToken::random(&rng), &salt),
            PlainToken::access(bearer, &code, &TokenSalt::random(&rng)),
        ];
        assert!(others.iter().all(|other| other.reveal() != token.reveal()));
    }

    #[test]
    fn a_link_leads_to_its_organization_and_is_no_visit() {
        let organization = OrganizationId::from_bytes([7; 16]);
        let token = PlainToken::portal(PortalToken::Link, organization, [5; 16], &Rng::system());
        assert_eq!(token.claimed_portal(PortalToken::Link), Some((organization, [5; 16])));
        assert_eq!(token.claimed_portal(PortalToken::Session), None);
        let cut = PlainToken::presented(&token.reveal()[..60]).unwrap();
        assert_eq!(cut.claimed_portal(PortalToken::Link), None);
        assert_ne!(token.derived("form"), token.derived("other"));
    }

    #[test]
    fn a_secret_does_not_show_in_debug() {
        let token = PlainToken::api_key(&Rng::system());
        assert!(!format!("{token:?} {:?}", token.hashed()).contains(&token.reveal()[3..10]));
    }
}
