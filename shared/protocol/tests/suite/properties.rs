//! Documents damaged at random: nothing panics, and nobody becomes someone else.

use std::fs;
use std::sync::LazyLock;

use chrono::DateTime;
use portico_protocol::saml::{VerifiedAssertion, idp_metadata};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::vectors::{Accepted, Settings, directories, encode, root};

/// Every accepted document with its verdict.
static DOCUMENTS: LazyLock<Vec<(Settings, Vec<u8>, VerifiedAssertion)>> = LazyLock::new(|| {
    let verdict = |case: Accepted| {
        let (settings, text) = (case.settings(), case.response());
        let assertion = settings.verdict(&encode(&text)).unwrap();
        (settings, text.into_bytes(), assertion)
    };
    Accepted::all().into_iter().map(verdict).collect()
});

static METADATA: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let file = |name: &String| root().join("vectors/metadata/accepted").join(name).join("metadata.xml");
    directories("metadata/accepted").iter().map(|name| fs::read(file(name)).unwrap()).collect()
});

/// Everything an assertion says. Which signatures there were is left out: of two, a change may turn the outer one into
/// an element without meaning, and the inner one then decides.
fn said(assertion: &VerifiedAssertion) -> impl PartialEq + std::fmt::Debug {
    (
        (assertion.assertion_id(), assertion.issuer(), assertion.name_id(), assertion.attributes()),
        (assertion.session_index(), assertion.authn_instant(), assertion.session_not_on_or_after()),
        (assertion.not_on_or_after(), assertion.authn_context_class_ref()),
    )
}

/// Takes out what lies between two places, or copies it to a third: the moves that signature wrapping is made of.
#[derive(Debug, Clone)]
enum Splice {
    Remove(Index, Index),
    Copy(Index, Index, Index),
}

impl Splice {
    fn any() -> impl Strategy<Value = Self> {
        let index = any::<Index>;
        prop_oneof![
            (index(), index()).prop_map(|(a, b)| Self::Remove(a, b)),
            (index(), index(), index()).prop_map(|(a, b, to)| Self::Copy(a, b, to)),
        ]
    }

    /// Applies it at the starts of tags, so that the result has a chance to be well-formed.
    fn apply(&self, bytes: &mut Vec<u8>) {
        let tags: Vec<_> = bytes.iter().enumerate().filter(|(_, b)| **b == b'<').map(|(at, _)| at).collect();
        let Some(last) = tags.len().checked_sub(1) else { return };
        let between = |a: &Index, b: &Index| {
            let (a, b) = (a.index(last + 1), b.index(last + 1));
            tags[a.min(b)]..tags[a.max(b)]
        };
        match self {
            Self::Remove(a, b) => drop(bytes.drain(between(a, b))),
            Self::Copy(a, b, to) => {
                let part = bytes[between(a, b)].to_vec();
                let at = tags[to.index(last + 1)];
                bytes.splice(at..at, part);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_byte_never_changes_what_an_accepted_assertion_says(
        document in any::<Index>(), place in any::<Index>(), mask in 1_u8..,
    ) {
        let (settings, bytes, original) = &DOCUMENTS[document.index(DOCUMENTS.len())];
        let mut bytes = bytes.clone();
        let at = place.index(bytes.len());
        bytes[at] ^= mask;
        // Outside the signature there is white space, KeyInfo and the like: there a change may go unnoticed.
        if let Ok(assertion) = settings.verdict(&encode(bytes)) {
            prop_assert_eq!(said(&assertion), said(original));
        }
    }

    #[test]
    fn elements_moved_and_removed_never_change_what_an_accepted_assertion_says(
        document in any::<Index>(), splices in prop::collection::vec(Splice::any(), 1..4),
    ) {
        let (settings, bytes, original) = &DOCUMENTS[document.index(DOCUMENTS.len())];
        let mut bytes = bytes.clone();
        splices.iter().for_each(|splice| splice.apply(&mut bytes));
        if let Ok(assertion) = settings.verdict(&encode(bytes)) {
            prop_assert_eq!(said(&assertion), said(original));
        }
    }

    #[test]
    fn damaged_metadata_is_read_or_refused_and_never_panics(
        document in any::<Index>(), place in any::<Index>(), mask in 0_u8..,
        splices in prop::collection::vec(Splice::any(), 0..3),
    ) {
        let mut bytes = METADATA[document.index(METADATA.len())].clone();
        splices.iter().for_each(|splice| splice.apply(&mut bytes));
        if !bytes.is_empty() {
            let at = place.index(bytes.len());
            bytes[at] ^= mask;
        }
        if let Ok(metadata) = idp_metadata::parse(&bytes, None, DateTime::UNIX_EPOCH) {
            prop_assert!(!metadata.certificates.is_empty() && !metadata.entity_id.is_empty());
        }
    }
}
