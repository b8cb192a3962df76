//! Our own key of one connection: it signs what we send to that connection's IdP, and opens what the IdP encrypts for us.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};

/// How long the self-signed certificate is valid. IdPs pin it, so it is replaced by rotation and not by expiry.
const VALIDITY_DAYS: i64 = 3650;

/// An RSA key and a self-signed certificate that carries it to the IdP.
pub struct SpKeyPair {
    pkcs8: Vec<u8>,
    certificate_der: Vec<u8>,
    key: RsaKeyPair,
    decrypting: OaepPrivateDecryptingKey,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpKeyError {
    /// The key or its certificate couldn't be made.
    #[error("generating the key pair failed")]
    Generate,
    /// The private key is not an RSA key in PKCS#8.
    #[error("the private key is not an RSA key in PKCS#8")]
    PrivateKey,
    /// Making a signature failed.
    #[error("signing failed")]
    Sign,
}

impl SpKeyPair {
    /// Makes a 2048-bit RSA key and a certificate valid for ten years from `now`.
    ///
    /// # Errors
    /// [`SpKeyError::Generate`].
    pub fn generate(common_name: &str, now: DateTime<Utc>) -> Result<Self, SpKeyError> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .map_err(|_| SpKeyError::Generate)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let end = now + TimeDelta::days(VALIDITY_DAYS);
        params.not_before = date_time_ymd(now.year(), now.month() as u8, now.day() as u8);
        params.not_after = date_time_ymd(end.year(), end.month() as u8, end.day() as u8);
        let certificate = params.self_signed(&key).map_err(|_| SpKeyError::Generate)?;
        Self::from_parts(key.serialized_der(), certificate.der())
    }

    /// Takes up a key made earlier.
    ///
    /// # Errors
    /// [`SpKeyError::PrivateKey`].
    pub fn from_parts(pkcs8: &[u8], certificate_der: &[u8]) -> Result<Self, SpKeyError> {
        let key = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| SpKeyError::PrivateKey)?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| SpKeyError::PrivateKey)?;
        let decrypting = OaepPrivateDecryptingKey::new(decrypting).map_err(|_| SpKeyError::PrivateKey)?;
        Ok(Self { pkcs8: pkcs8.to_vec(), certificate_der: certificate_der.to_vec(), key, decrypting })
    }

    /// The private key as PKCS#8 DER: a secret, to be sealed before it is stored.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The certificate as DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// Opens what was encrypted for this key; nothing if it was encrypted for another.
    pub(crate) fn decrypt(
        &self,
        algorithm: &'static OaepAlgorithm,
        ciphertext: &[u8],
        label: Option<&[u8]>,
    ) -> Option<Vec<u8>> {
        let mut output = vec![0; self.decrypting.min_output_size()];
        let length = self.decrypting.decrypt(algorithm, ciphertext, &mut output, label).ok()?.len();
        output.truncate(length);
        Some(output)
    }

    /// Signs with RSA PKCS#1 v1.5 and SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SpKeyError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SpKeyError::Sign)?;
        Ok(signature)
    }
}

impl fmt::Debug for SpKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpKeyPair").finish_non_exhaustive()
    }
}
