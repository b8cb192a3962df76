//! The exact shape of a signature that we read. Anything else is refused before a key is touched.

use super::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use super::{ENVELOPED, EXCLUSIVE_C14N, SIGNATURE_NS};
use crate::encoding::decode_base64;
use crate::saml::{Reason, Refusal};
use crate::xml::Element;

/// Most prefixes accepted in an InclusiveNamespaces list: canonicalization looks at each for every element. Real lists
/// have up to six.
const MAX_PREFIXES: usize = 16;

/// What a Reference has to point to (saml-core §5.4.2).
const OWNER: &str = "# and the ID of the element that carries the signature";

/// One signature directly inside the element it signs, its parts found and decoded. Nothing in it is checked yet.
pub(crate) struct EnvelopedSignature<'d> {
    pub(super) owner: Element<'d>,
    pub(super) signature: Element<'d>,
    pub(super) signed_info: Element<'d>,
    pub(super) signed_info_prefixes: Vec<String>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) value: Vec<u8>,
    pub(super) content_prefixes: Vec<String>,
    pub(super) digest_algorithm: DigestAlgorithm,
    pub(super) digest: Vec<u8>,
}

impl<'d> EnvelopedSignature<'d> {
    /// The signature that `owner` carries as a direct child, if it carries one.
    pub(crate) fn of(owner: Element<'d>) -> Result<Option<Self>, Refusal> {
        let mut found = owner.children(SIGNATURE_NS, "Signature");
        let Some(signature) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(Reason::SeveralSignatures.into());
        }
        Self::read(owner, signature).map(Some)
    }

    fn read(owner: Element<'d>, signature: Element<'d>) -> Result<Self, Refusal> {
        if signature.children(SIGNATURE_NS, "SignedInfo").count() > 1 {
            return Err(Reason::SeveralSignedInfo.into());
        }
        only_these(signature, &["SignedInfo", "SignatureValue", "KeyInfo"])?;
        if signature.children(SIGNATURE_NS, "KeyInfo").count() > 1 {
            return Err(structure("at most one KeyInfo"));
        }
        let signed_info = part(signature, "SignedInfo")?;
        let value = part(signature, "SignatureValue")?;
        let value = base64_text(value).ok_or(Reason::SignatureValueMalformed)?;

        if signed_info.children(SIGNATURE_NS, "Reference").count() > 1 {
            return Err(Reason::SeveralReferences.into());
        }
        only_these(signed_info, &["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let canonicalization = part(signed_info, "CanonicalizationMethod")?;
        let named = algorithm(&canonicalization);
        if named != EXCLUSIVE_C14N {
            return Err(Refusal::new(Reason::CanonicalizationMethod)
                .expected(EXCLUSIVE_C14N)
                .received(named));
        }
        let method = part(signed_info, "SignatureMethod")?;
        let signature_algorithm = SignatureAlgorithm::from_uri(algorithm(&method))?;
        only_these(method, &[])?;

        let reference = Reference::read(owner, part(signed_info, "Reference")?)?;
        Ok(Self {
            owner,
            signature,
            signed_info,
            signed_info_prefixes: inclusive_prefixes(canonicalization)?,
            algorithm: signature_algorithm,
            value,
            content_prefixes: reference.prefixes,
            digest_algorithm: reference.algorithm,
            digest: reference.digest,
        })
    }

    /// Whether any part of this signature rests on SHA-1.
    pub(super) fn uses_sha1(&self) -> bool {
        self.algorithm.is_sha1() || self.digest_algorithm.is_sha1()
    }
}

struct Reference {
    prefixes: Vec<String>,
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
}

impl Reference {
    fn read(owner: Element<'_>, reference: Element<'_>) -> Result<Self, Refusal> {
        let uri = reference.attribute("URI").unwrap_or_default();
        let id = owner.attribute("ID").unwrap_or_default();
        if id.is_empty() || uri.strip_prefix('#') != Some(id) {
            return Err(Refusal::new(Reason::ReferenceNotOwner).expected(OWNER).received(uri));
        }
        only_these(reference, &["Transforms", "DigestMethod", "DigestValue"])?;
        let prefixes = transforms(part(reference, "Transforms")?)?;
        let method = part(reference, "DigestMethod")?;
        let digest_algorithm = DigestAlgorithm::from_uri(algorithm(&method))?;
        only_these(method, &[])?;
        let digest = base64_text(part(reference, "DigestValue")?).ok_or(Reason::DigestValueMalformed)?;
        if digest.len() != digest_algorithm.length() {
            return Err(Reason::DigestValueMalformed.into());
        }
        Ok(Self { prefixes, algorithm: digest_algorithm, digest })
    }
}

/// Exactly enveloped-signature, then exclusive canonicalization (saml-core §5.4.4). Returns the prefixes of the latter.
fn transforms(transforms: Element<'_>) -> Result<Vec<String>, Refusal> {
    let all: Vec<_> = transforms.elements().collect();
    if let [enveloped, exclusive] = all.as_slice()
        && all.iter().all(|e| e.is(SIGNATURE_NS, "Transform"))
        && algorithm(enveloped) == ENVELOPED
        && enveloped.elements().next().is_none()
        && algorithm(exclusive) == EXCLUSIVE_C14N
    {
        return inclusive_prefixes(*exclusive);
    }
    let received: Vec<_> = all.iter().map(algorithm).collect();
    let expected = format!("{ENVELOPED}, {EXCLUSIVE_C14N}");
    Err(Refusal::new(Reason::Transforms).expected(expected).received(&received.join(", ")))
}

fn algorithm<'d>(method: &Element<'d>) -> &'d str {
    method.attribute("Algorithm").unwrap_or_default()
}

/// The prefixes treated the inclusive way (Exclusive XML Canonicalization 1.0 §3), from an optional parameter element.
fn inclusive_prefixes(method: Element<'_>) -> Result<Vec<String>, Refusal> {
    let mut parameters = method.elements();
    match (parameters.next(), parameters.next()) {
        (None, _) => Ok(Vec::new()),
        (Some(list), None) if list.is(EXCLUSIVE_C14N, "InclusiveNamespaces") => {
            let prefixes = list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace();
            let prefixes: Vec<_> = prefixes.map(str::to_owned).collect();
            if prefixes.len() > MAX_PREFIXES {
                return Err(structure(&format!("at most {MAX_PREFIXES} prefixes in PrefixList")));
            }
            Ok(prefixes)
        }
        _ => Err(structure("no canonicalization parameter but InclusiveNamespaces")),
    }
}

/// The one child of this name.
fn part<'d>(parent: Element<'d>, local_name: &str) -> Result<Element<'d>, Refusal> {
    parent.only_child(SIGNATURE_NS, local_name).ok_or_else(|| structure(&format!("one {local_name}")))
}

/// Refuses children of other names, and text between the children.
fn only_these(parent: Element<'_>, names: &[&str]) -> Result<(), Refusal> {
    let foreign =
        parent.elements().find(|e| e.namespace() != SIGNATURE_NS || !names.contains(&e.local_name()));
    match foreign {
        Some(child) => {
            let expected = format!("in {}: {}", parent.local_name(), names.join(", "));
            Err(structure(&expected).received(child.local_name()))
        }
        None if parent.has_own_text() => Err(structure(&format!("no text in {}", parent.local_name()))),
        None => Ok(()),
    }
}

fn base64_text(element: Element<'_>) -> Option<Vec<u8>> {
    decode_base64(element.single_text()?.as_bytes())
}

fn structure(expected: &str) -> Refusal {
    Refusal::new(Reason::SignatureStructure).expected(expected)
}
