//! Proof Key for Code Exchange (RFC 7636), method S256 only: `plain` protects nothing that TLS doesn't.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, de};

/// The code challenge that came with an authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct S256Challenge(String);

/// The text is not a code challenge of method S256: 43 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge is not 43 characters of base64url")]
pub struct ChallengeError;

impl S256Challenge {
    /// Reads a challenge (RFC 7636 §4.2): the base64url of a SHA-256, without padding.
    ///
    /// # Errors
    /// [`ChallengeError`].
    pub fn parse(text: &str) -> Result<Self, ChallengeError> {
        let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| ChallengeError)?;
        if decoded.len() == SHA256.output_len() { Ok(Self(text.to_owned())) } else { Err(ChallengeError) }
    }

    /// The challenge as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this verifier is the one the challenge was made from (RFC 7636 §4.6). A verifier has 43 to 128
    /// unreserved characters (§4.1).
    pub fn matches(&self, verifier: &str) -> bool {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return false;
        }
        let expected = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        verify_slices_are_equal(expected.as_bytes(), self.0.as_bytes()).is_ok()
    }
}

impl<'de> Deserialize<'de> for S256Challenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfcs_example_matches_and_no_other_verifier_does() {
        let challenge = S256Challenge::parse(CHALLENGE).unwrap();
        assert!(challenge.matches(VERIFIER));
        assert!(!challenge.matches(&VERIFIER.replace('d', "e")));
        assert!(!challenge.matches(CHALLENGE), "the challenge itself is not a verifier");
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for (length, fits) in [(42, false), (43, true), (128, true), (129, false)] {
            let verifier = "a".repeat(length);
            let text = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            assert_eq!(S256Challenge::parse(&text).unwrap().matches(&verifier), fits, "{length}");
        }
        let verifier = "a/".repeat(22);
        let text = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        assert!(!S256Challenge::parse(&text).unwrap().matches(&verifier));
    }

    #[test]
    fn other_texts_are_not_challenges() {
        for text in ["", "short", &CHALLENGE[1..], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")] {
            assert_eq!(S256Challenge::parse(text), Err(ChallengeError), "{text}");
        }
    }
}
