//! Encrypted assertions (saml-core §2.3.4, XML Encryption 1.1): what we read, and how it is opened.
//!
//! Anybody can encrypt for a key that is published, so what decrypts proves nothing: it counts only when whoever signed
//! the ciphertext, or the assertion inside, is trusted. And whoever can tell one failure of decryption from another can
//! decrypt with our help (Bleichenbacher 1998, Vaudenay 2002, Jager and Somorovsky 2011). So algorithms are judged before
//! a key is touched, by name; from there on there is one failure, and decrypting goes on to its end though a key or a padding is
//! wrong.

mod algorithms;
mod open;
mod shape;

pub(crate) use algorithms::{ContentCipher, KeyTransport};
pub(crate) use shape::EncryptedAssertion;

/// Namespace of XML Encryption 1.0.
pub(crate) const ENCRYPTION_NS: &str = "http://www.w3.org/2001/04/xmlenc#";
/// Namespace of what XML Encryption 1.1 added.
pub(crate) const ENCRYPTION11_NS: &str = "http://www.w3.org/2009/xmlenc11#";
