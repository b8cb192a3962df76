//! An identity provider's metadata: what is read can be used, and is the same when it is asked for by name.

use std::fs;

use chrono::{DateTime, Utc};
use portico_protocol::saml::idp_metadata::parse;
use url::Url;

use crate::Seed;
use crate::support::vectors::{directories, root};

/// When the vectors are valid.
fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

/// The input is the document.
pub fn run(document: &[u8]) {
    let Ok(read) = parse(document, None, now()) else { return };
    assert!(!read.entity_id.is_empty() && read.entity_id.chars().count() <= 1024);
    assert!((1..=10).contains(&read.certificates.len()));
    assert!(read.valid_until.is_none_or(|until| until > now()));
    let endpoints: Vec<_> = read.sso_redirect_url.iter().chain(&read.sso_post_url).collect();
    assert!(!endpoints.is_empty());
    for endpoint in endpoints {
        let url = Url::parse(endpoint).unwrap();
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{endpoint}");
    }
    assert_eq!(parse(document, Some(&read.entity_id), now()).as_ref(), Ok(&read));
    assert!(parse(document, Some("urn:another"), now()).is_err() || read.entity_id == "urn:another");
}

/// Every document of the suite.
pub fn seeds() -> Vec<Seed> {
    let all = ["accepted", "refused"].into_iter().flat_map(|area| {
        let cases = directories(&format!("metadata/{area}")).into_iter();
        cases.map(move |name| {
            let file = root().join("vectors/metadata").join(area).join(&name).join("metadata.xml");
            Seed { name: format!("{area}-{name}"), input: fs::read(file).unwrap() }
        })
    });
    all.collect()
}
