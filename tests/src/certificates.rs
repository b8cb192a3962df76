//! Keys with self-signed certificates: an identity provider's, a TLS server's.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

/// An RSA key and its certificate for `localhost`, as PEM.
pub struct TlsKey {
    /// The private key (PKCS #8).
    pub key: String,
    /// The certificate.
    pub certificate: String,
}

impl TlsKey {
    /// A new key.
    pub fn generate() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { key: key.serialize_pem(), certificate: certificate.pem() }
    }
}
