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
    world.get(&first).await.is(404);
    let opened = world.open(&second).await;
    let cookie = opened.is(303).cookie.clone().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let invited = Admin { world: &world, cookie, form_token: String::new() };
    invited.get("/portal").await.is(200);
    admin.post(&format!("/portal/contacts/{bob}/remove"), &[]).await.is(303);
    invited.get("/portal").await.is(401);
}
