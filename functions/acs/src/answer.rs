//! Answers to the application, by way of the browser (RFC 6749 §4.1.2).

use portico_shared::config::PublicUrl;
use portico_shared::domain::sign_in::SignInRequest;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::redirect::Application;

/// Where the browser takes the code.
pub(crate) fn with_code(request: &SignInRequest, code: &PlainToken, public_url: &PublicUrl) -> String {
    application(request).address(&[("code", code.reveal())], public_url)
}

/// Where the browser takes an error (RFC 6749 §4.1.2.1).
pub(crate) fn with_error(
    request: &SignInRequest,
    error: &str,
    description: &str,
    public_url: &PublicUrl,
) -> String {
    application(request).address(&[("error", error), ("error_description", description)], public_url)
}

fn application(request: &SignInRequest) -> Application<'_> {
    Application {
        redirect_uri: &request.redirect_uri,
        state: request.state.as_deref(),
        surface: request.surface,
    }
}
