//! Directory sync: the provider, its guide screen by screen, the bearer tokens, and what has arrived.

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use portico_shared::domain::directory::{Directory, DirectoryCounts, DirectoryState, DirectoryToken};
use portico_shared::domain::ids::DirectoryId;
use portico_shared::domain::portal::{Section, SetupProgress};
use portico_shared::operations::directories;
use portico_shared::store::{Versioned, WriteSetupError};
use portico_shared::web::error::Trouble;
use portico_shared::web::redirect::see_other;
use portico_shared::web::retried::{MayRace, retried};

use super::overview::app_name;
use super::sso::step::{Copied, Part};
use crate::error::{RouteError, Serving};
use crate::fields::Form;
use crate::guides::{self, Block, FormKind, Guide, OurValue, Step};
use crate::page::{Frame, Rail, StepRail, guided, page};
use crate::path::PathOf;
use crate::visit::Visit;
use crate::words::{Badge, ago, day};

/// Where the setup of a directory stands.
struct Place {
    guide: &'static Guide,
    step: String,
    read: Versioned<Directory>,
    tokens: Vec<DirectoryToken>,
    used: Vec<Option<DateTime<Utc>>>,
    counts: DirectoryCounts,
    /// Whether another directory is fed meanwhile.
    beside_fed: bool,
}

impl Place {
    fn directory(&self) -> &Directory {
        &self.read.value
    }

    fn is_active(&self) -> bool {
        self.directory().state == DirectoryState::Active
    }

    /// Refuses an invitation's visit where people get their access by the directory already.
    fn guard(&self, visit: &Visit) -> Result<(), RouteError> {
        if self.is_active() || self.beside_fed { visit.may_change(Serving::Directory) } else { Ok(()) }
    }

    /// When its provider last called.
    fn last_used(&self) -> Option<DateTime<Utc>> {
        self.used.iter().flatten().max().copied()
    }
}

/// The place where the setup stands; `None` where it hasn't begun, or its directory is gone.
async fn place(visit: &Visit) -> Result<Option<Place>, RouteError> {
    let walk = visit.setup.progress.value.directory.as_ref();
    let known = walk.filter(|walk| visit.setup.directories.contains(&walk.subject));
    let id: Option<DirectoryId> = known.map(|walk| walk.subject).or(visit.setup.directories.last().copied());
    let Some(id) = id else { return Ok(None) };
    let store = visit.app.store();
    let all = try_join_all(visit.setup.directories.iter().map(|id| store.directory(*id)));
    let (all, mut tokens, mut counts) =
        tokio::try_join!(all, store.directory_tokens_with_use(id), store.directory_counts(id))?;
    let living = all.into_iter().flatten().filter(|read| read.value.state != DirectoryState::Deleting);
    let mut living: Vec<_> = living.collect();
    let Some(newest) = living.len().checked_sub(1) else { return Ok(None) };
    let index = living.iter().position(|read| read.value.id == id).unwrap_or(newest);
    let read = living.remove(index);
    if read.value.id != id {
        // What was meant is being deleted.
        let id = read.value.id;
        (tokens, counts) = tokio::try_join!(store.directory_tokens_with_use(id), store.directory_counts(id))?;
    }
    let beside_fed = living.iter().any(|other| other.value.state == DirectoryState::Active);
    let known = known.filter(|walk| walk.subject == read.value.id);
    let named = known.and_then(|walk| guides::directory_guide(&walk.guide));
    let own =
        || guides::directory().iter().find(|guide| guide.directory_type == Some(read.value.directory_type));
    let guide = named.or_else(own).or_else(|| guides::directory_guide("custom-scim"));
    let guide = guide.ok_or(RouteError::Trouble(Trouble::Internal))?;
    let step = known.map_or_else(|| guide.first().to_owned(), |walk| walk.step.clone());
    let (tokens, used) = tokens.into_iter().unzip();
    Ok(Some(Place { guide, step, read, tokens, used, counts, beside_fed }))
}

struct Provider {
    slug: &'static str,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "directory/providers.html")]
struct ProvidersPage<'a> {
    providers: Vec<Provider>,
    current: Option<&'a str>,
    app_name: String,
    form_token: &'a str,
}

struct TokenLine {
    id: String,
    suffix: String,
    made: String,
    used: String,
}

/// What a screen of the guide shows below its text.
struct Bottom {
    tokens: Vec<TokenLine>,
    can_make: bool,
    /// Whether this visit may change its tokens.
    may_change: bool,
    fresh: Option<String>,
    endpoint: String,
    arrivals: bool,
    active: bool,
    counts: DirectoryCounts,
    last: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/step.html")]
struct StepPage<'a> {
    provider: &'a str,
    number: usize,
    count: usize,
    title: &'a str,
    parts: Vec<Part>,
    form: Option<FormKind>,
    app_name: String,
    bottom: Bottom,
    action: String,
    has_back: bool,
    is_last: bool,
    form_token: &'a str,
}

#[derive(Template)]
#[template(path = "directory/summary.html")]
struct SummaryPage<'a> {
    badge: Badge,
    provider: &'a str,
    bottom: Bottom,
    first: String,
    app_name: String,
    form_token: &'a str,
}

/// `GET /portal/directory`: on to the screen where somebody left, or what is configured.
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    match place(&visit).await? {
        None => Ok(see_other("/portal/directory/provider")),
        Some(place) if place.is_active() => Ok(summary(&visit, &place, None)),
        Some(place) => Ok(see_other(&format!("/portal/directory/steps/{}", place.step))),
    }
}

/// A form's address, opened by itself.
pub(crate) async fn back() -> Response {
    see_other("/portal/directory").into_response()
}

fn summary(visit: &Visit, place: &Place, fresh: Option<String>) -> Response {
    let content = SummaryPage {
        badge: Badge::of_directory(Some(place.directory().state)),
        provider: place.guide.called(),
        bottom: bottom(visit, place, fresh),
        first: format!("/portal/directory/steps/{}", place.guide.first()),
        app_name: app_name(visit),
        form_token: &visit.form_token,
    };
    let frame = Frame { poll: true, ..Frame::of(Section::Directory) };
    page(visit, frame, "Directory sync", &content)
}

fn bottom(visit: &Visit, place: &Place, fresh: Option<String>) -> Bottom {
    let now = visit.app.clock().now();
    let lines = place.tokens.iter().zip(&place.used).map(|(token, used)| TokenLine {
        id: token.id.to_string(),
        suffix: token.suffix.clone(),
        made: format!("Made on {}", day(token.created_at)),
        used: used.map_or_else(|| "never used".to_owned(), |used| format!("last used {}", ago(used, now))),
    });
    Bottom {
        tokens: lines.collect(),
        can_make: place.tokens.len() < Directory::MOST_TOKENS,
        may_change: place.guard(visit).is_ok(),
        fresh,
        endpoint: directories::endpoint(&visit.app, place.directory().id),
        arrivals: false,
        active: place.is_active(),
        counts: place.counts,
        last: place.last_used().map(|used| ago(used, now)),
    }
}

/// `GET /portal/directory/provider`
pub(crate) async fn choice(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let place = place(&visit).await?;
    if let Some(place) = &place {
        place.guard(&visit)?;
    }
    let providers =
        guides::directory().iter().map(|guide| Provider { slug: guide.slug, name: &guide.name }).collect();
    let content = ProvidersPage {
        providers,
        current: place.as_ref().filter(|place| place.is_active()).map(|place| place.guide.called()),
        app_name: app_name(&visit),
        form_token: &visit.form_token,
    };
    Ok(page(&visit, Frame::of(Section::Directory), "Choose your directory", &content))
}

/// `POST /portal/directory/provider`: a directory that waits for its first request is that of the provider chosen last; one
/// that is fed stays, and another is made beside it.
pub(crate) async fn choose(Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let guide = guides::directory_guide(fields.text("provider")).ok_or(RouteError::NotFound)?;
    let kind = guide.directory_type.ok_or(RouteError::NotFound)?;
    let place = place(&visit).await?;
    if let Some(place) = &place {
        place.guard(&visit)?;
    }
    match place.filter(|place| !place.is_active()) {
        Some(place) => {
            let id = place.directory().id;
            if place.directory().directory_type != kind {
                retried(|| directories::set_type(&visit.app, id, kind)).await?;
            }
            visit.advance(|progress| progress.directory = Some(guide.walk(guide.first(), id))).await?;
        }
        None => {
            let (named, start) = ((guide.name.as_str(), kind), (guide.slug, guide.first()));
            match directories::begin(&visit.app, &visit.setup, named, start).await {
                // A second click: there is what the first one made.
                Err(error) if error.is_raced() => return Ok(see_other("/portal/directory")),
                begun => begun?,
            }
        }
    }
    Ok(see_other(&format!("/portal/directory/steps/{}", guide.first())))
}

/// `GET /portal/directory/steps/{step}`
pub(crate) async fn step(visit: Visit, PathOf(slug): PathOf) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let Some(place) = place(&visit).await? else { return Ok(see_other("/portal/directory")) };
    render(&visit, &place, &slug, None)
}

fn render(visit: &Visit, place: &Place, slug: &str, fresh: Option<String>) -> Result<Response, RouteError> {
    let (index, step) = place.guide.step(slug).ok_or(RouteError::NotFound)?;
    let arrivals = step.form == Some(FormKind::Arrivals);
    let bottom = Bottom { arrivals, ..bottom(visit, place, fresh.clone()) };
    let content = StepPage {
        provider: place.guide.called(),
        number: index + 1,
        count: place.guide.steps.len(),
        title: &step.title,
        parts: parts(step, &bottom.endpoint, fresh.as_deref()),
        form: step.form,
        app_name: app_name(visit),
        bottom,
        action: format!("/portal/directory/steps/{slug}"),
        has_back: index > 0,
        is_last: index + 1 == place.guide.steps.len(),
        form_token: &visit.form_token,
    };
    let frame = Frame { poll: arrivals, ..Frame::of(Section::Directory) };
    Ok(guided(visit, frame, &step.title, Rail::Steps(rail(place, index)), &content))
}

fn rail(place: &Place, index: usize) -> StepRail {
    let title = format!("Directory sync with {}", place.guide.called());
    StepRail::of(place.guide, (title, "/portal/directory/steps"), &place.step, index)
}

fn parts(step: &Step, endpoint: &str, token: Option<&str>) -> Vec<Part> {
    let part = |block: &Block| match block {
        Block::Prose(html) => Part::Prose(html.clone()),
        Block::Copies(copies) => {
            let copied = copies.iter().filter_map(|(value, label)| {
                let value = match value {
                    OurValue::ScimEndpoint => endpoint.to_owned(),
                    OurValue::ScimEndpointForEntra => format!("{endpoint}?aadOptscim062020"),
                    // Shown once, when it is made.
                    OurValue::ScimToken => token?.to_owned(),
                    _ => return None,
                };
                Some(Copied { label: label.clone(), value })
            });
            Part::Copies(copied.collect())
        }
    };
    step.blocks.iter().map(part).collect()
}

/// `POST /portal/directory/steps/{step}`: on, or back.
pub(crate) async fn save(PathOf(slug): PathOf, Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let Some(place) = place(&visit).await? else { return Ok(see_other("/portal/directory")) };
    let (index, _) = place.guide.step(&slug).ok_or(RouteError::NotFound)?;
    let target = place.guide.neighbour(index, fields.text("go")).to_owned();
    let walk = place.guide.walk(&target, place.directory().id);
    let kept = &visit.setup.progress;
    let progress = SetupProgress { directory: Some(walk), ..kept.value.clone() };
    match visit.app.store().keep_progress(visit.organization().id, kept.version, &progress).await {
        // Another tab has moved on; nothing is lost by that.
        Ok(()) | Err(WriteSetupError::Raced) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(&format!("/portal/directory/steps/{target}")))
}

/// `POST /portal/directory/token`: another token, shown on this page and never again.
pub(crate) async fn token(Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let Some(known) = place(&visit).await? else { return Ok(see_other("/portal/directory")) };
    known.guard(&visit)?;
    let id = known.directory().id;
    if known.tokens.len() >= Directory::MOST_TOKENS {
        return Ok(see_other("/portal/directory"));
    }
    let made = retried(|| directories::create_token(&visit.app, id)).await?;
    let (_, plain) = made;
    let place = place(&visit).await?.ok_or(RouteError::NotFound)?;
    let fresh = Some(plain.reveal().to_owned());
    match place.guide.step_with(FormKind::Token) {
        Some(step) if !place.is_active() => render(&visit, &place, &step.slug, fresh),
        _ => Ok(summary(&visit, &place, fresh)),
    }
}

/// `POST /portal/directory/tokens/{id}/revoke`
pub(crate) async fn revoke(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Directory)?;
    let Some(place) = place(&visit).await? else { return Ok(see_other("/portal/directory")) };
    place.guard(&visit)?;
    let directory = place.directory().id;
    if !place.tokens.iter().any(|token| token.id.to_string() == id) {
        return Err(RouteError::NotFound);
    }
    retried(|| directories::revoke_token(&visit.app, directory, &id)).await?;
    let step = place.guide.step_with(FormKind::Token).map(|step| step.slug.as_str());
    match step {
        Some(step) if !place.is_active() => Ok(see_other(&format!("/portal/directory/steps/{step}"))),
        _ => Ok(see_other("/portal/directory")),
    }
}
