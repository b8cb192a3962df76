//! A screen of a provider's guide: what it says, our values to copy, and the form at its end, if it has one.

use askama::Template;
use axum::response::Response;
use portico_shared::domain::portal::Section;
use portico_shared::web::redirect::see_other;

use super::{Place, attributes, blocked_page, keep_step, metadata, oidc, place, test};
use crate::error::RouteError;
use crate::fields::{Fields, Form};
use crate::guides::{Block, FormKind, OurValue, Protocol, Step};
use crate::handlers::overview::blocked;
use crate::page::{Forms, Frame, Rail, StepRail, guided};
use crate::path::PathOf;
use crate::visit::Visit;

/// A value of ours, under the provider's name for it.
pub(crate) struct Copied {
    /// The provider's name.
    pub(crate) label: String,
    /// The value.
    pub(crate) value: String,
}

/// A part of a screen, ready to be shown.
pub(crate) enum Part {
    /// Text of the guide.
    Prose(String),
    /// Values to copy.
    Copies(Vec<Copied>),
}

/// What a form says when it isn't taken: a sentence at each field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Vec<(&'static str, String)>);

impl Refusals {
    /// A sentence at a field.
    pub(crate) fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        self.0.push((field, sentence.into()));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sentence at a field.
    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, sentence)| sentence.as_str())
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[(&'static str, String)] {
        &self.0
    }
}

/// What is shown of a form: what was typed and isn't right, or that somebody else changed the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    /// What came; `None` where the form is shown for the first time.
    pub(crate) fields: Option<Fields>,
    /// What isn't right.
    pub(crate) refusals: Refusals,
    /// Whether the connection was changed by somebody else since the form was shown.
    pub(crate) conflict: bool,
}

impl Typed {
    /// What a field shows: what was typed, else what is kept.
    pub(crate) fn or<'a>(&'a self, name: &str, kept: Option<&'a str>) -> &'a str {
        match &self.fields {
            Some(fields) => fields.text(name),
            None => kept.unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "sso/step.html")]
struct StepPage<'a> {
    number: usize,
    count: usize,
    title: &'a str,
    parts: Vec<Part>,
    refusals: &'a [(&'static str, String)],
    conflict: bool,
    form: String,
    /// Whether the form brings its own buttons.
    own_buttons: bool,
    action: String,
    has_back: bool,
    form_token: &'a str,
    version: u64,
}

/// `GET /portal/sso/steps/{step}`
pub(crate) async fn show(visit: Visit, PathOf(slug): PathOf) -> Result<Response, RouteError> {
    let (visit, place) = enter(visit).await?;
    let Some(place) = place else { return Ok(see_other("/portal/sso")) };
    render(&visit, &place, &slug, &Typed::default()).await
}

/// The visit in this section, and the place where its setup stands; `None` where it hasn't begun.
pub(crate) async fn enter(visit: Visit) -> Result<(Visit, Option<Place>), RouteError> {
    let visit = visit.enter(Section::Sso)?;
    let place = place(&visit).await?;
    Ok((visit, place))
}

/// The screen with its form as it was typed.
pub(crate) async fn render(
    visit: &Visit,
    place: &Place,
    slug: &str,
    typed: &Typed,
) -> Result<Response, RouteError> {
    let (index, step) = place.guide.step(slug).ok_or(RouteError::NotFound)?;
    let form = match step.form {
        None => String::new(),
        Some(FormKind::Metadata) => metadata::form(place, typed)?,
        Some(FormKind::Attributes) => attributes::form(place, typed)?,
        Some(FormKind::Test) => test::form(visit, place)?,
        Some(FormKind::Oidc) => oidc::form(place, typed)?,
        Some(FormKind::OidcCheck) => oidc::check(visit, place)?,
        Some(FormKind::Token | FormKind::Arrivals) => return Err(RouteError::NotFound),
    };
    let content = StepPage {
        number: index + 1,
        count: place.guide.steps.len(),
        title: &step.title,
        parts: parts(visit, place, step),
        refusals: typed.refusals.all(),
        conflict: typed.conflict,
        form,
        own_buttons: matches!(step.form, Some(FormKind::Test | FormKind::OidcCheck)),
        action: format!("/portal/sso/steps/{slug}"),
        has_back: index > 0,
        form_token: &visit.form_token,
        version: place.read.connection.version,
    };
    let leaving = step.form == Some(FormKind::Test);
    let frame =
        Frame { forms: if leaving { Forms::Leaving } else { Forms::Here }, ..Frame::of(Section::Sso) };
    let frame = if typed.refusals.is_empty() && !typed.conflict { frame } else { frame.refused() };
    Ok(guided(visit, frame, &step.title, Rail::Steps(rail(place, index)), &content))
}

fn rail(place: &Place, index: usize) -> StepRail {
    let by = if place.guide.protocol == Protocol::Oidc { " by OpenID Connect" } else { "" };
    let title = format!("Single sign-on with {}{by}", place.guide.called());
    StepRail::of(place.guide, (title, "/portal/sso/steps"), &place.step, index)
}

fn parts(visit: &Visit, place: &Place, step: &Step) -> Vec<Part> {
    let part = |block: &Block| match block {
        Block::Prose(html) => Part::Prose(html.clone()),
        Block::Copies(copies) => {
            let copied = |(value, label): &(OurValue, String)| Copied {
                label: label.clone(),
                value: our_value(visit, place, *value),
            };
            Part::Copies(copies.iter().map(copied).collect())
        }
    };
    step.blocks.iter().map(part).collect()
}

fn our_value(visit: &Visit, place: &Place, value: OurValue) -> String {
    let (ours, connection) = (&visit.app.config().public_url, place.connection());
    match value {
        OurValue::AcsUrl => ours.acs_url(&connection.id),
        OurValue::SpEntityId => ours.sp_entity_id(&connection.id, connection.saml.sp_entity_id.as_deref()),
        OurValue::SpMetadataUrl => ours.sp_metadata_url(&connection.id),
        OurValue::AcsUrlRegex => format!("^{}$", escaped(&ours.acs_url(&connection.id))),
        OurValue::RedirectUri => ours.join(&format!("/sso/oidc/callback/{}", connection.id)),
        // Not of single sign-on.
        OurValue::ScimEndpoint | OurValue::ScimEndpointForEntra | OurValue::ScimToken => String::new(),
    }
}

/// A text as a regular expression for exactly this text.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut written, c| {
        if !c.is_ascii_alphanumeric() && !matches!(c, ':' | '_' | '-') {
            written.push('\\');
        }
        written.push(c);
        written
    })
}

/// `POST /portal/sso/steps/{step}`: on, or back. What the screen asks for is saved on the way on.
pub(crate) async fn save(PathOf(slug): PathOf, Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let (visit, place) = enter(visit).await?;
    let Some(place) = place else { return Ok(see_other("/portal/sso")) };
    if let Some(why) = blocked(&visit.setup.unmet()).filter(|_| !place.is_active()) {
        return Ok(blocked_page(&visit, why));
    }
    let (index, step) = place.guide.step(&slug).ok_or(RouteError::NotFound)?;
    let target = place.guide.neighbour(index, fields.text("go")).to_owned();
    if fields.text("go") == "back" {
        keep_step(&visit, &place, &target).await?;
        return Ok(see_other(&format!("/portal/sso/steps/{target}")));
    }
    if matches!(step.form, Some(FormKind::Metadata | FormKind::Attributes | FormKind::Oidc)) {
        place.guard(&visit)?;
    }
    let refused = match step.form {
        Some(FormKind::Metadata) => metadata::save(&visit, &place, &fields).await?,
        Some(FormKind::Attributes) => attributes::save(&visit, &place, &fields).await?,
        Some(FormKind::Oidc) => oidc::save(&visit, &place, &fields).await?,
        _ => None,
    };
    if let Some(typed) = refused {
        let (visit, place) = if typed.conflict {
            let (visit, fresh) = enter(visit.reread().await?).await?;
            (visit, fresh.ok_or(RouteError::NotFound)?)
        } else {
            (visit, place)
        };
        return render(&visit, &place, &slug, &typed).await;
    }
    keep_step(&visit, &place, &target).await?;
    Ok(see_other(&format!("/portal/sso/steps/{target}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_as_a_regular_expression_matches_itself_alone() {
        assert_eq!(escaped("https://sso.acme.com/acs/conn_01"), r"https:\/\/sso\.acme\.com\/acs\/conn_01");
    }
}
