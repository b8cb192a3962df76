//! What isn't this visit's: forms of other pages, ids of other organizations, no visit at all.

use super::*;

const PAGES: [&str; 10] = [
    "/portal",
    "/portal/domains",
    "/portal/contacts",
    "/portal/sso",
    "/portal/sso/provider",
    "/portal/sso/steps/create-app",
    "/portal/directory",
    "/portal/directory/provider",
    "/portal/directory/steps/token",
    "/portal/sign-ins",
];

const FORMS: [&str; 16] = [
    "/portal/leave",
    "/portal/domains",
    "/portal/domains/{domain}/check",
    "/portal/domains/{domain}/remove",
    "/portal/contacts",
    "/portal/contacts/{contact}/remove",
    "/portal/contacts/{contact}/invite",
    "/portal/contacts/{contact}/revoke",
    "/portal/sso/provider",
    "/portal/sso/steps/create-app",
    "/portal/sso/test",
    "/portal/sso/test/{sign_in}",
    "/portal/directory/provider",
    "/portal/directory/steps/token",
    "/portal/directory/token",
    "/portal/directory/tokens/{token}/revoke",
];

#[tokio::test]
async fn without_a_visit_no_page_and_no_form_does_anything() {
    let world = World::start().await;
    let nobody = Admin { world: &world, cookie: String::new(), form_token: "x".to_owned() };
    let foreign = World::start().await;
    let of_elsewhere = foreign.admin(&[Intent::Settings]).await;
    let elsewhere = Admin {
        world: &world,
        cookie: of_elsewhere.cookie.clone(),
        form_token: of_elsewhere.form_token.clone(),
    };
    for admin in [nobody, elsewhere] {
        for path in PAGES {
            admin.get(path).await.is(401).shows("Your visit has ended");
        }
        for path in FORMS {
            admin.post(path, &[]).await.is(401);
        }
    }
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test]
async fn a_form_of_another_sites_page_or_of_another_visit_changes_nothing() {
    let world = World::start().await;
    let (admin, other) = (world.admin(&[Intent::Settings]).await, world.admin(&[Intent::Settings]).await);
    let before = world.events().await.len();
    let own = [("form_token", admin.form_token.as_str())];
    for path in FORMS {
        for origin in ["https://evil.example", "null", "http://127.0.0.1:4401"] {
            admin.post_as(path, origin, &own).await.is(403).shows("Nothing was changed");
        }
        let foreign = [("form_token", other.form_token.as_str())];
        admin.post_as(path, ORIGIN, &foreign).await.is(403);
        admin.post_as(path, ORIGIN, &[]).await.is(403);
    }
    assert_eq!(world.events().await.len(), before);
}

#[tokio::test]
async fn an_id_of_another_organization_is_found_nowhere() {
    let world = World::start().await;
    let globex = organization(&world.bench, "Globex", &Policy::default()).await;
    let theirs = World { router: world.router.clone(), organization: globex, bench: Bench::start().await };
    // Their things, in the same table.
    let grant = theirs.grant(&[Intent::Settings], LinkKind::InApp);
    let link = make_link(&world.bench.app, grant).await.unwrap().url;
    let opened = world.open(link.strip_prefix(ORIGIN).unwrap()).await;
    let cookie = opened.cookie.clone().unwrap().split(';').next().unwrap().to_owned();
    let mut globex_admin = Admin { world: &world, cookie, form_token: String::new() };
    globex_admin.form_token = globex_admin.get("/portal").await.hidden("form_token").unwrap();
    globex_admin.post("/portal/domains", &[("domains", "globex.com")]).await.is(303);
    globex_admin.post("/portal/contacts", &[("email", "it@globex.com")]).await.is(303);
    globex_admin.post("/portal/directory/provider", &[("provider", "okta")]).await.is(303);
    globex_admin.post("/portal/directory/token", &[]).await.is(200);
    let id_in = |page: &Page, before: &str| {
        page.text.split(before).nth(1).unwrap().split('/').next().unwrap().to_owned()
    };
    let domain = id_in(&globex_admin.get("/portal/domains").await, "/portal/domains/");
    let contact = id_in(&globex_admin.get("/portal/contacts").await, "/portal/contacts/");
    let token = id_in(&globex_admin.get("/portal/directory/steps/token").await, "/portal/directory/tokens/");

    let admin = world.admin(&[Intent::Settings]).await;
    admin.post("/portal/directory/provider", &[("provider", "okta")]).await.is(303);
    for path in [
        format!("/portal/domains/{domain}/check"),
        format!("/portal/domains/{domain}/remove"),
        format!("/portal/contacts/{contact}/remove"),
        format!("/portal/contacts/{contact}/invite"),
        format!("/portal/contacts/{contact}/revoke"),
        format!("/portal/directory/tokens/{token}/revoke"),
        "/portal/sso/test/sign_in_01M2ZD2T000W3GE1R70W3GE1R7".to_owned(),
        "/portal/sign-ins/sign_in_01M2ZD2T000W3GE1R70W3GE1R7".to_owned(),
    ] {
        admin.post(&path, &[]).await.is(404);
    }
    globex_admin.get("/portal/domains").await.shows("globex.com");
    globex_admin.get("/portal/contacts").await.shows("it@globex.com");
    globex_admin.get("/portal/directory/steps/token").await.shows("1 of 2");
}

#[tokio::test]
async fn a_page_loads_nothing_from_anywhere_else_and_runs_nothing_of_its_own() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    for path in
        ["/portal", "/portal/domains", "/portal/contacts", "/portal/directory/provider", "/portal/sign-ins"]
    {
        let page = admin.get(path).await;
        page.is(200).hides("style=\"").hides("<style").hides("onclick").hides("javascript:");
        assert!(
            page.policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"),
            "{}",
            page.policy
        );
        assert!(!page.policy.contains("unsafe") && page.policy.contains("frame-ancestors 'none'"));
        for loaded in page
            .text
            .split("src=\"")
            .skip(1)
            .chain(page.text.split("<link rel=\"stylesheet\" href=\"").skip(1))
        {
            assert!(loaded.starts_with("/portal/assets/"), "{loaded}");
            let asset = loaded.split('"').next().unwrap();
            world.get(asset).await.is(200);
        }
    }
    world.get("/portal/assets/0/portal.css").await.is(404);
}
