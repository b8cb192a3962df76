//! Reading the metadata of an identity provider (saml-metadata §2): what an admin pastes, uploads or links to.
//!
//! The metadata's own signature is not checked: whoever supplies the document is who vouches for it, an admin of the
//! connection or the TLS connection it was fetched through.

use chrono::{DateTime, Utc};
use url::Url;

use super::PROTOCOL_NS;
use super::certificate::{CertificateError, IdpCertificate};
use super::time::parse_time;
use crate::signature::SIGNATURE_NS;
use crate::xml::{self, Element, XmlError, document_element};

const METADATA_NS: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// Largest document accepted, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Most certificates accepted for one IdP: each may be tried on each response.
const MAX_CERTIFICATES: usize = 10;
/// Longest entity ID (saml-core §8.3.6) and longest endpoint accepted, in characters.
const MAX_ENTITY_ID: usize = 1024;
const MAX_URL: usize = 2048;
/// Most entity IDs listed in an error.
const MAX_LISTED: usize = 20;

/// What a connection needs to know about its IdP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpMetadata {
    /// The IdP's entity ID.
    pub entity_id: String,
    /// Where an AuthnRequest goes by HTTP-Redirect.
    pub sso_redirect_url: Option<String>,
    /// Where an AuthnRequest goes by HTTP-POST.
    pub sso_post_url: Option<String>,
    /// The signing certificates, distinct, in document order; at least one.
    pub certificates: Vec<IdpCertificate>,
    /// Whether the IdP demands signed AuthnRequests.
    pub want_authn_requests_signed: bool,
    /// The NameID formats the IdP lists, in its order.
    pub name_id_formats: Vec<String>,
    /// Until when the document may be relied on: the earliest of the dates that apply.
    pub valid_until: Option<DateTime<Utc>>,
}

/// Why a document is not metadata we can use. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Over 1 MB.
    #[error(
        "The metadata is larger than 1 MB. Supply the metadata of this one identity provider, not of a federation."
    )]
    TooLarge,
    /// A web page.
    #[error(
        "This is a web page, not metadata. Download the metadata XML from the identity provider and upload that; an address from which a web page came may need a sign-in."
    )]
    Html,
    /// Not XML, or XML with constructs that metadata doesn't need.
    #[error("The metadata can't be read: {0}. Download it again and upload it unchanged.")]
    Unreadable(String),
    /// XML of another kind.
    #[error(
        "This XML is not SAML metadata: its root is {root}. Supply a document whose root is EntityDescriptor."
    )]
    NotMetadata {
        /// Name of the root element.
        root: String,
    },
    /// Several IdPs, none chosen.
    #[error("The metadata describes several identity providers. Choose one: {}.", list(.entity_ids))]
    SeveralIdps {
        /// The entity IDs found.
        entity_ids: Vec<String>,
    },
    /// The chosen IdP isn't in the document.
    #[error("The metadata doesn't describe {wanted}. It describes: {}.", list(.entity_ids))]
    UnknownEntity {
        /// The entity ID asked for.
        wanted: String,
        /// The entity IDs found.
        entity_ids: Vec<String>,
    },
    /// A service provider's metadata.
    #[error(
        "This is the metadata of a service provider. Supply the one that the identity provider publishes, not ours."
    )]
    ServiceProvider,
    /// No SAML 2.0 IdP role.
    #[error("The metadata describes no SAML 2.0 identity provider (no IDPSSODescriptor).")]
    NoIdp,
    /// The entity ID is missing or too long.
    #[error("The metadata has no usable entityID (1 to 1024 characters).")]
    EntityId,
    /// No signing certificate.
    #[error(
        "The metadata has no signing certificate. Switch response signing on in the identity provider, then download it again."
    )]
    NoCertificate,
    /// None of the signing certificates is acceptable.
    #[error("The signing certificate in the metadata is not accepted. {0}")]
    Certificate(#[from] CertificateError),
    /// More than 10 signing certificates.
    #[error("The metadata has more than 10 signing certificates. Remove those no longer in use.")]
    TooManyCertificates,
    /// No usable endpoint.
    #[error(
        "The metadata has no sign-in URL with http or https for HTTP-Redirect or HTTP-POST (SingleSignOnService)."
    )]
    NoSsoEndpoint,
    /// `validUntil` has passed.
    #[error("The metadata expired on {valid_until}. Download the current one.")]
    Expired {
        /// When it expired.
        valid_until: DateTime<Utc>,
    },
    /// `validUntil` is not a time.
    #[error("The metadata's validUntil is not a UTC date and time.")]
    ValidUntil,
}

fn list(entity_ids: &[String]) -> String {
    let mut text = entity_ids.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if entity_ids.len() > MAX_LISTED {
        text.push_str(&format!(" and {} more", entity_ids.len() - MAX_LISTED));
    }
    text
}

impl From<XmlError> for MetadataError {
    fn from(error: XmlError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Reads the metadata of one IdP. `entity_id` chooses among several; without it there has to be exactly one.
///
/// # Errors
/// See [`MetadataError`].
pub fn parse(xml: &[u8], entity_id: Option<&str>, now: DateTime<Utc>) -> Result<IdpMetadata, MetadataError> {
    if xml.len() > MAX_BYTES {
        return Err(MetadataError::TooLarge);
    }
    if looks_like_html(xml) {
        return Err(MetadataError::Html);
    }
    let document = xml::parse(xml::prescan_metadata(xml)?)?;
    let root = document_element(&document).ok_or(XmlError::Malformed)?;
    let mut entities = Vec::new();
    collect_entities(root, None, &mut entities)?;
    let entity = choose(&entities, entity_id)?;
    read(entity, now)
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let start: Vec<u8> = bytes.iter().copied().take(512).collect();
    let text =
        String::from_utf8_lossy(&start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    text.starts_with("<!doctype html") || text.starts_with("<html")
}

/// An EntityDescriptor with the earliest `validUntil` of itself and what encloses it.
#[derive(Clone, Copy)]
struct Entity<'d> {
    element: Element<'d>,
    valid_until: Option<DateTime<Utc>>,
}

impl<'d> Entity<'d> {
    fn id(self) -> &'d str {
        self.element.attribute("entityID").unwrap_or_default()
    }

    /// The first SAML 2.0 IdP role. Others, such as Entra's WS-Federation RoleDescriptors, may stand before it.
    fn idp(self) -> Option<Element<'d>> {
        let speaks_saml2 = |e: &Element<'_>| {
            let protocols = e.attribute("protocolSupportEnumeration").unwrap_or_default();
            protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL_NS)
        };
        self.element.children(METADATA_NS, "IDPSSODescriptor").find(speaks_saml2)
    }
}

/// EntitiesDescriptors may nest; the prescan bounds how deep.
fn collect_entities<'d>(
    element: Element<'d>,
    enclosing: Option<DateTime<Utc>>,
    found: &mut Vec<Entity<'d>>,
) -> Result<(), MetadataError> {
    let valid_until = earliest(enclosing, element)?;
    if element.is(METADATA_NS, "EntityDescriptor") {
        found.push(Entity { element, valid_until });
        return Ok(());
    }
    if !element.is(METADATA_NS, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata { root: element.local_name().chars().take(100).collect() });
    }
    let nested =
        |e: &Element<'_>| e.is(METADATA_NS, "EntityDescriptor") || e.is(METADATA_NS, "EntitiesDescriptor");
    element.elements().filter(nested).try_for_each(|child| collect_entities(child, valid_until, found))
}

fn earliest(
    enclosing: Option<DateTime<Utc>>,
    element: Element<'_>,
) -> Result<Option<DateTime<Utc>>, MetadataError> {
    let own =
        element.attribute("validUntil").map(parse_time).transpose().map_err(|_| MetadataError::ValidUntil)?;
    Ok(enclosing.into_iter().chain(own).min())
}

fn choose<'d>(entities: &[Entity<'d>], wanted: Option<&str>) -> Result<Entity<'d>, MetadataError> {
    let idps: Vec<_> = entities.iter().copied().filter(|entity| entity.idp().is_some()).collect();
    let ids = || idps.iter().map(|idp| idp.id().to_owned()).collect();
    match (wanted, idps.as_slice()) {
        (_, []) => {
            let provider =
                |e: &Entity<'_>| e.element.children(METADATA_NS, "SPSSODescriptor").next().is_some();
            Err(if entities.iter().any(provider) {
                MetadataError::ServiceProvider
            } else {
                MetadataError::NoIdp
            })
        }
        (Some(wanted), _) => {
            idps.iter().copied().find(|idp| idp.id() == wanted).ok_or_else(|| MetadataError::UnknownEntity {
                wanted: wanted.chars().take(MAX_ENTITY_ID).collect(),
                entity_ids: ids(),
            })
        }
        (None, [only]) => Ok(*only),
        (None, _) => Err(MetadataError::SeveralIdps { entity_ids: ids() }),
    }
}

fn read(entity: Entity<'_>, now: DateTime<Utc>) -> Result<IdpMetadata, MetadataError> {
    let idp = entity.idp().ok_or(MetadataError::NoIdp)?;
    let entity_id = entity.id().to_owned();
    if entity_id.is_empty() || entity_id.chars().count() > MAX_ENTITY_ID {
        return Err(MetadataError::EntityId);
    }
    let valid_until = earliest(entity.valid_until, idp)?;
    if let Some(valid_until) = valid_until.filter(|until| *until <= now) {
        return Err(MetadataError::Expired { valid_until });
    }
    let (sso_redirect_url, sso_post_url) = (endpoint(idp, REDIRECT), endpoint(idp, POST));
    if sso_redirect_url.is_none() && sso_post_url.is_none() {
        return Err(MetadataError::NoSsoEndpoint);
    }
    Ok(IdpMetadata {
        entity_id,
        sso_redirect_url,
        sso_post_url,
        certificates: certificates(idp)?,
        want_authn_requests_signed: matches!(idp.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
        name_id_formats: idp.children(METADATA_NS, "NameIDFormat").filter_map(Element::leaf_text).collect(),
        valid_until,
    })
}

/// The first endpoint for a binding that a browser may be sent to: a `javascript:` URL would run on our own page.
fn endpoint(idp: Element<'_>, binding: &str) -> Option<String> {
    let web = |location: &&str| {
        location.len() <= MAX_URL
            && Url::parse(location).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    };
    idp.children(METADATA_NS, "SingleSignOnService")
        .filter(|service| service.attribute("Binding") == Some(binding))
        .filter_map(|service| service.attribute("Location").map(str::trim))
        .find(web)
        .map(str::to_owned)
}

/// Certificates for signing, or for no particular use. One we can't use is passed over as long as another is there.
fn certificates(idp: Element<'_>) -> Result<Vec<IdpCertificate>, MetadataError> {
    let texts = idp
        .children(METADATA_NS, "KeyDescriptor")
        .filter(|key| matches!(key.attribute("use"), None | Some("signing")))
        .flat_map(|key| key.children(SIGNATURE_NS, "KeyInfo"))
        .flat_map(|info| info.children(SIGNATURE_NS, "X509Data"))
        .flat_map(|data| data.children(SIGNATURE_NS, "X509Certificate"))
        .map(Element::text);
    let mut certificates: Vec<IdpCertificate> = Vec::new();
    let mut failure = None;
    for text in texts {
        match IdpCertificate::parse(&text) {
            Ok(certificate) if certificates.contains(&certificate) => {}
            Ok(_) if certificates.len() == MAX_CERTIFICATES => {
                return Err(MetadataError::TooManyCertificates);
            }
            Ok(certificate) => certificates.push(certificate),
            Err(error) => failure = Some(error),
        }
    }
    match (certificates.is_empty(), failure) {
        (false, _) => Ok(certificates),
        (true, Some(error)) => Err(error.into()),
        (true, None) => Err(MetadataError::NoCertificate),
    }
}
