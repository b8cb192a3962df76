//! IT contacts: named, removed, told.

use futures_util::future::join_all;

use crate::app::App;
use crate::domain::domain_name::EmailAddress;
use crate::domain::event::EventName;
use crate::domain::ids::ItContactId;
use crate::domain::organization::OrganizationDetails;
use crate::domain::portal::ItContact;
use crate::net::mail::Mail;
use crate::operations::portal::revoke_links;
use crate::store::{Versioned, WriteLinkError, WriteSetupError};
use crate::web::portal::contact_event;
use crate::web::retried::MayRace;

/// Why an IT contact isn't named.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// They are one already.
    #[error("{0} is an IT contact already")]
    Known(String),
    /// The organization has as many as it can have.
    #[error("an organization has at most {} IT contacts", ItContact::MOST_OF_AN_ORGANIZATION)]
    TooMany,
    /// The table, or a lost race.
    #[error(transparent)]
    Write(#[from] WriteSetupError),
}

impl MayRace for ContactError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Write(WriteSetupError::Raced))
    }
}

/// Names an IT contact of an organization, as it was read beside the contacts that it has.
///
/// # Errors
/// [`ContactError`].
pub async fn name(
    app: &App,
    (read, known): (&Versioned<OrganizationDetails>, &[ItContact]),
    email: &EmailAddress,
) -> Result<ItContact, ContactError> {
    let named = name_all(app, (read, known), std::slice::from_ref(email)).await?;
    named.into_iter().next().ok_or_else(|| ContactError::Known(email.to_string()))
}

/// Names those of some people who aren't IT contacts of an organization already, all at once or nobody.
///
/// # Errors
/// [`ContactError`]; not [`ContactError::Known`].
pub async fn name_all(
    app: &App,
    (read, known): (&Versioned<OrganizationDetails>, &[ItContact]),
    emails: &[EmailAddress],
) -> Result<Vec<ItContact>, ContactError> {
    let now = app.clock().now();
    let mut new: Vec<ItContact> = Vec::new();
    for email in emails {
        if known.iter().chain(&new).any(|contact| is(contact, email)) {
            continue;
        }
        new.push(ItContact {
            id: ItContactId::mint(now, app.rng()),
            organization_id: read.value.organization.id,
            email: email.to_string(),
            created_at: now,
        });
    }
    if new.is_empty() {
        return Ok(new);
    }
    if known.len() + new.len() > ItContact::MOST_OF_AN_ORGANIZATION {
        return Err(ContactError::TooMany);
    }
    let events = new.iter().map(|contact| (contact, contact_event(EventName::ItContactCreated, contact)));
    app.store().create_it_contacts(read, events.collect()).await?;
    Ok(new)
}

/// Whether a contact has this address, in whatever spelling.
fn is(contact: &ItContact, email: &EmailAddress) -> bool {
    EmailAddress::parse(&contact.email).is_some_and(|known| known.folded() == email.folded())
}

/// Removes an IT contact, and ends the links that were sent to them, with the visits that those have begun.
///
/// # Errors
/// [`WriteSetupError::Raced`] where somebody else was faster.
pub async fn remove(app: &App, contact: &ItContact) -> Result<(), WriteSetupError> {
    // First what lets them in: an attempt that is cut short is made again while they are still there.
    let theirs = |link: &crate::domain::portal::PortalLink| {
        link.grant.contact.as_ref().is_some_and(|named| named.id == contact.id)
    };
    revoke_links(app, contact.organization_id, theirs).await.map_err(|error| match error {
        WriteLinkError::Store(error) => error.into(),
        WriteLinkError::NoOrganization
        | WriteLinkError::InvitationOpen
        | WriteLinkError::VisitOver
        | WriteLinkError::Raced => WriteSetupError::Raced,
    })?;
    app.store().delete_it_contact(contact, contact_event(EventName::ItContactDeleted, contact)).await
}

/// Tells all IT contacts that whom a serving connection trusts was changed in the portal, where this deployment sends mail.
/// Who has a link and changes that in silence could let themselves in as anybody. A mail that isn't taken is logged: the change
/// is made, and stands in the event log.
pub async fn tell_of_changed_trust(app: &App, contacts: &[ItContact], organization: &str) {
    tell(app, contacts, |to| changed_trust_mail(app, to, organization)).await;
}

/// Tells all IT contacts, where this deployment sends mail, that a test has begun whose success changes with which provider
/// the people of a named organization sign in.
pub async fn tell_of_another_provider(
    app: &App,
    contacts: &[ItContact],
    (organization, provider): (&str, &str),
) {
    tell(app, contacts, |to| another_provider_mail(app, to, (organization, provider))).await;
}

async fn tell(app: &App, contacts: &[ItContact], mail: impl Fn(&str) -> Mail) {
    let Some(mailer) = app.mailer() else { return };
    let mails: Vec<_> = contacts.iter().map(|contact| (contact, mail(&contact.email))).collect();
    join_all(mails.iter().map(|(contact, mail)| async move {
        if let Err(error) = mailer.send(mail).await {
            tracing::error!(cause = %error, contact = %contact.id, "an IT contact could not be told of a change");
        }
    }))
    .await;
}

fn changed_trust_mail(app: &App, to: &str, organization: &str) -> Mail {
    let product = app.config().portal.app_name.as_deref();
    let with = product.map(|product| format!(" for {product}")).unwrap_or_default();
    let at = app.clock().now().format("%-d %B %Y, %H:%M UTC");
    Mail {
        to: to.to_owned(),
        subject: format!("The single sign-on of {organization} was changed"),
        text: format!(
            "Hello,\n\nthe identity provider that the single sign-on of {organization}{with} trusts was changed in the admin \
             portal on {at}: its entity ID or its certificates. The change is in force.\n\nIf this was planned, there is \
             nothing to do.\n\nIf you don't know of it, ask your colleagues now. If nobody knows of it, have the application \
             switch the connection off, and tell them that a link into the portal was misused.\n\nYou get this mail because \
             you are an IT contact of {organization}.\n"
        ),
    }
}

fn another_provider_mail(app: &App, to: &str, (organization, provider): (&str, &str)) -> Mail {
    let product = app.config().portal.app_name.as_deref();
    let with = product.map(|product| format!(" for {product}")).unwrap_or_default();
    let at = app.clock().now().format("%-d %B %Y, %H:%M UTC");
    Mail {
        to: to.to_owned(),
        subject: format!("{organization} is about to sign in with another identity provider"),
        text: format!(
            "Hello,\n\non {at}, a test sign-in with {provider} was begun in the admin portal for {organization}{with}. As soon as \
             it succeeds, people can sign in with {provider}, and what they sign in with today may end.\n\nIf this was \
             planned, there is nothing to do.\n\nIf you don't know of it, ask your colleagues now. If nobody knows of it, have \
             the application switch the new connection off, and tell them that a link into the portal was misused.\n\nYou get \
             this mail because you are an IT contact of {organization}.\n"
        ),
    }
}
