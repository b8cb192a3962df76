//! A person at a browser without a screen: keeps cookies, follows redirects, submits the forms that submit themselves.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use url::Url;

use crate::api::with_form;

/// Hops after which a person has been sent in a circle.
const MOST_HOPS: usize = 12;

/// The person. A clone is another tab of the same browser, until one of the two is given another cookie.
#[derive(Clone)]
pub struct Person {
    http: Client,
    /// By host, as browsers keep them: a port is no boundary.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// What the browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it came from.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its source.
    pub text: String,
}

/// A form that a page has.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// The hidden fields.
    pub fields: Vec<(String, String)>,
    /// Whether there is nothing for a person to fill in or choose.
    pub automatic: bool,
}

impl Default for Person {
    fn default() -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, cookies: BTreeMap::new() }
    }
}

impl Person {
    /// Goes to an address and no further.
    pub async fn visit(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let request = self.http.get(url.clone());
        self.send(url, request).await
    }

    /// Submits a form and goes no further.
    pub async fn submit(&mut self, action: &Url, fields: &[(String, String)]) -> Page {
        let request = with_form(self.http.post(action.clone()), fields);
        self.send(action.clone(), request).await
    }

    /// Goes wherever redirects and automatic forms lead, up to an address that begins with `until` or a page for people.
    pub async fn follow(&mut self, url: &str, until: &str) -> Page {
        let page = self.visit(url).await;
        self.go_on(page, until).await
    }

    /// Goes on from a page as [`Person::follow`] does.
    pub async fn go_on(&mut self, mut page: Page, until: &str) -> Page {
        for _ in 0..MOST_HOPS {
            let next = if let Some(location) = page.location() {
                if location.as_str().starts_with(until) {
                    return Page { url: location, ..page };
                }
                self.visit(location.as_str()).await
            } else if let Some(form) = page.form().filter(|form| form.automatic) {
                if form.action.as_str().starts_with(until) {
                    return page;
                }
                self.submit(&form.action, &form.fields).await
            } else {
                return page;
            };
            page = next;
        }
        panic!("sent in a circle, at last to {}", page.url)
    }

    /// Goes on from a page of another site that the story holds already, as if the browser showed it.
    pub async fn show(&mut self, url: &str, html: &str, until: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let page = Page { url, status: StatusCode::OK, headers: HeaderMap::new(), text: html.to_owned() };
        self.go_on(page, until).await
    }

    /// The cookies for a host.
    pub fn cookies(&self, host: &str) -> BTreeMap<String, String> {
        self.cookies.get(host).cloned().unwrap_or_default()
    }

    /// Replaces all cookies for a host.
    pub fn set_cookies(&mut self, host: &str, cookies: BTreeMap<String, String>) {
        self.cookies.insert(host.to_owned(), cookies);
    }

    async fn send(&mut self, url: Url, request: RequestBuilder) -> Page {
        let jar = self.cookies.entry(url.host_str().unwrap().to_owned()).or_default();
        let header: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if header.is_empty() { request } else { request.header(COOKIE, header.join("; ")) };
        let response = request.header("accept", "text/html").send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Page { url, status, headers, text: response.text().await.unwrap() }
    }
}

impl Page {
    /// Where the page redirects to.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        self.status.is_redirection().then(|| self.url.join(location).unwrap())
    }

    /// A parameter of the address.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The first form that posts.
    pub fn form(&self) -> Option<Form> {
        let (_, after) = self.text.split_once("<form ")?;
        let (attributes, after) = after.split_once('>')?;
        let inside = after.split_once("</form>")?.0;
        if attribute(attributes, "method")?.to_lowercase() != "post" {
            return None;
        }
        let inputs = inside.split("<input ").skip(1).filter_map(|input| Some(input.split_once('>')?.0));
        let inputs: Vec<&str> =
            inputs.filter(|input| attribute(input, "type").as_deref() != Some("submit")).collect();
        let hidden: Vec<&&str> =
            inputs.iter().filter(|input| attribute(input, "type").as_deref() == Some("hidden")).collect();
        let buttons = inside.matches("<button").count();
        let automatic = hidden.len() == inputs.len() && buttons <= 1 && !inside.contains("<select");
        let fields = hidden
            .iter()
            .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()));
        Some(Form {
            action: self.url.join(&attribute(attributes, "action")?).unwrap(),
            fields: fields.collect(),
            automatic,
        })
    }
}

/// The value of an attribute in the inside of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let position = if tag.starts_with(&start) { 0 } else { tag.find(&format!(" {start}"))? + 1 };
    let value = tag.get(position + start.len()..)?.split('"').next()?;
    Some(unescape(value))
}

fn unescape(text: &str) -> String {
    let named = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        let url = Url::parse("http://127.0.0.1/a/b").unwrap();
        Page { url, status: StatusCode::OK, headers: HeaderMap::new(), text: text.to_owned() }
    }

    #[test]
    fn a_form_is_read_with_its_hidden_fields_unescaped() {
        let form = page(r#"<form method="post" action="/c?d=1&amp;e=2"><input type="hidden" name="x" value="&#34;&lt;"><button>Go</button></form>"#).form().unwrap();
        assert_eq!(form.action.as_str(), "http://127.0.0.1/c?d=1&e=2");
        assert_eq!(form.fields, [("x".to_owned(), "\"<".to_owned())]);
        assert!(form.automatic);
    }

    #[test]
    fn a_form_that_asks_something_is_not_submitted_by_itself() {
        let form =
            page(r#"<form class="a" action="c" method="POST"><input name="email" type="email"></form>"#)
                .form()
                .unwrap();
        assert!(!form.automatic && form.fields.is_empty());
    }
}
