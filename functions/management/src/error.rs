//! Why a request of the REST API isn't done, and how its caller reads that.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::portal::Intent;
use portico_shared::operations::connections::CreateConnectionError;
use portico_shared::operations::contacts::ContactError;
use portico_shared::operations::directories::DirectoryError;
use portico_shared::operations::portal::intent_words;
use portico_shared::store::{
    StoreError, WriteConnectionError, WriteDirectoryError, WriteLinkError, WriteSetupError,
};
use portico_shared::vault::VaultError;
use portico_shared::web::error::{FieldError, RestError, Trouble};
use portico_shared::web::retried::MayRace;

/// Why a request isn't done.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// No organization has this id, or the application's own id.
    OrganizationNotFound(String),
    /// No connection has this id.
    ConnectionNotFound(String),
    /// The connection has no certificate of this id.
    CertificateNotFound(String),
    /// No directory has this id.
    DirectoryNotFound(String),
    /// The directory has no token of this id.
    DirectoryTokenNotFound(String),
    /// No directory has a user of this id.
    DirectoryUserNotFound(String),
    /// No directory has a group of this id.
    DirectoryGroupNotFound(String),
    /// The organization has no IT contact of this id.
    ContactNotFound(String),
    /// Somebody is an IT contact of the organization already.
    ContactTaken(String),
    /// The organization has as many IT contacts as it can have.
    TooManyContacts,
    /// The IT contact has no open invitation.
    NoInvitation(String),
    /// The organization has an open invitation.
    InvitationOpen,
    /// The organization's plan doesn't include what somebody is invited to set up.
    IntentNotInPlan(Intent),
    /// The organization's plan doesn't include directory sync.
    DirectorySyncNotInPlan,
    /// The organization has as many directories as it can have.
    TooManyDirectories,
    /// The directory has as many tokens as it can have.
    TooManyDirectoryTokens,
    /// The directory is being deleted.
    DirectoryDeleting,
    /// No redirect URI has this id.
    RedirectUriNotFound(String),
    /// No entry of the sign-in log has this id, or it has expired.
    SignInNotFound(String),
    /// Fields of the request are wrong.
    Invalid(Vec<FieldError>),
    /// An organization's metadata is outside of its limits.
    Metadata(String),
    /// A cursor of the event log isn't an event's id.
    EventCursor(&'static str),
    /// Another organization has this external id.
    ExternalIdTaken(String),
    /// Another organization has verified this domain. Which one is not said.
    DomainTaken(DomainName),
    /// The organization's plan doesn't include single sign-on.
    SsoNotInPlan,
    /// The organization has as many connections as it can have.
    TooManyConnections,
    /// A connection that serves needs a certificate.
    LastCertificate,
    /// The connection has this certificate already.
    CertificateTaken,
    /// The connection's only key pair of ours.
    LastSpCertificate,
    /// The connection has as many key pairs of ours as it can have.
    TooManySpCertificates,
    /// The redirect URI is registered already.
    RedirectUriTaken(String),
    /// There are as many redirect URIs as there can be.
    TooManyRedirectUris,
    /// The default redirect URI can't be deleted.
    DefaultRedirectUri,
    /// Somebody else changed the same thing at the same time.
    Raced,
    /// What any function can run into.
    Trouble(Trouble),
}

impl RouteError {
    /// One field is wrong.
    pub(crate) fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }
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

impl From<WriteConnectionError> for RouteError {
    fn from(error: WriteConnectionError) -> Self {
        match error {
            // It was there a moment ago: somebody is deleting it.
            WriteConnectionError::NoOrganization | WriteConnectionError::Raced => Self::Raced,
            WriteConnectionError::TooMany => Self::TooManyConnections,
            WriteConnectionError::Store(error) => error.into(),
        }
    }
}

impl From<ContactError> for RouteError {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Known(email) => Self::ContactTaken(email),
            ContactError::TooMany => Self::TooManyContacts,
            ContactError::Write(WriteSetupError::Raced) => Self::Raced,
            ContactError::Write(WriteSetupError::Store(error)) => error.into(),
        }
    }
}

impl From<WriteLinkError> for RouteError {
    fn from(error: WriteLinkError) -> Self {
        match error {
            WriteLinkError::NoOrganization | WriteLinkError::VisitOver | WriteLinkError::Raced => Self::Raced,
            WriteLinkError::InvitationOpen => Self::InvitationOpen,
            WriteLinkError::Store(error) => error.into(),
        }
    }
}

impl From<WriteDirectoryError> for RouteError {
    fn from(error: WriteDirectoryError) -> Self {
        match error {
            WriteDirectoryError::NoOrganization | WriteDirectoryError::Raced => Self::Raced,
            WriteDirectoryError::TooMany => Self::TooManyDirectories,
            WriteDirectoryError::TooManyTokens => Self::TooManyDirectoryTokens,
            WriteDirectoryError::Store(error) => error.into(),
        }
    }
}

impl From<DirectoryError> for RouteError {
    fn from(error: DirectoryError) -> Self {
        match error {
            // It was there a moment ago: somebody is deleting it.
            DirectoryError::NotFound => Self::Raced,
            DirectoryError::Write(error) => error.into(),
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

impl From<RouteError> for RestError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::OrganizationNotFound(id) => Self::not_found("Organization", id),
            RouteError::ConnectionNotFound(id) => Self::not_found("Connection", id),
            RouteError::CertificateNotFound(id) => Self::not_found("Certificate", id),
            RouteError::RedirectUriNotFound(id) => Self::not_found("Redirect URI", id),
            RouteError::DirectoryNotFound(id) => Self::not_found("Directory", id),
            RouteError::DirectoryTokenNotFound(id) => Self::not_found("Directory Token", id),
            RouteError::DirectoryUserNotFound(id) => Self::not_found("Directory User", id),
            RouteError::DirectoryGroupNotFound(id) => Self::not_found("Directory Group", id),
            RouteError::ContactNotFound(id) => Self::not_found("IT Contact", id),
            RouteError::ContactTaken(email) => Self::conflict(
                "it_contact_already_exists",
                format!("'{email}' is an IT contact of this organization already."),
            ),
            RouteError::TooManyContacts => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_it_contacts",
                "An organization has at most 20 IT contacts. Delete one first.",
            ),
            RouteError::NoInvitation(id) => Self::new(
                StatusCode::NOT_FOUND,
                "no_open_invitation",
                format!("The IT contact '{id}' has no open invitation."),
            ),
            RouteError::InvitationOpen => Self::conflict(
                "invitation_open",
                "The organization has an open invitation, and has at most one. Revoke it first.",
            ),
            RouteError::IntentNotInPlan(intent) => Self::new(
                StatusCode::FORBIDDEN,
                "feature_not_in_plan",
                format!("The organization's plan does not include {}.", intent_words(intent)),
            ),
            RouteError::DirectorySyncNotInPlan => Self::new(
                StatusCode::FORBIDDEN,
                "feature_not_in_plan",
                "The organization's plan does not include directory sync: features.directory_sync of its policy is off.",
            ),
            RouteError::TooManyDirectories => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_directories",
                "An organization has at most 10 directories. Delete one that is no longer in use.",
            ),
            RouteError::TooManyDirectoryTokens => Self::conflict(
                "too_many_directory_tokens",
                "A directory has at most 2 tokens: the one in use and the next. Revoke the one that the identity \
                 provider no longer uses.",
            ),
            RouteError::DirectoryDeleting => Self::conflict(
                "directory_deleting",
                "The directory is being deleted and can't be changed any more.",
            ),
            RouteError::SignInNotFound(id) => Self::not_found("Sign-in", id),
            RouteError::Invalid(errors) => Self::invalid(errors),
            RouteError::Metadata(message) => Self::new(StatusCode::BAD_REQUEST, "invalid_metadata", message),
            RouteError::EventCursor(name) => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                format!("{name} must be the id of an event, such as event_01EHZNVPK3SFK441A1RGBFSHRT."),
            ),
            RouteError::ExternalIdTaken(id) => Self::new(
                StatusCode::BAD_REQUEST,
                "external_id_already_used",
                format!("The external id '{id}' is used by another organization."),
            ),
            RouteError::DomainTaken(domain) => Self::conflict(
                "domain_already_verified",
                format!("The domain '{domain}' has been verified by another organization."),
            ),
            RouteError::SsoNotInPlan => Self::new(
                StatusCode::FORBIDDEN,
                "feature_not_in_plan",
                "The organization's plan does not include single sign-on: features.sso of its policy is off.",
            ),
            RouteError::TooManyConnections => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_connections",
                "An organization has at most 20 connections. Delete one that is no longer in use.",
            ),
            RouteError::LastCertificate => Self::conflict(
                "last_certificate",
                "This is the last certificate of an active connection: nobody could sign in without it. Add the \
                 next one first, or deactivate the connection.",
            ),
            RouteError::CertificateTaken => {
                Self::conflict("certificate_already_exists", "The connection has this certificate already.")
            }
            RouteError::LastSpCertificate => Self::conflict(
                "cannot_delete_last_certificate",
                "This is the connection's only key pair. Create the next one, have the identity provider take its \
                 certificate, then delete this one.",
            ),
            RouteError::TooManySpCertificates => Self::conflict(
                "too_many_sp_encryption_certs",
                "A connection has at most 3 key pairs. Delete one whose certificate the identity provider no longer uses.",
            ),
            RouteError::RedirectUriTaken(uri) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "redirect_uri_already_exists",
                format!("Redirect URI '{uri}' already exists."),
            ),
            RouteError::TooManyRedirectUris => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_redirect_uris",
                "A deployment has at most 500 redirect URIs. Delete one that is no longer in use.",
            ),
            RouteError::DefaultRedirectUri => Self::conflict(
                "default_redirect_uri",
                "Cannot delete the default redirect URI. Register another one as the default first.",
            ),
            RouteError::Raced => Trouble::Conflict.into(),
            RouteError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        RestError::from(self).into_response()
    }
}

impl MayRace for RouteError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}
