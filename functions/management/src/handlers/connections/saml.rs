//! `saml_options`: what the identity provider gives, as metadata or as single values, and how we treat it.

use portico_protocol::saml::IdpCertificate;
use portico_protocol::saml::idp_metadata::{self, IdpMetadata};
use portico_shared::app::App;
use portico_shared::domain::connection::{SamlSettings, TooManyCertificates};
use portico_shared::domain::ids::ConnectionId;
use portico_shared::net::fetch::FetchError;
use portico_shared::operations::connections;
use portico_shared::web::error::Trouble;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use crate::error::RouteError;
use crate::input::{Problems, nullable};

/// The longest entity id (saml-core §8.3.6) and address, in characters.
const MOST_ENTITY_ID_CHARACTERS: usize = 1024;
const MOST_URL_CHARACTERS: usize = 2048;

/// The options as they come.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SamlOptions {
    #[serde(deserialize_with = "nullable")]
    idp_metadata_url: Option<Option<String>>,
    idp_metadata_xml: Option<String>,
    idp_entity_id: Option<String>,
    idp_sso_url: Option<String>,
    idp_signing_certs: Option<Vec<String>>,
    acs_url: Option<String>,
    #[serde(deserialize_with = "nullable")]
    sp_entity_id: Option<Option<String>>,
    allow_idp_initiated: Option<bool>,
    allow_sha1: Option<bool>,
    sign_requests: Option<bool>,
    force_authn: Option<bool>,
    sp_signing_key_pair: Option<IgnoredAny>,
    sp_encryption_key_pairs: Option<Vec<IgnoredAny>>,
}

/// What the provider gives.
#[derive(Debug)]
enum Given {
    Metadata { metadata: IdpMetadata, url: Option<String> },
    Values { entity_id: Option<String>, sso_url: Option<String>, certificates: Option<Vec<IdpCertificate>> },
}

/// What checked options ask for.
#[derive(Debug)]
pub(super) struct SamlChange {
    given: Given,
    forget_metadata_url: bool,
    sp_entity_id: Option<Option<String>>,
    allow_idp_initiated: Option<bool>,
    allow_sha1: Option<bool>,
    sign_requests: Option<bool>,
    force_authn: Option<bool>,
}

impl SamlChange {
    /// Checks the options, and fetches the provider's metadata where they give its address. `connection` is `None` for
    /// one that is about to be made.
    ///
    /// # Errors
    /// Every wrong field; what is wrong with the metadata.
    pub(super) async fn read(
        app: &App,
        options: SamlOptions,
        connection: Option<ConnectionId>,
    ) -> Result<Self, RouteError> {
        let mut problems = Problems::default();
        options.check_ours(app, connection, &mut problems);
        let certificates = options.check_theirs(&mut problems);
        problems.finish()?;
        let now = app.clock().now();
        let url = options.idp_metadata_url.clone().flatten();
        let chosen = options.idp_entity_id.as_deref();
        let given = if let Some(url) = url {
            let document = app.fetch().text(&url).await.map_err(unfetched)?;
            let metadata = read_metadata("saml_options.idp_metadata_url", &document.bytes, chosen, now)?;
            Given::Metadata { metadata, url: Some(url) }
        } else if let Some(xml) = &options.idp_metadata_xml {
            let metadata = read_metadata("saml_options.idp_metadata_xml", xml.as_bytes(), chosen, now)?;
            Given::Metadata { metadata, url: None }
        } else {
            Given::Values { entity_id: options.idp_entity_id, sso_url: options.idp_sso_url, certificates }
        };
        Ok(Self {
            given,
            forget_metadata_url: options.idp_metadata_url == Some(None),
            sp_entity_id: options.sp_entity_id,
            allow_idp_initiated: options.allow_idp_initiated,
            allow_sha1: options.allow_sha1,
            sign_requests: options.sign_requests,
            force_authn: options.force_authn,
        })
    }

    /// Makes the change.
    ///
    /// # Errors
    /// There would be too many certificates.
    pub(super) fn apply(&self, app: &App, saml: &mut SamlSettings) -> Result<(), RouteError> {
        let set = |target: &mut bool, wanted: Option<bool>| *target = wanted.unwrap_or(*target);
        set(&mut saml.allow_idp_initiated, self.allow_idp_initiated);
        set(&mut saml.allow_sha1, self.allow_sha1);
        set(&mut saml.sign_requests, self.sign_requests);
        set(&mut saml.force_authn, self.force_authn);
        if let Some(sp_entity_id) = &self.sp_entity_id {
            saml.sp_entity_id.clone_from(sp_entity_id);
        }
        if self.forget_metadata_url {
            saml.idp_metadata_url = None;
        }
        match &self.given {
            Given::Metadata { metadata, url } => {
                let new = |certificate| connections::new_certificate(app, certificate);
                saml.take_metadata(metadata, url.clone(), new).map_err(too_many)
            }
            Given::Values { entity_id, sso_url, certificates } => {
                if let Some(entity_id) = entity_id {
                    saml.idp_entity_id = Some(entity_id.clone());
                }
                if let Some(sso_url) = sso_url {
                    (saml.idp_sso_redirect_url, saml.idp_sso_post_url) = (Some(sso_url.clone()), None);
                }
                if entity_id.is_some() || sso_url.is_some() || certificates.is_some() {
                    saml.idp_metadata_url = None;
                }
                let new = |certificate| connections::new_certificate(app, certificate);
                let replace = |given: &Vec<_>| saml.replace_certificates(given, new).map_err(too_many);
                certificates.as_ref().map_or(Ok(()), replace)
            }
        }
    }
}

impl SamlOptions {
    /// Checks what concerns our side.
    fn check_ours(&self, app: &App, connection: Option<ConnectionId>, problems: &mut Problems) {
        let ours = connection.map(|id| app.config().public_url.acs_url(&id));
        if self.acs_url.is_some() && self.acs_url != ours {
            let message = "saml_options.acs_url can only be the address of this deployment that saml.acs_url of the \
                           answer names: responses are accepted nowhere else. Leave it out, and give the identity \
                           provider that one.";
            problems.add("saml_options.acs_url", "not_ours", message);
        }
        let keys = [
            ("sp_signing_key_pair", self.sp_signing_key_pair.is_some()),
            ("sp_encryption_key_pairs", self.sp_encryption_key_pairs.is_some()),
        ];
        for (field, _) in keys.into_iter().filter(|(_, given)| *given) {
            let message = format!(
                "saml_options.{field}: every connection has a key pair of its own, made here; none can be brought along."
            );
            problems.add(format!("saml_options.{field}"), "not_supported", message);
        }
        if let Some(Some(sp_entity_id)) = &self.sp_entity_id {
            check_entity_id("saml_options.sp_entity_id", sp_entity_id, problems);
        }
    }

    /// Checks what concerns the provider, and reads its certificates.
    fn check_theirs(&self, problems: &mut Problems) -> Option<Vec<IdpCertificate>> {
        let by_url = matches!(self.idp_metadata_url, Some(Some(_)));
        let by_metadata = by_url || self.idp_metadata_xml.is_some();
        if by_url && self.idp_metadata_xml.is_some() {
            let message = "Send either saml_options.idp_metadata_url or idp_metadata_xml, not both.";
            problems.add("saml_options.idp_metadata_xml", "mutually_exclusive", message);
        }
        if by_metadata && (self.idp_sso_url.is_some() || self.idp_signing_certs.is_some()) {
            let message = "The metadata brings the sign-in URL and the certificates along: send either metadata, or \
                           idp_entity_id, idp_sso_url and idp_signing_certs. (idp_entity_id beside metadata chooses \
                           one of several identity providers in it.)";
            problems.add("saml_options.idp_sso_url", "mutually_exclusive", message);
        }
        if let Some(entity_id) = &self.idp_entity_id {
            check_entity_id("saml_options.idp_entity_id", entity_id, problems);
        }
        if let Some(url) = &self.idp_sso_url
            && !is_web_address(url)
        {
            let message =
                "saml_options.idp_sso_url must be an absolute URL, such as https://idp.example.com/sso.";
            problems.add("saml_options.idp_sso_url", "invalid_url", message);
        }
        let texts = self.idp_signing_certs.as_ref()?;
        let mut certificates = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match IdpCertificate::parse(text) {
                Ok(certificate) if certificates.contains(&certificate) => {}
                Ok(certificate) => certificates.push(certificate),
                Err(error) => {
                    let field = format!("saml_options.idp_signing_certs[{index}]");
                    problems.add(field, "invalid_certificate", error.to_string());
                }
            }
        }
        Some(certificates)
    }
}

fn check_entity_id(field: &str, text: &str, problems: &mut Problems) {
    let length = text.chars().count();
    if !(1..=MOST_ENTITY_ID_CHARACTERS).contains(&length)
        || text.chars().any(|c| c.is_control() || c.is_whitespace())
    {
        let message = format!(
            "{field} must have 1 to {MOST_ENTITY_ID_CHARACTERS} characters and no spaces; got {length}."
        );
        problems.add(field, "invalid", message);
    }
}

fn is_web_address(text: &str) -> bool {
    text.len() <= MOST_URL_CHARACTERS
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn unfetched(error: FetchError) -> RouteError {
    match error {
        FetchError::NoTls => {
            tracing::error!(cause = %error, "metadata can't be fetched");
            RouteError::Trouble(Trouble::Internal)
        }
        error => {
            let field = "saml_options.idp_metadata_url";
            RouteError::field(
                field,
                "metadata_not_fetched",
                format!("The metadata can't be fetched: {error}."),
            )
        }
    }
}

fn read_metadata(
    field: &str,
    bytes: &[u8],
    chosen: Option<&str>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<IdpMetadata, RouteError> {
    idp_metadata::parse(bytes, chosen, now)
        .map_err(|error| RouteError::field(field, "invalid_metadata", error.to_string()))
}

fn too_many(error: TooManyCertificates) -> RouteError {
    RouteError::field("saml_options.idp_signing_certs", "too_many", format!("{error}."))
}
