//! KMS for one test: one key, GenerateDataKey and Decrypt, the encryption context bound.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const KEY_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Serves on a free port of loopback; returns the URL.
pub(crate) async fn serve() -> (String, JoinHandle<()>) {
    let master: [u8; 32] = portico_shared::domain::random::Rng::system().bytes();
    let key = Arc::new(RandomizedNonceKey::new(&AES_256_GCM, &master).unwrap());
    let router = Router::new().route("/", post(answer)).with_state(key);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let _ended = axum::serve(listener, router).await;
    });
    (url, server)
}

async fn answer(
    State(key): State<Arc<RandomizedNonceKey>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let context = asked["EncryptionContext"].to_string();
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let result = match target {
        "TrentService.GenerateDataKey" => Some(generate(&key, &context)),
        "TrentService.Decrypt" => {
            decrypt(&key, &context, asked["CiphertextBlob"].as_str().unwrap_or_default())
        }
        _ => None,
    };
    match result {
        Some(answer) => (StatusCode::OK, answer.to_string()),
        None => (StatusCode::BAD_REQUEST, json!({ "__type": "InvalidCiphertextException" }).to_string()),
    }
}

fn generate(key: &RandomizedNonceKey, context: &str) -> Value {
    let plain: [u8; 32] = portico_shared::domain::random::Rng::system().bytes();
    let mut sealed = plain.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed).unwrap();
    let mut blob = nonce.as_ref().to_vec();
    blob.append(&mut sealed);
    json!({ "KeyId": KEY_ID, "Plaintext": STANDARD.encode(plain), "CiphertextBlob": STANDARD.encode(blob) })
}

fn decrypt(key: &RandomizedNonceKey, context: &str, blob: &str) -> Option<Value> {
    let mut blob = STANDARD.decode(blob).ok()?;
    let (nonce, sealed) = blob.split_first_chunk_mut::<NONCE_LEN>()?;
    let nonce = Nonce::from(&*nonce);
    let plain = key.open_in_place(nonce, Aad::from(context.as_bytes()), sealed).ok()?;
    Some(json!({ "KeyId": KEY_ID, "Plaintext": STANDARD.encode(plain) }))
}
