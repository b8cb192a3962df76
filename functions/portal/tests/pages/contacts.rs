use super::*;

fn path_of(page: &Page, what: &str) -> Option<String> {
    let end = page.text.find(&format!("/{what}\""))?;
    let begin = page.text[..end].rfind("/portal/contacts/")?;
    Some(format!("{}/{what}", &page.text[begin..end]))
}

#[tokio::test]
async fn a_contact_is_named_invited_revoked_and_removed() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    admin.get("/portal/contacts").await.shows("Nobody has been named yet");
    admin.post("/portal/contacts", &[("email", " Ann@ACME.com ")]).await.leads_to("/portal/contacts");
    let page = admin.get("/portal/contacts").await;
    page.shows("Ann@acme.com").shows("1 of 20");
    admin
        .post("/portal/contacts", &[("email", "ann@acme.com")])
        .await
        .is(422)
        .shows("is an IT contact already");
    admin.post("/portal/contacts", &[("email", "<nobody>")]).await.is(422).shows("&#60;nobody&#62;");

    let invited = admin.post(&path_of(&page, "invite").unwrap(), &[]).await;
    invited.is(200).shows("No mail is sent from here").shows("Invitation open until");
    let link = invited.text.split("<code>http://127.0.0.1:4400").nth(1).unwrap().split('<').next().unwrap();
    world.get(link).await.is(200).shows("Continue");
    let revoke = path_of(&admin.get("/portal/contacts").await, "revoke").unwrap();
    admin.post(&revoke, &[]).await.leads_to("/portal/contacts");
    world.open(link).await.is(410).shows("This link was withdrawn");
    admin.post(&path_of(&page, "remove").unwrap(), &[]).await.leads_to("/portal/contacts");
    admin.get("/portal/contacts").await.hides("Ann@acme.com");
}

#[tokio::test]
async fn one_invitation_is_open_at_a_time_and_whoever_is_removed_is_out() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    for email in ["ann@acme.com", "bob@acme.com"] {
        admin.post("/portal/contacts", &[("email", email)]).await.is(303);
    }
    let page = admin.get("/portal/contacts").await;
    let ids: Vec<String> = page
        .text
        .match_indices("/portal/contacts/it_contact_")
        .map(|(at, _)| page.text[at + 17..].split('/').next().unwrap().to_owned())
        .collect();
    let (ann, bob) = (ids.first().unwrap(), ids.last().unwrap());
    let link_of = |page: &Page| {
        let behind = page.text.split("<code>http://127.0.0.1:4400").nth(1).unwrap();
        behind.split('<').next().unwrap().to_owned()
    };
    let first = link_of(&admin.post(&format!("/portal/contacts/{ann}/invite"), &[]).await);
    admin.get("/portal/contacts").await.shows("ends the one of ann@acme.com");
    let second = link_of(&admin.post(&format!("/portal/contacts/{bob}/invite"), &[]).await);
    world.get(&first).await.is(410).shows("This link was withdrawn");
    let names: Vec<_> = world.events().await.into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&EventName::ItContactInvitationRevoked), "{names:?}");
    let opened = world.open(&second).await;
    let cookie = opened.is(303).cookie.clone().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let invited = Admin { world: &world, cookie, form_token: String::new() };
    invited.get("/portal").await.is(200);
    admin.post(&format!("/portal/contacts/{bob}/remove"), &[]).await.is(303);
    invited.get("/portal").await.is(401);
}

#[tokio::test]
async fn whoever_was_invited_in_a_visit_is_out_when_its_link_is_ended() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    let ann = enter_by_invitation(&world, &admin, "ann@acme.com").await;
    // Her visit and the admin's are long over when Bob's begins.
    let link = invitation(&ann, "bob@acme.com").await;
    world.bench.clock.advance(Duration::hours(30));
    let bob = enter(&world, &link).await;
    bob.get("/portal").await.is(200);
    let (app, of_admin) = (&world.bench.app, Some("user-7"));
    let theirs = |link: &portico_shared::domain::portal::PortalLink| {
        link.grant.external_user_id.as_deref() == of_admin
    };
    portico_shared::operations::portal::revoke_links(app, world.organization, theirs).await.unwrap();
    for out in [&admin, &ann, &bob] {
        out.get("/portal").await.is(401);
    }
}

/// Names a contact, invites them, and opens the invitation.
async fn enter_by_invitation<'w>(world: &'w World, host: &Admin<'w>, email: &str) -> Admin<'w> {
    enter(world, &invitation(host, email).await).await
}

async fn invitation(host: &Admin<'_>, email: &str) -> String {
    host.post("/portal/contacts", &[("email", email)]).await.is(303);
    let page = host.get("/portal/contacts").await;
    let behind = &page.text[page.text.find(&format!("<strong>{email}</strong>")).unwrap()..];
    let id = behind.split("/portal/contacts/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let invited = host.post(&format!("/portal/contacts/{id}/invite"), &[]).await;
    let link = invited.text.split("<code>http://127.0.0.1:4400").nth(1).unwrap();
    link.split('<').next().unwrap().to_owned()
}

async fn enter<'w>(world: &'w World, link: &str) -> Admin<'w> {
    let cookie = world.open(link).await.is(303).cookie.clone().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let mut admin = Admin { world, cookie, form_token: String::new() };
    admin.form_token = admin.get("/portal").await.hidden("form_token").unwrap();
    admin
}
