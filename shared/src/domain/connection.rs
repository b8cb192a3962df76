//! Connections: how one organization's people sign in.

use chrono::{DateTime, Utc};
use portico_protocol::saml::attributes::{AttributeMap, Idp};
use portico_protocol::saml::certificate::IdpCertificate;
use serde::{Deserialize, Serialize};

use super::ids::{CertificateId, ConnectionId, OrganizationId};

macro_rules! connection_types {
    ($($(#[$doc:meta])+ $name:ident => $idp:ident,)+) => {
        /// Which identity provider a connection is made for, in the contract's names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(clippy::upper_case_acronyms)] // the contract's own names
        pub enum ConnectionType { $($(#[$doc])+ $name,)+ }

        impl ConnectionType {
            /// Every type that can be made.
            pub const ALL: &'static [ConnectionType] = &[$(ConnectionType::$name,)+];

            /// The name in the contract.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Reads a name of the contract.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }

            /// The provider whose habits the attribute defaults follow.
            pub fn idp(self) -> Idp {
                match self { $(Self::$name => Idp::$idp,)+ }
            }
        }
    };
}

connection_types! {
    /// Microsoft AD FS.
    ADFSSAML => Adfs,
    /// Auth0.
    Auth0SAML => Auth0,
    /// Microsoft Entra ID.
    AzureSAML => Entra,
    /// CAS.
    CasSAML => Generic,
    /// Cloudflare.
    CloudflareSAML => Generic,
    /// ClassLink.
    ClassLinkSAML => Generic,
    /// CyberArk.
    CyberArkSAML => Generic,
    /// Duo.
    DuoSAML => Generic,
    /// Any other SAML 2.0 provider.
    GenericSAML => Generic,
    /// Google Workspace.
    GoogleSAML => Google,
    /// JumpCloud.
    JumpCloudSAML => JumpCloud,
    /// Keycloak.
    KeycloakSAML => Keycloak,
    /// LastPass.
    LastPassSAML => Generic,
    /// miniOrange.
    MiniOrangeSAML => Generic,
    /// NetIQ.
    NetIqSAML => Generic,
    /// Okta.
    OktaSAML => Okta,
    /// OneLogin.
    OneLoginSAML => OneLogin,
    /// Oracle.
    OracleSAML => Generic,
    /// PingFederate.
    PingFederateSAML => PingFederate,
    /// PingOne.
    PingOneSAML => PingOne,
    /// Rippling.
    RipplingSAML => Generic,
    /// Salesforce.
    SalesforceSAML => Generic,
    /// Shibboleth, configured as a generic provider.
    ShibbolethGenericSAML => Shibboleth,
    /// Shibboleth.
    ShibbolethSAML => Shibboleth,
    /// SimpleSAMLphp.
    SimpleSamlPhpSAML => SimpleSamlPhp,
    /// VMware.
    VMwareSAML => Generic,
}

/// A signing certificate of the identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionCertificate {
    /// Its id.
    pub id: CertificateId,
    /// The certificate.
    pub certificate: IdpCertificate,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// What SAML needs to know of the other side, and how we treat it. Everything the provider gives is optional: a draft
/// has none of it yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamlSettings {
    /// The provider's entity id.
    pub idp_entity_id: Option<String>,
    /// Where a browser is sent by HTTP-Redirect.
    pub idp_sso_redirect_url: Option<String>,
    /// Where a browser posts by HTTP-POST.
    pub idp_sso_post_url: Option<String>,
    /// Where the provider's metadata was read, if by URL.
    pub idp_metadata_url: Option<String>,
    /// Whose signatures count. Several during a rollover; at most `MOST_CERTIFICATES`.
    pub certificates: Vec<ConnectionCertificate>,
    /// Our entity id, where a migration keeps an older one; else derived from the public URL.
    pub sp_entity_id: Option<String>,
    /// Whether a response that nobody asked for may begin a fresh sign-in.
    pub allow_idp_initiated: bool,
    /// Whether SHA-1 signatures are accepted.
    pub allow_sha1: bool,
    /// Whether our requests are signed: by the setting or because the provider's metadata wants it.
    pub sign_requests: bool,
    /// Whether every sign-in asks the provider to ask for credentials anew.
    pub force_authn: bool,
}

impl SamlSettings {
    /// The most signing certificates of one connection.
    pub const MOST_CERTIFICATES: usize = 10;

    /// Whether there is all that a sign-in needs.
    pub fn is_complete(&self) -> bool {
        self.idp_entity_id.is_some()
            && (self.idp_sso_redirect_url.is_some() || self.idp_sso_post_url.is_some())
            && !self.certificates.is_empty()
    }
}

/// A connection's configuration: written by `management` alone. Its state is a `ConnectionState` of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose people sign in by it.
    pub organization_id: OrganizationId,
    /// Its name, as people read it.
    pub name: String,
    /// The application's own id for it.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The provider.
    pub connection_type: ConnectionType,
    /// Which attributes mean what; empty where the provider's defaults hold.
    #[serde(default)]
    pub attribute_map: AttributeMap,
    /// The SAML side.
    pub saml: SamlSettings,
    /// Grows with every change but of certificates: a sign-in that began under another revision ends as refused.
    pub revision: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Connection {
    /// Whether a sign-in that began under `other` may end under this one. Certificates may have come and gone meanwhile, or
    /// a provider that changes its key would cost everybody who is signing in at the time: an answer is held against the
    /// certificates of its own moment, not of its request's.
    pub fn continues(&self, other: &Self) -> bool {
        let saml = SamlSettings { certificates: self.saml.certificates.clone(), ..other.saml.clone() };
        *self == Self { saml, updated_at: self.updated_at, revision: self.revision, ..other.clone() }
    }

    /// Whether all of `other`'s certificates are still here, so that what was verified by any of them still is.
    pub fn keeps_certificates_of(&self, other: &Self) -> bool {
        other.saml.certificates.iter().all(|known| self.saml.certificates.contains(known))
    }
}

/// Whether a connection serves: draft → validating (configured, testable) → active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Not yet configured.
    Draft,
    /// Configured; a test sign-in may prove it.
    Validating,
    /// Serving.
    Active,
    /// Switched off.
    Inactive,
}

impl ConnectionState {
    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Validating => "validating",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_name_that_reads_back() {
        for kind in ConnectionType::ALL {
            assert_eq!(ConnectionType::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(ConnectionType::parse("oktasaml"), None);
    }
}
