//! Identity providers that we didn't write: pysaml2 and npm samlp, each a server on a loopback port.

use serde_json::{Value, json};

use crate::{Peer, TlsKey};

/// An identity provider.
pub struct SamlIdp {
    peer: Peer,
    kind: Kind,
    /// How it encrypts, where it does.
    encrypt: Option<Encrypt>,
    /// What it knows of us.
    sp_metadata: String,
    /// Its metadata.
    pub metadata: String,
    /// Its signing certificate, where it is pysaml2: PEM.
    pub certificate: String,
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

/// How the provider encrypts the assertion, for the certificate that our metadata offers first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encrypt {
    /// The cipher of the assertion.
    pub cipher: Cipher,
    /// How its key is encrypted.
    pub transport: Transport,
}

/// A cipher of XML Encryption.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cipher {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-256-CBC.
    Aes256Cbc,
    /// Triple DES, which nobody should use.
    TripleDes,
}

/// A key transport of XML Encryption.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transport {
    /// RSA-OAEP with SHA-1 for both hashes.
    OaepSha1,
    /// RSA-OAEP with SHA-256 for both hashes; samlp's xml-encryption alone.
    OaepSha256,
    /// RSA PKCS#1 v1.5, which nobody should use; samlp's xml-encryption alone.
    Pkcs1,
}

impl Cipher {
    fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "aes128-gcm",
            Self::Aes256Gcm => "aes256-gcm",
            Self::Aes256Cbc => "aes256-cbc",
            Self::TripleDes => "tripledes-cbc",
        }
    }
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
        let (metadata, metadata_url) = (text("xml"), text("url"));
        let certificate = answer["certificate"].as_str().unwrap_or_default().to_owned();
        Self { peer, kind, encrypt: None, sp_metadata: String::new(), metadata, certificate, metadata_url }
    }

    /// From the next [`SamlIdp::answer_with`] on the assertion is encrypted like this.
    pub fn encrypt(&mut self, how: Option<Encrypt>) {
        self.encrypt = how;
    }

    /// A second provider of the same kind takes this one's place with a key of its own, as after a rotation: same name, same
    /// address.
    pub async fn renew_key(&mut self) {
        let identity = TlsKey::generate();
        let answer = self.peer.call("metadata", json!({ "key": identity.key, "cert": identity.certificate }));
        self.metadata = answer.await["xml"].as_str().unwrap().to_owned();
    }

    /// Tells the provider about us: pysaml2 reads our metadata, samlp takes the address to answer to and the certificate to
    /// encrypt for.
    pub async fn trust(&mut self, sp_metadata: &str) {
        sp_metadata.clone_into(&mut self.sp_metadata);
        if self.kind == Kind::Pysaml2 {
            self.peer.call("trust", json!({ "sp_metadata": sp_metadata })).await;
        }
    }

    /// From now on this user is the one who signs in.
    pub async fn answer_with(&mut self, user: &User, sign: Sign, hash: Hash, acs_url: &str) {
        let sign = format!("{sign:?}").to_lowercase();
        let User { subject, email, first_name, last_name } = user;
        let encrypt = self.encrypt.map(|how| self.encryption(how));
        let answer = match self.kind {
            Kind::Pysaml2 => json!({
                "sign": sign,
                "hash": format!("{hash:?}").to_lowercase(),
                "encrypt": encrypt,
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
                    "encrypt": encrypt,
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

    /// From now on whoever signs in is said to be this, by any names; for another audience, where one is given. pysaml2 alone.
    pub async fn answer_as(
        &mut self,
        name_id: &str,
        attributes: &Value,
        (sign, hash): (Sign, Hash),
        audience: Option<&str>,
    ) {
        assert_eq!(self.kind, Kind::Pysaml2);
        let answer = json!({
            "sign": format!("{sign:?}").to_lowercase(),
            "hash": format!("{hash:?}").to_lowercase(),
            "audience": audience,
            "user": { "name_id": name_id, "attributes": attributes },
        });
        self.peer.call("answer_with", answer).await;
    }

    fn encryption(&self, how: Encrypt) -> Value {
        let Encrypt { cipher, transport } = how;
        let old = "http://www.w3.org/2001/04/xmlenc#";
        let namespace = match cipher {
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#",
            Cipher::Aes256Cbc | Cipher::TripleDes => old,
        };
        let (key_algorithm, digest) = match transport {
            Transport::OaepSha1 => ("rsa-oaep-mgf1p", "sha1"),
            Transport::OaepSha256 => ("rsa-oaep-mgf1p", "sha256"),
            Transport::Pkcs1 => ("rsa-1_5", "sha1"),
        };
        match self.kind {
            Kind::Pysaml2 => {
                assert_eq!(transport, Transport::OaepSha1, "Debian's xmlsec1 has no other");
                json!({ "cipher": cipher.name() })
            }
            Kind::Samlp => json!({
                "certificate": encryption_certificate(&self.sp_metadata),
                "algorithm": format!("{namespace}{}", cipher.name()),
                "key_algorithm": format!("{old}{key_algorithm}"),
                "digest": digest,
            }),
        }
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

/// The certificate that our metadata offers first for encryption, as PEM.
fn encryption_certificate(metadata: &str) -> String {
    let (_, descriptor) = metadata.split_once("use=\"encryption\"").expect("an encryption key is published");
    let (_, value) = descriptor.split_once("X509Certificate>").unwrap();
    let base64 = value.split_once('<').unwrap().0;
    let lines: Vec<String> =
        base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
