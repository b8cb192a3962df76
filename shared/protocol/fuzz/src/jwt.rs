//! An ID token that is shown to us, and the keys that it is held against: only what was signed counts, as it was signed.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openssl::pkey::PKey;
use portico_protocol::oidc::{IdTokenClaims, IdTokenSigner, verify};
use serde_json::{Value, json};

use crate::Seed;
use crate::support::vectors::key_file;

const ISSUER: &str = "https://sso.portico.example";
const CLIENT: &str = "client_portico";

struct Known {
    jwks: Vec<Value>,
    claims: IdTokenClaims,
    token: String,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let key = PKey::private_key_from_pem(key_file("idp.key.pem").as_bytes()).unwrap();
    let signer = IdTokenSigner::from_pkcs8("k1".into(), &key.private_key_to_pkcs8().unwrap()).unwrap();
    let claims: IdTokenClaims = serde_json::from_value(json!({
        "iss": ISSUER, "sub": "prof_1", "aud": CLIENT, "exp": 2_000, "iat": 1_000, "auth_time": 900, "nonce": "n",
        "sid": "session_1", "email": "ada@example.com", "email_verified": true, "given_name": "Ada",
        "groups": ["staff"], "org_id": "org_1", "connection_id": "conn_1", "connection_type": "OktaSAML",
    }))
    .unwrap();
    let token = signer.sign(&claims).unwrap();
    Known { jwks: vec![signer.public_jwk().unwrap()], claims, token }
});

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_500, 0).unwrap()
}

/// Makes what inputs are held against, so that the first input isn't charged with the time it takes.
pub fn prepare() {
    LazyLock::force(&KNOWN);
}

/// The first line says what the input is: `token`, the text of a token; `parts`, its parts before base64url, a line each, to
/// which the true signature is added where the third is missing; `jwk`, a key in the set.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (kind, rest) = text.split_once('\n').unwrap_or(("token", &text));
    match kind {
        "parts" => {
            let mut lines = rest.splitn(3, '\n').map(|part| URL_SAFE_NO_PAD.encode(part));
            let (header, claims) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
            let (_, true_signature) = KNOWN.token.rsplit_once('.').unwrap();
            let signature = lines.next().unwrap_or_else(|| true_signature.to_owned());
            only_what_was_signed(&format!("{header}.{claims}.{signature}"));
        }
        "jwk" => {
            let Ok(jwk) = serde_json::from_str::<Value>(rest) else { return };
            // Whoever writes our key set may choose keys; what a token says stays what it says.
            if let Ok(claims) = verify(&KNOWN.token, &[jwk], ISSUER, CLIENT, now()) {
                assert_eq!(claims, KNOWN.claims);
            }
        }
        _ => only_what_was_signed(rest),
    }
}

fn only_what_was_signed(token: &str) {
    if let Ok(claims) = verify(token, &KNOWN.jwks, ISSUER, CLIENT, now()) {
        assert_eq!(claims, KNOWN.claims);
    }
}

/// The token as it is and in parts, with the headers that forgers try, and its key.
pub fn seeds() -> Vec<Seed> {
    let claims = serde_json::to_string(&KNOWN.claims).unwrap();
    let part = |name: &str, header: &str| Seed {
        name: name.to_owned(),
        input: format!("parts\n{header}\n{claims}").into_bytes(),
    };
    vec![
        Seed { name: "token".into(), input: format!("token\n{}", KNOWN.token).into_bytes() },
        Seed { name: "jwk".into(), input: format!("jwk\n{}", KNOWN.jwks[0]).into_bytes() },
        part("rs256", r#"{"typ":"JWT","alg":"RS256","kid":"k1"}"#),
        part("none", r#"{"alg":"none","kid":"k1"}"#),
        part("hs256", r#"{"alg":"HS256","kid":"k1"}"#),
        part(
            "own-key",
            r#"{"alg":"RS256","kid":"k1","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"},"crit":["b64"]}"#,
        ),
    ]
}
