//! One answer that came in at a connection that exists: what the log says of it, and how it ends when it is refused.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use portico_protocol::saml::SpKeyPair;
use portico_shared::app::App;
use portico_shared::domain::connection::ConnectionType;
use portico_shared::domain::ids::SignInId;
use portico_shared::domain::setting::Provider;
use portico_shared::domain::sign_in::{Outcome, SentAttribute, SignInRecord, SignInRequest};
use portico_shared::store::{ConnectionWithStatus, Sealed, Versioned};
use portico_shared::web::error::ErrorPage;
use portico_shared::web::redirect::see_other;

use crate::answer::with_error;
use crate::caller::Caller;
use crate::events;
use crate::open_request::OpenRequest;
use crate::refused::Refused;
use crate::test;
use crate::words::{place_label, words};

/// An answer that came in at a connection that exists.
pub(crate) struct Attempt<'a> {
    pub(crate) app: &'a App,
    /// Its id in the log, and the reference number on a page.
    pub(crate) id: SignInId,
    pub(crate) now: DateTime<Utc>,
    pub(crate) caller: &'a Caller,
    pub(crate) connection: ConnectionWithStatus,
    /// Our key pairs of the connection, where the answer is encrypted.
    pub(crate) sp_keys: Vec<Arc<SpKeyPair>>,
    /// The unexpired request that it names, if there is one.
    pub(crate) request: Option<Versioned<SignInRequest>>,
    /// The address that a verified assertion named.
    pub(crate) email: Option<String>,
    /// Whether the provider has signed it.
    pub(crate) signed: bool,
    /// What an admin should look at although it stops nobody: stable codes.
    pub(crate) warnings: Vec<&'static str>,
    /// The answer as it came, with the request that it claims to answer.
    pub(crate) answer: Option<(String, String)>,
    /// The NameID and the attributes of a verified answer.
    pub(crate) sent: Option<(Option<String>, Vec<SentAttribute>)>,
}

impl Attempt<'_> {
    /// The log's entry.
    pub(crate) fn record(&self, outcome: Outcome) -> SignInRecord {
        let connection = &self.connection.connection.value;
        SignInRecord {
            id: self.id,
            organization_id: connection.organization_id,
            connection_id: connection.id,
            request_id: self.own_request().map(|request| request.value.id.clone()),
            test: self.of_test(),
            outcome,
            warnings: self.warnings.iter().map(|code| (*code).to_owned()).collect(),
            email: self.email.clone(),
            ip_address: self.caller.origin.ip_address.clone(),
            user_agent: self.caller.origin.user_agent.clone(),
            created_at: self.now,
        }
    }

    /// Remembers that it was refused, and says so: to the application where the provider answered it with no, or where
    /// nothing may be shown (`prompt=none`), else to the person, on a page from which they may take the error to the
    /// application.
    ///
    /// The page is the rule because a reason that an admin can act on, with its reference number, would be lost in the
    /// application's "sign-in failed". Only the browser that began the request is shown a way back, and only while the
    /// request is unanswered: there is one answer to a request.
    pub(crate) async fn refuse(&mut self, refused: &Refused) -> Response {
        if !self.is_backed() {
            self.id = SignInId::shared(self.connection.connection.value.id, refused.code(), self.now);
        }
        self.remember(refused).await;
        if self.is_test() {
            return test::back(self.id);
        }
        let connection_type = self.connection.connection.value.connection_type;
        let page = refusal_page(refused, Some(connection_type)).with_reference(self.id);
        let open = self.open_request().filter(|_| *refused != Refused::RequestConsumed);
        let Some(request) = open.map(|open| &open.request().value) else { return page.into_response() };
        let public_url = &self.app.config().public_url;
        let description = format!("{} Reference: {}", refused.sentence(), self.id);
        let uri = with_error(request, refused.error(request.is_passive), &description, public_url);
        if request.is_passive || refused.is_answer_of_provider() {
            return see_other(&uri);
        }
        page.with_link("Back to the application", uri).into_response()
    }

    /// A refusal stands whether it can be remembered or not.
    async fn remember(&self, refused: &Refused) {
        self.app.metrics().sign_in_refused(refused.code());
        let connection = self.connection.connection.value.id;
        tracing::info!(
            sign_in = %self.id, %connection, reason = refused.code(), warnings = ?self.warnings, "sign-in refused"
        );
        let record = self.record(Outcome::Refused {
            reason: refused.code().to_owned(),
            message: refused.sentence().to_owned(),
            setting: refused.setting().code().to_owned(),
            connection_type: Some(self.connection.connection.value.connection_type),
            expected: refused.expected(),
            // Nobody's words go into an organization's log.
            received: refused.received().filter(|_| self.is_backed()),
            personal: refused.is_personal(),
        });
        let awaited = self.own_request().is_some() && !self.of_test();
        let event = awaited.then(|| events::failed(&record, refused.code(), refused.sentence()));
        let answer = self.kept().await;
        if let Err(cause) = self.app.store().record_refusal(&record, answer.as_ref(), event).await {
            tracing::error!(sign_in = %self.id, %cause, "a refused sign-in could not be remembered");
        }
    }

    /// What is kept of the answer, for its admin. Only of one that the provider has signed, or that a test of theirs asked for:
    /// anybody could have us keep a lot else.
    async fn kept(&self) -> Option<Sealed> {
        let theirs = self.is_test() || (self.signed && self.own_request().is_some());
        if !theirs {
            return None;
        }
        test::sealed(self).await.unwrap_or_else(|cause| {
            tracing::error!(sign_in = %self.id, %cause, "an answer could not be kept");
            None
        })
    }

    /// Whether it answers a test that was begun in the portal, by whatever browser it comes.
    fn of_test(&self) -> bool {
        self.own_request().is_some_and(|request| request.value.test.is_some())
    }

    /// Whether an admin has begun it in the portal, in this browser.
    fn is_test(&self) -> bool {
        self.of_test() && self.open_request().is_some()
    }

    /// Whether the provider's signature or a request of ours stands behind it. Else anybody on the internet may have sent
    /// it, as often as they like: such refusals share one entry of the log per reason and minute. An encrypted answer needs
    /// the request: whether its signature was valid would tell whoever caught it whether it could be decrypted, in whatever
    /// they have made of it.
    fn is_backed(&self) -> bool {
        (self.signed && self.sp_keys.is_empty()) || self.own_request().is_some()
    }

    /// The request, if it was made for this connection: another's is nothing that its log may name.
    fn own_request(&self) -> Option<&Versioned<SignInRequest>> {
        let id = self.connection.connection.value.id;
        self.request.as_ref().filter(|request| request.value.connection_id == id)
    }

    fn open_request(&self) -> Option<OpenRequest<'_>> {
        OpenRequest::of_this_browser(self.request.as_ref()?, &self.connection, self.caller).ok()
    }
}

/// The page of a refusal, without a reference.
pub(crate) fn refusal_page(refused: &Refused, connection_type: Option<ConnectionType>) -> ErrorPage {
    let words = words(refused);
    let page =
        ErrorPage::new(refused.status(), refused.code(), words.title, words.what_happened, words.what_to_do);
    if !words.for_admin {
        return page;
    }
    let (provider, place) = (Provider::of(connection_type), refused.setting().place());
    page.with_note(refused.sentence()).with_remedy(place_label(place, provider), place.text(provider))
}
