//! Which of the provider's attributes fills which part of a profile. The guide's names are filled in.

use askama::Template;
use portico_protocol::saml::AttributeMap;
use portico_shared::domain::connection::Connection;
use portico_shared::operations::connections;
use portico_shared::web::error::Trouble;

use super::Place;
use super::step::{Refusals, Typed};
use crate::error::RouteError;
use crate::fields::Fields;
use crate::guides::{Protocol, SentAttributes};
use crate::visit::Visit;

/// The longest name of an attribute, in characters.
const MOST_CHARACTERS: usize = 256;

struct Row {
    field: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    /// What somebody else has saved meanwhile.
    saved: Option<String>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "sso/attributes.html")]
struct AttributesForm {
    rows: Vec<Row>,
}

/// The parts of a profile: the form's field and what it is called.
const PARTS: [(&str, &str); 5] = [
    ("map-id", "ID"),
    ("map-email", "E-mail"),
    ("map-first-name", "First name"),
    ("map-last-name", "Last name"),
    ("map-groups", "Groups"),
];

/// What is said of a part.
fn hint(field: &str, protocol: Protocol) -> &'static str {
    match (field, protocol) {
        ("map-id", Protocol::Oidc) => "Stays the same for a person. Empty: sub",
        ("map-id", _) => "Stays the same for a person. Empty: the Name ID",
        ("map-email", Protocol::Saml) => "Required, unless it is the Name ID",
        ("map-email", _) => "Required",
        ("map-groups", _) => "Optional",
        _ => "",
    }
}

/// What is mapped, in the order of [`PARTS`].
fn mapped(map: &AttributeMap) -> [Option<&String>; 5] {
    [&map.idp_id, &map.email, &map.first_name, &map.last_name, &map.groups].map(Option::as_ref)
}

/// What the guide's provider sends, in the order of [`PARTS`].
fn sent(guide: &SentAttributes) -> [Option<&String>; 5] {
    [&guide.id, &guide.email, &guide.first_name, &guide.last_name, &guide.groups].map(Option::as_ref)
}

/// The form.
///
/// # Errors
/// It can't be rendered.
pub(super) fn form(place: &Place, typed: &Typed) -> Result<String, RouteError> {
    let kept = shown(place);
    let rows = PARTS.iter().zip(kept).map(|((field, label), kept)| Row {
        field,
        label,
        hint: hint(field, place.guide.protocol),
        value: typed.or(field, Some(&kept)).to_owned(),
        saved: typed.conflict.then(|| kept.clone()),
        problem: typed.refusals.at(field).map(str::to_owned),
    });
    AttributesForm { rows: rows.collect() }.render().map_err(|_| RouteError::Trouble(Trouble::Internal))
}

/// What the form shows: what is mapped, else what the provider sends where the guide is followed.
fn shown(place: &Place) -> [String; 5] {
    let (kept, usual) = (mapped(&place.connection().attribute_map), sent(&place.guide.attributes));
    let mut shown = [const { String::new() }; 5];
    for (slot, (kept, usual)) in shown.iter_mut().zip(kept.into_iter().zip(usual)) {
        *slot = kept.or(usual).cloned().unwrap_or_default();
    }
    shown
}

/// Saves the mapping; says what isn't right with it.
///
/// # Errors
/// The table.
pub(super) async fn save(visit: &Visit, place: &Place, fields: &Fields) -> Result<Option<Typed>, RouteError> {
    let again = |refusals, conflict| Ok(Some(Typed { fields: Some(fields.clone()), refusals, conflict }));
    let mut refusals = Refusals::default();
    for (field, ..) in PARTS {
        let text = fields.text(field);
        if text.chars().count() > MOST_CHARACTERS || text.chars().any(char::is_control) {
            refusals
                .add(field, format!("The name of an attribute has at most {MOST_CHARACTERS} characters."));
        }
    }
    if !refusals.is_empty() {
        return again(refusals, false);
    }
    if fields.number("version") != Some(place.read.connection.version) {
        return again(refusals, true);
    }
    let before = place.connection();
    let changed = Connection { attribute_map: map(place, fields), ..before.clone() };
    let domains = &visit.details().domains;
    match connections::keep(&visit.app, &place.read, changed, place.state(), domains).await {
        Ok(_) => Ok(None),
        Err(portico_shared::store::WriteConnectionError::Raced) => again(refusals, true),
        Err(error) => Err(error.into()),
    }
}

/// The mapping that a form asks for. A name that the guide gave stays unset, so that the provider's other usual names count,
/// too; but the id's, which has to be there once it is set.
fn map(place: &Place, fields: &Fields) -> AttributeMap {
    let usual = &place.guide.attributes;
    let own = |field: &str, usual: &Option<String>| {
        let given = fields.given(field).map(str::to_owned);
        given.filter(|name| Some(name) != usual.as_ref())
    };
    AttributeMap {
        idp_id: fields.given("map-id").map(str::to_owned),
        email: own("map-email", &usual.email),
        first_name: own("map-first-name", &usual.first_name),
        last_name: own("map-last-name", &usual.last_name),
        groups: own("map-groups", &usual.groups),
        ..place.connection().attribute_map.clone()
    }
}
