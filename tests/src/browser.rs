//! A person at a real browser: Chromium, driven through Playwright (tests/peers/node/browser.mjs).

use serde_json::{Value, json};

use crate::Peer;

/// Widths of a desk and of a small phone, in CSS pixels.
const WIDTHS: [u32; 2] = [1280, 360];

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

    /// Holds the page against axe-core's rules for WCAG 2.2 A and AA, in light and dark, at a desk and on a phone; nothing
    /// may stick out to the side.
    pub async fn is_accessible(&mut self, what: &str) {
        for scheme in ["light", "dark"] {
            for width in WIDTHS {
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
