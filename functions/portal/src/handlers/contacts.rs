//! IT contacts: named, invited, removed.

use askama::Template;
use axum::response::{IntoResponse, Response};
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::portal::{Grant, Intent, Invitation, Inviter, ItContact, LinkKind, Section};
use portico_shared::operations::contacts::{self, ContactError};
use portico_shared::operations::portal::{Invited, NotMailed, invite as send, revoke_link};
use portico_shared::store::{Versioned, WriteLinkError};
use portico_shared::web::redirect::see_other;
use portico_shared::web::retried::retried;

use crate::error::{RouteError, Serving};
use crate::fields::Form;
use crate::page::{Frame, page};
use crate::path::PathOf;
use crate::visit::Visit;
use crate::words::{day, instant};

struct Line {
    id: String,
    email: String,
    said: String,
    invited: bool,
}

/// An invitation that was just made, and the address that opens it where it wasn't sent.
struct Fresh {
    email: String,
    until: String,
    url: Option<String>,
    failed: bool,
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage<'a> {
    typed: &'a str,
    problem: Option<&'a str>,
    fresh: Option<Fresh>,
    lines: Vec<Line>,
    most: usize,
    may_remove: bool,
    /// The address whose invitation another one would end.
    open_for: Option<String>,
    form_token: &'a str,
}

/// `GET /portal/contacts`
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Contacts)?;
    render(&visit, ("", None), None).await
}

/// A form's address, opened by itself.
pub(crate) async fn back() -> Response {
    see_other("/portal/contacts").into_response()
}

async fn render(
    visit: &Visit,
    (typed, problem): (&str, Option<&str>),
    fresh: Option<Fresh>,
) -> Result<Response, RouteError> {
    let open = visit.app.store().invitation(visit.organization().id).await?;
    let lines = visit.setup.contacts.iter().map(|contact| line(contact, open.as_ref())).collect();
    let content = ContactsPage {
        typed,
        problem,
        fresh,
        lines,
        most: ItContact::MOST_OF_AN_ORGANIZATION,
        may_remove: visit.session.grant.may_change_active(),
        open_for: open.and_then(|open| open.value.contact).map(|contact| contact.email),
        form_token: &visit.form_token,
    };
    let frame = Frame::of(Section::Contacts);
    let frame = if problem.is_some() { frame.refused() } else { frame };
    Ok(page(visit, frame, "IT contacts", &content))
}

fn line(contact: &ItContact, open: Option<&Versioned<Invitation>>) -> Line {
    let theirs = |open: &&Versioned<Invitation>| {
        open.value.contact.as_ref().is_some_and(|invited| invited.id == contact.id)
    };
    let invited = open.filter(theirs);
    let said = match invited {
        Some(open) => format!("Invitation open until {}", instant(open.value.expires_at)),
        None => format!("Named on {}", day(contact.created_at)),
    };
    Line { id: contact.id.to_string(), email: contact.email.clone(), said, invited: invited.is_some() }
}

/// `POST /portal/contacts`
pub(crate) async fn add(Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Contacts)?;
    let typed = fields.text("email");
    let Some(email) = EmailAddress::parse(typed) else {
        let problem = "Enter an e-mail address, such as it@acme.com.";
        return render(&visit, (typed, Some(problem)), None).await;
    };
    let id = visit.organization().id;
    let named = retried(|| async {
        let setup = visit.app.store().organization_setup(id).await;
        let setup = setup.map_err(portico_shared::store::WriteSetupError::from)?;
        let Some(setup) = setup else { return Ok(None) };
        contacts::name(&visit.app, (&setup.details, &setup.contacts), &email).await.map(Some)
    });
    let problem = match named.await {
        Ok(Some(_)) => return Ok(see_other("/portal/contacts")),
        Ok(None) => return Err(RouteError::NoVisit),
        Err(ContactError::Known(email)) => format!("{email} is an IT contact already."),
        Err(ContactError::TooMany) => {
            let most = ItContact::MOST_OF_AN_ORGANIZATION;
            format!("There can be {most} IT contacts. Remove one to add another.")
        }
        Err(ContactError::Write(error)) => return Err(error.into()),
    };
    render(&visit, (typed, Some(&problem)), None).await
}

/// `POST /portal/contacts/{id}/remove`
pub(crate) async fn remove(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Contacts)?;
    visit.may_change(Serving::Contacts)?;
    let contact = own(&visit, &id)?.clone();
    retried(|| async {
        let setup = visit.app.store().organization_setup(contact.organization_id).await?;
        let still = setup.is_some_and(|setup| setup.contacts.iter().any(|known| known.id == contact.id));
        if still { Ok(contacts::remove(&visit.app, &contact).await?) } else { Ok::<(), RouteError>(()) }
    })
    .await?;
    Ok(see_other("/portal/contacts"))
}

/// `POST /portal/contacts/{id}/invite`: a link of their own, for what this visit is for. One invitation is open at a time: a
/// new one ends the other.
pub(crate) async fn invite(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Contacts)?;
    let contact = own(&visit, &id)?.named();
    let email = contact.email.clone();
    let invited = retried(|| async { invite_once(&visit, contact.clone()).await }).await?;
    let fresh = Fresh {
        email,
        until: instant(invited.made.link.expires_at),
        failed: matches!(invited.mailed, Err(NotMailed::Failed(_))),
        url: invited.mailed.is_err().then_some(invited.made.url),
    };
    render(&visit, ("", None), Some(fresh)).await
}

async fn invite_once(
    visit: &Visit,
    contact: portico_shared::domain::portal::LinkContact,
) -> Result<Invited, RouteError> {
    let organization = visit.organization();
    let open = visit.app.store().invitation(organization.id).await?;
    let own = &visit.session.grant;
    let intents: Vec<Intent> = own.intents.clone();
    let grant = Grant {
        kind: LinkKind::Shareable,
        intents,
        contact: Some(contact),
        // Who was invited is nobody of the application's own.
        external_user_id: None,
        inviter: Some(Inviter { link_id: visit.session.link_id, session_id: visit.session.id }),
        ..own.clone()
    };
    let sent = send(&visit.app, (grant, &organization.name), open.as_ref()).await;
    sent.map_err(|error| match error {
        WriteLinkError::InvitationOpen => RouteError::Raced,
        other => other.into(),
    })
}

/// `POST /portal/contacts/{id}/revoke`
pub(crate) async fn revoke(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Contacts)?;
    let contact = own(&visit, &id)?.id;
    retried(|| async {
        let organization = visit.organization().id;
        let open = visit.app.store().invitation(organization).await?;
        let theirs = |open: &Versioned<Invitation>| {
            open.value.contact.as_ref().is_some_and(|invited| invited.id == contact)
        };
        let Some(open) = open.filter(theirs) else { return Ok(()) };
        Ok::<(), RouteError>(revoke_link(&visit.app, organization, open.value.link_id).await?)
    })
    .await?;
    Ok(see_other("/portal/contacts"))
}

/// The contact whom a path names, if they are this organization's.
fn own<'a>(visit: &'a Visit, id: &str) -> Result<&'a ItContact, RouteError> {
    visit.setup.contacts.iter().find(|contact| contact.id.to_string() == id).ok_or(RouteError::NotFound)
}
