//! The app's settings for an organization's admins: how its setup stands, and the way into the admin portal. What an app of
//! one's own needs is here: one call to ask, one to make a link.

use super::SampleApp;
use super::pages::{BRAND, Trouble};
use crate::api::ApiError;
use crate::pages::page;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::{Value as Json, json};

struct Domain {
    name: String,
    state: String,
}

#[derive(Template)]
#[template(path = "sample_app/settings.html")]
struct SettingsPage {
    domains: Vec<Domain>,
    sso: String,
    directory: String,
    contacts: usize,
    button: Option<String>,
    unmet: Vec<String>,
}

impl From<ApiError> for Trouble {
    fn from(problem: ApiError) -> Self {
        Self::Api(problem)
    }
}

/// How the organization's setup stands.
pub(super) async fn show(State(app): State<SampleApp>) -> Result<Response, Trouble> {
    let setup = app.0.api.get(&format!("/organizations/{}/setup", app.0.organization_id)).await?.body;
    let text = |at: &str| setup.pointer(at).and_then(Json::as_str).unwrap_or("not set up").to_owned();
    let list = |at: &str| setup.pointer(at).and_then(Json::as_array).cloned().unwrap_or_default();
    let own =
        |value: &Json, name: &str| value.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let content = SettingsPage {
        domains: list("/domains")
            .iter()
            .map(|domain| Domain { name: own(domain, "domain"), state: own(domain, "state") })
            .collect(),
        sso: text("/sso/state"),
        directory: text("/directory/state"),
        contacts: list("/it_contacts").len(),
        button: setup.pointer("/sso_button_label").and_then(Json::as_str).map(str::to_owned),
        unmet: list("/unmet_prerequisites").iter().filter_map(Json::as_str).map(str::to_owned).collect(),
    };
    Ok(page(StatusCode::OK, BRAND, "Settings", &content))
}

/// On to the admin portal, by a link that lives five minutes. An app of one's own makes one for its admins only.
pub(super) async fn portal(State(app): State<SampleApp>) -> Result<Response, Trouble> {
    let back = format!("{}/settings", app.0.url);
    let asked = json!({
        "organization": app.0.organization_id,
        "intent": "settings",
        "return_url": back,
        "success_url": back,
    });
    let link = app.0.api.post("/portal/generate_link", asked).await?.text("/link")?;
    Ok(Redirect::to(&link).into_response())
}
