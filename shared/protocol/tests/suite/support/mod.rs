//! What the cases are made of: vectors on disk, a signer, and the classic ways to wrap a signature.

pub(crate) mod encryption;
pub(crate) mod mutation;
pub(crate) mod signer;
pub(crate) mod vectors;
pub(crate) mod wrapping;
