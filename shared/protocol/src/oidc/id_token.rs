//! ID tokens: made by us, checked by applications.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::RsaKeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use x509_parser::der_parser::parse_der;

/// What an ID token says (OpenID Connect Core §2 and §5.1), with our own claims at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who issued it: our issuer URL.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    /// Which client it is for.
    pub aud: String,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// When the person last showed a credential, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The client's nonce, returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The session, for logout.
    pub sid: String,
    /// Ties the token to the access token beside it: see [`at_hash`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// E-mail address.
    pub email: String,
    /// Whether the address is in one of the organization's verified domains.
    pub email_verified: bool,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Groups at the IdP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The organization signed in to.
    pub org_id: String,
    /// The connection signed in through.
    pub connection_id: String,
    /// That connection's type.
    pub connection_type: String,
}

/// Why there is no token, or none that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// The private key is not an RSA key in PKCS#8.
    #[error("the signing key is not an RSA key in PKCS#8")]
    PrivateKey,
    /// Making the token failed.
    #[error("signing the token failed")]
    Sign,
    /// The text is not a JWT signed with RS256 that has our claims.
    #[error("this is not an ID token signed with RS256")]
    Malformed,
    /// No known key has the token's `kid`.
    #[error("the token was signed with a key that is not published")]
    UnknownKey,
    /// The signature, issuer or audience is wrong.
    #[error("the token's signature, issuer or audience is not the expected one")]
    Mismatch,
    /// The token has ended.
    #[error("the token has expired")]
    Expired,
}

/// One of our keys for ID tokens.
pub struct IdTokenSigner {
    kid: String,
    key: EncodingKey,
}

impl IdTokenSigner {
    /// Takes up a key made earlier, under this key ID.
    ///
    /// # Errors
    /// [`IdTokenError::PrivateKey`].
    pub fn from_pkcs8(kid: String, pkcs8: &[u8]) -> Result<Self, IdTokenError> {
        RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| IdTokenError::PrivateKey)?;
        let key = EncodingKey::from_rsa_der(rsa_private_key(pkcs8).ok_or(IdTokenError::PrivateKey)?);
        Ok(Self { kid, key })
    }

    /// The key ID.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as published in the JWKS (RFC 7517).
    ///
    /// # Errors
    /// [`IdTokenError::PrivateKey`].
    pub fn public_jwk(&self) -> Result<serde_json::Value, IdTokenError> {
        let mut jwk =
            Jwk::from_encoding_key(&self.key, Algorithm::RS256).map_err(|_| IdTokenError::PrivateKey)?;
        jwk.common.key_id = Some(self.kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        serde_json::to_value(jwk).map_err(|_| IdTokenError::PrivateKey)
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`IdTokenError::Sign`].
    pub fn sign(&self, claims: &IdTokenClaims) -> Result<String, IdTokenError> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.key).map_err(|_| IdTokenError::Sign)
    }
}

impl fmt::Debug for IdTokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenSigner").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The RSAPrivateKey inside a PKCS#8 PrivateKeyInfo (RFC 5958 §2): version, algorithm, then the key.
fn rsa_private_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_, info) = parse_der(pkcs8).ok()?;
    info.as_sequence().ok()?.get(2)?.content.as_slice().ok()
}

/// The `at_hash` for an access token beside an RS256 token: the left half of its SHA-256 (OpenID Connect Core §3.1.3.6).
pub fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

/// Checks a token of ours against our published keys, RS256 only.
///
/// # Errors
/// See [`IdTokenError`].
pub fn verify(
    jwt: &str,
    jwks: &[serde_json::Value],
    iss: &str,
    aud: &str,
    now: DateTime<Utc>,
) -> Result<IdTokenClaims, IdTokenError> {
    let header = decode_header(jwt).map_err(|_| IdTokenError::Malformed)?;
    if header.alg != Algorithm::RS256 {
        return Err(IdTokenError::Malformed);
    }
    let kid = header.kid.ok_or(IdTokenError::UnknownKey)?;
    let named = |jwk: &&serde_json::Value| jwk.get("kid").and_then(|k| k.as_str()) == Some(kid.as_str());
    let jwk = jwks.iter().find(named).ok_or(IdTokenError::UnknownKey)?;
    let jwk: Jwk = serde_json::from_value(jwk.clone()).map_err(|_| IdTokenError::UnknownKey)?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| IdTokenError::UnknownKey)?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[iss]);
    validation.set_audience(&[aud]);
    // The library would ask the system clock; the time is an argument here.
    validation.validate_exp = false;
    let claims = decode::<IdTokenClaims>(jwt, &key, &validation).map_err(|_| IdTokenError::Mismatch)?.claims;
    if claims.exp <= now.timestamp() { Err(IdTokenError::Expired) } else { Ok(claims) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;

    use super::*;

    fn claims() -> IdTokenClaims {
        IdTokenClaims {
            iss: "https://portico.example".into(),
            sub: "user_1".into(),
            aud: "client_1".into(),
            exp: 2_000,
            iat: 1_000,
            auth_time: Some(900),
            nonce: None,
            sid: "session_1".into(),
            at_hash: Some(at_hash("token")),
            email: "ada@example.com".into(),
            email_verified: true,
            given_name: Some("Ada".into()),
            family_name: None,
            name: None,
            groups: Some(vec!["staff".into()]),
            org_id: "org_1".into(),
            connection_id: "conn_1".into(),
            connection_type: "OktaSAML".into(),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn made() -> IdTokenSigner {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
        IdTokenSigner::from_pkcs8("k1".into(), pkcs8.as_ref()).unwrap()
    }

    #[test]
    fn a_token_is_read_with_the_public_key_of_its_issuer_for_its_audience_until_it_ends() {
        let signer = made();
        let jwt = signer.sign(&claims()).unwrap();
        let jwks = [signer.public_jwk().unwrap()];
        let read = verify(&jwt, &jwks, "https://portico.example", "client_1", at(1_999)).unwrap();
        assert_eq!(read, claims());
        let refusal = |jwks: &[serde_json::Value], iss: &str, aud: &str, now| {
            verify(&jwt, jwks, iss, aud, at(now)).err()
        };
        assert_eq!(refusal(&jwks, "https://portico.example", "client_1", 2_000), Some(IdTokenError::Expired));
        assert_eq!(
            refusal(&jwks, "https://portico.example", "client_2", 1_500),
            Some(IdTokenError::Mismatch)
        );
        assert_eq!(refusal(&jwks, "https://other.example", "client_1", 1_500), Some(IdTokenError::Mismatch));
        assert_eq!(
            refusal(&[], "https://portico.example", "client_1", 1_500),
            Some(IdTokenError::UnknownKey)
        );
        let other = made().public_jwk().unwrap();
        assert_eq!(
            refusal(&[other], "https://portico.example", "client_1", 1_500),
            Some(IdTokenError::Mismatch)
        );
    }

    #[test]
    fn a_token_that_claims_no_signature_or_a_shared_secret_is_refused() {
        let signer = made();
        let jwks = [signer.public_jwk().unwrap()];
        let jwt = signer.sign(&claims()).unwrap();
        let payload = jwt.split('.').nth(1).unwrap();
        for alg in ["none", "HS256"] {
            let header = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{alg}\",\"kid\":\"k1\"}}"));
            let forged = format!("{header}.{payload}.");
            let refusal = verify(&forged, &jwks, "https://portico.example", "client_1", at(1_500)).err();
            assert_eq!(refusal, Some(IdTokenError::Malformed), "{alg}");
        }
    }

    #[test]
    fn the_published_key_says_what_it_is_for_and_holds_nothing_private() {
        let jwk = made().public_jwk().unwrap();
        for (member, value) in [("kty", "RSA"), ("alg", "RS256"), ("use", "sig"), ("kid", "k1")] {
            assert_eq!(jwk[member], value);
        }
        assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|member| jwk.get(member).is_none()));
    }

    #[test]
    fn at_hash_is_the_left_half_of_the_hash() {
        // SHA-256 of "abc" (FIPS 180-4) starts ba7816bf8f01cfea414140de5dae2223.
        let half = hex::decode("ba7816bf8f01cfea414140de5dae2223").unwrap();
        assert_eq!(at_hash("abc"), URL_SAFE_NO_PAD.encode(half));
    }

    #[test]
    fn debug_output_holds_no_key() {
        let signer = made();
        assert_eq!(format!("{signer:?}"), "IdTokenSigner { kid: \"k1\", .. }");
    }
}
