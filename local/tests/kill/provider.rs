//! A directory's provider that imports a company: whatever it gets no answer to, it sends again.

use crate::portico::{Address, PATIENCE, TRIES};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many users a bulk request makes.
const AT_ONCE: usize = 100;
/// How many bulk requests are under way at once.
const IN_FLIGHT: usize = 4;

/// The provider. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Provider {
    http: Client,
    pub(crate) directory: String,
    token: String,
    /// Where the program is: somewhere else whenever it was started again.
    base_url: watch::Receiver<String>,
    answered: Arc<watch::Sender<usize>>,
    cut_off: Arc<AtomicUsize>,
}

/// A user that the provider knows the id of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) id: String,
}

pub(crate) fn name(number: usize) -> String {
    format!("user{number}@acme.example")
}

impl Provider {
    /// Makes a directory and pastes its endpoint into a provider.
    pub(crate) async fn new(address: &Address, base_url: watch::Receiver<String>) -> Self {
        let (directory, token) = address.create_directory().await;
        let answered = Arc::new(watch::Sender::new(0));
        Self { http: address.http.clone(), directory, token, base_url, answered, cut_off: Arc::default() }
    }

    /// How many users the provider has had answers about, as it grows.
    pub(crate) fn progress(&self) -> watch::Receiver<usize> {
        self.answered.subscribe()
    }

    /// How many requests have had no answer because the program was killed.
    pub(crate) fn cut_off(&self) -> usize {
        self.cut_off.load(Ordering::SeqCst)
    }

    /// Makes so many users; all of them in the order of their ids.
    pub(crate) async fn import(self, users: usize) -> Vec<Known> {
        let (mut under_way, mut known) = (JoinSet::new(), Vec::with_capacity(users));
        for first in (0..users).step_by(AT_ONCE) {
            if under_way.len() == IN_FLIGHT {
                known.extend(under_way.join_next().await.unwrap().unwrap());
            }
            let (provider, numbers) = (self.clone(), first..(first + AT_ONCE).min(users));
            under_way.spawn(async move { provider.import_part(numbers.collect()).await });
        }
        known.extend(under_way.join_all().await.into_iter().flatten());
        known.sort_by(|one, other| one.id.cmp(&other.id));
        known
    }

    async fn import_part(&self, mut open: Vec<usize>) -> Vec<Known> {
        let mut known = Vec::new();
        for _ in 0..TRIES {
            let operations: Vec<_> = open.iter().map(|number| creation(*number)).collect();
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
            let (status, answer) = self.until_answered(Method::POST, "/Bulk", Some(&body)).await;
            assert_eq!(status, 200, "{answer}");
            let results = answer["Operations"].as_array().unwrap();
            assert_eq!(results.len(), open.len(), "{answer}");
            let mut again = Vec::new();
            for (number, result) in open.into_iter().zip(results) {
                let id = match result["status"].as_str().unwrap() {
                    "201" => result["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(),
                    // It was made before, and nobody heard of it.
                    "409" => self.find("Users", "userName", &name(number)).await,
                    "503" => {
                        again.push(number);
                        continue;
                    }
                    _ => panic!("{result}"),
                };
                known.push(Known { name: name(number), id });
                self.answered.send_modify(|answered| *answered += 1);
            }
            if again.is_empty() {
                return known;
            }
            open = again;
        }
        panic!("the program was too busy {TRIES} times")
    }

    /// Makes a group and says who its members are, in one request; its id.
    pub(crate) async fn push_group(self, members: Vec<Known>) -> String {
        let group = json!({ "displayName": "Everybody", "externalId": "group-1" });
        let (status, made) = self.until_answered(Method::POST, "/Groups", Some(&group)).await;
        let id = match status {
            201 => made["id"].as_str().unwrap().to_owned(),
            409 => self.find("Groups", "externalId", "group-1").await,
            _ => panic!("{status} {made}"),
        };
        let members: Vec<_> = members.iter().map(|known| json!({ "value": known.id })).collect();
        let whole = json!({ "displayName": "Everybody", "externalId": "group-1", "members": members });
        let path = format!("/Groups/{id}");
        let (status, answer) = self.until_answered(Method::PUT, &path, Some(&whole)).await;
        assert!(status == 200 || status == 204, "{status} {answer}");
        id
    }

    async fn find(&self, kind: &str, by: &str, value: &str) -> String {
        let path = format!("/{kind}?filter={by}+eq+%22{value}%22&excludedAttributes=groups,members");
        let (status, found) = self.until_answered(Method::GET, &path, None).await;
        assert_eq!((status, &found["totalResults"]), (200, &json!(1)), "{path}: {found}");
        found["Resources"][0]["id"].as_str().unwrap().to_owned()
    }

    /// All that a filter finds, page by page behind cursors.
    pub(crate) async fn all(&self, query: &str) -> Vec<Known> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/Users?{query}&count=200&excludedAttributes=groups&cursor={cursor}");
            let (status, page) = self.until_answered(Method::GET, &path, None).await;
            assert_eq!(status, 200, "{path}: {page}");
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let shown = page["Resources"].as_array().unwrap();
            all.extend(
                shown.iter().map(|user| Known { name: text(&user["userName"]), id: text(&user["id"]) }),
            );
            match page["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return all,
            }
        }
    }

    /// How many users the directory says that it has.
    pub(crate) async fn total(&self) -> Value {
        self.until_answered(Method::GET, "/Users?count=0", None).await.1["totalResults"].take()
    }

    /// Sends a request until it is answered, other than by "come again".
    async fn until_answered(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut base_url = self.base_url.clone();
        for _ in 0..TRIES {
            let url = format!("{}/scim/v2/{}{path}", *base_url.borrow_and_update(), self.directory);
            let mut request = self.http.request(method.clone(), url).bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.header("content-type", "application/scim+json").body(body.to_string());
            }
            match self.once(request).await {
                // It said to come again: nothing but time can be waited for.
                Some((429 | 503, _)) => tokio::time::sleep(PATIENCE).await,
                Some(answer) => return answer,
                None => {
                    self.cut_off.fetch_add(1, Ordering::SeqCst);
                    base_url.changed().await.expect("the program is started again");
                }
            }
        }
        panic!("{method} {path} was never answered")
    }

    async fn once(&self, request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}

fn creation(number: usize) -> Value {
    let name = name(number);
    json!({
        "method": "POST",
        "path": "/Users",
        "bulkId": name,
        "data": {
            "userName": name,
            "externalId": format!("ext-{number}"),
            "name": { "givenName": "User", "familyName": format!("Number {number}") },
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        },
    })
}
