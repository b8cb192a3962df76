//! A person signs in to the sample app through the practice identity provider, step by step, as a browser without
//! script goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

use portico_local::{Local, Options};
use reqwest::redirect::Policy;
use std::collections::BTreeMap;
use url::Url;

/// Follows redirects and keeps cookies by host, as browsers do: ports don't keep cookies apart.
struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// A page, where it was, and its status.
struct Page {
    url: Url,
    status: u16,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    async fn get(&mut self, url: &str) -> Page {
        self.go(Url::parse(url).unwrap(), None).await
    }

    /// Submits the page's first form: its hidden fields, and what the person chose.
    async fn submit(&mut self, page: &Page, chosen: &[(&str, &str)]) -> Page {
        let action = page.url.join(&attribute(&page.text, "<form ", "action")).unwrap();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for field in page.text.split("<input type=\"hidden\" ").skip(1) {
            form.append_pair(&attribute(field, "", "name"), &attribute(field, "", "value"));
        }
        self.go(action, Some(form.extend_pairs(chosen).finish())).await
    }

    async fn go(&mut self, mut url: Url, mut body: Option<String>) -> Page {
        loop {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = match body.take() {
                Some(body) => self
                    .client
                    .post(url.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body),
                None => self.client.get(url.clone()),
            };
            let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            match response.headers().get("location") {
                Some(location) => url = url.join(location.to_str().unwrap()).unwrap(),
                None => {
                    let status = response.status().as_u16();
                    return Page { url, status, text: response.text().await.unwrap() };
                }
            }
        }
    }
}

/// The value of an attribute of the first tag that starts so, entities resolved.
fn attribute(html: &str, tag: &str, name: &str) -> String {
    let (_, rest) = html.split_once(tag).expect(tag);
    let (_, rest) = rest.split_once(&format!("{name}=\"")).expect(name);
    let value = rest.split('"').next().unwrap();
    value.replace("&#38;", "&").replace("&#43;", "+").replace("&#61;", "=").replace("&amp;", "&")
}

async fn start(directory: &tempfile::TempDir) -> Local {
    Local::start(Options::new(directory.path()), &[], |_| {}).await.unwrap()
}

/// From the sample app to the page where a person is chosen.
async fn reach_the_idp(browser: &mut Browser, local: &Local, who: &str) -> Page {
    let page = browser.get(&format!("{}/login?{who}", local.sample_app_url())).await;
    assert!(page.url.as_str().starts_with(local.practice_idp().url()), "{}: {}", page.url, page.text);
    page
}

#[tokio::test]
async fn a_person_signs_in_by_work_e_mail_and_by_organization_and_signs_out() {
    let directory = tempfile::tempdir().unwrap();
    let local = start(&directory).await;
    for who in ["email=ada@acme.example".to_owned(), format!("organization={}", local.organization_id())] {
        let mut browser = Browser::new();
        let page = reach_the_idp(&mut browser, &local, &who).await;
        let page = browser.submit(&page, &[("person", "acme-1001")]).await;
        let page = browser.submit(&page, &[]).await;
        assert_eq!((page.url.as_str(), page.status), (format!("{}/", local.sample_app_url()).as_str(), 200));
        for shown in ["Hello, Ada Lovelace", "ada@acme.example", "Acme", "Engineering, Admins"] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        let page = browser.submit(&page, &[]).await;
        assert!(page.text.contains("Sign in with your company"), "{}", page.text);
    }
    local.stop().await;
}

#[tokio::test]
async fn every_failure_of_the_menu_ends_in_a_page_and_nobody_is_signed_in() {
    let directory = tempfile::tempdir().unwrap();
    let local = start(&directory).await;
    let mut browser = Browser::new();
    let page = reach_the_idp(&mut browser, &local, "email=ada@acme.example").await;
    let page = browser.submit(&page, &[("person", "acme-1001")]).await;
    browser.submit(&page, &[]).await;
    for failure in [
        "expired",
        "wrong-audience",
        "unsigned",
        "wrong-key",
        "replayed",
        "outside-domain",
        "denied",
        "idp-initiated",
    ] {
        let mut browser = Browser::new();
        let page = reach_the_idp(&mut browser, &local, "email=ada@acme.example").await;
        let page = browser.submit(&page, &[("person", "acme-1001"), ("failure", failure)]).await;
        let page = browser.submit(&page, &[]).await;
        assert!((400..500).contains(&page.status), "{failure}: {} {}", page.status, page.text);
        let home = browser.get(local.sample_app_url()).await;
        assert!(home.text.contains("Sign in with your company"), "{failure}: {}", home.text);
    }
    local.stop().await;
}

#[tokio::test]
async fn a_callback_signs_in_only_the_browser_that_began_and_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let local = start(&directory).await;
    let mut browser = Browser::new();
    let page = reach_the_idp(&mut browser, &local, "email=ada@acme.example").await;
    let page = browser.submit(&page, &[("person", "acme-1001")]).await;
    let state = browser.cookies["sample_app_state"].clone();
    let callback = format!("{}/callback?code=x&state={state}", local.sample_app_url());
    assert_eq!(Browser::new().get(&callback).await.status, 400);
    assert!(browser.submit(&page, &[]).await.text.contains("Hello, Ada Lovelace"));
    browser.cookies.insert("sample_app_state".to_owned(), state);
    assert_eq!(browser.get(&callback).await.status, 400);
    local.stop().await;
}

#[tokio::test]
async fn what_was_set_up_is_there_after_a_restart_at_other_ports() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(&directory).await;
    let (api_key, connection) = (first.api_key().to_owned(), first.connection_id().to_owned());
    first.stop().await;
    let again = start(&directory).await;
    assert_eq!((again.api_key(), again.connection_id()), (api_key.as_str(), connection.as_str()));
    let mut browser = Browser::new();
    let page = reach_the_idp(&mut browser, &again, "email=grace@acme.example").await;
    let page = browser.submit(&page, &[("person", "acme-1002")]).await;
    let page = browser.submit(&page, &[]).await;
    assert!(page.text.contains("Hello, Grace Hopper"), "{}", page.text);
    again.stop().await;
}

#[tokio::test]
async fn redirect_uris_asked_for_are_registered_and_the_ready_line_names_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = ["http://127.0.0.1:9/one".to_owned(), "http://127.0.0.1:9/two".to_owned()];
    let local = Local::start(Options::new(directory.path()), &wanted, |_| {}).await.unwrap();
    let url = format!("{}/user_management/redirect_uris?limit=100", local.stack().base_url());
    let answer = reqwest::Client::new().get(url).bearer_auth(local.api_key()).send().await.unwrap();
    let listed = answer.text().await.unwrap();
    assert!(wanted.iter().all(|uri| listed.contains(uri)), "{listed}");
    let ready = local.ready();
    assert_eq!(ready["redirect_uri"], wanted[0]);
    assert_eq!(ready["base_url"], local.stack().base_url());
    assert!(ready["mail_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(ready["dns_addr"], local.stack().dns_address().to_string());
    let dns = reqwest::get(local.dns_url()).await.unwrap().text().await.unwrap();
    assert!(dns.contains("acme.example") && dns.contains("globex.example"), "{dns}");
    local.stop().await;
}
