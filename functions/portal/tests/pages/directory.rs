use super::*;

#[tokio::test]
async fn a_directory_is_made_for_a_provider_and_its_token_is_shown_once() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Dsync]).await;
    admin.get("/portal/directory").await.leads_to("/portal/directory/provider");
    let first = admin.post("/portal/directory/provider", &[("provider", "okta")]).await;
    first.leads_to("/portal/directory/steps/create-app");
    let token = "/portal/directory/steps/token";
    admin.post("/portal/directory/steps/create-app", &[("go", "on")]).await.leads_to(token);
    admin.get(token).await.shows("/scim/v2/directory_").shows("Create a token").hides("scim_");
    let made = admin.post("/portal/directory/token", &[]).await;
    made.is(200).shows("The token is shown this once").shows("OAuth Bearer Token").shows("scim_");
    admin.get(token).await.hides(">scim_").shows("never used").shows("1 of 2");
    admin.post("/portal/directory/token", &[]).await.is(200);
    let page = admin.get(token).await;
    page.shows("2 of 2").shows("Revoke one first");
    admin.post("/portal/directory/token", &[]).await.is(303);
    let id =
        page.text.split("/portal/directory/tokens/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    admin.post(&format!("/portal/directory/tokens/{id}/revoke"), &[]).await.leads_to(token);
    admin.get(token).await.shows("1 of 2");
    admin
        .get("/portal/directory/steps/arrivals")
        .await
        .shows("Waiting for Okta: no request has come yet")
        .shows("data-poll");
    admin.get("/portal").await.shows("Waiting");
}

#[tokio::test]
async fn another_provider_takes_over_a_directory_that_nobody_has_fed() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Dsync]).await;
    for slug in ["okta", "entra", "onelogin", "jumpcloud", "pingone", "custom-scim"] {
        admin.post("/portal/directory/provider", &[("provider", slug)]).await.is(303);
        let guide =
            std::fs::read_to_string(format!("{}/guides/directory/{slug}.md", env!("CARGO_MANIFEST_DIR")))
                .unwrap();
        for heading in guide.lines().filter_map(|line| line.strip_prefix("## ")) {
            let (step, title) = heading.split_once(" | ").unwrap();
            let page = admin.get(&format!("/portal/directory/steps/{step}")).await;
            page.is(200).hides("::copy").hides("::form").shows(title);
        }
    }
    assert_eq!(world.bench.app.store().directories_of(world.organization).await.unwrap().len(), 1);
}
