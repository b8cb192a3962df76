//! A strict Route 53 for the tests: it holds what the real one is known to insist on, and is asked without a network.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_sdk_route53::Client;
use aws_sdk_route53::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use url::Url;

use crate::aws::{AwsSettings, Patience, route53_client};

/// The namespace of all answers.
const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// Some records of one name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    /// Its name as it is written in answers, with its trailing dot.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) identifier: Option<String>,
    pub(super) ttl: u32,
    pub(super) values: Vec<String>,
}

impl Set {
    pub(super) fn new(name: &str, kind: &str, ttl: u32, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Self { name: name.to_owned(), kind: kind.to_owned(), identifier: None, ttl, values }
    }

    /// Where it stands in a list: by the labels from the right, then by type.
    fn place(&self) -> (String, String, String) {
        (reversed(&self.name), self.kind.clone(), self.identifier.clone().unwrap_or_default())
    }
}

fn reversed(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
    name.rsplit('.').map(|label| format!("{label}.")).collect()
}

/// A hosted zone.
#[derive(Debug, Clone)]
struct Zone {
    name: String,
    private: bool,
    sets: Vec<Set>,
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It is answered by an error of this status and code.
    Refused(u16, &'static str),
    /// It is done, and the answer says otherwise, as when a load balancer loses the connection behind it.
    AnswerLost,
    /// Nobody is there.
    Unreachable,
}

#[derive(Debug, Default)]
struct State {
    zones: BTreeMap<String, Zone>,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    meanwhile: VecDeque<Vec<Set>>,
    asked: Vec<&'static str>,
    batches: Vec<Vec<(String, String)>>,
    polls_until_in_sync: usize,
}

/// The fake. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct FakeRoute53(Arc<Mutex<State>>);

impl FakeRoute53 {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Makes a hosted zone.
    pub(super) fn with_zone(self, id: &str, name: &str, private: bool, sets: &[Set]) -> Self {
        let zone = Zone { name: name.to_owned(), private, sets: sets.to_vec() };
        self.state().zones.insert(id.to_owned(), zone);
        self
    }

    /// Lets the next requests of an action go wrong.
    pub(super) fn fail(&self, action: &'static str, faults: &[Fault]) {
        self.state().faults.entry(action).or_default().extend(faults);
    }

    /// Lets somebody else be faster: just before the next change a zone's records become these.
    pub(super) fn meanwhile(&self, sets: Vec<Set>) {
        self.state().meanwhile.push_back(sets);
    }

    /// Lets a change be in sync only after so many questions.
    pub(super) fn in_sync_after(&self, polls: usize) {
        self.state().polls_until_in_sync = polls;
    }

    /// The records of a zone in the order of its list.
    pub(super) fn sets(&self, id: &str) -> Vec<Set> {
        let mut sets = self.state().zones[id].sets.clone();
        sets.sort_by_key(Set::place);
        sets
    }

    /// The actions that were asked for since the last look, attempts of the SDK included.
    pub(super) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().asked)
    }

    /// The batches that were accepted, each change by its action and name.
    pub(super) fn batches(&self) -> Vec<Vec<(String, String)>> {
        self.state().batches.clone()
    }

    /// A client of the fake, which is made as the product's is, only less patient.
    pub(super) fn client(&self) -> Client {
        let settings = AwsSettings::from_vars(&|name| match name {
            name if name.starts_with("AWS_ENDPOINT_URL") => None,
            name => Some(name.replace("AWS_REGION", "eu-west-2")),
        });
        let patience = Patience { pause: Duration::from_millis(1), ..Patience::default() };
        let client = route53_client(&settings.unwrap().with_patience(patience), None);
        Client::from_conf(client.config().to_builder().http_client(self.clone()).build())
    }

    fn answer(&self, request: &HttpRequest) -> Result<(u16, String), ConnectorError> {
        let url = Url::parse(request.uri()).unwrap();
        let signed = request.headers().get("authorization").unwrap();
        assert!(
            url.as_str().starts_with("https://route53.amazonaws.com/"),
            "there is one for the whole world: {url}"
        );
        assert!(signed.contains("/us-east-1/route53/aws4_request"), "{signed}");
        let path: Vec<&str> = url.path_segments().unwrap().collect();
        let (action, id) = match (request.method(), path.as_slice()) {
            ("GET", ["2013-04-01", "hostedzone", id]) => ("GetHostedZone", *id),
            ("GET", ["2013-04-01", "hostedzone", id, "rrset"]) => ("ListResourceRecordSets", *id),
            ("POST", ["2013-04-01", "hostedzone", id, "rrset"]) => ("ChangeResourceRecordSets", *id),
            ("GET", ["2013-04-01", "change", id]) => ("GetChange", *id),
            other => panic!("a request that the product has no business to make: {other:?}"),
        };
        let mut state = self.state();
        state.asked.push(action);
        let fault = state.faults.get_mut(action).and_then(VecDeque::pop_front);
        if let Some(Fault::Refused(status, code)) = fault {
            return Ok(error(status, code, "no"));
        }
        if let Some(Fault::Unreachable) = fault {
            return Err(ConnectorError::io("nobody is there".into()));
        }
        let answer = match action {
            "GetHostedZone" => state.hosted_zone(id),
            "ListResourceRecordSets" => state.list(id, &url.query_pairs().into_owned().collect()),
            "ChangeResourceRecordSets" => {
                state.change(id, std::str::from_utf8(request.body().bytes().unwrap()).unwrap())
            }
            _ => state.change_info(id),
        };
        Ok(if fault.is_some() { error(503, "ServiceUnavailable", "lost") } else { answer })
    }
}

impl HttpConnector for FakeRoute53 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(
            self.answer(&request)
                .map(|(status, body)| HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
        )
    }
}

impl HttpClient for FakeRoute53 {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn tag(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

fn text(name: &str, content: &str) -> String {
    tag(name, &content.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"))
}

fn document(name: &str, content: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<{name} xmlns=\"{NAMESPACE}\">{content}</{name}>")
}

fn error(status: u16, code: &str, message: &str) -> (u16, String) {
    let inner = [text("Type", "Sender"), text("Code", code), text("Message", message)].concat();
    (status, document("ErrorResponse", &[tag("Error", &inner), text("RequestId", "r-1")].concat()))
}

fn no_such_zone() -> (u16, String) {
    error(404, "NoSuchHostedZone", "No hosted zone found")
}

impl State {
    fn hosted_zone(&self, id: &str) -> (u16, String) {
        let Some(zone) = self.zones.get(id) else { return no_such_zone() };
        let config = tag("Config", &text("PrivateZone", &zone.private.to_string()));
        let id = text("Id", &format!("/hostedzone/{id}"));
        let inner = [id, text("Name", &zone.name), text("CallerReference", "x"), config].concat();
        (200, document("GetHostedZoneResponse", &tag("HostedZone", &inner)))
    }

    /// The list *begins at* what is asked for: where there is nothing, at the next.
    fn list(&self, id: &str, query: &BTreeMap<String, String>) -> (u16, String) {
        let Some(zone) = self.zones.get(id) else { return no_such_zone() };
        let of = |name: &str| query.get(name).cloned().unwrap_or_default();
        let start = (reversed(&of("name")), of("type"), of("identifier"));
        let most: usize = of("maxitems").parse().unwrap();
        let mut sets: Vec<&Set> = zone.sets.iter().filter(|set| set.place() >= start).collect();
        sets.sort_by_key(|set| set.place());
        let next = sets.get(most).map(|set| {
            let identifier =
                set.identifier.iter().map(|it| text("NextRecordIdentifier", it)).collect::<String>();
            [text("NextRecordName", &set.name), text("NextRecordType", &set.kind), identifier].concat()
        });
        let listed: String = sets.into_iter().take(most).map(written).collect();
        let paging = text("IsTruncated", &next.is_some().to_string()) + &next.unwrap_or_default();
        let inner = tag("ResourceRecordSets", &listed) + &paging + &text("MaxItems", &most.to_string());
        (200, document("ListResourceRecordSetsResponse", &inner))
    }

    fn change(&mut self, id: &str, body: &str) -> (u16, String) {
        let Some(zone) = self.zones.get_mut(id) else { return no_such_zone() };
        if let Some(sets) = self.meanwhile.pop_front() {
            zone.sets = sets;
        }
        let changes = changes(body);
        match zone.after(&changes) {
            Ok(sets) => {
                zone.sets = sets;
                let named = changes.into_iter().map(|(action, set)| (action, set.name)).collect();
                self.batches.push(named);
                let info = change_info(&format!("C{}", self.batches.len()), "PENDING");
                (200, document("ChangeResourceRecordSetsResponse", &info))
            }
            Err(message) => error(400, "InvalidChangeBatch", &format!("[{message}]")),
        }
    }

    fn change_info(&mut self, id: &str) -> (u16, String) {
        let known = id.strip_prefix('C').and_then(|nth| nth.parse::<usize>().ok());
        if known.is_none_or(|nth| nth > self.batches.len()) {
            return error(404, "NoSuchChange", "no such change");
        }
        let status = if self.polls_until_in_sync == 0 { "INSYNC" } else { "PENDING" };
        self.polls_until_in_sync = self.polls_until_in_sync.saturating_sub(1);
        (200, document("GetChangeResponse", &change_info(id, status)))
    }
}

fn change_info(id: &str, status: &str) -> String {
    let submitted = text("SubmittedAt", "2026-11-02T09:00:00Z");
    tag("ChangeInfo", &[text("Id", &format!("/change/{id}")), text("Status", status), submitted].concat())
}

fn written(set: &Set) -> String {
    let identifier = set.identifier.iter().map(|it| text("SetIdentifier", it) + &text("Weight", "1"));
    let values: String = set.values.iter().map(|it| tag("ResourceRecord", &text("Value", it))).collect();
    let head = [text("Name", &set.name), text("Type", &set.kind), identifier.collect()].concat();
    let tail = text("TTL", &set.ttl.to_string()) + &tag("ResourceRecords", &values);
    tag("ResourceRecordSet", &(head + &tail))
}

/// Reads a batch: actions and sets.
fn changes(body: &str) -> Vec<(String, Set)> {
    let document = uppsala::parse(body).unwrap();
    let texts = |parent, name: &str| -> Vec<String> {
        let descendants = document.descendants(parent).into_iter();
        let named =
            descendants.filter(|id| document.element(*id).is_some_and(|it| it.name.local_name == name));
        named.map(|id| document.text_content_deep(id)).collect()
    };
    let read = |change| {
        let one = |name| texts(change, name).concat();
        let name = one("Name").trim_end_matches('.').to_lowercase() + ".";
        let identifier = texts(change, "SetIdentifier").pop();
        let (kind, ttl, values) = (one("Type"), one("TTL").parse().unwrap(), texts(change, "Value"));
        (one("Action"), Set { name, kind, identifier, ttl, values })
    };
    document.get_elements_by_tag_name("Change").into_iter().map(read).collect()
}

impl Zone {
    /// The records after a batch, or why Route 53 would refuse it.
    fn after(&self, changes: &[(String, Set)]) -> Result<Vec<Set>, String> {
        let values = || changes.iter().flat_map(|(_, set)| &set.values);
        if values().count() > 1000 || values().map(String::len).sum::<usize>() > 32_000 {
            return Err("the batch is too large".to_owned());
        }
        let mut sets = self.sets.clone();
        for (action, set) in changes {
            let what = format!("resource record set [name='{}', type='{}']", set.name, set.kind);
            let same = |other: &Set| reversed(&other.name) == reversed(&set.name) && other.kind == set.kind;
            let standing = sets.iter().position(same);
            if !reversed(&set.name).starts_with(&reversed(&self.name)) {
                return Err(format!("{what} is not permitted in zone {}", self.name));
            }
            match (action.as_str(), standing) {
                ("DELETE", None) => return Err(format!("Tried to delete {what} but it was not found")),
                ("DELETE", Some(at)) => {
                    let sorted = |set: &Set| {
                        let mut values = set.values.clone();
                        values.sort();
                        (set.ttl, set.identifier.clone(), values)
                    };
                    if sorted(&sets[at]) != sorted(set) {
                        let why = "but the values provided do not match the current values";
                        return Err(format!("Tried to delete {what} {why}"));
                    }
                    sets.remove(at);
                }
                ("CREATE", Some(_)) => return Err(format!("Tried to create {what} but it already exists")),
                ("CREATE", None) => {
                    let cname =
                        |other: &Set| other.kind == "CNAME" && reversed(&other.name) == reversed(&set.name);
                    if sets.iter().any(cname) {
                        return Err(format!("{what} conflicts with a CNAME"));
                    }
                    if let Some(bad) = set.values.iter().find(|value| !is_txt(value)) {
                        return Err(format!("Invalid Resource Record: {bad}"));
                    }
                    sets.push(set.clone());
                }
                _ => return Err(format!("{action} would overwrite what others wrote")),
            }
        }
        Ok(sets)
    }
}

/// Whether a TXT value is one to four thousand characters of quoted strings, each of at most 255 bytes.
fn is_txt(value: &str) -> bool {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let length = |string: &str| {
        let mut bytes = 0;
        let mut rest = string.chars();
        while let Some(character) = rest.next() {
            let tail = rest.as_str();
            let octal = |digits: &str| digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
            match character {
                '\\' if tail.get(..3).is_some_and(octal) => rest = tail[3..].chars(),
                '\\' if tail.starts_with(['"', '\\']) => rest = tail[1..].chars(),
                '"' | '\\' => return None,
                ' '..='~' => {}
                _ => return None,
            }
            bytes += 1;
        }
        Some(bytes)
    };
    value.len() <= 4000 && inner.split("\" \"").all(|string| length(string).is_some_and(|bytes| bytes <= 255))
}
