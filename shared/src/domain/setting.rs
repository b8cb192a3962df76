//! What has to be changed so that a refused sign-in succeeds, and where that is set: in the consoles of identity
//! providers, here, or nowhere. Many reasons lead to one setting, so each setting is explained once.
//!
//! The protocol knows reasons and no consoles; the page for the person (`acs`) and the log for support (`management`) both
//! say where. Hence it stands between them.

mod places;

use portico_protocol::saml::{Idp, Reason};

use super::connection::ConnectionType;

/// One definition gives the variant, its stable code, and the list of all of them.
macro_rules! settings {
    ($($(#[$doc:meta])+ $variant:ident $code:literal;)+) => {
        /// What has to be changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Setting { $($(#[$doc])+ $variant,)+ }

        impl Setting {
            /// Every setting there is.
            pub const ALL: &'static [Setting] = &[$(Setting::$variant,)+];

            /// The stable name in records: snake_case, never renamed.
            pub fn code(self) -> &'static str {
                match self { $(Setting::$variant => $code,)+ }
            }
        }
    };
}

settings! {
    // At the identity provider.
    /// For whom assertions are: our entity id.
    Audience "audience";
    /// Where answers go, which is also their recipient and destination.
    AcsUrl "acs_url";
    /// By which entity id the provider speaks.
    IdpEntityId "idp_entity_id";
    /// Where the provider takes requests.
    IdpSsoUrl "idp_sso_url";
    /// Which certificate the provider signs with.
    SigningCertificate "signing_certificate";
    /// The algorithms of signatures.
    SignatureAlgorithm "signature_algorithm";
    /// Whether response or assertion are signed.
    Signing "signing";
    /// Whether, how and to which certificate assertions are encrypted.
    Encryption "encryption";
    /// SAML 2.0 by HTTP-POST, rather than another way to sign in.
    Protocol "protocol";
    /// The form of the NameID.
    NameId "name_id";
    /// The attribute that holds the e-mail address.
    EmailAttribute "email_attribute";
    /// The attribute that holds the person's id.
    IdAttribute "id_attribute";
    /// How much about a person is released.
    ReleasedAttributes "released_attributes";
    /// Who may use the application.
    Assignment "assignment";
    /// What the provider says no to, which only its own log explains.
    ProviderLog "provider_log";
    /// The time, and how long answers are good for.
    Clock "clock";
    /// Whether the provider asks for credentials anew when it is asked to.
    ForceAuthn "force_authn";
    /// Where a sign-in begins that a person starts at the provider.
    IdpInitiated "idp_initiated";
    // Here.
    /// A connection without any certificate.
    ConnectionCertificate "connection_certificate";
    /// Whether the connection serves.
    ConnectionState "connection_state";
    /// The domains that the organization has verified.
    VerifiedDomains "verified_domains";
    /// Whether a first sign-in makes a person.
    JustInTime "just_in_time";
    /// What the organization's plan includes.
    Plan "plan";
    /// Whether the person may sign in at all.
    PersonStatus "person_status";
    /// Where a sign-in begins at the application.
    LoginStart "login_start";
    // Nowhere.
    /// The application asked for a sign-in without a page.
    SilentSignIn "silent_sign_in";
    /// The sign-in only has to be begun again.
    BeginAgain "begin_again";
    /// The browser didn't keep what binds it to the sign-in.
    Browser "browser";
    /// The provider's program writes what SAML doesn't allow.
    ProviderProgram "provider_program";
    /// Somebody may have written or changed the message.
    Tampering "tampering";
}

impl Setting {
    /// Reads a code; `None` where a later version wrote it.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.code() == code)
    }

    /// Where it is set.
    pub fn place(self) -> Place {
        places::place(self)
    }
}

/// Exhaustive on purpose: a new reason must say what repairs it.
impl From<Reason> for Setting {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::AudienceMissing | Reason::AudienceMismatch => Self::Audience,
            Reason::DestinationMismatch | Reason::RecipientMissing | Reason::RecipientMismatch => {
                Self::AcsUrl
            }
            Reason::IssuerMismatch | Reason::AssertionIssuerMismatch => Self::IdpEntityId,
            Reason::InResponseToMissing => Self::IdpSsoUrl,
            Reason::NoCertificate => Self::ConnectionCertificate,
            Reason::NoKeyOfThisType | Reason::SignatureMismatch => Self::SigningCertificate,
            Reason::Sha1 | Reason::SignatureAlgorithm | Reason::DigestAlgorithm => Self::SignatureAlgorithm,
            Reason::Unsigned => Self::Signing,
            Reason::ContentEncryption
            | Reason::KeyTransport
            | Reason::KeyTransportHashes
            | Reason::DecryptionFailed => Self::Encryption,
            Reason::NotAResponse | Reason::WrongVersion | Reason::RequestVersionRefused => Self::Protocol,
            Reason::InvalidNameIdPolicy | Reason::TransientNameId => Self::NameId,
            Reason::EmailMissing | Reason::EmailMalformed => Self::EmailAttribute,
            Reason::IdpIdMissing | Reason::IdpIdAmbiguous | Reason::IdpIdTooLong => Self::IdAttribute,
            Reason::TooLarge => Self::ReleasedAttributes,
            Reason::RequestDenied => Self::Assignment,
            Reason::AuthnFailed | Reason::NoAuthnContext | Reason::StatusNotSuccess => Self::ProviderLog,
            Reason::NoPassive => Self::SilentSignIn,
            Reason::ConfirmationExpired
            | Reason::ConfirmationNotYetValid
            | Reason::NotYetValid
            | Reason::Expired
            | Reason::SessionExpired => Self::Clock,
            Reason::NotBase64
            | Reason::NotUtf8
            | Reason::NotXml
            | Reason::TagTooLong
            | Reason::TooManyElements
            | Reason::TooManyAttributes
            | Reason::TooManyNamespaces
            | Reason::TooDeep
            | Reason::ProcessingInstruction
            | Reason::SeveralRoots
            | Reason::NamespacedId
            | Reason::RelativeNamespace
            | Reason::XmlName
            | Reason::LineBreak
            | Reason::XmlDeclaration
            | Reason::StatusMissing
            | Reason::NoAssertion
            | Reason::SignatureStructure
            | Reason::EncryptionStructure
            | Reason::CanonicalizationMethod
            | Reason::Transforms
            | Reason::SignatureValueMalformed
            | Reason::DigestValueMalformed
            | Reason::CanonicalForm
            | Reason::IssuerMissing
            | Reason::AssertionIssuerMissing
            | Reason::AssertionIncomplete
            | Reason::TimeMalformed
            | Reason::SubjectMissing
            | Reason::ConfirmationMissing
            | Reason::ConfirmationExpiryMissing
            | Reason::ConditionsMissing
            | Reason::AuthnStatementMissing => Self::ProviderProgram,
            // What attacks on SAML are made of, and no provider sends.
            Reason::Doctype
            | Reason::EntityReference
            | Reason::Comment
            | Reason::DuplicateId
            | Reason::SeveralAssertions
            | Reason::MisplacedAssertion
            | Reason::MisplacedResponse
            | Reason::MisplacedSignature
            | Reason::SeveralSignatures
            | Reason::SeveralSignedInfo
            | Reason::SeveralReferences
            | Reason::HmacSignature
            | Reason::ReferenceNotOwner
            | Reason::DigestMismatch
            | Reason::InResponseToMismatch
            | Reason::InResponseToUnexpected => Self::Tampering,
        }
    }
}

/// The identity providers whose consoles are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Google Workspace.
    Google,
    /// Any other.
    Generic,
}

impl Provider {
    /// All of them.
    pub const ALL: [Provider; 4] = [Provider::Okta, Provider::Entra, Provider::Google, Provider::Generic];

    /// The provider of a connection; `Generic` where it isn't known.
    pub fn of(connection_type: Option<ConnectionType>) -> Self {
        match connection_type.map(ConnectionType::idp) {
            Some(Idp::Okta) => Self::Okta,
            Some(Idp::Entra) => Self::Entra,
            Some(Idp::Google) => Self::Google,
            _ => Self::Generic,
        }
    }

    /// Its name; `generic` for any other.
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Entra ID",
            Self::Google => "Google Workspace",
            Self::Generic => "generic",
        }
    }
}

/// Where something is set. A path through a console begins at the application there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the identity provider.
    Provider(Texts),
    /// Here, by the REST API, whatever the provider.
    Portico(&'static str),
    /// Nowhere: what to do instead, whatever the provider.
    Nowhere(&'static str),
}

/// The same place in every provider's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts {
    okta: &'static str,
    entra: &'static str,
    google: &'static str,
    generic: &'static str,
}

impl Place {
    /// The place in the words of a provider.
    pub fn text(self, provider: Provider) -> &'static str {
        match (self, provider) {
            (Self::Provider(texts), Provider::Okta) => texts.okta,
            (Self::Provider(texts), Provider::Entra) => texts.entra,
            (Self::Provider(texts), Provider::Google) => texts.google,
            (Self::Provider(texts), Provider::Generic) => texts.generic,
            (Self::Portico(text) | Self::Nowhere(text), _) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        let codes: HashSet<_> = Setting::ALL.iter().map(|setting| setting.code()).collect();
        assert_eq!(codes.len(), Setting::ALL.len());
        assert!(Setting::ALL.iter().all(|setting| Setting::parse(setting.code()) == Some(*setting)));
        assert_eq!(Setting::parse("of_a_later_version"), None);
    }

    #[test]
    fn every_provider_has_words_of_its_own_for_every_setting_of_a_provider() {
        for setting in Setting::ALL {
            let texts: HashSet<_> = Provider::ALL.iter().map(|p| setting.place().text(*p)).collect();
            let wanted = if matches!(setting.place(), Place::Provider(_)) { 4 } else { 1 };
            assert_eq!(texts.len(), wanted, "{setting:?}");
            for text in texts {
                assert!((20..=260).contains(&text.chars().count()), "{setting:?}: {text}");
            }
        }
    }

    #[test]
    fn no_two_settings_are_explained_alike() {
        let texts: HashSet<_> = Setting::ALL.iter().map(|s| s.place().text(Provider::Generic)).collect();
        assert_eq!(texts.len(), Setting::ALL.len());
    }

    #[test]
    fn a_provider_is_known_by_the_type_of_its_connection() {
        let known = |name| Provider::of(ConnectionType::parse(name));
        assert_eq!(known("OktaSAML"), Provider::Okta);
        assert_eq!(known("AzureSAML"), Provider::Entra);
        assert_eq!(known("GoogleSAML"), Provider::Google);
        // AD FS is Microsoft's, too, and has another console.
        assert_eq!(known("ADFSSAML"), Provider::Generic);
        assert_eq!(Provider::of(None), Provider::Generic);
    }

    #[test]
    fn what_a_signature_of_the_providers_vouches_for_is_never_called_tampering_with_the_document() {
        let document = [Reason::InResponseToMismatch, Reason::InResponseToUnexpected];
        for reason in Reason::ALL.iter().filter(|reason| reason.is_of_signed() && !document.contains(reason))
        {
            assert_ne!(Setting::from(*reason), Setting::Tampering, "{reason:?}");
        }
    }
}
