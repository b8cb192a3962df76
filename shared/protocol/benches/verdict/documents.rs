//! What is measured: the vectors, documents blown up to a size, and the worst that fits into the limits.

use std::fmt::Write as _;

use portico_protocol::saml::{IdpCertificate, Refusal, VerifiedAssertion};

use crate::support::mutation::Mutation;
use crate::support::signer::sign;
use crate::support::vectors::{Accepted, Settings, directories, encode, root};

/// Bytes of XML whose base64 is just within the limit of 256 KB.
const LARGEST: usize = 190_000;

/// A document, what it is held against, and what has to come out.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) expected: Outcome,
    settings: Settings,
    certificates: Vec<IdpCertificate>,
    encoded: Vec<u8>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Accepted,
    /// For this reason; `*` is any.
    Refused(&'static str),
}

impl Case {
    fn new(name: impl Into<String>, settings: Settings, encoded: Vec<u8>, expected: Outcome) -> Self {
        let certificates = settings.certificates();
        Self { name: name.into(), expected, settings, certificates, encoded }
    }

    pub(crate) fn verdict(&self) -> Result<VerifiedAssertion, Refusal> {
        self.settings.verdict_by(&self.certificates, &self.encoded)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.verdict() {
            Ok(_) => Outcome::Accepted,
            Err(_) if self.expected == Outcome::Refused("*") => Outcome::Refused("*"),
            Err(refusal) => Outcome::Refused(refusal.reason.code()),
        }
    }
}

pub(crate) fn accepted() -> Vec<Case> {
    let case =
        |case: Accepted| Case::new(case.name(), case.settings(), encode(case.response()), Outcome::Accepted);
    Accepted::all().into_iter().map(case).collect()
}

pub(crate) fn refused() -> Vec<Case> {
    let case = |name: &String| {
        let mutation = Mutation::read(&root().join("vectors/response/refused").join(name));
        Case::new(name, mutation.settings(), mutation.documents().1, Outcome::Refused("*"))
    };
    directories("response/refused").iter().map(case).collect()
}

/// By each kind of signature, a person in so many groups that the document has this size.
pub(crate) fn of_size(bytes: usize) -> Vec<Case> {
    [
        ("response, RSA 2048", "pingfederate-response-sha384"),
        ("assertion, RSA 2048", "keycloak-assertion"),
        ("both, RSA 2048", "okta-both"),
        ("assertion, ECDSA P-256", "ecdsa-p256-assertion"),
        ("response, ECDSA P-384", "ecdsa-p384-response"),
    ]
    .map(|(kind, base)| {
        let base = Base::named(base);
        let value = |number: usize| format!("<ATTRIBUTE_VALUE>department-{number:05}</ATTRIBUTE_VALUE>");
        let padding = base.filled("<ATTRIBUTE Name=\"departments\">", value, "</ATTRIBUTE>", bytes);
        base.signed(format!("{} KB, {kind}", bytes / 1000), &base.with_attribute(&padding), Outcome::Accepted)
    })
    .into()
}

/// As many elements as fit beside those of the document itself: a message has 8,000 at the most.
const MOST_ELEMENTS: usize = 7_900;

/// As large as the limits allow. Those that are accepted come from a provider that means harm: it may sign what it likes.
pub(crate) fn largest() -> Vec<Case> {
    let base = Base::named("keycloak-assertion");
    let attributes = |each: fn(usize) -> String| base.with_attribute(&base.filled("", each, "", LARGEST));
    let many_values =
        base.filled("<ATTRIBUTE Name=\"a\">", |_| "<ATTRIBUTE_VALUE/>".to_owned(), "</ATTRIBUTE>", LARGEST);
    let names = attributes(|number| {
        format!("<ATTRIBUTE Name=\"a{number}\"><ATTRIBUTE_VALUE>v</ATTRIBUTE_VALUE></ATTRIBUTE>")
    });
    let wide = attributes(|number| {
        let xml: String = (0..63).fold(String::new(), |mut text, at| {
            let _ = write!(text, " b{at}=\"\"");
            text
        });
        format!("<ATTRIBUTE Name=\"a{number}\"{xml}/>")
    });
    let unsigned_text =
        format!("<ATTRIBUTE Name=\"{{}}\">{}</ATTRIBUTE>", "&lt;".repeat(LARGEST / 4 - 2_000));
    let ids = attributes(|number| format!("<ATTRIBUTE Name=\"a\" ID=\"i{number}\"/>"));
    let namespaces = base.with_attribute(&base.with_namespaces());
    let accepted = [
        ("empty values, signed", base.with_attribute(&many_values)),
        ("distinct attributes, signed", names),
        ("64 XML attributes each, signed", wide),
        ("escaped text, signed", base.with_attribute(&base.prefixed(&unsigned_text))),
        ("distinct IDs, signed", ids),
        ("64 namespaces in scope, signed", namespaces),
        ("16 inclusive prefixes, signed", base.with_prefix_list(&base.with_attribute(&many_values))),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (name, unsigned) in accepted {
        let signed = base.signed(name, &unsigned, Outcome::Accepted);
        let altered = base.altered(&signed, &format!("{}, altered", name.trim_end_matches(", signed")));
        cases.extend([signed, altered]);
    }
    cases
}

/// An accepted vector that this bench enlarges.
struct Base {
    case: Accepted,
    unsigned: String,
    /// The prefix of its assertion, with the colon.
    prefix: String,
}

impl Base {
    fn named(name: &str) -> Self {
        let case = Accepted::named(name);
        let unsigned = case.unsigned().expect("the base has unsigned.xml");
        let end = unsigned.rfind("AttributeStatement>").unwrap();
        let start = unsigned[..end].rfind("</").unwrap() + 2;
        let prefix = unsigned[start..end].to_owned();
        Self { case, unsigned, prefix }
    }

    /// The pieces' own names in place of ATTRIBUTE_VALUE and ATTRIBUTE.
    fn prefixed(&self, text: &str) -> String {
        text.replace("ATTRIBUTE_VALUE", &format!("{}AttributeValue", self.prefix))
            .replace("ATTRIBUTE", &format!("{}Attribute", self.prefix))
    }

    /// `each` as often as brings the whole document to `bytes`.
    fn filled(&self, head: &str, each: impl Fn(usize) -> String, tail: &str, bytes: usize) -> String {
        let (mut text, tail) = (self.prefixed(head), self.prefixed(tail));
        // The signature's values are still to be filled in: about 700 bytes for two of RSA.
        let room = bytes.saturating_sub(self.unsigned.len() + tail.len() + 700);
        let mut elements = 0;
        for number in 0.. {
            let piece = self.prefixed(&each(number));
            elements += piece.matches('<').count() - piece.matches("</").count();
            if text.len() + piece.len() > room || elements > MOST_ELEMENTS {
                break;
            }
            text.push_str(&piece);
        }
        text + &tail
    }

    fn with_attribute(&self, attribute: &str) -> String {
        let end = format!("</{}AttributeStatement>", self.prefix);
        let at = self.unsigned.rfind(&end).unwrap();
        format!("{}{attribute}{}", &self.unsigned[..at], &self.unsigned[at..])
    }

    /// As many namespaces in scope as are let through, and elements below them that use some of them.
    fn with_namespaces(&self) -> String {
        let mut text = self.prefixed("<ATTRIBUTE Name=\"n\"><ATTRIBUTE_VALUE><x");
        // The message itself declares a few around this place.
        for number in 0..58 {
            let _ = write!(text, " xmlns:p{number}=\"urn:p\"");
        }
        text.push('>');
        let tail = self.prefixed("</x></ATTRIBUTE_VALUE></ATTRIBUTE>");
        let piece = "<p0:y p1:z=\"\"/>";
        let room = LARGEST.saturating_sub(1_000 + self.unsigned.len() + text.len() + tail.len());
        text.push_str(&piece.repeat(MOST_ELEMENTS.min(room / piece.len())));
        text + &tail
    }

    /// With the longest list of prefixes that are treated the inclusive way.
    fn with_prefix_list(&self, unsigned: &str) -> String {
        let prefixes: String = (0..16).fold(String::new(), |mut text, number| {
            let _ = write!(text, "q{number} ");
            text
        });
        let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
        let list = format!(
            "<e:InclusiveNamespaces xmlns:e=\"{exclusive}\" PrefixList=\"{}\"/>",
            prefixes.trim_end()
        );
        let transform = format!("<dsig:Transform Algorithm=\"{exclusive}\"/>");
        let replaced = format!("<dsig:Transform Algorithm=\"{exclusive}\">{list}</dsig:Transform>");
        assert!(unsigned.contains(&transform), "the base has a transform without a parameter");
        unsigned.replace(&transform, &replaced)
    }

    fn signed(&self, name: impl Into<String>, unsigned: &str, expected: Outcome) -> Case {
        let key = self.case.signing_key.as_deref().expect("the base has a signing key");
        Case::new(name, self.case.settings(), encode(sign(unsigned, key)), expected)
    }

    /// What a stranger makes of somebody's signed document: everything is read up to the digest.
    fn altered(&self, signed: &Case, name: &str) -> Case {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let text = String::from_utf8(STANDARD.decode(&signed.encoded).unwrap()).unwrap();
        let altered = text.replace("Ada@Example.COM", "Eve@Example.COM");
        assert_ne!(text, altered);
        Case::new(name, self.case.settings(), encode(altered), Outcome::Refused("digest_mismatch"))
    }
}
