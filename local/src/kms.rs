//! A stand-in for AWS KMS with one key: GenerateDataKey and Decrypt over AWS JSON 1.1, the encryption context bound
//! as additional data, as KMS binds it. The key is a file in the data directory; nothing here protects more than that.

use crate::files;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use portico_shared::domain::random::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The stand-in.
pub(crate) struct Kms {
    key_id: String,
    key: RandomizedNonceKey,
    rng: Rng,
}

/// KMS's refusals, by the name that an SDK sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Foreign or altered, or another encryption context: KMS doesn't tell which.
    InvalidCiphertext,
    /// The key id is not ours.
    NotFound,
    /// The request is not one that the stand-in takes.
    Validation,
    /// The cipher failed.
    Internal,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GenerateDataKey {
    key_id: String,
    key_spec: Option<String>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt {
    ciphertext_blob: String,
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
}

/// What an encryption is bound to.
#[derive(Serialize)]
struct Bound<'a> {
    key_id: &'a str,
    encryption_context: &'a BTreeMap<String, String>,
}

impl Kms {
    /// Reads the key file, or makes it.
    ///
    /// # Errors
    /// The file system's, or a key file of the wrong length.
    pub(crate) fn open(file: &Path, key_id: &str, rng: Rng) -> std::io::Result<Self> {
        if !file.exists() {
            files::write_private(file, &rng.bytes::<32>())?;
        }
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, &std::fs::read(file)?).map_err(std::io::Error::other)?;
        Ok(Self { key_id: key_id.to_owned(), key, rng })
    }

    /// The HTTP face.
    pub(crate) fn router(self) -> Router {
        Router::new().route("/", post(answer)).with_state(Arc::new(self))
    }

    fn perform(&self, target: &str, body: &[u8]) -> Result<Json, Refusal> {
        match target {
            "TrentService.GenerateDataKey" => self.generate_data_key(&parse(body)?),
            "TrentService.Decrypt" => self.decrypt(&parse(body)?),
            _ => Err(Refusal::Validation),
        }
    }

    fn generate_data_key(&self, request: &GenerateDataKey) -> Result<Json, Refusal> {
        self.check_key_id(&request.key_id)?;
        if request.key_spec.as_deref() != Some("AES_256") {
            return Err(Refusal::Validation);
        }
        let plaintext: [u8; 32] = self.rng.bytes();
        let mut sealed = plaintext.to_vec();
        let bound = self.bound(&request.encryption_context)?;
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(bound), &mut sealed)
            .map_err(|_| Refusal::Internal)?;
        let blob = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(json!({
            "KeyId": self.key_id,
            "Plaintext": BASE64.encode(plaintext),
            "CiphertextBlob": BASE64.encode(blob),
        }))
    }

    fn decrypt(&self, request: &Decrypt) -> Result<Json, Refusal> {
        if let Some(key_id) = &request.key_id {
            self.check_key_id(key_id)?;
        }
        let blob = BASE64.decode(&request.ciphertext_blob).map_err(|_| Refusal::Validation)?;
        let (nonce, sealed) = blob.split_at_checked(NONCE_LEN).ok_or(Refusal::InvalidCiphertext)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Refusal::InvalidCiphertext)?;
        let mut sealed = sealed.to_vec();
        let bound = self.bound(&request.encryption_context)?;
        let plaintext = self
            .key
            .open_in_place(nonce, Aad::from(bound), &mut sealed)
            .map_err(|_| Refusal::InvalidCiphertext)?;
        Ok(json!({
            "KeyId": self.key_id,
            "Plaintext": BASE64.encode(plaintext),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    /// KMS takes a key's ARN and its id alike.
    fn check_key_id(&self, asked: &str) -> Result<(), Refusal> {
        let ours = asked == self.key_id || self.key_id.rsplit('/').next() == Some(asked);
        ours.then_some(()).ok_or(Refusal::NotFound)
    }

    fn bound(&self, encryption_context: &BTreeMap<String, String>) -> Result<Vec<u8>, Refusal> {
        serde_json::to_vec(&Bound { key_id: &self.key_id, encryption_context }).map_err(|_| Refusal::Internal)
    }
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Validation)
}

async fn answer(State(kms): State<Arc<Kms>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (status, body) = match kms.perform(target, &body) {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let (status, name) = match refusal {
                Refusal::InvalidCiphertext => (StatusCode::BAD_REQUEST, "InvalidCiphertextException"),
                Refusal::NotFound => (StatusCode::BAD_REQUEST, "NotFoundException"),
                Refusal::Validation => (StatusCode::BAD_REQUEST, "ValidationException"),
                Refusal::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "KMSInternalException"),
            };
            (status, json!({ "__type": name, "message": null }))
        }
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:000000000000:key/VaultKey";

    fn kms(directory: &tempfile::TempDir) -> Kms {
        Kms::open(&directory.path().join("kms.key"), KEY, Rng::system()).unwrap()
    }

    fn perform(kms: &Kms, operation: &str, request: &Json) -> Result<Json, Refusal> {
        kms.perform(&format!("TrentService.{operation}"), request.to_string().as_bytes())
    }

    fn data_key(kms: &Kms) -> Json {
        let context = json!({ "portico:class": "sign" });
        let request = json!({ "KeyId": KEY, "KeySpec": "AES_256", "EncryptionContext": context });
        perform(kms, "GenerateDataKey", &request).unwrap()
    }

    fn decrypt(kms: &Kms, blob: &Json, class: &str) -> Result<Json, Refusal> {
        let context = json!({ "portico:class": class });
        perform(kms, "Decrypt", &json!({ "CiphertextBlob": blob, "EncryptionContext": context }))
    }

    #[test]
    fn a_data_key_comes_back_under_its_encryption_context_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let made = data_key(&kms(&directory));
        let opened = decrypt(&kms(&directory), &made["CiphertextBlob"], "sign").unwrap();
        assert_eq!(opened["Plaintext"], made["Plaintext"]);
        assert_eq!(opened["KeyId"], KEY);
        assert_ne!(data_key(&kms(&directory))["Plaintext"], made["Plaintext"]);
    }

    #[test]
    fn another_context_another_key_and_an_altered_ciphertext_are_all_invalid_ciphertexts() {
        let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let made = data_key(&kms(&ours));
        let blob = &made["CiphertextBlob"];
        assert_eq!(decrypt(&kms(&ours), blob, "spkey"), Err(Refusal::InvalidCiphertext));
        assert_eq!(decrypt(&kms(&other), blob, "sign"), Err(Refusal::InvalidCiphertext));
        let mut altered = BASE64.decode(blob.as_str().unwrap()).unwrap();
        altered[20] ^= 1;
        assert_eq!(
            decrypt(&kms(&ours), &BASE64.encode(altered).into(), "sign"),
            Err(Refusal::InvalidCiphertext)
        );
        assert_eq!(
            decrypt(&kms(&ours), &BASE64.encode("short").into(), "sign"),
            Err(Refusal::InvalidCiphertext)
        );
    }

    #[test]
    fn a_key_that_is_not_ours_is_not_found() {
        let directory = tempfile::tempdir().unwrap();
        let request = json!({ "KeyId": "another", "KeySpec": "AES_256" });
        assert_eq!(perform(&kms(&directory), "GenerateDataKey", &request), Err(Refusal::NotFound));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_key_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        kms(&directory);
        let mode = std::fs::metadata(directory.path().join("kms.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
