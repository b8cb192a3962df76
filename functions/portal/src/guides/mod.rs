//! The guides: what to do at which identity provider, one Markdown file each, one screen a step. [`parse`] reads their form.

mod parse;

use std::sync::LazyLock;

use portico_shared::domain::connection::ConnectionType;
use portico_shared::domain::directory::DirectoryType;
use portico_shared::domain::portal::Walk;

/// By which protocol a guide connects a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
    /// SCIM 2.0.
    Scim,
}

/// A way in which a provider's metadata is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetadataWay {
    /// By its address.
    Url,
    /// As a file.
    File,
    /// As pasted XML.
    Xml,
    /// Value by value.
    Fields,
}

impl MetadataWay {
    /// Its name in guides and forms.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::File => "file",
            Self::Xml => "xml",
            Self::Fields => "fields",
        }
    }

    /// Reads a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Url, Self::File, Self::Xml, Self::Fields].into_iter().find(|way| way.as_str() == text)
    }
}

/// A value of ours that goes into a field of the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OurValue {
    /// Where the provider posts its answers.
    AcsUrl,
    /// Our entity id.
    SpEntityId,
    /// Where our metadata is.
    SpMetadataUrl,
    /// The ACS URL as a regular expression.
    AcsUrlRegex,
    /// Where an OpenID provider sends the browser back to.
    RedirectUri,
    /// Where the provider pushes to.
    ScimEndpoint,
    /// The same for Entra ID, with the flag by which its requests follow RFC 7644.
    ScimEndpointForEntra,
    /// The bearer token, while it is shown.
    ScimToken,
}

/// A form at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormKind {
    /// The provider's metadata.
    Metadata,
    /// Which attributes mean what.
    Attributes,
    /// The test sign-in.
    Test,
    /// What an OpenID provider gives.
    Oidc,
    /// What has been checked of it, and what is missing.
    OidcCheck,
    /// A directory's tokens.
    Token,
    /// What has arrived in a directory.
    Arrivals,
}

/// A part of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// Text, as HTML that we wrote ourselves.
    Prose(String),
    /// Values to copy, each with the name of the provider's field.
    Copies(Vec<(OurValue, String)>),
}

/// One screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its name in addresses.
    pub(crate) slug: String,
    /// Its title.
    pub(crate) title: String,
    /// What it says.
    pub(crate) blocks: Vec<Block>,
    /// What it asks for.
    pub(crate) form: Option<FormKind>,
}

/// The names under which a provider sends a person's data, if the guide is followed; `None` where it can't, or where its
/// NameID takes the place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SentAttributes {
    /// The id.
    pub(crate) id: Option<String>,
    /// The e-mail address.
    pub(crate) email: Option<String>,
    /// The first name.
    pub(crate) first_name: Option<String>,
    /// The last name.
    pub(crate) last_name: Option<String>,
    /// The groups.
    pub(crate) groups: Option<String>,
}

/// A guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guide {
    /// Its name in addresses and in the progress of a setup.
    pub(crate) slug: &'static str,
    /// The provider, as people call it.
    pub(crate) name: String,
    /// By which protocol.
    pub(crate) protocol: Protocol,
    /// Of which type the connection is.
    pub(crate) connection_type: Option<ConnectionType>,
    /// Of which type the directory is.
    pub(crate) directory_type: Option<DirectoryType>,
    /// In which ways metadata is asked for, the best first.
    pub(crate) metadata: Vec<MetadataWay>,
    /// A discovery document's address: a fixed one, or one to show how it looks.
    pub(crate) discovery: Option<String>,
    /// What the provider sends.
    pub(crate) attributes: SentAttributes,
    /// The screens; at least one.
    pub(crate) steps: Vec<Step>,
}

impl Guide {
    /// The provider within a sentence; never at its beginning.
    pub(crate) fn called(&self) -> &str {
        match self.slug {
            "custom-saml" | "custom-oidc" | "custom-scim" => "your provider",
            _ => &self.name,
        }
    }

    /// That a setup stands at one of its screens.
    pub(crate) fn walk<Id>(&self, step: &str, subject: Id) -> Walk<Id> {
        Walk { guide: self.slug.to_owned(), step: step.to_owned(), subject }
    }

    /// A screen, by its name.
    pub(crate) fn step(&self, slug: &str) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.slug == slug)
    }

    /// The screen with a form.
    pub(crate) fn step_with(&self, form: FormKind) -> Option<&Step> {
        self.steps.iter().find(|step| step.form == Some(form))
    }

    /// The name of the screen that a form leads to: the one before where it says `back`, else the one behind; at the ends,
    /// the same.
    pub(crate) fn neighbour(&self, index: usize, go: &str) -> &str {
        let target = if go == "back" { index.saturating_sub(1) } else { index + 1 };
        self.steps.get(target).or(self.steps.last()).map_or("", |step| step.slug.as_str())
    }

    /// The name of the first screen.
    pub(crate) fn first(&self) -> &str {
        self.steps.first().map_or("", |step| step.slug.as_str())
    }
}

macro_rules! guides {
    ($folder:literal: $($slug:literal),+ $(,)?) => {
        &[$(($slug, include_str!(concat!("../../guides/", $folder, "/", $slug, ".md"))),)+]
    };
}

const SSO: &[(&str, &str)] = guides!(
    "sso": "okta", "entra", "google", "onelogin", "jumpcloud", "pingone", "adfs", "keycloak", "custom-saml", "okta-oidc",
    "entra-oidc", "google-oidc", "custom-oidc",
);

const DIRECTORY: &[(&str, &str)] =
    guides!("directory": "okta", "entra", "onelogin", "jumpcloud", "pingone", "custom-scim");

static SSO_GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| read(SSO));
static DIRECTORY_GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| read(DIRECTORY));

/// The guides for single sign-on, in the order in which providers are offered.
pub(crate) fn sso() -> &'static [Guide] {
    &SSO_GUIDES
}

/// The guides for directory sync, in the order in which providers are offered.
pub(crate) fn directory() -> &'static [Guide] {
    &DIRECTORY_GUIDES
}

/// A guide for single sign-on, by its name.
pub(crate) fn sso_guide(slug: &str) -> Option<&'static Guide> {
    sso().iter().find(|guide| guide.slug == slug)
}

/// A guide for directory sync, by its name.
pub(crate) fn directory_guide(slug: &str) -> Option<&'static Guide> {
    directory().iter().find(|guide| guide.slug == slug)
}

fn read(sources: &[(&'static str, &'static str)]) -> Vec<Guide> {
    let read = |(slug, text): &(&'static str, &'static str)| match parse::guide(slug, text) {
        Ok(guide) => Some(guide),
        Err(problem) => {
            // A test reads all of them, so this is a guide that was never tested.
            tracing::error!(slug, problem, "a guide can't be read");
            None
        }
    };
    sources.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_is_read_and_ends_as_its_protocol_wants() {
        assert_eq!((sso().len(), directory().len()), (SSO.len(), DIRECTORY.len()));
        for guide in sso().iter().chain(directory()) {
            let (name, protocol) = (guide.slug, guide.protocol);
            let slugs: Vec<_> = guide.steps.iter().map(|step| step.slug.as_str()).collect();
            let forms: Vec<_> = guide.steps.iter().filter_map(|step| step.form).collect();
            match protocol {
                Protocol::Saml => {
                    assert!(slugs.ends_with(&["metadata", "attributes", "test"]), "{name}: {slugs:?}");
                    assert_eq!(forms, [FormKind::Metadata, FormKind::Attributes, FormKind::Test], "{name}");
                    assert!(!guide.metadata.is_empty() && guide.connection_type.is_some(), "{name}");
                }
                Protocol::Oidc => {
                    assert!(slugs.ends_with(&["client", "attributes", "check"]), "{name}: {slugs:?}");
                    assert_eq!(forms, [FormKind::Oidc, FormKind::Attributes, FormKind::OidcCheck], "{name}");
                    assert!(guide.discovery.is_some() && guide.connection_type.is_some(), "{name}");
                }
                Protocol::Scim => {
                    assert!(
                        slugs.contains(&"token") && slugs.last() == Some(&"arrivals"),
                        "{name}: {slugs:?}"
                    );
                    assert_eq!(forms, [FormKind::Token, FormKind::Arrivals], "{name}");
                    assert!(guide.directory_type.is_some(), "{name}");
                }
            }
        }
    }

    #[test]
    fn every_guide_hands_over_what_its_provider_needs() {
        for guide in sso().iter().chain(directory()) {
            let blocks = guide.steps.iter().flat_map(|step| &step.blocks);
            let values: Vec<OurValue> = blocks
                .filter_map(|block| match block {
                    Block::Copies(copies) => Some(copies.iter().map(|(value, _)| *value)),
                    Block::Prose(_) => None,
                })
                .flatten()
                .collect();
            let needed: &[OurValue] = match guide.protocol {
                Protocol::Saml => &[OurValue::AcsUrl, OurValue::SpEntityId],
                Protocol::Oidc => &[OurValue::RedirectUri],
                Protocol::Scim if guide.slug == "entra" => {
                    &[OurValue::ScimEndpointForEntra, OurValue::ScimToken]
                }
                Protocol::Scim => &[OurValue::ScimEndpoint, OurValue::ScimToken],
            };
            let by_metadata = values.contains(&OurValue::SpMetadataUrl) && guide.protocol == Protocol::Saml;
            for value in needed {
                assert!(by_metadata || values.contains(value), "{}: {value:?} in {values:?}", guide.slug);
            }
        }
    }
}
