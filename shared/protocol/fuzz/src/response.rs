//! A response to the ACS: nobody signs in but those whom a vector signs in, as exactly that.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use portico_protocol::saml::VerifiedAssertion;

use crate::Seed;
use crate::support::mutation::Mutation;
use crate::support::vectors::{Accepted, Settings, directories, encode, root};

/// What responses are held against, and everything that the accepted ones say.
struct Known {
    settings: Vec<Settings>,
    said: Vec<String>,
}

impl Known {
    fn position(&self, settings: &Settings) -> Option<usize> {
        self.settings.iter().position(|known| format!("{known:?}") == format!("{settings:?}"))
    }
}

/// Encrypted vectors need nothing here: `Settings::verdict` holds whatever a verdict needs, decryption keys too.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known { settings: Vec::new(), said: Vec::new() };
    for case in Accepted::all() {
        let settings = case.settings();
        let assertion = settings.verdict(&encode(case.response())).unwrap();
        known.said.push(said(&assertion));
        if known.position(&settings).is_none() {
            known.settings.push(settings);
        }
    }
    known
});

/// Which signatures there were is left out: of two, a change may turn the outer one into an element without meaning.
fn said(assertion: &VerifiedAssertion) -> String {
    let who = (assertion.assertion_id(), assertion.issuer(), assertion.name_id(), assertion.attributes());
    let session = (assertion.session_index(), assertion.authn_instant(), assertion.session_not_on_or_after());
    format!("{:?}", (who, session, assertion.not_on_or_after(), assertion.authn_context_class_ref()))
}

/// Makes what inputs are held against, so that the first input isn't charged with the time it takes.
pub fn prepare() {
    LazyLock::force(&KNOWN);
}

/// The first byte says what the rest, a document before base64, is held against. A verdict costs a private key's work, so
/// an input gets one and not one for everything that is known.
pub fn run(input: &[u8]) {
    let Some((which, document)) = input.split_first() else { return };
    let settings = &KNOWN.settings[usize::from(*which) % KNOWN.settings.len()];
    if let Ok(assertion) = settings.verdict(&encode(document)) {
        let said = said(&assertion);
        assert!(KNOWN.said.contains(&said), "somebody else signed in: {said}");
    }
}

/// Of what isn't known, such as a hostile document's own settings, the provider decides.
fn input(settings: &Settings, document: Vec<u8>) -> Vec<u8> {
    let same_provider = |known: &Settings| known.idp_entity_id == settings.idp_entity_id;
    let which = KNOWN.position(settings).or_else(|| KNOWN.settings.iter().position(same_provider));
    let which = u8::try_from(which.unwrap_or_default()).expect("there are fewer than 256");
    [vec![which], document].concat()
}

/// A document with what it is held against.
pub struct Case {
    /// The vector's name.
    pub name: String,
    /// The document, before base64.
    pub document: Vec<u8>,
    settings: Settings,
}

impl Case {
    /// The accepted vector of this name.
    pub fn accepted(name: &str) -> Self {
        let case = Accepted::named(name);
        Self { name: name.to_owned(), document: case.response().into_bytes(), settings: case.settings() }
    }

    /// Another document, held against the same.
    pub fn with(&self, name: &str, document: String) -> Self {
        Self { name: name.to_owned(), document: document.into_bytes(), settings: self.settings.clone() }
    }

    /// The code of the reason for which the document is refused.
    pub fn refusal(&self) -> Option<&'static str> {
        self.settings.verdict(&encode(&self.document)).err().map(|refusal| refusal.reason.code())
    }
}

/// Every hostile document of the suite that is base64 at all.
pub fn refused() -> Vec<Case> {
    let case = |name: String| {
        let mutation = Mutation::read(&root().join("vectors/response/refused").join(&name));
        let document = STANDARD.decode(mutation.documents().1).ok()?;
        Some(Case { name, document, settings: mutation.settings() })
    };
    directories("response/refused").into_iter().filter_map(case).collect()
}

/// Every accepted document, and every hostile one that is made from them.
pub fn seeds() -> Vec<Seed> {
    let accepted = Accepted::all().into_iter().map(|case| Seed {
        name: format!("accepted-{}", case.name()),
        input: input(&case.settings(), case.response().into_bytes()),
    });
    let hostile = refused().into_iter().map(|case| Seed {
        name: format!("refused-{}", case.name),
        input: input(&case.settings, case.document),
    });
    accepted.chain(hostile).collect()
}
