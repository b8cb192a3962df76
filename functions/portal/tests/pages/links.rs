use super::*;

#[tokio::test]
async fn a_link_is_looked_at_as_often_as_anybody_likes_and_opens_once() {
    let world = World::start().await;
    let path = world.link(&[Intent::Settings], LinkKind::InApp).await;
    for _ in 0..3 {
        world.get(&path).await.is(200).shows("Acme &#38; Söhne: set up").shows("Continue");
    }
    let opened = world.open(&path).await;
    opened.leads_to("/portal");
    let cookie = opened.cookie.as_deref().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    world.open(&path).await.is(410).shows("This link has been used");
    world.get(&path).await.is(410).shows("This link has been used").shows("makes a new link");
    let mut events = world.events().await;
    assert!(events.iter().any(|(name, _)| *name == EventName::PortalLinkCreated), "{events:?}");
    let (last, context) = events.pop().unwrap();
    assert_eq!((last, &context["actor"]["source"]), (EventName::PortalLinkOpened, &json!("admin_portal")));
    assert_eq!(context["actor"]["external_user_id"], "user-7");
}

#[tokio::test]
async fn a_link_of_five_minutes_is_refused_afterwards_with_the_way_to_a_new_one() {
    let world = World::start().await;
    let path = world.link(&[Intent::Sso], LinkKind::InApp).await;
    world.bench.clock.advance(Duration::seconds(299));
    world.get(&path).await.is(200);
    world.bench.clock.advance(Duration::seconds(1));
    world.open(&path).await.is(410).shows("This link has expired").shows("makes a new link");
}

#[tokio::test]
async fn a_link_that_was_cut_typed_or_made_elsewhere_opens_nothing() {
    let (world, other) = (World::start().await, World::start().await);
    let path = world.link(&[Intent::Sso], LinkKind::InApp).await;
    world.open(&path[..path.len() - 6]).await.is(404).shows("This link is incomplete");
    world.open("/portal/open/anything").await.is(404).shows("This link is incomplete");
    // Whole, of the right form, and another deployment's.
    let foreign = other.link(&[Intent::Sso], LinkKind::InApp).await;
    world.open(&foreign).await.is(404).shows("This link is not valid");
    // Its own id, and another secret.
    let forged = format!("{}{}", &path[..path.len() - 20], &foreign[foreign.len() - 20..]);
    world.open(&forged).await.is(404).shows("This link is not valid");
    world.open(&path).await.is(303);
}

#[tokio::test]
async fn two_who_open_one_link_at_the_same_time_are_one_visit() {
    let world = World::start().await;
    let path = world.link(&[Intent::Sso], LinkKind::InApp).await;
    let (one, two) = tokio::join!(world.open(&path), world.open(&path));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
}

#[tokio::test]
async fn another_sites_page_cannot_spend_a_link() {
    let world = World::start().await;
    let path = world.link(&[Intent::Sso], LinkKind::InApp).await;
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let mut request = Request::post(&path);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        world.send(request.body(Body::empty()).unwrap()).await.is(403);
    }
    world.open(&path).await.is(303);
}

#[tokio::test]
async fn a_visit_lasts_eight_hours_and_ends_by_its_own_hand() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    world.bench.clock.advance(Duration::hours(7));
    admin.get("/portal").await.is(200);
    let left = admin.post("/portal/leave", &[("done", "yes")]).await;
    left.is(200).shows("Your visit has ended").shows("https://harbor.example/done");
    assert!(left.cookie.unwrap().contains("Max-Age=0"));
    admin.get("/portal").await.is(401).shows("Your visit has ended");
    let late = world.admin(&[Intent::Settings]).await;
    world.bench.clock.advance(Duration::hours(8));
    late.get("/portal").await.is(401);
}

#[tokio::test]
async fn a_link_opens_what_it_is_for_and_what_the_plan_includes() {
    let bench = Bench::start().await;
    let mut policy = Policy::default();
    policy.features.directory_sync = false;
    let world = World::on(bench, &policy).await;
    let all = world.admin(&[Intent::Settings]).await;
    all.get("/portal").await.shows("Single Sign-On").hides("Directory Sync").hides("/portal/directory");
    all.get("/portal/directory").await.is(404);
    let domains = world.admin(&[Intent::DomainVerification]).await;
    domains.get("/portal").await.hides("/portal/sso").hides("/portal/sign-ins");
    for path in ["/portal/sso", "/portal/sso/provider", "/portal/directory", "/portal/sign-ins"] {
        domains.get(path).await.is(404);
    }
    domains.get("/portal/domains").await.is(200);
}
