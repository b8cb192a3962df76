//! The recorded events: every file in events/<function>/ is replayed, and the function answers as it did before.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use portico_tests::{Customer, Deployment, SamlIdp};
use serde_json::Value;
use url::Url;

/// The headers that a caller acts on.
const HEADERS: &[&str] =
    &["content-type", "location", "www-authenticate", "access-control-allow-origin", "cache-control"];

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_event_is_answered_as_before() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.com", SamlIdp::pysaml2().await).await;
    let mut answers = String::new();
    for (function, file) in recorded() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let event = played_again(&fs::read_to_string(&file).unwrap(), &deployment, &acme);
        let answer =
            deployment.stack.invoke(&function, event).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        writeln!(answers, "{function}/{name}: {}", in_short(&answer)).unwrap();
    }
    deployment.stop().await;
    insta::assert_snapshot!(answers);
}

/// Every recorded event with its function, in order.
fn recorded() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut files = Vec::new();
    for function in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let name = function.file_name().unwrap().to_str().unwrap().to_owned();
        files.extend(fs::read_dir(function).unwrap().map(|entry| (name.clone(), entry.unwrap().path())));
    }
    files.sort();
    files
}

/// The event with what is of this deployment where it was recorded with another one's.
fn played_again(text: &str, deployment: &Deployment, acme: &Customer) -> Value {
    let here = |text: &str| {
        text.replace("conn_RECORDED", &acme.connection).replace("sk_RECORDED", &deployment.api_key)
    };
    let mut event: Value = serde_json::from_str(&here(text)).unwrap();
    if event["isBase64Encoded"] == true {
        let body = String::from_utf8(BASE64.decode(event["body"].as_str().unwrap()).unwrap()).unwrap();
        event["body"] = Value::from(BASE64.encode(here(&body)));
    }
    event
}

/// An HTTP answer by its status and headers, any other by the names of what it has.
fn in_short(answer: &Value) -> String {
    let Some(status) = answer["statusCode"].as_u64() else {
        let names: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        return names.join(", ");
    };
    let headers = HEADERS.iter().filter_map(|name| {
        let value = answer["headers"][name].as_str()?;
        Some(format!("{name}: {}", if *name == "location" { path(value) } else { value.to_owned() }))
    });
    let cookies = answer["cookies"].as_array().into_iter().flatten();
    let cookies =
        cookies.map(|cookie| format!("set-cookie: {}", cookie.as_str().unwrap().split('=').next().unwrap()));
    let parts: Vec<String> = headers.chain(cookies).collect();
    format!("{status} {}", parts.join("; "))
}

/// An address without its host, whose port is another one each time, and its query, which has a new request in it.
fn path(address: &str) -> String {
    Url::parse(address).unwrap().path().to_owned()
}
