//! The local program as a child, and what is asked of it.

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

/// How often the event log is asked again for what its readers don't see yet, and after which pause: a reader stops a
/// second behind now.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// How many requests are under way at once. The people may be many more: with all their requests at once a small machine
/// would be busy with timeouts alone.
const MOST_REQUESTS: usize = 12;

/// How often a person or the application tries again when the program is too busy for them.
pub(crate) const TRIES: usize = 30;
/// How long they wait before that.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// What a trade brought.
pub(crate) enum Trade {
    /// A token.
    Token(String),
    /// The program was too busy to say.
    Busy,
    /// A refusal.
    Refused(String),
    /// No answer: the program was killed.
    Killed,
}

/// The running program.
pub(crate) struct Portico {
    process: Child,
    pub(crate) address: Address,
}

/// Where it is, and who is allowed what.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) http: Client,
    pub(crate) base_url: String,
    pub(crate) client_id: String,
    pub(crate) connection: String,
    api_key: String,
    organization: String,
    few: Arc<Semaphore>,
}

/// An answer that came whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Portico {
    /// Starts it on `data` and waits until it is ready.
    pub(crate) async fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_portico"))
            .args(["--json", "--port", "0", "--redirect-uri", REDIRECT_URI, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It logs every condition that two sign-ins meet on.
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = output.next_line().await.unwrap().expect("the program ended before it was ready");
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let mut address = Address {
            http,
            base_url: text("base_url"),
            client_id: text("client_id"),
            api_key: text("api_key"),
            connection: String::new(),
            organization: String::new(),
            few: Arc::new(Semaphore::new(MOST_REQUESTS)),
        };
        address.organization = first_id(&address.list("/organizations").await);
        address.connection = first_id(&address.list("/connections").await);
        Self { process, address }
    }

    /// SIGKILL, and its end.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// The same at the end of a test, when nothing is under way.
    pub(crate) async fn stop(mut self) {
        self.kill().await;
    }
}

fn first_id(list: &Value) -> String {
    list["data"][0]["id"].as_str().unwrap().to_owned()
}

impl Address {
    /// The answer to a request; `None` where it didn't come whole, because the program was killed.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Option<Answer> {
        let _one_of_few = self.few.acquire().await.ok()?;
        let answer = request.send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Some(Answer { status, headers, text: answer.text().await.ok()? })
    }

    /// The status and the JSON of an answer.
    async fn read(&self, request: RequestBuilder) -> Option<(u16, Value)> {
        let Answer { status, text, .. } = self.answer(request).await?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// What the API shows at this path, once the program isn't too busy to say.
    pub(crate) async fn list(&self, path: &str) -> Value {
        for _ in 0..TRIES {
            let request = self.http.get(format!("{}{path}", self.base_url)).bearer_auth(&self.api_key);
            let (status, body) = self.read(request).await.unwrap();
            if status == 503 {
                tokio::time::sleep(PATIENCE).await;
                continue;
            }
            assert_eq!(status, 200, "{path}: {body}");
            return body;
        }
        panic!("{path}: the program stayed busy");
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let client = [("client_id", self.client_id.as_str()), ("client_secret", &self.api_key)];
        post(&self.http, &format!("{}{path}", self.base_url), client.iter().chain(fields).copied())
    }

    /// Trades a code, once.
    pub(crate) async fn trade(&self, code: &str) -> Trade {
        let fields = [("grant_type", "authorization_code"), ("code", code)];
        match self.read(self.form("/sso/token", &fields)).await {
            Some((200, body)) => Trade::Token(body["access_token"].as_str().unwrap().to_owned()),
            Some((503 | 409, _)) => Trade::Busy,
            Some((status, body)) => Trade::Refused(format!("{status} {body}")),
            None => Trade::Killed,
        }
    }

    /// Trades a code until the program isn't too busy to say yes or no; with how many trades it left unanswered before.
    pub(crate) async fn trade_patiently(&self, code: &str) -> (Trade, usize) {
        for unanswered in 0..TRIES {
            match self.trade(code).await {
                Trade::Busy => tokio::time::sleep(PATIENCE).await,
                said => return (said, unanswered),
            }
        }
        panic!("the program was too busy {TRIES} times")
    }

    /// The session of a token that counts.
    pub(crate) async fn session(&self, token: &str) -> Option<String> {
        for _ in 0..TRIES {
            match self.read(self.form("/oauth2/introspect", &[("token", token)])).await.unwrap() {
                (200, seen) => return seen["sid"].as_str().map(str::to_owned),
                _busy => tokio::time::sleep(PATIENCE).await,
            }
        }
        panic!("the program was too busy {TRIES} times")
    }

    /// The sign-ins that succeeded, as the sign-in log has them.
    pub(crate) async fn succeeded_in_the_log(&self) -> Vec<String> {
        let path = format!("/sign_ins?organization_id={}", self.organization);
        let all = self.pages(&path, |record| (text(record, "/id"), text(record, "/outcome"))).await;
        all.into_iter().filter(|(_, outcome)| outcome == "succeeded").map(|(id, _)| id).collect()
    }

    /// What the events of a name say at this place, once the event log shows as many.
    pub(crate) async fn events(&self, name: &str, place: &str, expected: usize) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..LOOKS {
            found = self.pages(&format!("/events?events={name}"), |event| text(event, place)).await;
            if found.len() >= expected {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        found
    }

    async fn pages<T>(&self, path: &str, of: impl Fn(&Value) -> T) -> Vec<T> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.list(&format!("{path}&limit=100{after}")).await;
            all.extend(page["data"].as_array().unwrap().iter().map(&of));
            match page["list_metadata"]["after"].as_str() {
                Some(cursor) => after = format!("&after={cursor}"),
                None => return all,
            }
        }
    }

    /// A new directory of the organization: its id and its token.
    pub(crate) async fn create_directory(&self) -> (String, String) {
        let body = serde_json::json!({
            "organization_id": self.organization, "name": "Acme", "type": "okta scim v2.0",
        });
        let request = self.http.post(format!("{}/directories", self.base_url)).bearer_auth(&self.api_key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let (status, made) = self.read(request).await.unwrap();
        assert_eq!(status, 201, "{made}");
        (text(&made, "/id"), text(&made, "/bearer_token"))
    }
}

fn text(value: &Value, place: &str) -> String {
    let text = value.pointer(place).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{place} of {value}")).to_owned()
}

/// A POST of a form.
pub(crate) fn post<'a>(
    http: &Client,
    url: &str,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    http.post(url).header("content-type", "application/x-www-form-urlencoded").body(body)
}
