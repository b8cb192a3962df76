//! The form of a guide: settings between two lines of `---`, then steps. A step begins with `## slug | Title`; its lines are
//! Markdown, but for `::copy value | Name of the field` (a value of ours) and `::form name` (what the step asks for).

use std::collections::BTreeMap;

use portico_shared::domain::connection::ConnectionType;
use portico_shared::domain::directory::DirectoryType;
use pulldown_cmark::{Options, Parser, html};

use super::{Block, FormKind, Guide, MetadataWay, OurValue, Protocol, SentAttributes, Step};

/// Reads a guide.
///
/// # Errors
/// What is wrong with it, in a few words.
pub(super) fn guide(slug: &'static str, text: &str) -> Result<Guide, String> {
    let rest = text.strip_prefix("---\n").ok_or("it does not begin with its settings")?;
    let (settings, body) = rest.split_once("\n---\n").ok_or("its settings do not end")?;
    let settings: BTreeMap<&str, &str> = settings
        .lines()
        .map(|line| line.split_once(": ").ok_or_else(|| format!("no setting: {line}")))
        .collect::<Result<_, _>>()?;
    let needed = |name: &str| settings.get(name).copied().ok_or_else(|| format!("{name} is missing"));
    let protocol = match needed("protocol")? {
        "saml" => Protocol::Saml,
        "oidc" => Protocol::Oidc,
        "scim" => Protocol::Scim,
        other => return Err(format!("unknown protocol {other}")),
    };
    let connection_type = settings
        .get("connection_type")
        .copied()
        .map(|text| ConnectionType::parse(text).ok_or_else(|| format!("unknown connection type {text}")));
    let directory_type = settings
        .get("directory_type")
        .copied()
        .map(|text| DirectoryType::parse(text).ok_or_else(|| format!("unknown directory type {text}")));
    let ways = settings.get("metadata").copied().unwrap_or_default();
    let metadata = ways.split(", ").filter(|way| !way.is_empty());
    let metadata = metadata
        .map(|way| MetadataWay::parse(way).ok_or_else(|| format!("unknown way {way}")))
        .collect::<Result<_, _>>()?;
    Ok(Guide {
        slug,
        name: needed("name")?.to_owned(),
        protocol,
        connection_type: connection_type.transpose()?,
        directory_type: directory_type.transpose()?,
        metadata,
        discovery: settings.get("discovery").map(|text| (*text).to_owned()),
        attributes: attributes(settings.get("attributes").copied().unwrap_or("-, -, -, -, -"))?,
        steps: steps(body)?,
    })
}

fn attributes(text: &str) -> Result<SentAttributes, String> {
    let names: Vec<Option<String>> =
        text.split(", ").map(|name| (name != "-").then(|| name.to_owned())).collect();
    let [id, email, first_name, last_name, groups] =
        <[_; 5]>::try_from(names).map_err(|_| "attributes are five names".to_owned())?;
    Ok(SentAttributes { id, email, first_name, last_name, groups })
}

fn steps(body: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let body = body.strip_prefix("## ").ok_or("its steps do not begin behind its settings")?;
    for part in body.split("\n## ") {
        let (heading, text) = part.split_once('\n').ok_or("a step without text")?;
        let (slug, title) = heading.split_once(" | ").ok_or_else(|| format!("no name: {heading}"))?;
        let (blocks, form) = blocks(text)?;
        steps.push(Step { slug: slug.to_owned(), title: title.to_owned(), blocks, form });
    }
    Ok(steps)
}

fn blocks(text: &str) -> Result<(Vec<Block>, Option<FormKind>), String> {
    let (mut blocks, mut prose, mut form) = (Vec::new(), String::new(), None);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("::form ") {
            form = Some(form_kind(name)?);
        } else if let Some(copy) = line.strip_prefix("::copy ") {
            let (value, label) = copy.split_once(" | ").ok_or_else(|| format!("no label: {copy}"))?;
            end(&mut prose, &mut blocks);
            let copy = (our_value(value)?, label.to_owned());
            match blocks.last_mut() {
                Some(Block::Copies(copies)) => copies.push(copy),
                _ => blocks.push(Block::Copies(vec![copy])),
            }
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    end(&mut prose, &mut blocks);
    Ok((blocks, form))
}

/// Ends a run of prose.
fn end(prose: &mut String, blocks: &mut Vec<Block>) {
    let text = std::mem::take(prose);
    if text.trim().is_empty() {
        return;
    }
    let mut written = String::new();
    html::push_html(&mut written, Parser::new_ext(&text, Options::ENABLE_TABLES));
    blocks.push(Block::Prose(written));
}

fn our_value(name: &str) -> Result<OurValue, String> {
    Ok(match name {
        "acs_url" => OurValue::AcsUrl,
        "sp_entity_id" => OurValue::SpEntityId,
        "sp_metadata_url" => OurValue::SpMetadataUrl,
        "acs_url_regex" => OurValue::AcsUrlRegex,
        "redirect_uri" => OurValue::RedirectUri,
        "scim_endpoint_entra" => OurValue::ScimEndpointForEntra,
        "scim_endpoint" => OurValue::ScimEndpoint,
        "scim_token" => OurValue::ScimToken,
        other => return Err(format!("unknown value {other}")),
    })
}

fn form_kind(name: &str) -> Result<FormKind, String> {
    Ok(match name {
        "metadata" => FormKind::Metadata,
        "attributes" => FormKind::Attributes,
        "test" => FormKind::Test,
        "oidc" => FormKind::Oidc,
        "oidc_check" => FormKind::OidcCheck,
        "token" => FormKind::Token,
        "arrivals" => FormKind::Arrivals,
        other => return Err(format!("unknown form {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "---\nname: Okta\nprotocol: saml\nconnection_type: OktaSAML\nmetadata: url, file\n\
                         attributes: id, email, -, -, groups\n---\n## one | First\n\nGo to **Apps**.\n\n::copy acs_url | ACS\n\
                         ::copy sp_entity_id | Audience\n\nThen:\n\n1. a\n2. b\n\n## two | Second\n\nSo.\n\n::form metadata\n";

    #[test]
    fn a_guide_is_settings_steps_values_and_forms() {
        let guide = guide("okta", GUIDE).unwrap();
        assert_eq!((guide.name.as_str(), guide.protocol), ("Okta", Protocol::Saml));
        assert_eq!(guide.metadata, [MetadataWay::Url, MetadataWay::File]);
        assert_eq!(
            (guide.attributes.id.as_deref(), guide.attributes.first_name.as_deref()),
            (Some("id"), None)
        );
        let [one, two] = guide.steps.as_slice() else { panic!("{:?}", guide.steps) };
        assert_eq!((one.slug.as_str(), one.title.as_str(), one.form), ("one", "First", None));
        let [Block::Prose(first), Block::Copies(copies), Block::Prose(last)] = one.blocks.as_slice() else {
            panic!("{:?}", one.blocks)
        };
        assert_eq!(first, "<p>Go to <strong>Apps</strong>.</p>\n");
        assert_eq!(copies.len(), 2);
        assert!(last.contains("<ol>"));
        assert_eq!(two.form, Some(FormKind::Metadata));
    }

    #[test]
    fn what_is_wrong_with_a_guide_is_said() {
        for (from, to, problem) in [
            ("protocol: saml", "protocol: cas", "unknown protocol cas"),
            ("OktaSAML", "OktaSaml", "unknown connection type OktaSaml"),
            ("::form metadata", "::form other", "unknown form other"),
            ("::copy acs_url | ACS", "::copy acs_url", "no label: acs_url"),
            ("## one | First", "## First", "no name: First"),
        ] {
            assert_eq!(guide("x", &GUIDE.replace(from, to)).unwrap_err(), problem);
        }
    }
}
