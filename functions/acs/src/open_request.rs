//! The proof that an answer belongs to a request of ours.

use portico_shared::domain::sign_in::SignInRequest;
use portico_shared::store::{ConnectionWithStatus, Versioned};

use crate::caller::Caller;
use crate::refused::Refused;

/// A request that is open, of this connection as it is now configured, and begun by this browser.
pub(crate) struct OpenRequest<'a>(&'a Versioned<SignInRequest>);

impl<'a> OpenRequest<'a> {
    /// Holds `request` against the connection at which the answer came in and the browser that brought it. That it is
    /// unexpired, the store has seen to: an expired item is none.
    pub(crate) fn verify(
        request: &'a Versioned<SignInRequest>,
        connection: &ConnectionWithStatus,
        caller: &Caller,
    ) -> Result<Self, Refused> {
        let open = Self::of_this_browser(request, connection, caller)?;
        if request.value.connection_revision != connection.connection.value.revision {
            return Err(Refused::ConnectionChanged);
        }
        Ok(open)
    }

    /// As `verify`, though the connection may have been changed since: good enough to be told an error.
    pub(crate) fn of_this_browser(
        request: &'a Versioned<SignInRequest>,
        connection: &ConnectionWithStatus,
        caller: &Caller,
    ) -> Result<Self, Refused> {
        let asked = &request.value;
        if asked.connection_id != connection.connection.value.id {
            return Err(Refused::RequestOfOtherConnection);
        }
        let browser = caller.browser.as_ref().ok_or(Refused::BrowserCookieMissing)?;
        if !asked.browser.matches(browser) {
            return Err(Refused::BrowserMismatch);
        }
        if asked.consumed_by.is_some() {
            return Err(Refused::RequestConsumed);
        }
        Ok(Self(request))
    }

    /// The request, with the version that consuming it must find.
    pub(crate) fn request(&self) -> &'a Versioned<SignInRequest> {
        self.0
    }
}
