//! A person at a real browser: Chromium, driven through Playwright (tests/peers/node/browser.mjs).

use std::path::Path;

use serde_json::{Value, json};

use crate::Peer;

/// Widths of a desk, of a small phone, and of the desk at 400 % zoom (WCAG 2.2, 1.4.10), in CSS pixels.
const WIDTHS: [u32; 3] = [1280, 360, 320];

/// What a page weighs, uncompressed, and whom it asked.
#[derive(Debug)]
pub struct Weight {
    /// Its HTML, in bytes.
    pub html: u64,
    /// All that it loaded, in bytes.
    pub total: u64,
    /// The hosts, with their ports.
    pub hosts: Vec<String>,
}

/// A browser with one window.
pub struct Browser(Peer);

impl Browser {
    /// A browser without cookies.
    pub async fn start() -> Self {
        Self::start_with(json!({})).await
    }

    /// A browser without cookies, with options of Playwright's for it.
    pub async fn start_with(options: Value) -> Self {
        let mut browser = Self(Peer::node("browser.mjs"));
        browser.renew(options).await;
        browser
    }

    /// Another person: no cookies.
    pub async fn renew(&mut self, options: Value) {
        self.0.call("open", options).await;
    }

    /// Goes to an address, and answers the status of the page that it came to.
    pub async fn goto(&mut self, url: &str) -> u64 {
        self.0.call("goto", json!({ "url": url })).await.as_u64().unwrap_or_default()
    }

    /// Shows a page that the story holds already.
    pub async fn show(&mut self, html: &str) {
        self.0.call("show", json!({ "html": html })).await;
    }

    /// Clicks what has this role and a name that contains this.
    pub async fn click(&mut self, role: &str, name: &str) {
        self.0.call("click", json!({ "role": role, "name": name })).await;
    }

    /// Clicks a text, whatever it belongs to.
    pub async fn click_text(&mut self, text: &str) {
        self.0.call("click_text", json!({ "text": text })).await;
    }

    /// The title of the page.
    pub async fn title(&mut self) -> String {
        self.0.call("read", json!({})).await["title"].as_str().unwrap().to_owned()
    }

    /// Chooses the radio button with a name that contains this.
    pub async fn choose(&mut self, name: &str) {
        self.0.call("choose", json!({ "name": name })).await;
    }

    /// Clicks the button that sends this value.
    pub async fn click_value(&mut self, value: &str) {
        self.0.call("click_value", json!({ "value": value })).await;
    }

    /// Presses a key so many times.
    pub async fn press(&mut self, key: &str, times: u32) {
        self.0.call("press", json!({ "key": key, "times": times })).await;
    }

    /// Goes on by the Tab key alone until what has the focus is called this; then does nothing with it.
    pub async fn tab_to(&mut self, name: &str) {
        const MOST: usize = 80;
        for _ in 0..MOST {
            self.press("Tab", 1).await;
            let focused = self.0.call("focused", json!({})).await;
            if focused["name"].as_str().unwrap_or_default().starts_with(name) {
                return;
            }
        }
        panic!("the Tab key never came to {name}");
    }

    /// Types where the focus is.
    pub async fn type_text(&mut self, text: &str) {
        self.0.call("type", json!({ "text": text })).await;
    }

    /// Comes back to the tab after a while in another one.
    pub async fn come_back(&mut self) {
        self.0.call("come_back", json!({})).await;
    }

    /// What the page weighs.
    pub async fn weigh(&mut self) -> Weight {
        let weight = self.0.call("weigh", json!({})).await;
        let hosts = weight["hosts"].as_array().unwrap().iter().map(|host| host.as_str().unwrap().to_owned());
        Weight {
            html: weight["html"].as_u64().unwrap(),
            total: weight["total"].as_u64().unwrap(),
            hosts: hosts.collect(),
        }
    }

    /// Takes pictures of the page, light and dark, of a desk and of a small phone: `name-1280-light.png` and so on.
    pub async fn pictures(&mut self, folder: &Path, name: &str) {
        for scheme in ["light", "dark"] {
            for width in [1280, 360] {
                let path = folder.join(format!("{name}-{width}-{scheme}.png"));
                self.0.call("picture", json!({ "path": path, "width": width, "scheme": scheme })).await;
            }
        }
    }

    /// Types into the field with this label.
    pub async fn fill(&mut self, label: &str, text: &str) {
        self.0.call("fill", json!({ "label": label, "text": text })).await;
    }

    /// Waits for an address that begins with this.
    pub async fn arrive(&mut self, at: &str) {
        self.0.call("arrive", json!({ "at": at })).await;
    }

    /// Waits until the page says this; answers all that it says and its address.
    pub async fn read(&mut self, until: &str) -> (String, String) {
        let page = self.0.call("read", json!({ "until": until })).await;
        (page["text"].as_str().unwrap().to_owned(), page["url"].as_str().unwrap().to_owned())
    }

    /// The cookies that the browser keeps, as the debugging protocol shows them.
    pub async fn cookies(&mut self) -> Vec<Value> {
        self.0.call("cookies", json!({})).await.as_array().unwrap().clone()
    }

    /// Holds the page against axe-core's rules for WCAG 2.2 A and AA, in light and dark, at a desk, on a phone and
    /// at 400 % zoom; nothing may stick out to the side.
    pub async fn is_accessible(&mut self, what: &str) {
        self.is_accessible_in(what, &["light", "dark"], &WIDTHS).await;
    }

    /// The same in some schemes and at some widths.
    pub async fn is_accessible_in(&mut self, what: &str, schemes: &[&str], widths: &[u32]) {
        for scheme in schemes {
            for width in widths {
                let found = self.0.call("accessibility", json!({ "width": width, "scheme": scheme })).await;
                assert_eq!(found["violations"], json!([]), "{what}, {scheme}, {width} pixels");
                assert!(
                    found["overflow"].as_i64().unwrap() <= 0,
                    "{what} sticks out at {width} pixels: {found}"
                );
            }
        }
    }
}
