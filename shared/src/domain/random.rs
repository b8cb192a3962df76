//! The randomness that comes in through `App`, so that a test sets it.

use std::fmt;
use std::sync::Arc;

/// Where random bytes come from. Cheap to clone.
#[derive(Clone)]
pub struct Rng(Arc<dyn Fill>);

/// What fills a slice with random bytes: any closure of that form.
pub trait Fill: Fn(&mut [u8]) + Send + Sync {}

impl<F: Fn(&mut [u8]) + Send + Sync> Fill for F {}

impl Rng {
    /// aws-lc's generator, seeded by the operating system.
    #[allow(clippy::disallowed_methods, clippy::expect_used)] // without randomness nothing may go on
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
        }))
    }

    /// A generator that a test chooses.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}
