//! The test sign-in: a real round trip through the provider that signs nobody in. What came is shown beside the profile that
//! it makes; or what failed, what was expected, and where to change it. An answer that failed can be judged again by what is
//! set today.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, header};
use portico_protocol::saml::{MappedProfile, UnverifiedResponse};
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::ids::{SignInId, SignInRequestId};
use portico_shared::domain::portal::Section;
use portico_shared::domain::redirect_uri::ClientKind;
use portico_shared::domain::sign_in::{
    KeptAnswer, Outcome, PortalTest, REQUEST_LIFETIME, SignInRecord, SignInRequest, Surface,
};
use portico_shared::domain::token::PlainToken;
use portico_shared::operations::asking::{AskError, ask};
use portico_shared::operations::contacts;
use portico_shared::operations::verdict::{self, Circumstances, EMAIL_OUTSIDE_DOMAINS};
use portico_shared::store::Sealed;
use portico_shared::vault::{Class, VaultError};
use portico_shared::web::cookies;
use portico_shared::web::error::Trouble;
use portico_shared::web::redirect::see_other;

use super::step::enter;
use super::{Place, place};
use crate::error::RouteError;
use crate::fields::Form;
use crate::handlers::overview::app_name;
use crate::mending::{Failure, failure};
use crate::page::{Forms, Frame, page};
use crate::path::PathOf;
use crate::visit::Visit;
use crate::words::instant;

#[derive(Template)]
#[template(path = "sso/test.html")]
struct TestPart<'a> {
    provider: &'a str,
    complete: bool,
    active: bool,
    /// The provider in whose place this one comes when the test succeeds.
    replaces: Option<&'a str>,
    /// Those beside which it serves then.
    beside: Vec<&'a str>,
    form_token: &'a str,
}

/// The form.
///
/// # Errors
/// It can't be rendered.
pub(super) fn form(visit: &Visit, place: &Place) -> Result<String, RouteError> {
    let serving = if place.is_draft() { place.serves_today() } else { Vec::new() };
    let content = TestPart {
        provider: place.guide.called(),
        complete: place.connection().saml.is_complete(),
        active: place.is_active(),
        replaces: serving.first().copied().filter(|_| serving.len() == 1),
        beside: if serving.len() > 1 { serving } else { Vec::new() },
        form_token: &visit.form_token,
    };
    content.render().map_err(|_| RouteError::Trouble(Trouble::Internal))
}

/// `POST /portal/sso/test`: on to the provider.
pub(crate) async fn begin(headers: HeaderMap, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let (visit, place) = enter(visit).await?;
    let Some(place) = place.filter(|place| place.connection().saml.is_complete()) else {
        return Ok(see_other("/portal/sso"));
    };
    if !matches!(place.state(), ConnectionState::Validating | ConnectionState::Active) {
        return Ok(see_other("/portal/sso"));
    }
    let app = &visit.app;
    if place.is_draft() && place.beside_served {
        place.guard(&visit)?;
        // Before it can happen: nobody changes in silence whom the organization trusts.
        let provider = place.guide.called();
        contacts::tell_of_another_provider(
            app,
            &visit.setup.contacts,
            (&visit.organization().name, provider),
        )
        .await;
    }
    let public_url = &app.config().public_url;
    let known = cookies::browser(&headers, public_url);
    let browser = known.unwrap_or_else(|| PlainToken::random(app.rng()));
    let request = request(&visit, &place, &browser);
    let signs = place.connection().saml.sign_requests;
    let (sp_keys, ()) = tokio::try_join!(
        async { if signs { app.store().sp_keys(place.connection().id).await } else { Ok(None) } },
        app.store().begin_sign_in(&request),
    )?;
    let sp_keys = sp_keys.map(|read| read.value);
    let mut response =
        ask(app, place.connection(), &request, sp_keys.as_ref()).await.map_err(|error| match error {
            AskError::Vault(error) => error.into(),
            AskError::Destination | AskError::Unwritten => RouteError::Trouble(Trouble::Internal),
        })?;
    let cookie = cookies::set_browser(&browser, public_url);
    let cookie = cookie.ok_or(RouteError::Trouble(Trouble::Internal))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn request(visit: &Visit, place: &Place, browser: &PlainToken) -> SignInRequest {
    let (now, connection) = (visit.app.clock().now(), place.connection());
    let serving = place.serving.iter().map(|serving| serving.id).collect();
    let test = PortalTest { session_id: visit.session.id, by: visit.session.who(), serving };
    SignInRequest {
        id: SignInRequestId::mint(visit.app.rng()),
        connection_id: connection.id,
        organization_id: connection.organization_id,
        connection_revision: connection.revision,
        redirect_uri: String::new(),
        client_kind: ClientKind::Confidential,
        state: None,
        nonce: None,
        code_challenge: None,
        scope: String::new(),
        surface: Surface::Sso,
        max_age: None,
        force_authn: connection.saml.force_authn,
        is_passive: false,
        test: Some(test),
        browser: browser.hashed(),
        created_at: now,
        expires_at: now + REQUEST_LIFETIME,
        consumed_by: None,
    }
}

/// What was sent, and what became of it.
pub(crate) struct Pair {
    name: String,
    values: Option<String>,
    part: Option<&'static str>,
    value: Option<String>,
}

#[derive(Template)]
#[template(path = "sso/succeeded.html")]
struct SucceededPage<'a> {
    provider: &'a str,
    app_name: String,
    email: &'a str,
    at: String,
    pairs: Vec<Pair>,
    form_token: &'a str,
}

#[derive(Template)]
#[template(path = "sso/failed.html")]
struct FailedPage<'a> {
    provider: &'a str,
    at: String,
    test: bool,
    /// The verdict by today's settings, where it was asked for.
    again: bool,
    passes_now: bool,
    failure: Failure,
    pairs: Vec<Pair>,
    redacted: Option<String>,
    can_check_again: bool,
    action: String,
    form_token: &'a str,
}

/// `GET /portal/sso/test/{id}`
pub(crate) async fn result(visit: Visit, PathOf(id): PathOf) -> Result<Response, RouteError> {
    show(&visit.enter(Section::Sso)?, &id, false).await
}

/// `POST /portal/sso/test/{id}`: the verdict by what is set today.
pub(crate) async fn check_again(
    PathOf(id): PathOf,
    Form { visit, .. }: Form,
) -> Result<Response, RouteError> {
    show(&visit.enter(Section::Sso)?, &id, true).await
}

/// An entry of the organization's log, with what the provider answered, sealed, where that is still kept.
async fn load(visit: &Visit, id: &str) -> Result<(SignInRecord, Option<Sealed>), RouteError> {
    let id = SignInId::parse(id).map_err(|_| RouteError::NotFound)?;
    let (store, organization) = (visit.app.store(), visit.organization().id);
    let read = tokio::try_join!(store.sign_in_of(organization, id), store.sign_in_answer(organization, id));
    let (record, sealed) = read?;
    Ok((record.ok_or(RouteError::NotFound)?, sealed))
}

/// The page of an attempt; with the verdict by what is set today where it is asked for `again`.
pub(crate) async fn show(visit: &Visit, id: &str, again: bool) -> Result<Response, RouteError> {
    let ((record, sealed), place) = tokio::try_join!(load(visit, id), place(visit))?;
    let (record, place) = (&record, place.as_ref());
    let answer = match sealed {
        Some(sealed) => opened(visit, record, &sealed).await?,
        None => None,
    };
    let connection = visit.setup.connections.iter().find(|known| known.id == record.connection_id);
    let provider = place
        .filter(|place| place.connection().id == record.connection_id)
        .map_or("your identity provider", |place| place.guide.called());
    let judged = again || record.outcome == Outcome::Tested;
    let mapped = match connection.zip(answer.as_ref()).filter(|_| judged) {
        Some((connection, answer)) => Some(judge(visit, connection, answer).await?),
        None => None,
    };
    let frame = Frame { forms: Forms::Leaving, ..Frame::of(Section::Sso) };
    if record.outcome == Outcome::Tested {
        let profile = mapped.and_then(Result::ok);
        let content = SucceededPage {
            provider,
            app_name: app_name(visit),
            email: record.email.as_deref().unwrap_or_default(),
            at: instant(record.created_at),
            pairs: pairs(answer.as_ref(), profile.as_ref()),
            form_token: &visit.form_token,
        };
        return Ok(page(visit, frame, "Test sign-in", &content));
    }
    let recorded = failure(visit, connection, record).ok_or(RouteError::NotFound)?;
    let (failure, passes_now) = match (again, mapped) {
        (true, Some(Ok(_))) => (recorded, true),
        (true, Some(Err(today))) => (today, false),
        (true | false, _) => (recorded, false),
    };
    let content = FailedPage {
        provider,
        at: instant(record.created_at),
        test: record.test,
        again: again && answer.is_some(),
        passes_now,
        failure,
        pairs: pairs(answer.as_ref(), None),
        redacted: answer.as_ref().and_then(|answer| crate::redact::response(&answer.saml_response)),
        can_check_again: answer.is_some() && connection.is_some(),
        action: format!("/portal/sso/test/{}", record.id),
        form_token: &visit.form_token,
    };
    Ok(page(visit, frame, if record.test { "Test sign-in" } else { "Sign-in" }, &content))
}

/// What the provider answered; nothing where the key is another one by now.
async fn opened(
    visit: &Visit,
    record: &SignInRecord,
    sealed: &Sealed,
) -> Result<Option<KeptAnswer>, RouteError> {
    match visit.app.vault().open(Class::Responses, &record.id.to_string(), sealed).await {
        Ok(json) => Ok(serde_json::from_slice(&json).ok()),
        Err(VaultError::Unsealable) => {
            tracing::error!(sign_in = %record.id, "a kept answer can't be opened");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The verdict on a kept answer by what is set now, as of when it came.
async fn judge(
    visit: &Visit,
    connection: &Connection,
    answer: &KeptAnswer,
) -> Result<Result<MappedProfile, Failure>, RouteError> {
    let refused = |refusal| crate::mending::of_refusal(visit, connection, &refusal);
    let response = match UnverifiedResponse::parse(answer.saml_response.as_bytes()) {
        Ok(response) => response,
        Err(refusal) => return Ok(Err(refused(refusal))),
    };
    let sp_keys = if response.is_encrypted() {
        match visit.app.store().sp_keys(connection.id).await? {
            Some(sealed) => visit.app.vault().open_sp_keys(connection.id, &sealed.value).await?,
            None => Vec::new(),
        }
    } else {
        Vec::new()
    };
    let circumstances = Circumstances {
        in_response_to: Some(&answer.in_response_to),
        sp_keys: &sp_keys,
        now: answer.received_at,
    };
    let Some(verified) = verdict::verify(visit.app.config(), connection, &response, circumstances) else {
        return Ok(Err(crate::mending::unconfigured(visit)));
    };
    let person = verified.and_then(|assertion| verdict::person(connection, &assertion));
    Ok(match person {
        Err(refusal) => Err(refused(refusal)),
        Ok((profile, email)) => {
            let details = visit.details();
            let owned =
                details.domains.iter().any(|known| known.state.owns() && known.domain == *email.domain());
            if owned || details.policy.allow_profiles_outside_organization {
                Ok(profile)
            } else {
                Err(crate::mending::outside_domains(visit, EMAIL_OUTSIDE_DOMAINS, email.domain().as_str()))
            }
        }
    })
}

/// What was sent beside what it became.
fn pairs(answer: Option<&KeptAnswer>, profile: Option<&MappedProfile>) -> Vec<Pair> {
    let Some(answer) = answer else { return Vec::new() };
    let joined = |values: &[String]| values.join(", ");
    let mut parts: Vec<(&'static str, String)> = profile.map(parts_of).unwrap_or_default();
    let mut pairs = Vec::new();
    let sent = answer.attributes.iter().map(|sent| (sent.name.clone(), joined(&sent.values)));
    let name_id = answer.name_id.iter().map(|value| ("Name ID".to_owned(), value.clone()));
    for (name, values) in sent.chain(name_id) {
        let used = parts.iter().position(|(_, value)| !values.is_empty() && *value == values);
        let (part, value) = used.map(|index| parts.remove(index)).unzip();
        pairs.push(Pair { name, values: Some(values).filter(|values| !values.is_empty()), part, value });
    }
    // What was made of several, or of a part.
    for (part, value) in parts {
        pairs.push(Pair { name: String::new(), values: None, part: Some(part), value: Some(value) });
    }
    pairs
}

fn parts_of(profile: &MappedProfile) -> Vec<(&'static str, String)> {
    let groups = profile.groups.as_ref().map(|groups| groups.join(", "));
    let parts = [
        ("ID", Some(profile.idp_id.clone())),
        ("E-mail", Some(profile.email.clone())),
        ("First name", profile.first_name.clone()),
        ("Last name", profile.last_name.clone()),
        ("Name", profile.name.clone()),
        ("Groups", groups),
    ];
    parts.into_iter().filter_map(|(part, value)| Some((part, value?))).collect()
}
