//! IT contacts: named, removed, told.

use futures_util::future::join_all;

use crate::app::App;
use crate::domain::domain_name::EmailAddress;
use crate::domain::event::EventName;
use crate::domain::ids::ItContactId;
use crate::domain::organization::OrganizationDetails;
use crate::domain::portal::ItContact;
use crate::net::mail::Mail;
use crate::operations::portal::{living_links, revoke_link};
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
    if known.iter().any(|contact| is(contact, email)) {
        return Err(ContactError::Known(email.to_string()));
    }
    if known.len() >= ItContact::MOST_OF_AN_ORGANIZATION {
        return Err(ContactError::TooMany);
    }
    let now = app.clock().now();
    let contact = ItContact {
        id: ItContactId::mint(now, app.rng()),
        organization_id: read.value.organization.id,
        email: email.to_string(),
        created_at: now,
    };
    let created = contact_event(EventName::ItContactCreated, &contact);
    app.store().create_it_contact(read, &contact, created).await?;
    Ok(contact)
}

/// Whether a contact has this address, in whatever spelling.
pub fn is(contact: &ItContact, email: &EmailAddress) -> bool {
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
    for link in living_links(app, contact.organization_id, theirs).await? {
        revoke_link(app, &link).await.map_err(|error| match error {
            WriteLinkError::Store(error) => error.into(),
            WriteLinkError::NoOrganization | WriteLinkError::InvitationOpen | WriteLinkError::Raced => {
                WriteSetupError::Raced
            }
        })?;
    }
    app.store().delete_it_contact(contact, contact_event(EventName::ItContactDeleted, contact)).await
}

/// Tells all IT contacts that whom a serving connection trusts was changed in the portal, where this deployment sends mail.
/// Who has a link and changes that in silence could let themselves in as anybody. A mail that isn't taken is logged: the change
/// is made, and stands in the event log.
pub async fn tell_of_changed_trust(app: &App, contacts: &[ItContact], organization: &str) {
    let Some(mailer) = app.mailer() else { return };
    join_all(contacts.iter().map(|contact| async move {
        let mail = changed_trust_mail(app, &contact.email, organization);
        if let Err(error) = mailer.send(&mail).await {
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
