//! A page of the portal: the layout around its content, and a Content-Security-Policy from nothing. The markup that the
//! templates write is what `assets/portal.css` styles.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use portico_shared::app::App;
use portico_shared::domain::portal::Section;
use portico_shared::web::timestamp;

use crate::assets;
use crate::fields::FORM_TOKEN;
use crate::guides::Guide;
use crate::visit::Visit;

/// Where the forms of a page lead (CSP `form-action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forms {
    /// They stay here.
    Here,
    /// One leads on to an identity provider: Chromium holds a form's redirects to the policy, too.
    Leaving,
}

/// How a page is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// Which entry of the menu it belongs to.
    pub(crate) section: Section,
    /// Where its forms lead.
    pub(crate) forms: Forms,
    /// Whether it looks again by itself while somebody waits on it.
    pub(crate) poll: bool,
}

impl Frame {
    /// An ordinary page of a section.
    pub(crate) fn of(section: Section) -> Self {
        Self { status: StatusCode::OK, section, forms: Forms::Here, poll: false }
    }

    /// The same page, shown because what was typed isn't right.
    pub(crate) fn refused(self) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..self }
    }
}

/// What stands beside the content.
#[derive(Debug, Clone)]
pub(crate) enum Rail {
    /// The menu.
    Menu,
    /// The steps of a guide.
    Steps(StepRail),
}

/// The steps of a guide.
#[derive(Debug, Clone)]
pub(crate) struct StepRail {
    /// What they lead to.
    pub(crate) title: String,
    /// The steps.
    pub(crate) steps: Vec<RailStep>,
}

/// A step of a guide, in the rail.
#[derive(Debug, Clone)]
pub(crate) struct RailStep {
    /// Its title.
    pub(crate) title: String,
    /// Its address, where it has been reached.
    pub(crate) href: Option<String>,
    /// Whether it is the one that is shown.
    pub(crate) now: bool,
    /// Whether it lies behind.
    pub(crate) done: bool,
}

impl StepRail {
    /// The screens of a guide under this address: `reached` is where the setup stands, `index` the one that is shown.
    pub(crate) fn of(guide: &Guide, (title, base): (String, &str), reached: &str, index: usize) -> Self {
        let reached = guide.step(reached).map_or(0, |(reached, _)| reached);
        let steps = guide.steps.iter().enumerate().map(|(number, step)| RailStep {
            title: step.title.clone(),
            href: (number <= reached.max(index)).then(|| format!("{base}/{}", step.slug)),
            now: number == index,
            done: number < reached,
        });
        Self { title, steps: steps.collect() }
    }

    fn now(&self) -> (usize, &str) {
        let now = self.steps.iter().enumerate().find(|(_, step)| step.now);
        now.map_or((0, ""), |(index, step)| (index + 1, step.title.as_str()))
    }
}

struct Entry {
    label: &'static str,
    href: &'static str,
    current: bool,
}

/// The entries of the menu, in their order. Later: teams, people, certificates, audit log.
const SECTIONS: [(Section, &str, &str); 6] = [
    (Section::Overview, "Overview", "/portal"),
    (Section::Domains, "Domains", "/portal/domains"),
    (Section::Sso, "Single sign-on", "/portal/sso"),
    (Section::Directory, "Directory sync", "/portal/directory"),
    (Section::Contacts, "IT contacts", "/portal/contacts"),
    (Section::SignIns, "Sign-ins", "/portal/sign-ins"),
];

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    title: &'a str,
    style: String,
    accent: Option<String>,
    script: String,
    poll: bool,
    organization: &'a str,
    mark: String,
    logo: Option<&'a str>,
    app_name: Option<&'a str>,
    return_url: Option<&'a str>,
    entries: Vec<Entry>,
    here: &'a str,
    steps: Option<&'a StepRail>,
    ends_at: String,
    ends_text: String,
    form_token_name: &'static str,
    form_token: &'a str,
    content: String,
}

/// A page with `content` inside the layout, beside the menu.
pub(crate) fn page(visit: &Visit, frame: Frame, title: &str, content: &impl Template) -> Response {
    guided(visit, frame, title, Rail::Menu, content)
}

/// A page with `content` inside the layout, beside a rail.
pub(crate) fn guided(
    visit: &Visit,
    frame: Frame,
    title: &str,
    rail: Rail,
    content: &impl Template,
) -> Response {
    let (app, grant) = (&visit.app, &visit.session.grant);
    let name = &visit.organization().name;
    let entries: Vec<Entry> = SECTIONS
        .iter()
        .filter(|(section, ..)| visit.has(*section))
        .map(|(section, label, href)| Entry { label, href, current: *section == frame.section })
        .collect();
    let rendered = content.render().and_then(|content| {
        let layout = Layout {
            title,
            style: assets::path("portal.css"),
            accent: assets::accent_path(app),
            script: assets::path("portal.js"),
            poll: frame.poll,
            organization: name,
            mark: name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default(),
            logo: app.config().portal.logo_url.as_deref(),
            app_name: app.config().portal.app_name.as_deref(),
            return_url: grant.return_url.as_deref(),
            here: entries.iter().find(|entry| entry.current).map_or("", |entry| entry.label),
            entries,
            steps: match &rail {
                Rail::Menu => None,
                Rail::Steps(steps) => Some(steps),
            },
            ends_at: timestamp::text(visit.session.expires_at),
            ends_text: visit.session.expires_at.format("%H:%M UTC").to_string(),
            form_token_name: FORM_TOKEN,
            form_token: &visit.form_token,
            content,
        };
        layout.render()
    });
    respond(app, (frame.status, frame.forms), rendered)
}

#[derive(Template)]
#[template(path = "outside.html")]
struct Outside<'a> {
    title: &'a str,
    style: String,
    accent: Option<String>,
    script: String,
    content: String,
}

/// A page for somebody who isn't in yet: no menu.
pub(crate) fn outside(app: &App, title: &str, content: &impl Template) -> Response {
    let rendered = content.render().and_then(|content| {
        let (style, accent, script) =
            (assets::path("portal.css"), assets::accent_path(app), assets::path("portal.js"));
        Outside { title, style, accent, script, content }.render()
    });
    respond(app, (StatusCode::OK, Forms::Here), rendered)
}

fn respond(app: &App, (status, forms): (StatusCode, Forms), rendered: askama::Result<String>) -> Response {
    let Ok(html) = rendered else {
        tracing::error!(cause = "a template could not be rendered", "page not shown");
        return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be shown.").into_response();
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(app, forms)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // A page without a referrer would post its forms without an origin.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn policy(app: &App, forms: Forms) -> String {
    let picture = app.config().portal.logo_url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let picture =
        picture.map(|url| format!("; img-src {}", url.origin().ascii_serialization())).unwrap_or_default();
    let forms = match (forms, app.config().public_url.is_loopback_http()) {
        (Forms::Here, _) => "'self'",
        (Forms::Leaving, false) => "'self' https:",
        (Forms::Leaving, true) => "'self' https: http:",
    };
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'{picture}; form-action {forms}; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}
