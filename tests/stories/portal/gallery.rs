//! Every page of the portal in each of its states: by axe-core's rules, in light and dark, wide, narrow and at 400 % zoom; its
//! weight, whom it asks, and its round trips. Where `PORTICO_PICTURES` names a folder (from the top of the tree), pictures are
//! left there.

use std::path::{Path, PathBuf};

use super::{Admin, Said, Way};
use crate::directory::wire;
use portico_tests::Directory;
use serde_json::json;

const MOST_HTML: u64 = 60_000;
const MOST_OF_A_PAGE: u64 = 100_000;
const MOST_ROUND_TRIPS: u32 = 2;

/// An admin whose every page is looked at.
struct Gallery {
    admin: Admin,
    folder: Option<PathBuf>,
    pages: u32,
}

impl Gallery {
    async fn start() -> Self {
        let folder = std::env::var_os("PORTICO_PICTURES").map(|name| {
            let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
            let folder = top.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        });
        Self { admin: Admin::start(true).await, folder, pages: 0 }
    }

    /// Goes to a page, counts what it costs, and looks at it.
    async fn page(&mut self, name: &str, path: &str, status: u64) {
        let url = match path.starts_with("http") {
            true => path.to_owned(),
            false => self.admin.deployment.url(path),
        };
        self.admin.deployment.round_trips.quiet().await;
        self.admin.deployment.round_trips.take();
        assert_eq!(self.admin.browser.goto(&url).await, status, "{name}");
        self.admin.deployment.round_trips.quiet().await;
        let cost = self.admin.deployment.round_trips.take();
        assert!(cost.round_trips <= MOST_ROUND_TRIPS, "{name} takes {cost}");
        println!("{name}: {cost}");
        self.look(name).await;
    }

    /// Looks at the page that the browser shows.
    async fn look(&mut self, name: &str) {
        let weight = self.admin.browser.weigh().await;
        let own = self.admin.deployment.stack.base_url().split_once("://").unwrap().1.to_owned();
        assert_eq!(weight.hosts, [own], "{name} asks nobody else");
        assert!(weight.html < MOST_HTML && weight.total < MOST_OF_A_PAGE, "{name}: {weight:?}");
        self.admin.browser.is_accessible(name).await;
        if let Some(folder) = &self.folder {
            self.admin.browser.pictures(folder, &format!("{:02}-{name}", self.pages)).await;
        }
        self.pages += 1;
    }

    async fn click(&mut self, role: &str, name: &str, until: &str) {
        self.admin.browser.click(role, name).await;
        self.admin.browser.read(until).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_domains_and_contacts() {
    let mut gallery = Gallery::start().await;
    let link = gallery.admin.link("settings").await;
    gallery.page("link", &link, 200).await;
    gallery.click("button", "Continue", "Three things are left").await;
    gallery.look("overview-empty").await;
    gallery.page("domains-empty", "/portal/domains", 200).await;
    gallery.admin.browser.fill("Your e-mail domains", "acme.test, not a domain, gmail.com").await;
    gallery.click("button", "Add Domains", "another look").await;
    gallery.look("domains-refused").await;
    gallery.admin.browser.fill("Your e-mail domains", "acme.example").await;
    gallery.click("button", "Add Domains", "acme.example").await;
    gallery.look("domains-pending").await;
    gallery.click("button", "Check now", "Looked at just now").await;
    gallery.look("domains-nothing-found").await;
    gallery.page("sso-blocked", "/portal/sso", 200).await;
    gallery.page("contacts-empty", "/portal/contacts", 200).await;
    gallery.admin.browser.fill("E-mail address", "nobody").await;
    gallery.click("button", "Add contact", "another look").await;
    gallery.look("contacts-refused").await;
    gallery.admin.name_a_contact().await;
    gallery.look("contacts").await;
    gallery.click("button", "Invite it@acme.test", "The invitation").await;
    gallery.look("contacts-invited").await;
    gallery.page("overview-begun", "/portal", 200).await;
    gallery.page("not-found", "/portal/nothing-here", 404).await;
    gallery.page("link-used", &link, 410).await;
    gallery.page("link-truncated", &link[..link.len() - 4], 404).await;
    gallery.page("sign-ins-empty", "/portal/sign-ins", 200).await;
    gallery.click("button", "End this visit", "Your visit has ended").await;
    gallery.look("left").await;
    gallery.admin.browser.renew(json!({})).await;
    gallery.page("no-visit", "/portal", 401).await;
    gallery.admin.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_sign_on_and_directory_sync() {
    let mut gallery = Gallery::start().await;
    gallery.admin.enter("settings").await;
    gallery.admin.prove_the_domain().await;
    gallery.look("domains-verified").await;
    gallery.admin.name_a_contact().await;
    gallery.page("providers", "/portal/sso/provider", 200).await;
    gallery.admin.browser.click_value("okta").await;
    gallery.admin.walk_to("Give us Okta’s values").await;
    for way in ["Metadata URL", "Metadata file", "Pasted metadata", "Single values"] {
        gallery.admin.browser.choose(way).await;
        gallery.look(&format!("values-{}", way.to_lowercase().replace(' ', "-"))).await;
    }
    gallery.admin.browser.choose("Pasted metadata").await;
    gallery.admin.browser.fill("Metadata XML", "<html><body>Not found</body></html>").await;
    gallery.click("button", "Continue", "another look").await;
    gallery.look("values-refused").await;
    let said = Said::ann(["id", "email", "firstName", "lastName"]);
    gallery.admin.teach_the_provider(&said, Some("https://somebody-else.test")).await;
    gallery.admin.hand_over(Way::Url).await;
    gallery.admin.walk_to("Match the attributes").await;
    gallery.page("attributes", "/portal/sso/steps/attributes", 200).await;
    gallery.click("button", "Continue", "Step ").await;
    gallery.admin.walk_to("Test the sign-in").await;
    gallery.look("test").await;
    gallery.admin.test_the_sign_in("The test did not succeed").await;
    gallery.look("test-failed").await;
    gallery.admin.teach_the_provider(&said, None).await;
    gallery.admin.test_the_sign_in("It works. Single sign-on is active.").await;
    gallery.look("test-succeeded").await;
    gallery.page("sso-active", "/portal/sso", 200).await;
    gallery.page("providers-beside-an-active-one", "/portal/sso/provider", 200).await;
    gallery.admin.browser.click_value("entra").await;
    gallery.admin.walk_to("Give us Entra’s values").await;
    gallery.admin.hand_over(Way::Url).await;
    gallery.admin.walk_to("Test the sign-in").await;
    gallery.look("test-that-replaces").await;
    gallery.page("sso-beside-an-active-one", "/portal/sso", 200).await;
    gallery.click("button", "Stay with Okta", "Change these values").await;
    gallery.page("sign-ins", "/portal/sign-ins", 200).await;
    let path = format!("/sign_ins?organization_id={}", gallery.admin.organization);
    let log = gallery.admin.deployment.api.get(&path).await.ok();
    let failed = log["data"].as_array().unwrap().iter().find(|one| !one["refusal"].is_null()).unwrap();
    gallery.page("sign-in", &format!("/portal/sign-ins/{}", failed["id"].as_str().unwrap()), 200).await;

    gallery.page("directories", "/portal/directory/provider", 200).await;
    gallery.admin.browser.click_value("okta").await;
    gallery.admin.walk_to("Connect Okta").await;
    gallery.look("token-none").await;
    gallery.click("button", "Create a token", "The token is shown this once").await;
    gallery.look("token-shown").await;
    let (page, _) = gallery.admin.browser.read("").await;
    let behind =
        |label: &str| page.split(label).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (endpoint, token) = (behind("SCIM 2.0 Base Url\n"), behind("OAuth Bearer Token\n"));
    gallery.admin.walk_to("See people arrive").await;
    gallery.look("arrivals-none").await;
    let id = endpoint.rsplit('/').next().unwrap();
    let directory = Directory::known(id, &gallery.admin.organization, &endpoint, &token);
    wire::play(&directory, "okta", "aiw-group-push").await;
    gallery.page("arrivals", "/portal/directory/steps/arrivals", 200).await;
    gallery.page("directory-configured", "/portal/directory", 200).await;
    gallery.page("overview-complete", "/portal", 200).await;
    gallery.admin.deployment.stop().await;
}

/// The slugs of a guide's screens, as its file has them.
fn screens(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let heads = text.lines().filter_map(|line| line.strip_prefix("## "));
    heads.map(|head| head.split(" | ").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_every_guide() {
    let mut gallery = Gallery::start().await;
    gallery.admin.enter("settings").await;
    gallery.admin.prove_the_domain().await;
    gallery.admin.name_a_contact().await;
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("functions/portal/guides");
    for (kind, section) in [("sso", "sso"), ("directory", "directory")] {
        let mut files: Vec<_> =
            std::fs::read_dir(guides.join(kind)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let slug = file.file_stem().unwrap().to_string_lossy().into_owned();
            gallery
                .admin
                .browser
                .goto(&gallery.admin.deployment.url(&format!("/portal/{section}/provider")))
                .await;
            gallery.admin.browser.click_value(&slug).await;
            gallery.admin.browser.read("Step 1 of").await;
            for screen in screens(&file) {
                let name = format!("{kind}-{slug}-{screen}");
                let url = gallery.admin.deployment.url(&format!("/portal/{section}/steps/{screen}"));
                assert_eq!(gallery.admin.browser.goto(&url).await, 200, "{name}");
                let weight = gallery.admin.browser.weigh().await;
                assert!(weight.html < MOST_HTML && weight.total < MOST_OF_A_PAGE, "{name}: {weight:?}");
                gallery.admin.browser.is_accessible_in(&name, &["light"], &[320]).await;
                if let Some(folder) = &gallery.folder {
                    gallery.admin.browser.pictures(folder, &name).await;
                }
                gallery.pages += 1;
            }
        }
    }
    assert!(gallery.pages > 80, "{} screens were seen", gallery.pages);
    gallery.admin.deployment.stop().await;
}
