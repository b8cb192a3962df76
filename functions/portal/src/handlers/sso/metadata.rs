//! What a SAML provider gives: its metadata by address, as a file or pasted, or its values one by one.

use askama::Template;
use portico_protocol::saml::IdpCertificate;
use portico_protocol::saml::idp_metadata::{self, IdpMetadata, MetadataError};
use portico_shared::domain::connection::{Connection, SamlSettings};
use portico_shared::net::fetch::FetchError;
use portico_shared::operations::{connections, contacts};
use portico_shared::web::error::Trouble;
use url::Url;

use super::Place;
use super::step::{Refusals, Typed};
use crate::error::RouteError;
use crate::fields::Fields;
use crate::guides::MetadataWay;
use crate::visit::Visit;
use crate::words::day;

/// The longest entity id (saml-core §8.3.6) and address, in characters.
const MOST_ENTITY_ID_CHARACTERS: usize = 1024;
const MOST_URL_CHARACTERS: usize = 2048;

struct Way {
    way: MetadataWay,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "sso/metadata.html")]
struct MetadataForm<'a> {
    provider: &'a str,
    ways: Vec<Way>,
    url: &'a str,
    xml: &'a str,
    entity_id: &'a str,
    sso_url: &'a str,
    certificate: String,
    /// Of several providers in one document, the one that is meant.
    chosen_entity: &'a str,
    asks_entity: bool,
    refusals: &'a Refusals,
}

/// The form.
///
/// # Errors
/// It can't be rendered.
pub(super) fn form(place: &Place, typed: &Typed) -> Result<String, RouteError> {
    let saml = &place.connection().saml;
    let chosen = chosen_way(place, typed);
    let ways = place.guide.metadata.iter().map(|way| Way { way: *way, chosen: *way == chosen });
    let kept =
        saml.certificates.iter().map(|known| known.certificate.to_pem()).collect::<Vec<_>>().join("\n");
    let single = saml.idp_metadata_url.is_none();
    let sso_url = saml.idp_sso_redirect_url.as_deref().or(saml.idp_sso_post_url.as_deref());
    let content = MetadataForm {
        provider: place.guide.called(),
        ways: ways.collect(),
        url: typed.or("metadata-url", saml.idp_metadata_url.as_deref()),
        xml: typed.or("metadata-xml", None),
        entity_id: typed.or("idp-entity-id", saml.idp_entity_id.as_deref().filter(|_| single)),
        sso_url: typed.or("idp-sso-url", sso_url.filter(|_| single)),
        certificate: typed
            .or("idp-certificate", Some(&kept).filter(|_| single).map(String::as_str))
            .to_owned(),
        chosen_entity: typed.or("metadata-entity", None),
        asks_entity: typed.refusals.at("metadata-entity").is_some()
            || !typed.or("metadata-entity", None).is_empty(),
        refusals: &typed.refusals,
    };
    content.render().map_err(|_| RouteError::Trouble(Trouble::Internal))
}

fn chosen_way(place: &Place, typed: &Typed) -> MetadataWay {
    let asked = typed.fields.as_ref().and_then(|fields| MetadataWay::parse(fields.text("way")));
    let saml = &place.connection().saml;
    let kept = match (&saml.idp_metadata_url, &saml.idp_entity_id) {
        (Some(_), _) => Some(MetadataWay::Url),
        (None, Some(_)) => Some(MetadataWay::Fields),
        (None, None) => None,
    };
    asked.or(kept).or(place.guide.metadata.first().copied()).unwrap_or(MetadataWay::Url)
}

/// What was given, once it is read.
enum Given {
    Metadata { metadata: IdpMetadata, url: Option<String> },
    Values { entity_id: String, sso_url: String, certificates: Vec<IdpCertificate> },
}

/// Saves what the form brought; says what isn't right with it.
///
/// # Errors
/// The table.
pub(super) async fn save(visit: &Visit, place: &Place, fields: &Fields) -> Result<Option<Typed>, RouteError> {
    let mut refusals = Refusals::default();
    let Some(given) = read(visit, place, fields, &mut refusals).await? else {
        return Ok(Some(Typed { fields: Some(as_pasted(fields)), refusals, conflict: false }));
    };
    if fields.number("version") != Some(place.read.connection.version) {
        return Ok(Some(Typed { fields: Some(as_pasted(fields)), refusals, conflict: true }));
    }
    let before = place.connection();
    let mut saml = before.saml.clone();
    let new = |certificate| connections::new_certificate(&visit.app, certificate);
    let taken = match given {
        Given::Metadata { metadata, url } => saml.take_metadata(&metadata, url, new),
        Given::Values { entity_id, sso_url, certificates } => {
            saml.idp_entity_id = Some(entity_id);
            (saml.idp_sso_redirect_url, saml.idp_sso_post_url) = (Some(sso_url), None);
            saml.idp_metadata_url = None;
            saml.replace_certificates(&certificates, new)
        }
    };
    if let Err(error) = taken {
        refusals.add("idp-certificate", format!("{error}."));
        return Ok(Some(Typed { fields: Some(as_pasted(fields)), refusals, conflict: false }));
    }
    let changed = Connection { saml, ..before.clone() };
    let state = place.state().after_change(None, changed.saml.missing());
    let state = state.map_err(|_| RouteError::Trouble(Trouble::Internal))?;
    match connections::keep(&visit.app, &place.read, changed, state, &visit.details().domains).await {
        Ok(changed) => {
            if place.is_active() && !trusts_the_same(&changed.saml, &before.saml) {
                let name = &visit.organization().name;
                contacts::tell_of_changed_trust(&visit.app, &visit.setup.contacts, name).await;
            }
            Ok(None)
        }
        Err(portico_shared::store::WriteConnectionError::Raced) => {
            Ok(Some(Typed { fields: Some(as_pasted(fields)), refusals, conflict: true }))
        }
        Err(error) => Err(error.into()),
    }
}

fn trusts_the_same(one: &SamlSettings, other: &SamlSettings) -> bool {
    one.idp_entity_id == other.idp_entity_id && one.certificates == other.certificates
}

/// The form as it can be shown again: a browser doesn't keep a file, so its text is shown as pasted.
fn as_pasted(fields: &Fields) -> Fields {
    match fields.given("metadata-file") {
        Some(text) if fields.text("way") == MetadataWay::File.as_str() => {
            let text = text.to_owned();
            fields.clone().with("way", MetadataWay::Xml.as_str()).with("metadata-xml", &text)
        }
        _ => fields.clone(),
    }
}

async fn read(
    visit: &Visit,
    place: &Place,
    fields: &Fields,
    refusals: &mut Refusals,
) -> Result<Option<Given>, RouteError> {
    let chosen = fields.given("metadata-entity");
    let asked = MetadataWay::parse(fields.text("way")).unwrap_or(MetadataWay::Url);
    Ok(match asked {
        MetadataWay::Url => {
            let Some(url) = fields.given("metadata-url") else {
                refusals.add("metadata-url", "Enter the metadata address, or choose another way below.");
                return Ok(None);
            };
            let bytes = match visit.app.fetch().text(url).await {
                Ok(document) => document.bytes,
                Err(FetchError::NoTls) => return Err(RouteError::Trouble(Trouble::Internal)),
                Err(error) => {
                    refusals.add("metadata-url", format!("The metadata can’t be fetched: {error}."));
                    return Ok(None);
                }
            };
            let metadata = parse(visit, place, ("metadata-url", &bytes, chosen), refusals);
            metadata.map(|metadata| Given::Metadata { metadata, url: Some(url.to_owned()) })
        }
        way @ (MetadataWay::File | MetadataWay::Xml) => {
            let (field, missing) = match way {
                MetadataWay::File => ("metadata-file", "Choose the metadata file that you saved."),
                _ => ("metadata-xml", "Paste the metadata: XML that begins with an EntityDescriptor."),
            };
            let Some(text) = fields.given(field) else {
                refusals.add(field, missing);
                return Ok(None);
            };
            let shown = if way == MetadataWay::File { "metadata-xml" } else { field };
            let metadata = parse(visit, place, (shown, text.as_bytes(), chosen), refusals);
            metadata.map(|metadata| Given::Metadata { metadata, url: None })
        }
        MetadataWay::Fields => values(visit, place, fields, refusals),
    })
}

fn parse(
    visit: &Visit,
    place: &Place,
    (field, bytes, chosen): (&'static str, &[u8], Option<&str>),
    refusals: &mut Refusals,
) -> Option<IdpMetadata> {
    let now = visit.app.clock().now();
    match idp_metadata::parse(bytes, chosen, now) {
        Ok(metadata) => {
            let expired = last_end(metadata.certificates.iter()).filter(|end| *end <= now);
            match expired {
                Some(end) => {
                    refusals.add(field, expired_words(&place.guide.name, &day(end)));
                    None
                }
                None => Some(metadata),
            }
        }
        Err(error @ (MetadataError::SeveralIdps { .. } | MetadataError::UnknownEntity { .. })) => {
            refusals.add(field, error.to_string());
            refusals.add("metadata-entity", "Enter the entity ID of the one that is meant.");
            None
        }
        Err(error) => {
            refusals.add(field, error.to_string());
            None
        }
    }
}

/// When the last of some certificates ends.
fn last_end<'a>(
    certificates: impl Iterator<Item = &'a IdpCertificate>,
) -> Option<chrono::DateTime<chrono::Utc>> {
    certificates.map(IdpCertificate::not_after).max()
}

fn expired_words(provider: &str, end: &str) -> String {
    format!(
        "The signing certificate expired on {end}. Make a new one active in {provider}, then give us the metadata again."
    )
}

fn values(visit: &Visit, place: &Place, fields: &Fields, refusals: &mut Refusals) -> Option<Given> {
    let entity_id = fields.text("idp-entity-id");
    let plain = !entity_id.chars().any(|c| c.is_control() || c.is_whitespace());
    if entity_id.is_empty() {
        refusals
            .add("idp-entity-id", "Enter the entity ID of your identity provider. It is also called issuer.");
    } else if !plain || entity_id.chars().count() > MOST_ENTITY_ID_CHARACTERS {
        let most = MOST_ENTITY_ID_CHARACTERS;
        refusals.add("idp-entity-id", format!("An entity ID has no spaces and at most {most} characters."));
    }
    let sso_url = fields.text("idp-sso-url");
    if sso_url.is_empty() {
        refusals.add("idp-sso-url", "Enter the address where people sign in. It is also called login URL.");
    } else if !is_web_address(sso_url) {
        refusals.add("idp-sso-url", "Enter a whole address, such as https://idp.acme.com/sso.");
    }
    let certificates = certificates(visit, place, fields.text("idp-certificate"), refusals);
    if !refusals.is_empty() {
        return None;
    }
    Some(Given::Values { entity_id: entity_id.to_owned(), sso_url: sso_url.to_owned(), certificates })
}

fn is_web_address(text: &str) -> bool {
    text.len() <= MOST_URL_CHARACTERS
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// One certificate, with or without PEM's lines, or several with them.
fn certificates(visit: &Visit, place: &Place, text: &str, refusals: &mut Refusals) -> Vec<IdpCertificate> {
    let field = "idp-certificate";
    let mut found: Vec<IdpCertificate> = Vec::new();
    if text.is_empty() {
        refusals.add(field, "Paste the signing certificate. It begins with -----BEGIN CERTIFICATE-----.");
        return found;
    }
    for (index, part) in pem_parts(text).into_iter().enumerate().take(SamlSettings::MOST_CERTIFICATES + 1) {
        match IdpCertificate::parse(part) {
            Ok(certificate) if found.contains(&certificate) => {}
            Ok(certificate) => found.push(certificate),
            Err(error) if index == 0 => refusals.add(field, error.to_string()),
            Err(error) => refusals.add(field, format!("Certificate {}: {error}", index + 1)),
        }
    }
    let now = visit.app.clock().now();
    if let Some(end) = last_end(found.iter()).filter(|end| *end <= now) {
        refusals.add(field, expired_words(&place.guide.name, &day(end)));
    }
    found
}

/// The certificates in a text: each up to its last line, or the whole where there is none.
fn pem_parts(text: &str) -> Vec<&str> {
    const END: &str = "-----END CERTIFICATE-----";
    let parts: Vec<&str> = text.split_inclusive(END).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { vec![text] } else { parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_certificates_are_told_apart_by_their_last_lines() {
        let one = "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----";
        assert_eq!(pem_parts(&format!("{one}\r\n{one}\n")), [one, one]);
        assert_eq!(pem_parts("AAAA"), ["AAAA"]);
    }
}
