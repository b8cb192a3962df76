//! Connections: how one organization's people sign in.

mod infer;
mod oidc;
mod settings;

use chrono::{DateTime, Utc};
use portico_protocol::saml::attributes::{AttributeMap, Idp};
use serde::{Deserialize, Serialize};

pub use oidc::{OidcProvider, OidcSettings};
pub use settings::{ConnectionCertificate, Missing, SamlSettings, TooManyCertificates};

use super::ids::{ConnectionId, OrganizationId};

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

            /// Whether it is connected by OpenID Connect.
            pub fn is_oidc(self) -> bool {
                self.as_str().ends_with("OIDC")
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
    /// Microsoft Entra ID, by OpenID Connect.
    EntraIdOIDC => Entra,
    /// Any other OpenID provider.
    GenericOIDC => Generic,
    /// Any other SAML 2.0 provider.
    GenericSAML => Generic,
    /// Google Workspace, by OpenID Connect.
    GoogleOIDC => Google,
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
    /// Okta, by OpenID Connect.
    OktaOIDC => Okta,
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
    /// The OpenID Connect side, where the connection is of that kind and configured.
    #[serde(default)]
    pub oidc: Option<OidcSettings>,
    /// Grows with every change but of certificates: a sign-in that began under another revision ends as refused.
    pub revision: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Connection {
    /// How many an organization has at the most.
    pub const MOST_OF_AN_ORGANIZATION: usize = 20;

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

    /// How a connection in this state stands after a change of its settings, where `wanted` asks for a state. A draft that
    /// is complete becomes testable by itself.
    ///
    /// # Errors
    /// What is missing, where it isn't complete and would have to be.
    pub fn after_change(self, wanted: Option<Self>, missing: Vec<Missing>) -> Result<Self, Vec<Missing>> {
        match (wanted.unwrap_or(self), wanted.is_some(), missing.is_empty()) {
            (Self::Draft, false, true) => Ok(Self::Validating),
            (Self::Validating, false, false) => Ok(Self::Draft),
            (Self::Active | Self::Validating, _, false) => Err(missing),
            (state, _, _) => Ok(state),
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

    #[test]
    fn nobody_can_activate_what_is_incomplete() {
        use ConnectionState::{Active, Draft, Inactive, Validating};
        let missing = SamlSettings::default().missing();
        for wanted in [Active, Validating] {
            assert_eq!(Draft.after_change(Some(wanted), missing.clone()), Err(missing.clone()));
        }
        assert_eq!(Draft.after_change(None, missing.clone()), Ok(Draft));
        assert_eq!(Draft.after_change(None, Vec::new()), Ok(Validating));
        assert_eq!(Validating.after_change(None, missing.clone()), Ok(Draft));
        assert_eq!(Inactive.after_change(None, missing.clone()), Ok(Inactive));
        assert!(Active.after_change(None, missing).is_err());
    }
}
