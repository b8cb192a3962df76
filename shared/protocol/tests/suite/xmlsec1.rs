//! A second opinion: xmlsec1, which shares no code with us.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::vectors::{Accepted, root};

const RESPONSE: &str = "urn:oasis:names:tc:SAML:2.0:protocol:Response";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";
const REQUEST: &str = "urn:oasis:names:tc:SAML:2.0:protocol:AuthnRequest";

/// Asks xmlsec1 about the signature that the element called `owner` carries.
pub(crate) fn verify(file: &Path, owner: &str, certificate: &Path) -> Output {
    let xpath = format!("//*[local-name()='{owner}']/*[local-name()='Signature']");
    let mut command = Command::new("xmlsec1");
    command.args(["--verify", "--enabled-key-data", "rsa,ecdsa", "--pubkey-cert-pem"]).arg(certificate);
    for name in [RESPONSE, ASSERTION, REQUEST] {
        command.args(["--id-attr:ID", name]);
    }
    let output = command.args(["--node-xpath", &xpath]).arg(file).output();
    output
        .unwrap_or_else(|error| panic!("xmlsec1 can't be run ({error}). Install it: apt-get install xmlsec1"))
}

/// Has xmlsec1 decrypt what is encrypted in a file.
fn decrypt(file: &Path, key: &str, to: &Path) {
    let key = root().join("keys").join(format!("{key}.key.pem"));
    let mut command = Command::new("xmlsec1");
    command.arg("--decrypt").arg("--privkey-pem").arg(key).arg("--output").arg(to).arg(file);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn xmlsec1_agrees_on_every_signature_of_every_accepted_vector() {
    for case in Accepted::all() {
        let owners: &[&str] = match case.signed.as_str() {
            "both" => &["Response", "Assertion"],
            "response" => &["Response"],
            _ => &["Assertion"],
        };
        let directory = tempfile::tempdir().unwrap();
        for owner in owners {
            let mut file = case.directory.join("response.xml");
            if let Some(encryption) = case.encryption.as_ref().filter(|_| *owner == "Assertion") {
                // Debian's xmlsec1 (1.2) has no RSA-OAEP with another hash than SHA-1.
                if encryption.key_transport != "oaep-sha1" {
                    continue;
                }
                let decrypted = directory.path().join("decrypted.xml");
                decrypt(&file, &encryption.certificate, &decrypted);
                file = decrypted;
            }
            let agrees = case.settings().certificates.iter().any(|name| {
                let certificate = root().join("keys").join(format!("{name}.pem"));
                verify(&file, owner, &certificate).status.success()
            });
            assert!(agrees, "{}: xmlsec1 doesn't accept the signature of the {owner}", case.name());
        }
    }
}

#[test]
fn xmlsec1_would_notice_a_changed_document() {
    let case = Accepted::named("okta-both");
    let changed = case.response().replace("ada@example.com", "eve@example.com");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("changed.xml");
    fs::write(&file, changed).unwrap();
    let certificate = root().join("keys/idp.pem");
    assert!(!verify(&file, "Assertion", &certificate).status.success());
}
