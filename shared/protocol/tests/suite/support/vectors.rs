//! Loading vectors. A key is called by the name of its files under `tests/keys`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use openssl::pkey::PKey;
use portico_protocol::saml::{
    AttributeMap, Expectations, Idp, IdpCertificate, Refusal, SpKeyPair, UnverifiedResponse,
    VerifiedAssertion,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::encryption::Encryption;
use super::signer::{sign, sign_assertions};

/// What a response is held against, as `expect.json` writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) acs_url: String,
    pub(crate) idp_entity_id: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) certificates: Vec<String>,
    /// Our own key pairs, for what is encrypted.
    #[serde(default)]
    pub(crate) decryption_keys: Vec<String>,
    pub(crate) allow_sha1: bool,
    pub(crate) in_response_to: Option<String>,
    pub(crate) skew_seconds: u32,
    pub(crate) now: DateTime<Utc>,
}

impl Settings {
    /// The verdict on a document, from its base64 on.
    pub(crate) fn verdict(&self, encoded: &[u8]) -> Result<VerifiedAssertion, Refusal> {
        self.verdict_by(&self.certificates(), encoded)
    }

    pub(crate) fn certificates(&self) -> Vec<IdpCertificate> {
        self.certificates.iter().map(|name| certificate(name)).collect()
    }

    /// The same with certificates that are read already.
    pub(crate) fn verdict_by(
        &self,
        certificates: &[IdpCertificate],
        encoded: &[u8],
    ) -> Result<VerifiedAssertion, Refusal> {
        let audiences: Vec<_> = self.audiences.iter().map(String::as_str).collect();
        let pairs: Vec<_> = self.decryption_keys.iter().map(|name| key_pair(name)).collect();
        let pairs: Vec<&SpKeyPair> = pairs.iter().map(Arc::as_ref).collect();
        UnverifiedResponse::parse(encoded)?.verify(&Expectations {
            acs_url: &self.acs_url,
            idp_entity_id: &self.idp_entity_id,
            audiences: &audiences,
            certificates,
            decryption_keys: &pairs,
            allow_sha1: self.allow_sha1,
            in_response_to: self.in_response_to.as_deref(),
            skew_seconds: self.skew_seconds,
            now: self.now,
        })
    }
}

/// An accepted document with everything it is expected to say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    pub(crate) settings: Value,
    /// The key that signs `unsigned.xml`, where there is one.
    pub(crate) signing_key: Option<String>,
    /// How the assertion is encrypted, where it is.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) idp: String,
    pub(crate) attribute_map: AttributeMap,
    pub(crate) signed: String,
    pub(crate) name_id: Map<String, Value>,
    pub(crate) session_index: Option<String>,
    pub(crate) authn_instant: DateTime<Utc>,
    pub(crate) profile: Map<String, Value>,
    #[serde(skip)]
    pub(crate) directory: PathBuf,
}

impl Accepted {
    pub(crate) fn named(name: &str) -> Self {
        let directory = root().join("vectors/response/accepted").join(name);
        let mut case: Self = json(&directory.join("expect.json"));
        case.directory = directory;
        case
    }

    pub(crate) fn all() -> Vec<Self> {
        directories("response/accepted").iter().map(|name| Self::named(name)).collect()
    }

    pub(crate) fn name(&self) -> &str {
        self.directory.file_name().unwrap().to_str().unwrap()
    }

    pub(crate) fn response(&self) -> String {
        fs::read_to_string(self.directory.join("response.xml")).unwrap()
    }

    /// The document before signing: DigestValue and SignatureValue are empty. pysaml2 doesn't show us one.
    pub(crate) fn unsigned(&self) -> Option<String> {
        fs::read_to_string(self.directory.join("unsigned.xml")).ok()
    }

    pub(crate) fn settings(&self) -> Settings {
        serde_json::from_value(self.settings.clone()).unwrap()
    }

    /// A document of this style, made by the test's own signer and encryption from one that is neither.
    pub(crate) fn issue(&self, unsigned: &str) -> String {
        let key = self.signing_key.as_deref().expect("the case has a signing key");
        match &self.encryption {
            None => sign(unsigned, key),
            Some(encryption) => sign(&encryption.apply(&sign_assertions(unsigned, key)), key),
        }
    }

    pub(crate) fn idp(&self) -> Idp {
        match self.idp.as_str() {
            "entra" => Idp::Entra,
            "google" => Idp::Google,
            "keycloak" => Idp::Keycloak,
            "okta" => Idp::Okta,
            "onelogin" => Idp::OneLogin,
            "pingfederate" => Idp::PingFederate,
            "shibboleth" => Idp::Shibboleth,
            "generic" => Idp::Generic,
            other => panic!("no IdP is called {other}"),
        }
    }
}

/// The crate's directory of tests. The fuzz targets, whose own crate is inside this one, load vectors by this file too.
pub(crate) fn root() -> PathBuf {
    let directories = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|parent| parent.join("tests"));
    directories.into_iter().find(|tests| tests.join("vectors").is_dir()).expect("there are vectors")
}

/// The names of all cases of an area, sorted. An area without cases is a mistake.
pub(crate) fn directories(area: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join("vectors").join(area)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.is_empty(), "{area} has no cases");
    names.sort();
    names
}

pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn key_file(name: &str) -> String {
    fs::read_to_string(root().join("keys").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(crate) fn certificate(name: &str) -> IdpCertificate {
    static READ: LazyLock<Mutex<HashMap<String, IdpCertificate>>> = LazyLock::new(Mutex::default);
    let read = || IdpCertificate::parse(&key_file(&format!("{name}.pem"))).unwrap();
    READ.lock().unwrap().entry(name.to_owned()).or_insert_with(read).clone()
}

/// The pair `tests/keys/{name}.key.pem` and `tests/keys/{name}.pem`, read once.
pub(crate) fn key_pair(name: &str) -> Arc<SpKeyPair> {
    static READ: LazyLock<Mutex<HashMap<String, Arc<SpKeyPair>>>> = LazyLock::new(Mutex::default);
    let read = || {
        let key = PKey::private_key_from_pem(key_file(&format!("{name}.key.pem")).as_bytes()).unwrap();
        SpKeyPair::from_parts(&key.private_key_to_pkcs8().unwrap(), certificate(name).der()).unwrap()
    };
    READ.lock().unwrap().entry(name.to_owned()).or_insert_with(|| Arc::new(read())).clone()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    STANDARD.encode(bytes).into_bytes()
}
