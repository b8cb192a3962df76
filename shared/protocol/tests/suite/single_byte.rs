//! One flipped byte, anywhere in any accepted document.

use std::sync::LazyLock;

use portico_protocol::saml::VerifiedAssertion;
use proptest::prelude::*;

use crate::support::vectors::{Accepted, Settings, encode};

/// Every accepted document with its verdict.
static DOCUMENTS: LazyLock<Vec<(Settings, String, VerifiedAssertion)>> = LazyLock::new(|| {
    let verdict = |case: Accepted| {
        let (settings, text) = (case.settings(), case.response());
        let assertion = settings.verdict(&encode(&text)).unwrap();
        (settings, text, assertion)
    };
    Accepted::all().into_iter().map(verdict).collect()
});

/// Everything an assertion says.
fn said(assertion: &VerifiedAssertion) -> impl PartialEq + std::fmt::Debug {
    (
        (assertion.assertion_id(), assertion.issuer(), assertion.name_id(), assertion.attributes()),
        (assertion.session_index(), assertion.authn_instant(), assertion.session_not_on_or_after()),
        (assertion.not_on_or_after(), assertion.authn_context_class_ref()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_byte_never_changes_what_an_accepted_assertion_says(
        document in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        mask in 1_u8..,
    ) {
        let (settings, text, original) = &DOCUMENTS[document.index(DOCUMENTS.len())];
        let mut bytes = text.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] ^= mask;
        // Outside the signature there is white space, KeyInfo and the like: there a change may go unnoticed. Of two
        // signatures, a flip may turn the outer one into an element without meaning; the inner one then decides.
        if let Ok(assertion) = settings.verdict(&encode(bytes)) {
            prop_assert_eq!(said(&assertion), said(original));
        }
    }
}
