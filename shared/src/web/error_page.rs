//! The error page: what happened, what to do, and a reference for the admin.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::error::{Trouble, marked};
use super::page::{self, Forms};
use super::request_id;
use crate::store::StoreError;
use crate::vault::VaultError;

/// An error for a person in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, for the log; the page doesn't show it.
    pub code: &'static str,
    /// The heading, such as `You could not be signed in`.
    pub title: String,
    /// What happened, in a sentence or two.
    pub what_happened: String,
    /// What the person can do now.
    pub what_to_do: String,
    /// What an admin can find the case by. Without one, the page shows the request id.
    pub reference: Option<String>,
    note: Option<String>,
    remedy: Option<(String, String)>,
    link: Option<(String, String)>,
    retry_after: Option<u32>,
}

impl ErrorPage {
    /// A page that refers to the request by its id.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: impl Into<String>,
        what_happened: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title: title.into(),
            what_happened: what_happened.into(),
            what_to_do: what_to_do.into(),
            reference: None,
            note: None,
            remedy: None,
            link: None,
            retry_after: None,
        }
    }

    /// The same page with a reference of its own, such as the id of a sign-in record.
    #[must_use]
    pub fn with_reference(self, reference: impl std::fmt::Display) -> Self {
        Self { reference: Some(reference.to_string()), ..self }
    }

    /// The same page with a technical sentence for an admin, beside the reference.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// The same page with a line on where to change what is wrong, under a label that says in whose hands that is.
    #[must_use]
    pub fn with_remedy(self, label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { remedy: Some((label.into(), text.into())), ..self }
    }

    /// The same page with a button that leads to `href`, an http or https address that the caller has checked.
    #[must_use]
    pub fn with_link(self, label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { link: Some((label.into(), href.into())), ..self }
    }
}

impl From<Trouble> for ErrorPage {
    fn from(trouble: Trouble) -> Self {
        let (title, what_to_do) = match trouble {
            Trouble::NoRoute | Trouble::WrongMethod => {
                ("Page not found", "Go back to the application and begin again from there.")
            }
            Trouble::BodyTooLarge { .. } | Trouble::BodyIncomplete => (
                "The request could not be read",
                "Go back to the application and sign in again. If it happens again, tell your administrator.",
            ),
            Trouble::Conflict | Trouble::Busy => (
                "Please try again in a moment",
                "Wait a few seconds, then go back to the application and sign in again.",
            ),
            Trouble::Internal => (
                "Something went wrong",
                "Try again from the application. If it happens again, give your administrator the reference below.",
            ),
        };
        let page = Self::new(trouble.status(), trouble.code(), title, trouble.message(), what_to_do);
        Self { retry_after: trouble.retry_after(), ..page }
    }
}

impl From<StoreError> for ErrorPage {
    fn from(error: StoreError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<VaultError> for ErrorPage {
    fn from(error: VaultError) -> Self {
        Trouble::from(error).into()
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Content<'a> {
    title: &'a str,
    what_happened: &'a str,
    what_to_do: &'a str,
    reference: Option<&'a str>,
    note: Option<&'a str>,
    remedy: Option<&'a (String, String)>,
    link: Option<&'a (String, String)>,
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let reference = self.reference.or_else(request_id::current);
        let content = Content {
            title: &self.title,
            what_happened: &self.what_happened,
            what_to_do: &self.what_to_do,
            reference: reference.as_deref(),
            note: self.note.as_deref(),
            remedy: self.remedy.as_ref(),
            link: self.link.as_ref(),
        };
        let response = page::page(self.status, &self.title, &content, Forms::None);
        marked(response, self.code, self.retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::body_text;

    #[tokio::test]
    async fn the_page_says_what_happened_and_what_to_do_and_shows_the_reference() {
        let page = ErrorPage::new(StatusCode::FORBIDDEN, "x", "No", "It <b>failed</b>.", "Do it again.")
            .with_reference("sign_in_01");
        let response = page.into_response();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let text = body_text(response).await;
        for part in ["It &#60;b&#62;failed&#60;/b&#62;.", "Do it again.", "sign_in_01"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[tokio::test]
    async fn without_a_reference_the_request_id_is_shown() {
        let text = request_id::scope("req-7".to_owned(), async {
            body_text(ErrorPage::from(Trouble::Internal).into_response()).await
        });
        assert!(text.await.contains("req-7"));
    }
}
