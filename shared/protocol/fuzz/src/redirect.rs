//! Where a browser is sent: the address stays the one that was configured, and each parameter comes out as it went in.

use std::io::Read;

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use flate2::read::DeflateDecoder;
use portico_protocol::address::with_parameters;
use portico_protocol::oidc::S256Challenge;
use portico_protocol::saml::{AuthnRequest, AuthnRequestError};
use url::Url;

use crate::Seed;

const ACS: &str = "https://sso.portico.example/sso/saml/acs/conn_1?a=1&b='<2>\"";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What others have a say in.
#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// A sign-in URL from metadata, or a redirect URI.
    address: &'a str,
    relay_state: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
    challenge: &'a str,
    verifier: &'a str,
}

/// Runs all three on one input.
pub fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    pkce(input.challenge, input.verifier);
    for address in [input.address.to_owned(), format!("https://idp.example/{}", input.address)] {
        parameters(&address, &input.pairs);
        request(&address, input.relay_state);
    }
}

/// The same place, and its own parameters first.
fn same_place(sent: &str, meant: &Url) -> Vec<(String, String)> {
    assert!(sent.bytes().all(|byte| byte.is_ascii_graphic()), "not for a header: {sent:?}");
    let sent = Url::parse(sent).unwrap();
    let place = |url: &Url| {
        let credentials = (url.username().to_owned(), url.password().map(str::to_owned));
        (
            url.scheme().to_owned(),
            credentials,
            url.host_str().map(str::to_owned),
            url.port(),
            url.path().to_owned(),
        )
    };
    assert_eq!(place(&sent), place(meant), "{meant}");
    assert_eq!(sent.fragment(), None);
    let own: Vec<_> = meant.query_pairs().collect();
    let all: Vec<_> = sent.query_pairs().collect();
    let (first, rest) = all.split_at(own.len());
    assert_eq!(first, own, "{meant}");
    rest.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn parameters(address: &str, pairs: &[(&str, &str)]) {
    let names = ["code", "state", "iss", "login_hint"];
    let pairs: Vec<_> = pairs.iter().zip(names).map(|((_, value), name)| (name, *value)).collect();
    // A redirect URI is one of these before anything is sent to it.
    let Some(meant) = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return;
    };
    let added = same_place(&with_parameters(address, &pairs), &meant);
    assert!(added.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(pairs));
}

fn request(destination: &str, relay_state: &str) {
    let request = AuthnRequest {
        id: "_req_1",
        issue_instant: DateTime::UNIX_EPOCH,
        destination,
        acs_url: ACS,
        sp_entity_id: ACS,
        force_authn: false,
        is_passive: false,
        name_id_format: None,
    };
    let meant = Url::parse(destination).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let sent = match request.redirect_url(relay_state, None) {
        Err(AuthnRequestError::Destination) => return assert_eq!(meant, None),
        Err(AuthnRequestError::RelayState) => return assert!(relay_state.len() > 80),
        other => other.unwrap(),
    };
    let meant = meant.expect("only a web address is sent to");
    let added = same_place(&sent, &meant);
    let message = match added.as_slice() {
        [(name, message)] if name == "SAMLRequest" && relay_state.is_empty() => message,
        [(name, message), (other, state)] if name == "SAMLRequest" && other == "RelayState" => {
            assert_eq!(state, relay_state);
            message
        }
        _ => panic!("{added:?}"),
    };
    let mut text = String::new();
    DeflateDecoder::new(STANDARD.decode(message).unwrap().as_slice()).read_to_string(&mut text).unwrap();
    let document = uppsala::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.document_element().unwrap();
    let attribute = |name| document.get_attribute(root, name).unwrap();
    assert_eq!((attribute("ID"), attribute("AssertionConsumerServiceURL")), ("_req_1", ACS));
    assert_eq!(Url::parse(attribute("Destination")).unwrap(), meant);
    let form = request.post_form(relay_state, None).unwrap();
    assert_eq!((Url::parse(&form.action).unwrap(), form.relay_state.as_str()), (meant, relay_state));
}

fn pkce(challenge: &str, verifier: &str) {
    if let Ok(parsed) = S256Challenge::parse(challenge) {
        assert_eq!((parsed.as_str(), challenge.len()), (challenge, 43));
        assert!(!parsed.matches(verifier) || (challenge, verifier) == (CHALLENGE, VERIFIER));
    }
    let known = S256Challenge::parse(CHALLENGE).unwrap();
    assert_eq!(known.matches(verifier), verifier == VERIFIER);
}

/// Addresses with what is odd about them; the fuzzer finds out how they become an input.
pub fn seeds() -> Vec<Seed> {
    let addresses = [
        "https://idp.example.com/sso?idpid=C1&x=%20y#top",
        "https://user:pass@idp.example.com:8443/a//b/../c?&&=&a=b&",
        "https://idp.example.com\\a\t\n ?x=ü#?",
    ];
    let seed = |(number, address): (usize, &str)| Seed {
        name: format!("address-{number}"),
        input: [address.as_bytes(), b"state & more", CHALLENGE.as_bytes(), VERIFIER.as_bytes()].concat(),
    };
    addresses.into_iter().enumerate().map(seed).collect()
}
