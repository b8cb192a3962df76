//! Identity providers that we didn't write: pysaml2 and npm samlp, each a server on a loopback port.

use serde_json::{Value, json};

use crate::{Peer, TlsKey};

/// An identity provider.
pub struct SamlIdp {
    peer: Peer,
    kind: Kind,
    /// Its metadata.
    pub metadata: String,
    /// Where its metadata stands.
    pub metadata_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Pysaml2,
    Samlp,
}

/// What the provider signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// The Response.
    Response,
    /// The Assertion.
    Assertion,
    /// Both.
    Both,
}

/// The hash that it signs with, by RSA.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Somebody whom the provider knows.
#[derive(Debug, Clone)]
pub struct User {
    /// The NameID, persistent.
    pub subject: String,
    /// The e-mail address.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
}

impl User {
    /// Ada Lovelace of this domain.
    pub fn ada(domain: &str) -> Self {
        Self {
            subject: "ada-1815".to_owned(),
            email: format!("ada@{domain}"),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
        }
    }
}

impl SamlIdp {
    /// pysaml2, which answers by any [`Sign`] and [`Hash`].
    pub async fn pysaml2() -> Self {
        Self::start(Peer::python("saml_idp.py"), Kind::Pysaml2, json!({})).await
    }

    /// pysaml2, which refuses AuthnRequests without a valid signature.
    pub async fn pysaml2_that_wants_signed_requests() -> Self {
        Self::start(Peer::python("saml_idp.py"), Kind::Pysaml2, json!({ "want_signed": true })).await
    }

    /// npm samlp, which answers by any [`Sign`] with SHA-256.
    pub async fn samlp() -> Self {
        let TlsKey { key, certificate } = TlsKey::generate();
        let identity = json!({ "key": key, "cert": certificate });
        Self::start(Peer::node("saml_idp.mjs"), Kind::Samlp, identity).await
    }

    async fn start(mut peer: Peer, kind: Kind, arguments: Value) -> Self {
        let answer = peer.call("metadata", arguments).await;
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self { peer, kind, metadata: text("xml"), metadata_url: text("url") }
    }

    /// Tells the provider about us: pysaml2 reads our metadata, samlp only takes the address to answer to.
    pub async fn trust(&mut self, sp_metadata: &str) {
        if self.kind == Kind::Pysaml2 {
            self.peer.call("trust", json!({ "sp_metadata": sp_metadata })).await;
        }
    }

    /// From now on this user is the one who signs in.
    pub async fn answer_with(&mut self, user: &User, sign: Sign, hash: Hash, acs_url: &str) {
        let sign = format!("{sign:?}").to_lowercase();
        let User { subject, email, first_name, last_name } = user;
        let answer = match self.kind {
            Kind::Pysaml2 => json!({
                "sign": sign,
                "hash": format!("{hash:?}").to_lowercase(),
                "user": {
                    "name_id": subject,
                    "attributes": { "mail": [email], "givenName": [first_name], "sn": [last_name] },
                },
            }),
            Kind::Samlp => {
                assert_eq!(hash, Hash::Sha256, "samlp has no SHA-512");
                json!({
                    "sign": sign,
                    "recipient": acs_url,
                    "user": {
                        "id": subject,
                        "emails": [{ "value": email }],
                        "displayName": format!("{first_name} {last_name}"),
                        "name": { "givenName": first_name, "familyName": last_name },
                    },
                })
            }
        };
        self.peer.call("answer_with", answer).await;
    }

    /// What the last AuthnRequest said, as pysaml2 read it: id, force_authn, signed.
    pub async fn last_request(&mut self) -> Value {
        self.peer.call("last_request", json!({})).await
    }

    /// The page of a sign-in that nobody asked for.
    pub async fn unsolicited(
        &mut self,
        acs_url: &str,
        sp_entity_id: &str,
        relay_state: Option<&str>,
    ) -> String {
        let arguments =
            json!({ "acs_url": acs_url, "sp_entity_id": sp_entity_id, "relay_state": relay_state });
        self.peer.call("unsolicited", arguments).await.as_str().unwrap().to_owned()
    }
}
