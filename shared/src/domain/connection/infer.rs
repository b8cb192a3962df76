//! Which product an identity provider is, told by its addresses.

use url::Url;

use super::{ConnectionType, SamlSettings};

/// The type of a connection whose provider isn't known.
const FALLBACK: ConnectionType = ConnectionType::GenericSAML;

/// Hosts of the products that run in one place: the name itself, and all under it.
const HOSTS: &[(&str, ConnectionType)] = &[
    ("accounts.google.com", ConnectionType::GoogleSAML),
    ("auth0.com", ConnectionType::Auth0SAML),
    ("classlink.com", ConnectionType::ClassLinkSAML),
    ("cloudflareaccess.com", ConnectionType::CloudflareSAML),
    ("cyberark.cloud", ConnectionType::CyberArkSAML),
    ("duosecurity.com", ConnectionType::DuoSAML),
    ("idaptive.app", ConnectionType::CyberArkSAML),
    ("identity.oraclecloud.com", ConnectionType::OracleSAML),
    ("jumpcloud.com", ConnectionType::JumpCloudSAML),
    ("lastpass.com", ConnectionType::LastPassSAML),
    ("login.microsoftonline.com", ConnectionType::AzureSAML),
    ("login.microsoftonline.us", ConnectionType::AzureSAML),
    ("login.partner.microsoftonline.cn", ConnectionType::AzureSAML),
    ("miniorange.com", ConnectionType::MiniOrangeSAML),
    ("okta.com", ConnectionType::OktaSAML),
    ("okta-emea.com", ConnectionType::OktaSAML),
    ("oktapreview.com", ConnectionType::OktaSAML),
    ("onelogin.com", ConnectionType::OneLoginSAML),
    ("pingidentity.com", ConnectionType::PingOneSAML),
    ("pingone.asia", ConnectionType::PingOneSAML),
    ("pingone.ca", ConnectionType::PingOneSAML),
    ("pingone.com", ConnectionType::PingOneSAML),
    ("pingone.eu", ConnectionType::PingOneSAML),
    ("rippling.com", ConnectionType::RipplingSAML),
    ("salesforce.com", ConnectionType::SalesforceSAML),
    ("sts.windows.net", ConnectionType::AzureSAML),
    ("vmwareidentity.com", ConnectionType::VMwareSAML),
];

/// Paths of the products that companies run themselves.
const PATHS: &[(&str, ConnectionType)] = &[
    ("/adfs/", ConnectionType::ADFSSAML),
    ("/cas/idp", ConnectionType::CasSAML),
    ("/idp/SSO.saml2", ConnectionType::PingFederateSAML),
    ("/idp/profile/SAML2/", ConnectionType::ShibbolethSAML),
    ("/idp/shibboleth", ConnectionType::ShibbolethSAML),
    ("/realms/", ConnectionType::KeycloakSAML),
    ("/simplesaml/", ConnectionType::SimpleSamlPhpSAML),
];

impl SamlSettings {
    /// Which product the provider is, as far as its entity id and sign-in addresses tell.
    pub fn connection_type(&self) -> ConnectionType {
        let named = [&self.idp_entity_id, &self.idp_sso_redirect_url, &self.idp_sso_post_url];
        let urls: Vec<Url> = named.into_iter().flatten().filter_map(|text| Url::parse(text).ok()).collect();
        let by_host = urls.iter().filter_map(Url::host_str).find_map(|host| {
            let is =
                |name: &str| host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
            HOSTS.iter().find(|(name, _)| is(name))
        });
        let by_path = || urls.iter().find_map(|url| PATHS.iter().find(|(part, _)| url.path().contains(part)));
        by_host.or_else(by_path).map_or(FALLBACK, |(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(entity_id: &str, sso_url: &str) -> ConnectionType {
        let (entity_id, sso_url) = (Some(entity_id.to_owned()), Some(sso_url.to_owned()));
        let settings = SamlSettings::default();
        SamlSettings { idp_entity_id: entity_id, idp_sso_redirect_url: sso_url, ..settings }.connection_type()
    }

    #[test]
    fn a_provider_is_known_by_its_addresses() {
        for (entity_id, sso_url, kind) in [
            ("http://www.okta.com/exk1", "https://acme.okta.com/app/x/sso/saml", ConnectionType::OktaSAML),
            (
                "https://sts.windows.net/7f1c/",
                "https://login.microsoftonline.com/7f1c/saml2",
                ConnectionType::AzureSAML,
            ),
            (
                "https://accounts.google.com/o/saml2?idpid=C1",
                "https://accounts.google.com/o/saml2/idp?idpid=C1",
                ConnectionType::GoogleSAML,
            ),
            ("urn:custom", "https://acme.onelogin.com/trust/saml2", ConnectionType::OneLoginSAML),
            (
                "http://fs.acme.com/adfs/services/trust",
                "https://fs.acme.com/adfs/ls/",
                ConnectionType::ADFSSAML,
            ),
            (
                "https://sso.acme.com/realms/main",
                "https://sso.acme.com/realms/main/protocol/saml",
                ConnectionType::KeycloakSAML,
            ),
            ("urn:acme", "https://idp.acme.com/sso", ConnectionType::GenericSAML),
            ("https://notokta.com/x", "https://okta.com.acme.com/x", ConnectionType::GenericSAML),
        ] {
            assert_eq!(inferred(entity_id, sso_url), kind, "{entity_id}");
        }
    }
}
