//! The overview: how everything stands, what is next, and the way to each part. What the application's own settings page
//! shows by `GET /organizations/{id}/setup`, in full.

use askama::Template;
use axum::response::Response;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::DomainState;
use portico_shared::domain::portal::Section;
use portico_shared::operations::setup::{Prerequisite, Standing};

use crate::error::RouteError;
use crate::page::{Frame, page};
use crate::visit::Visit;
use crate::words::Badge;

struct DomainLine {
    name: String,
    badge: Badge,
}

struct Next {
    title: String,
    text: &'static str,
    href: &'static str,
    label: &'static str,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    lead: String,
    next: Option<Next>,
    domains: Option<Vec<DomainLine>>,
    sso: Option<SsoPart>,
    directory: Option<DirectoryPart>,
    contacts: Vec<String>,
    sign_ins: bool,
    app_name: String,
}

struct SsoPart {
    badge: Badge,
    button: &'static str,
    /// Why the button can't be used yet.
    blocked: Option<String>,
}

struct DirectoryPart {
    badge: Badge,
}

/// `GET /portal`
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let standing = Standing::read(&visit.app, &visit.setup).await?;
    let details = visit.details();
    let domains = visit.has(Section::Domains).then(|| {
        let line = |domain: &portico_shared::domain::organization::OrganizationDomain| DomainLine {
            name: domain.domain.to_string(),
            badge: Badge::of_domain(domain.state),
        };
        details.domains.iter().map(line).collect()
    });
    let sso = visit.has(Section::Sso).then(|| SsoPart {
        badge: Badge::of_connection(standing.sso.as_ref().map(|(_, state)| *state)),
        button: standing.button(),
        blocked: blocked(&visit.setup.unmet()),
    });
    let directory = visit.has(Section::Directory).then(|| DirectoryPart {
        badge: Badge::of_directory(standing.directory.as_ref().map(|directory| directory.state)),
    });
    let next = next(&visit, &standing);
    let content = OverviewPage {
        lead: lead(&visit, &standing),
        next,
        domains,
        sso,
        directory,
        contacts: visit.setup.contacts.iter().map(|contact| contact.email.clone()).collect(),
        sign_ins: visit.has(Section::SignIns),
        app_name: app_name(&visit),
    };
    Ok(page(&visit, Frame::of(Section::Overview), "Overview", &content))
}

/// What the application is called in a sentence.
pub(crate) fn app_name(visit: &Visit) -> String {
    visit.app.config().portal.app_name.clone().unwrap_or_else(|| "the application".to_owned())
}

/// Why single sign-on can't be set up yet.
pub(crate) fn blocked(unmet: &[Prerequisite]) -> Option<String> {
    let need = |what: &Prerequisite| match what {
        Prerequisite::VerifiedDomain => "one domain is verified",
        Prerequisite::ItContact => "one IT contact is named",
    };
    let needs: Vec<_> = unmet.iter().map(need).collect();
    (!needs.is_empty()).then(|| format!("This becomes available when {}.", needs.join(" and ")))
}

fn is_active(standing: &Standing) -> bool {
    standing.sso.as_ref().is_some_and(|(_, state)| *state == ConnectionState::Active)
}

fn lead(visit: &Visit, standing: &Standing) -> String {
    if !visit.has(Section::Sso) {
        return "This is what there is to set up, and how it stands.".to_owned();
    }
    if is_active(standing) {
        return "Single sign-on is active: your people sign in with your identity provider.".to_owned();
    }
    let left = visit.setup.unmet().len() + 1;
    match left {
        1 => "One thing is left: connect your identity provider.".to_owned(),
        2 => "Two things are left before your people can sign in.".to_owned(),
        _ => "Three things are left: prove one domain, name one IT contact, then connect your identity provider.".to_owned(),
    }
}

/// The one thing to do now.
fn next(visit: &Visit, standing: &Standing) -> Option<Next> {
    let (details, unmet) = (visit.details(), visit.setup.unmet());
    let missing = |what| unmet.contains(&what);
    if visit.has(Section::Domains) && missing(Prerequisite::VerifiedDomain) {
        let pending = details.domains.iter().find(|domain| domain.state == DomainState::Pending);
        return Some(match pending {
            Some(domain) => Next {
                title: format!("Next: publish the record for {}", domain.domain),
                text: "Add one DNS record, then check it. Most are seen within minutes; it can take up to 48 hours.",
                href: "/portal/domains",
                label: "Show the record",
            },
            None => Next {
                title: "Next: add your e-mail domain".to_owned(),
                text: "It is the part of your people’s addresses behind the @.",
                href: "/portal/domains",
                label: "Add a domain",
            },
        });
    }
    if !visit.has(Section::Sso) || is_active(standing) {
        return None;
    }
    if missing(Prerequisite::ItContact) {
        return Some(Next {
            title: "Next: name an IT contact".to_owned(),
            text: "Somebody has to hear of it when the provider or its certificates are changed.",
            href: "/portal/contacts",
            label: "Add an IT contact",
        });
    }
    Some(Next {
        title: "Next: connect your identity provider".to_owned(),
        text: "A guide for your provider leads through it, and a test shows that it works before anybody depends on it.",
        href: "/portal/sso",
        label: standing.button(),
    })
}
