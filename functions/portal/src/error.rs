//! Why a page isn't shown or a form isn't taken, and what its reader sees instead.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::domain::connection::Connection;
use portico_shared::domain::directory::Directory;
use portico_shared::domain::portal::LinkStanding;
use portico_shared::operations::connections::CreateConnectionError;
use portico_shared::operations::directories::DirectoryError;
use portico_shared::store::{
    StoreError, WriteConnectionError, WriteDirectoryError, WriteDomainError, WriteLinkError, WriteSetupError,
};
use portico_shared::vault::VaultError;
use portico_shared::web::error::{ErrorPage, Trouble};
use portico_shared::web::retried::MayRace;

/// What already serves, so that an invitation is not enough to change it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Serving {
    /// A connection that is active, or was.
    SingleSignOn,
    /// A verified domain.
    Domain,
    /// A directory that is fed.
    Directory,
    /// The IT contacts: they hear of changes.
    Contacts,
}

/// Why a page isn't shown or a form isn't taken.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// The browser has no visit: its cookie is missing, or the visit is over.
    NoVisit,
    /// The link doesn't have the form of one: cut short on its way, or typed.
    LinkIncomplete,
    /// There is no such link.
    LinkUnknown,
    /// The link can't be opened any more.
    LinkOver(LinkStanding),
    /// The setup that the link was for is complete.
    SetupComplete,
    /// There is no such page, or it isn't this visit's.
    NotFound,
    /// The form was sent by another page than ours.
    ForeignForm,
    /// What was sent isn't a form.
    NotAForm,
    /// What serves already can't be changed by an invitation's link.
    InvitationOnly(Serving),
    /// The organization has as many connections as it can have.
    TooManyConnections,
    /// The directory can't be changed, or the organization has as many as it can have.
    TooManyDirectories,
    /// Somebody else changed the same thing at the same time.
    Raced,
    /// What any function can run into.
    Trouble(Trouble),
}

impl From<StoreError> for RouteError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<VaultError> for RouteError {
    fn from(error: VaultError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<WriteSetupError> for RouteError {
    fn from(error: WriteSetupError) -> Self {
        match error {
            WriteSetupError::Raced => Self::Raced,
            WriteSetupError::Store(error) => error.into(),
        }
    }
}

impl From<WriteDomainError> for RouteError {
    fn from(error: WriteDomainError) -> Self {
        match error {
            WriteDomainError::Taken | WriteDomainError::Raced => Self::Raced,
            WriteDomainError::Store(error) => error.into(),
        }
    }
}

impl From<WriteConnectionError> for RouteError {
    fn from(error: WriteConnectionError) -> Self {
        match error {
            WriteConnectionError::NoOrganization | WriteConnectionError::Raced => Self::Raced,
            WriteConnectionError::TooMany => Self::TooManyConnections,
            WriteConnectionError::Store(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for RouteError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::NotFound => Self::NotFound,
            DirectoryError::Write(WriteDirectoryError::TooMany) => Self::TooManyDirectories,
            DirectoryError::Write(
                WriteDirectoryError::TooManyTokens
                | WriteDirectoryError::NoOrganization
                | WriteDirectoryError::Raced,
            ) => Self::Raced,
            DirectoryError::Write(WriteDirectoryError::Store(error)) => error.into(),
        }
    }
}

impl From<CreateConnectionError> for RouteError {
    fn from(error: CreateConnectionError) -> Self {
        match error {
            CreateConnectionError::Write(error) => error.into(),
            CreateConnectionError::Vault(error) => error.into(),
            CreateConnectionError::KeyPair => Self::Trouble(Trouble::Internal),
        }
    }
}

impl From<WriteLinkError> for RouteError {
    fn from(error: WriteLinkError) -> Self {
        match error {
            WriteLinkError::VisitOver => Self::NoVisit,
            WriteLinkError::NoOrganization | WriteLinkError::InvitationOpen | WriteLinkError::Raced => {
                Self::Raced
            }
            WriteLinkError::Store(error) => error.into(),
        }
    }
}

impl MayRace for RouteError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

const NEW_LINK: &str = "Go back to the application, open its settings for single sign-on and directory sync, and continue from there: it makes a \
     new link. If you were invited by mail, ask whoever invited you to send another one. What you have saved is still there.";

impl From<RouteError> for ErrorPage {
    fn from(error: RouteError) -> Self {
        let page =
            |status, code, title: &str, what: &str, todo: &str| Self::new(status, code, title, what, todo);
        match error {
            RouteError::NoVisit => page(
                StatusCode::UNAUTHORIZED,
                "no_visit",
                "Your visit has ended",
                "For safety, a visit to these pages lasts eight hours in the browser in which it began. What you have saved is kept.",
                NEW_LINK,
            ),
            RouteError::LinkIncomplete => page(
                StatusCode::NOT_FOUND,
                "link_incomplete",
                "This link is incomplete",
                "A part of its address is missing. Some mail programs break long links over two lines.",
                "Copy the whole link and paste it into the address bar of your browser. If that does not help, get a new one from \
                 the application, or from whoever sent it to you.",
            ),
            RouteError::LinkUnknown => page(
                StatusCode::NOT_FOUND,
                "link_unknown",
                "This link is not valid",
                "Nobody has made this link, or it is too old to be remembered.",
                NEW_LINK,
            ),
            RouteError::LinkOver(LinkStanding::Used) => page(
                StatusCode::GONE,
                "link_used",
                "This link has been used",
                "A link opens once. If it was you, go on in the browser in which you opened it.",
                NEW_LINK,
            ),
            RouteError::LinkOver(LinkStanding::Revoked) => page(
                StatusCode::GONE,
                "link_revoked",
                "This link was withdrawn",
                "Somebody in your organization, or the application, has ended it.",
                NEW_LINK,
            ),
            RouteError::LinkOver(LinkStanding::Open | LinkStanding::Expired) => page(
                StatusCode::GONE,
                "link_expired",
                "This link has expired",
                "A link from the application can be opened for five minutes, an invitation for seven days.",
                NEW_LINK,
            ),
            RouteError::SetupComplete => page(
                StatusCode::GONE,
                "setup_complete",
                "The setup is complete",
                "What you were invited to set up is done, so the invitation has ended.",
                "To change something, go to the application and open its settings for single sign-on and directory sync.",
            ),
            RouteError::NotFound => page(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such page",
                "The address is wrong, or what it led to was removed.",
                "Use the back button of your browser, or begin again at the overview.",
            )
            .with_link("Overview", "/portal"),
            RouteError::ForeignForm => page(
                StatusCode::FORBIDDEN,
                "foreign_form",
                "Nothing was changed",
                "The form does not belong to this visit. That happens if another visit began in the same browser, or if the \
                 browser hides where a form comes from.",
                "Open the overview and do it once more.",
            )
            .with_link("Overview", "/portal"),
            RouteError::NotAForm => page(
                StatusCode::BAD_REQUEST,
                "not_a_form",
                "Nothing was changed",
                "What was sent could not be read as a form.",
                "Go back and do it once more. If it happens again, use another browser.",
            )
            .with_link("Overview", "/portal"),
            RouteError::InvitationOnly(what) => page(
                StatusCode::FORBIDDEN,
                "invitation_only",
                "Nothing was changed",
                &format!("{} An invitation is not enough to change that.", what.words()),
                "Go to the application and open its settings for single sign-on and directory sync: the link from there lets you \
                 change it.",
            )
            .with_link("Overview", "/portal"),
            RouteError::TooManyConnections => page(
                StatusCode::CONFLICT,
                "too_many_connections",
                "There are too many connections",
                &format!(
                    "Your organization has {} connections to identity providers, and that is the most.",
                    Connection::MOST_OF_AN_ORGANIZATION
                ),
                "Ask the people behind the application to delete those that are no longer in use.",
            )
            .with_link("Overview", "/portal"),
            RouteError::TooManyDirectories => page(
                StatusCode::CONFLICT,
                "too_many_directories",
                "There are too many directories",
                &format!(
                    "Your organization has {} directories, and that is the most.",
                    Directory::MOST_OF_AN_ORGANIZATION
                ),
                "Ask the people behind the application to delete those that are no longer in use.",
            )
            .with_link("Overview", "/portal"),
            RouteError::Raced => page(
                StatusCode::CONFLICT,
                "conflict",
                "Somebody else was faster",
                "The same thing was changed by somebody else at the same time. Your change was not saved, and theirs was.",
                "Open the page again, look at what is there now, and make your change if it is still needed.",
            )
            .with_link("Overview", "/portal"),
            RouteError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl Serving {
    /// Why it can't be changed by everybody.
    fn words(self) -> &'static str {
        match self {
            Self::SingleSignOn => "Single sign-on is in use, and people depend on it.",
            Self::Domain => "The domain is verified, and people sign in by it.",
            Self::Directory => "The directory is configured, and people get their access by it.",
            Self::Contacts => "IT contacts are told when something important is changed.",
        }
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        ErrorPage::from(self).into_response()
    }
}
