//! Sign-ins: how each went, newest first, and what came of one.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use portico_shared::domain::ids::SignInId;
use portico_shared::domain::portal::Section;
use portico_shared::domain::sign_in::{Outcome, SignInRecord};
use portico_shared::store::page::PageRequest;
use serde::Deserialize;

use super::sso::test;
use crate::error::RouteError;
use crate::fields::Form;
use crate::page::{Frame, page};
use crate::path::PathOf;
use crate::visit::Visit;
use crate::words::{Badge, instant};

/// How many entries a page has.
const ON_A_PAGE: usize = 20;

struct Line {
    id: String,
    who: String,
    badge: Badge,
    when: String,
    what: Option<String>,
    link: bool,
}

#[derive(Template)]
#[template(path = "sign_ins.html")]
struct SignInsPage {
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
    active: bool,
}

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cursor {
    after: Option<String>,
    before: Option<String>,
}

/// `GET /portal/sign-ins`
pub(crate) async fn list(
    visit: Visit,
    cursor: Result<Query<Cursor>, QueryRejection>,
) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::SignIns)?;
    // An address that nobody here has made shows the newest.
    let Query(cursor) = cursor.unwrap_or_default();
    let known = |text: Option<String>| text.filter(|id| SignInId::parse(id).is_ok());
    let request = PageRequest {
        limit: ON_A_PAGE,
        after: known(cursor.after),
        before: known(cursor.before),
        ..PageRequest::default()
    };
    let found = visit.app.store().sign_ins(visit.organization().id, &request).await?;
    let content = SignInsPage {
        lines: found.items.iter().map(line).collect(),
        newer: found.before,
        older: found.after,
        active: !visit.setup.connections.is_empty(),
    };
    Ok(page(&visit, Frame::of(Section::SignIns), "Sign-ins", &content))
}

fn line(record: &SignInRecord) -> Line {
    let badge = Badge::of_sign_in(record);
    let what = match &record.outcome {
        Outcome::Refused { message, reason, .. } => {
            Some(if message.is_empty() { reason.clone() } else { message.clone() })
        }
        Outcome::Succeeded { .. } | Outcome::Tested => None,
    };
    Line {
        id: record.id.to_string(),
        who: record.email.clone().unwrap_or_else(|| "Unknown person".to_owned()),
        badge,
        when: instant(record.created_at),
        what,
        link: !matches!(record.outcome, Outcome::Succeeded { .. }),
    }
}

/// `GET /portal/sign-ins/{id}`
pub(crate) async fn show(visit: Visit, PathOf(id): PathOf) -> Result<Response, RouteError> {
    test::show(&visit.enter(Section::SignIns)?, &id, false).await
}

/// `POST /portal/sign-ins/{id}`: the verdict by what is set today.
pub(crate) async fn check_again(
    PathOf(id): PathOf,
    Form { visit, .. }: Form,
) -> Result<Response, RouteError> {
    test::show(&visit.enter(Section::SignIns)?, &id, true).await
}
