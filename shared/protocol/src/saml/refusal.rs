//! Why a response signs nobody in.

use std::fmt;

use crate::xml::XmlError;

/// Longest excerpt of a message kept in a refusal, in characters.
const MAX_EXCERPT: usize = 200;

/// One definition gives the variant, its stable code, its sentence for an admin, and the list of all of them.
macro_rules! reasons {
    ($($variant:ident $code:literal $sentence:literal;)+) => {
        /// The cause of a refusal: one variant per cause. The text of each is what an admin reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $sentence] $variant,)+
        }

        impl Reason {
            /// Every reason there is, in the order in which the checks run.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)+];

            /// The stable name of this reason in records and logs: snake_case, never renamed.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$variant => $code,)+ }
            }

            /// One sentence for an admin: what is wrong, and where it helps, what to change.
            pub fn sentence(self) -> &'static str {
                match self { $(Reason::$variant => $sentence,)+ }
            }
        }
    };
}

reasons! {
    // Step 1: bounds and text.
    TooLarge "too_large" "The response is larger than 256 KB.";
    NotBase64 "not_base64" "SAMLResponse is not base64.";
    NotUtf8 "not_utf8" "The response is not UTF-8 text.";
    NotXml "not_xml" "The response is not well-formed XML.";
    TagTooLong "tag_too_long" "A tag in the response is longer than 4 KB.";
    TooManyElements "too_many_elements" "The response has more than 8,000 elements.";
    TooManyAttributes "too_many_attributes" "An element in the response has more than 64 attributes.";
    TooManyNamespaces "too_many_namespaces" "The response declares more than 64 namespaces around one element, or one whose name is longer than 256 bytes.";
    TooDeep "too_deep" "Elements in the response are nested more than 48 deep.";
    Doctype "doctype" "The response declares a document type, which SAML forbids.";
    EntityReference "entity_reference" "The response refers to an XML entity that XML doesn't predefine.";
    Comment "comment" "The response contains an XML comment.";
    ProcessingInstruction "processing_instruction" "The response contains an XML processing instruction.";
    SeveralRoots "several_roots" "The response has more than one root element.";
    DuplicateId "duplicate_id" "Two elements of the response have the same ID.";
    NamespacedId "namespaced_id" "An ID attribute of the response is in a namespace.";
    RelativeNamespace "relative_namespace" "A namespace name in the response is not an absolute URI.";
    XmlName "xml_name" "A name in the response is not one that XML namespaces allow.";
    LineBreak "line_break" "An attribute or a CDATA section of the response holds a line break or a tab, which XML readers don't all read alike.";
    XmlDeclaration "xml_declaration" "The response declares an XML version other than 1.0 or an encoding other than UTF-8.";
    // Step 2: a response, to us.
    NotAResponse "not_a_response" "The message is not a SAML 2.0 Response.";
    WrongVersion "wrong_version" "The message is not of SAML version 2.0.";
    // Step 8, run early so that a denied sign-in is not reported as a missing signature.
    StatusMissing "status_missing" "The response has no status.";
    AuthnFailed "authn_failed" "The identity provider says that signing in failed.";
    RequestDenied "request_denied" "The identity provider denied the request. The person may not be assigned to this application.";
    NoPassive "no_passive" "The identity provider would have to show a page, and was asked not to.";
    NoAuthnContext "no_authn_context" "The identity provider can't meet the requested way of signing in.";
    InvalidNameIdPolicy "invalid_name_id_policy" "The identity provider can't supply the requested NameID format.";
    RequestVersionRefused "request_version_refused" "The identity provider doesn't accept our SAML version.";
    StatusNotSuccess "status_not_success" "The identity provider answered with a status other than Success.";
    DestinationMismatch "destination_mismatch" "The response was addressed to another URL. Set the ACS URL (reply URL) in the identity provider.";
    // Step 3.
    NoCertificate "no_certificate" "No signing certificate is configured for this connection.";
    // Step 4: shape.
    NoAssertion "no_assertion" "The response has no assertion.";
    SeveralAssertions "several_assertions" "The response has more than one assertion.";
    MisplacedAssertion "misplaced_assertion" "There is an assertion somewhere other than directly inside the response.";
    MisplacedResponse "misplaced_response" "There is a response inside the response.";
    MisplacedSignature "misplaced_signature" "There is a signature somewhere other than directly inside what it signs.";
    SeveralSignatures "several_signatures" "An element carries more than one signature.";
    Unsigned "unsigned" "Neither the response nor the assertion is signed. Switch signing on in the identity provider.";
    SignatureStructure "signature_structure" "A signature is not built the way SAML prescribes.";
    SeveralSignedInfo "several_signed_info" "A signature has more than one SignedInfo.";
    SeveralReferences "several_references" "A signature refers to more than one element.";
    CanonicalizationMethod "canonicalization_method" "A signature uses a canonicalization other than exclusive XML canonicalization.";
    HmacSignature "hmac_signature" "A signature uses a shared secret (HMAC) instead of a key pair.";
    Sha1 "sha1" "A signature uses SHA-1. Choose SHA-256 in the identity provider.";
    SignatureAlgorithm "signature_algorithm" "A signature uses an algorithm that is not accepted. Choose RSA with SHA-256 in the identity provider.";
    DigestAlgorithm "digest_algorithm" "A signature uses a digest that is not accepted. Choose SHA-256 in the identity provider.";
    ReferenceNotOwner "reference_not_owner" "A signature refers to something other than the element it stands in.";
    Transforms "transforms" "A signature uses transforms other than enveloped-signature followed by exclusive canonicalization.";
    SignatureValueMalformed "signature_value_malformed" "SignatureValue is not one run of base64 text.";
    DigestValueMalformed "digest_value_malformed" "DigestValue is not one run of base64 text of the digest's length.";
    // Step 6: encryption. Algorithms are judged before anything is decrypted; after that there is one reason.
    EncryptionStructure "encryption_structure" "The encrypted assertion is not built the way SAML prescribes.";
    ContentEncryption "content_encryption" "The assertion is encrypted with an algorithm that is not accepted. Choose AES-256-GCM in the identity provider.";
    KeyTransport "key_transport" "The key of the encrypted assertion is encrypted with an algorithm that is not accepted. Choose RSA-OAEP in the identity provider.";
    KeyTransportHashes "key_transport_hashes" "The key of the encrypted assertion is encrypted with RSA-OAEP and two different hashes. Choose one for both, SHA-256 or SHA-1, in the identity provider.";
    DecryptionFailed "decryption_failed" "The encrypted assertion was refused. It has to be encrypted for the current encryption certificate of this connection, and signed, before it is encrypted, with a configured certificate.";
    // Steps 4 to 7: cryptography.
    NoKeyOfThisType "no_key_of_this_type" "No configured certificate has a key for the algorithm of the signature.";
    SignatureMismatch "signature_mismatch" "The signature was not made with any configured certificate. Update the certificate of this connection.";
    DigestMismatch "digest_mismatch" "The signed element was changed after it was signed.";
    CanonicalForm "canonical_form" "The signed element has no usable canonical form.";
    // Step 8: who speaks.
    IssuerMissing "issuer_missing" "The signed response has no Issuer.";
    IssuerMismatch "issuer_mismatch" "The Issuer of the response is not the identity provider's entity ID.";
    AssertionIssuerMissing "assertion_issuer_missing" "The assertion has no Issuer.";
    AssertionIssuerMismatch "assertion_issuer_mismatch" "The Issuer of the assertion is not the identity provider's entity ID.";
    // Step 9: to whom, until when.
    AssertionIncomplete "assertion_incomplete" "The assertion lacks its ID, or repeats an element that may occur once.";
    TimeMalformed "time_malformed" "A time in the message is not a UTC date and time.";
    SubjectMissing "subject_missing" "The assertion has no Subject.";
    ConfirmationMissing "confirmation_missing" "The assertion has no bearer SubjectConfirmation with its data.";
    RecipientMissing "recipient_missing" "The bearer confirmation has no Recipient.";
    RecipientMismatch "recipient_mismatch" "The assertion is for another recipient. Set the ACS URL (reply URL) in the identity provider.";
    ConfirmationExpiryMissing "confirmation_expiry_missing" "The bearer confirmation has no NotOnOrAfter.";
    ConfirmationExpired "confirmation_expired" "The bearer confirmation has expired. Sign in again; if it persists, compare the clocks.";
    ConfirmationNotYetValid "confirmation_not_yet_valid" "The bearer confirmation is not valid yet. Compare the clocks.";
    InResponseToMissing "in_response_to_missing" "The response doesn't say which request it answers.";
    InResponseToMismatch "in_response_to_mismatch" "The response answers another request.";
    InResponseToUnexpected "in_response_to_unexpected" "The response claims to answer a request, but none is open.";
    ConditionsMissing "conditions_missing" "The assertion has no Conditions.";
    NotYetValid "not_yet_valid" "The assertion is not valid yet. Compare the clocks.";
    Expired "expired" "The assertion has expired. Sign in again; if it persists, compare the clocks.";
    AudienceMissing "audience_missing" "The assertion has no AudienceRestriction. Set the audience (SP entity ID) in the identity provider.";
    AudienceMismatch "audience_mismatch" "The assertion is for another audience. Set the audience (SP entity ID) in the identity provider.";
    AuthnStatementMissing "authn_statement_missing" "The assertion doesn't say when and how the person signed in (AuthnStatement).";
    SessionExpired "session_expired" "The session at the identity provider has already ended.";
    // Step 11: who it is.
    IdpIdMissing "idp_id_missing" "The assertion has neither a NameID nor the attribute mapped to the person's ID.";
    TransientNameId "transient_name_id" "The NameID is transient: it is another one at every sign-in. Release a persistent NameID, or map an attribute that stays the same to the person's ID.";
    IdpIdAmbiguous "idp_id_ambiguous" "The attribute mapped to the person's ID has more than one value.";
    IdpIdTooLong "idp_id_too_long" "The person's ID is longer than 512 bytes.";
    EmailMissing "email_missing" "The assertion has no e-mail address. Release one, or map the attribute that holds it.";
    EmailMalformed "email_malformed" "The e-mail address in the assertion is not one.";
}

impl Reason {
    /// Whether the signature was valid before this was found: then the identity provider itself has sent the message.
    pub fn is_of_signed(self) -> bool {
        self > Reason::CanonicalForm
    }
}

/// A refusal: the cause, and what was expected against what came, for the admin's sign-in log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The cause.
    pub reason: Reason,
    /// What would have been accepted, where that says more than the reason.
    pub expected: Option<String>,
    /// What came: printable, at most 200 characters, never raw XML. Written by whoever sent the message; escape it.
    pub received: Option<String>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason, expected: None, received: None }
    }

    pub(crate) fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    pub(crate) fn received(mut self, text: &str) -> Self {
        self.received = Some(excerpt(text));
        self
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl From<XmlError> for Refusal {
    fn from(error: XmlError) -> Self {
        Self::new(match error {
            XmlError::NotUtf8 => Reason::NotUtf8,
            XmlError::TagTooLong => Reason::TagTooLong,
            XmlError::TooManyElements => Reason::TooManyElements,
            XmlError::TooManyAttributes => Reason::TooManyAttributes,
            XmlError::TooManyNamespaces => Reason::TooManyNamespaces,
            XmlError::TooDeep => Reason::TooDeep,
            XmlError::Doctype => Reason::Doctype,
            XmlError::EntityReference => Reason::EntityReference,
            XmlError::ProcessingInstruction => Reason::ProcessingInstruction,
            XmlError::Comment => Reason::Comment,
            XmlError::SeveralRoots => Reason::SeveralRoots,
            XmlError::DuplicateId => Reason::DuplicateId,
            XmlError::NamespacedId => Reason::NamespacedId,
            XmlError::RelativeNamespace => Reason::RelativeNamespace,
            XmlError::Name => Reason::XmlName,
            XmlError::LineBreak => Reason::LineBreak,
            XmlError::Declaration => Reason::XmlDeclaration,
            XmlError::Malformed => Reason::NotXml,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.sentence())?;
        if let Some(expected) = &self.expected {
            write!(f, " Expected: {expected}.")?;
        }
        if let Some(received) = &self.received {
            write!(f, " Received: {received}.")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Control characters and invisible direction marks become `?`, so that a log line or a page can't be forged.
fn excerpt(text: &str) -> String {
    let printable = |c: char| {
        let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if c.is_control() || invisible { '?' } else { c }
    };
    text.chars().take(MAX_EXCERPT).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_snake_case() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(codes.iter().all(|code| code.chars().all(plain)));
    }

    #[test]
    fn what_was_received_is_cut_and_made_printable() {
        let refusal =
            Refusal::new(Reason::IssuerMismatch).received(&format!("a\nb\u{202e}{}", "x".repeat(300)));
        let received = refusal.received.unwrap();
        assert!(received.starts_with("a?b?xxx"));
        assert_eq!(received.chars().count(), 200);
    }
}
