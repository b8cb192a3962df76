//! How long hostile documents take: every refused vector, and documents of the largest size that go for one step each.
//! `cargo run --release --example cost`

use std::time::Instant;

use portico_protocol_fuzz::response::{Case, refused};

/// Largest document that a form field may carry: 256 KB of base64.
const LARGEST: usize = 190 * 1024;
/// Elements added to a document, which may have 8,000.
const ELEMENTS: usize = 7_900;

/// Fills a signed document up, before its Status, with copies of a text.
fn filled(signed: &str, around: (&str, &str), piece: impl Fn(usize) -> String) -> String {
    let place = signed.find("<saml2p:Status>").expect("the document has a status");
    let mut text = format!("{}{}", &signed[..place], around.0);
    let most = ELEMENTS.checked_div(piece(0).matches("<a").count()).unwrap_or(usize::MAX);
    for number in 0..most {
        if text.len() + signed.len() - place > LARGEST {
            break;
        }
        text.push_str(&piece(number));
    }
    format!("{text}{}{}", around.1, &signed[place..])
}

fn made_up(signed: &str) -> Vec<(&'static str, String)> {
    let namespaces: String = (0..60).map(|n| format!(" xmlns:n{n}='urn:{n}'")).collect();
    let many = format!("<e xmlns:p='urn:p'><e{namespaces}>");
    let long = format!("<e xmlns:p='urn:{}'>", "p".repeat(250));
    let long_owned = format!("<e xmlns:p='urn:&#x70;{}'>", "p".repeat(245));
    let deep = ("<e>".repeat(40), "</e>".repeat(40));
    let attributes: String = (0..60).map(|n| format!(" a{n}=''")).collect();
    let prefixed: String = (0..60).map(|n| format!(" p:a{n}=''")).collect();
    let references = "&#x10FFFF;".repeat(3_000);
    vec![
        ("elements", filled(signed, ("", ""), |_| "<a/>".into())),
        ("elements in 61 namespaces", filled(signed, (&many, "</e></e>"), |_| "<p:a p:b=''/>".into())),
        ("elements with a long namespace", filled(signed, (&long, "</e>"), |_| "<p:a/>".into())),
        (
            "the same, its name by reference",
            filled(signed, (&long_owned, "</e>"), |_| "<p:a p:b=''/>".into()),
        ),
        ("deep elements", filled(signed, (&deep.0, &deep.1), |_| "<a/>".into())),
        ("attributes", filled(signed, ("", ""), |_| format!("<a{attributes}/>"))),
        (
            "prefixed attributes",
            filled(signed, ("<e xmlns:p='urn:p'>", "</e>"), |_| format!("<a{prefixed}/>")),
        ),
        ("ids", filled(signed, ("", ""), |n| format!("<a ID='{n}'/>"))),
        ("references", filled(signed, ("", ""), |_| references.clone())),
        ("references and elements", filled(signed, ("", ""), |_| "&#9;<a/>".into())),
        ("CDATA", filled(signed, ("", ""), |_| "<![CDATA[]]>".into())),
        ("comments", filled(signed, ("", ""), |_| "<!---->".into())),
        ("namespaces undeclared", filled(signed, ("", ""), |_| "<a xmlns='urn:a'><a xmlns=''/></a>".into())),
        ("line ends", filled(signed, ("", ""), |_| "\r".into())),
        ("brackets", filled(signed, ("", ""), |_| "]".into())),
        ("unclosed", filled(signed, ("", ""), |_| "<a>".into())),
        (
            "status message",
            filled(signed, ("<saml2p:Extensions>", "</saml2p:Extensions>"), |_| "<a>x</a>".into()),
        ),
        ("certificate", signed.replacen("MIIDIz", &"MIIDIz".repeat(LARGEST / 6 - 2_000), 1)),
    ]
}

fn main() {
    let signed = Case::accepted("google-response");
    let text = String::from_utf8(signed.document.clone()).expect("the document is text");
    let mut cases = refused();
    cases.extend(made_up(&text).into_iter().map(|(name, document)| signed.with(name, document)));
    let mut measured: Vec<_> = cases
        .iter()
        .map(|case| {
            let runs = (0..5).map(|_| {
                let begin = Instant::now();
                let reason = case.refusal();
                (begin.elapsed(), reason)
            });
            (runs.min().expect("five runs"), case)
        })
        .collect();
    measured.sort_by_key(|(run, _)| *run);
    for ((time, reason), case) in measured.iter().rev().take(30) {
        let (name, length) = (&case.name, case.document.len());
        println!(
            "{:>9.3} ms  {name}: {}, {length} bytes",
            time.as_secs_f64() * 1e3,
            reason.unwrap_or("ACCEPTED")
        );
    }
}
