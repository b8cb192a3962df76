use super::*;
use portico_testing::dns::TestDns;

async fn on_dns() -> (World, TestDns) {
    let dns = TestDns::start(1).await;
    dns.delegate("acme.com", &[TestDns::server(0)]);
    let bench = Bench::with_dns(&dns).await;
    (World::on(bench, &Policy::default()).await, dns)
}

#[tokio::test]
async fn several_domains_are_added_at_once_and_each_shows_its_record() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    admin.post("/portal/domains", &[("domains", "acme.com, acme.io")]).await.leads_to("/portal/domains");
    let page = admin.get("/portal/domains").await;
    page.is(200).shows("acme.com").shows("acme.io").shows("_portico.acme.io").shows("Pending");
    page.shows("up to 48 hours").shows("portico-verification=");
    let events = world.events().await;
    let (name, context) = events.last().unwrap();
    assert_eq!(*name, EventName::OrganizationDomainCreated);
    assert_eq!(context["actor"]["source"], "admin_portal");
    assert_eq!(context["actor"]["external_user_id"], "user-7");
}

#[tokio::test]
async fn what_cannot_be_claimed_is_said_and_stays_in_the_box_while_the_rest_is_added() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    let page =
        admin.post("/portal/domains", &[("domains", "acme.com, gmail.com, co.uk, https://acme.io/x")]).await;
    page.is(422).shows("2 things need another look").shows("“gmail.com” was not added");
    page.shows("value=\"gmail.com, co.uk\"").shows("was added as acme.io").shows("_portico.acme.com");
    page.shows("aria-invalid=\"true\"");
    admin.post("/portal/domains", &[("domains", " ")]).await.is(422).shows("Enter at least one domain");
    let again = admin.post("/portal/domains", &[("domains", "ACME.com")]).await;
    again.is(422).shows("acme.com was added before");
}

#[tokio::test]
async fn a_record_is_looked_for_on_demand_and_what_was_found_is_said() {
    let (world, dns) = on_dns().await;
    let admin = world.admin(&[Intent::Settings]).await;
    admin.post("/portal/domains", &[("domains", "acme.com")]).await.is(303);
    let page = admin.get("/portal/domains").await;
    let id = page.text.split("/portal/domains/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let check = format!("/portal/domains/{id}/check");
    admin.post(&check, &[]).await.leads_to("/portal/domains");
    admin
        .get("/portal/domains")
        .await
        .shows("There is no TXT record at _portico.acme.com")
        .shows("Looked at just now");
    let value = page.text.split("data-copy=\"portico-verification=").nth(1).unwrap();
    let value = format!("portico-verification={}", value.split('"').next().unwrap());
    dns.txt(TestDns::server(0), "_portico.acme.com", &["something <else>"]);
    admin.post(&check, &[]).await.is(303);
    admin
        .get("/portal/domains")
        .await
        .shows("something &#60;else&#62;")
        .shows("none of them is the right one");
    dns.txt(TestDns::server(0), "_portico.acme.com", &[&value]);
    admin.post(&check, &[]).await.is(303);
    admin.get("/portal/domains").await.shows("Verified").shows("we look every day");
    admin.get("/portal").await.shows("Verified");
    admin.get(&check).await.leads_to("/portal/domains");
    admin.post(&format!("/portal/domains/{id}/remove"), &[]).await.is(303);
    admin.get("/portal/domains").await.hides("_portico.acme.com");
}

#[tokio::test]
async fn a_plan_is_full() {
    let mut policy = Policy::default();
    policy.features.domains = 1;
    let world = World::on(Bench::start().await, &policy).await;
    let admin = world.admin(&[Intent::Settings]).await;
    let page = admin.post("/portal/domains", &[("domains", "acme.com acme.io")]).await;
    page.is(422).shows("your plan includes 1 domain").hides("_portico.acme.io");
    admin.get("/portal/domains").await.shows("Your plan includes no more domains");
}
