//! The mail of this machine: a stand-in for SES that keeps what is sent, and the page on which a newcomer reads it.

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use http::StatusCode;
use portico_shared::domain::time::Clock;
use serde::Deserialize;
use serde_json::json;

use crate::pages::page;

const BRAND: &str = "Mail of this machine";

/// How many mails are kept: the newest.
const MOST_KEPT: usize = 200;

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was taken.
    pub at: DateTime<Utc>,
}

/// What was sent, oldest first. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mails {
    sent: Arc<Mutex<Vec<SentMail>>>,
    clock: Clock,
}

/// The body of SES's `SendEmail` (API v2), as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    #[serde(default)]
    to_addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Simple,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Text,
    body: Body,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    data: String,
}

impl Mails {
    /// None yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { sent: Arc::default(), clock }
    }

    /// What was sent, oldest first: the newest 200.
    pub fn all(&self) -> Vec<SentMail> {
        self.sent.lock().map(|sent| sent.clone()).unwrap_or_default()
    }

    /// SES's API, as far as it is used.
    pub(crate) fn service(&self) -> Router {
        Router::new().route("/v2/email/outbound-emails", post(take)).with_state(self.clone())
    }

    /// The page.
    pub(crate) fn page(&self) -> Router {
        Router::new().route("/", get(home)).route("/mails/{number}", get(one)).with_state(self.clone())
    }
}

async fn take(State(mails): State<Mails>, Json(asked): Json<SendEmail>) -> Response {
    let mail = SentMail {
        from: asked.from_email_address,
        to: asked.destination.to_addresses,
        subject: asked.content.simple.subject.data,
        text: asked.content.simple.body.text.data,
        at: mails.clock.now(),
    };
    let Ok(mut sent) = mails.sent.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    sent.push(mail);
    let over = sent.len().saturating_sub(MOST_KEPT);
    sent.drain(..over);
    Json(json!({ "MessageId": format!("local-{}", sent.len()) })).into_response()
}

struct Line {
    number: usize,
    subject: String,
    to: String,
    at: String,
}

#[derive(Template)]
#[template(path = "mail/home.html")]
struct HomePage {
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "mail/one.html")]
struct OnePage {
    mail: Line,
    from: String,
    /// The lines of its text, an address of ours as a link.
    lines: Vec<(String, bool)>,
}

fn line(number: usize, mail: &SentMail) -> Line {
    let at = mail.at.format("%-d %B %Y, %H:%M UTC").to_string();
    Line { number, subject: mail.subject.clone(), to: mail.to.join(", "), at }
}

async fn home(State(mails): State<Mails>) -> Response {
    let sent = mails.all();
    let lines = sent.iter().enumerate().rev().map(|(index, mail)| line(index + 1, mail)).collect();
    page(StatusCode::OK, BRAND, "Sent mail", &HomePage { lines })
}

async fn one(State(mails): State<Mails>, Path(number): Path<usize>) -> Response {
    let sent = mails.all();
    let Some(mail) = number.checked_sub(1).and_then(|index| sent.get(index)) else {
        return page(StatusCode::NOT_FOUND, BRAND, "Sent mail", &HomePage { lines: Vec::new() });
    };
    let is_link = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let lines = mail.text.lines().map(|text| (text.to_owned(), is_link(text))).collect();
    let content = OnePage { mail: line(number, mail), from: mail.from.clone(), lines };
    page(StatusCode::OK, BRAND, &mail.subject, &content)
}
