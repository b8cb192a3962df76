//! Directories hold when AWS stumbles and when an instance dies: what was answered is there, and what wasn't can be sent again
//! as a provider does it, with the same end: nobody twice, nothing lost, each event once.

use portico_tests::{Answer, Deployment, Directory, Fault, Plan};
use serde_json::{Value, json};

use super::events;

/// Faults that are over soon; those that cost the SDK's patience are told of by sign-ins.
const FAULTS: [Fault; 7] = [
    Fault::Throttled,
    Fault::Failed,
    Fault::Cut,
    Fault::LostAnswer,
    Fault::Conflict,
    Fault::CrashBefore,
    Fault::CrashAfter,
];

/// What a provider does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Create,
    Deactivate,
    AddMembers,
    ReplaceMembers,
    CreateGroup,
    CreateLargeGroup,
    Delete,
}

/// A directory with a group and people for it.
struct Scene {
    deployment: Deployment,
    directory: Directory,
    people: Vec<String>,
    number: usize,
}

/// What one act is done to.
struct Subject {
    name: String,
    user: String,
    group: String,
}

impl Scene {
    async fn new() -> Self {
        let deployment = Deployment::start().await;
        let directory = Directory::new(&deployment).await;
        let mut people = Vec::new();
        for number in 0..30 {
            people.push(directory.user(&format!("person{number}@acme.test")).await);
        }
        Self { deployment, directory, people, number: 0 }
    }

    async fn subject(&mut self, act: Act) -> Subject {
        self.number += 1;
        // So that nothing of what follows answers follows one of these.
        self.directory.settle(&self.deployment).await;
        let name = format!("subject{}@acme.test", self.number);
        let user = if act == Act::Create { String::new() } else { self.directory.user(&name).await };
        let group = match act {
            Act::AddMembers => self.directory.group(&name, &self.people[..1]).await,
            Act::ReplaceMembers => self.directory.group(&name, &self.people[28..]).await,
            _ => String::new(),
        };
        Subject { name, user, group }
    }

    /// Sends the request of an act once.
    async fn attempt(&self, act: Act, subject: &Subject) -> Answer {
        let member = |id: &String| json!({ "value": id });
        let (user, group) = (format!("/Users/{}", subject.user), format!("/Groups/{}", subject.group));
        match act {
            Act::Create => {
                let body = json!({ "userName": subject.name, "externalId": subject.name, "active": true });
                self.directory.post("/Users", &body).await
            }
            Act::Deactivate => {
                let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
                self.directory.patch(&user, off).await
            }
            Act::AddMembers => {
                let add = json!([{ "op": "add", "path": "members", "value": [member(&self.people[1])] }]);
                self.directory.patch(&group, add).await
            }
            Act::ReplaceMembers => {
                let members: Vec<_> = self.people[..29].iter().map(member).collect();
                self.directory.put(&group, &json!({ "displayName": subject.name, "members": members })).await
            }
            Act::CreateGroup => {
                let body = json!({ "displayName": subject.name, "members": [member(&self.people[0])] });
                self.directory.post("/Groups", &body).await
            }
            Act::CreateLargeGroup => {
                let members: Vec<_> = self.people.iter().map(member).collect();
                self.directory
                    .post("/Groups", &json!({ "displayName": subject.name, "members": members }))
                    .await
            }
            Act::Delete => self.directory.delete(&user).await,
        }
    }

    /// Whether an answer says that it is done, to a provider that has sent the request before, or hasn't.
    fn is_done(act: Act, answer: &Answer, again: bool) -> bool {
        match (answer.status.as_u16(), act) {
            (200..300, _) => true,
            (409, Act::Create | Act::CreateGroup | Act::CreateLargeGroup) | (404, Act::Delete) => again,
            (status, _) => {
                assert!(status >= 500, "{act:?}: {status} {}", answer.body);
                false
            }
        }
    }

    /// The calls that an act makes when all is well.
    async fn calls(&mut self, act: Act) -> Vec<String> {
        let subject = self.subject(act).await;
        self.deployment.faults.take_calls("scim");
        self.attempt(act, &subject).await.ok();
        self.deployment.faults.take_calls("scim")
    }

    /// Does an act amid a fault, and again until it is done; whether it was done at once.
    async fn act(&mut self, act: Act, plan: Plan) -> (Subject, bool) {
        let subject = self.subject(act).await;
        self.deployment.faults.inject(plan);
        for attempt in 0..4 {
            let answer = self.attempt(act, &subject).await;
            self.deployment.faults.end();
            if Self::is_done(act, &answer, attempt > 0) {
                return (subject, attempt == 0);
            }
        }
        panic!("{act:?} was never done")
    }

    /// Holds what must be there after an act.
    async fn check(&self, act: Act, subject: &Subject, what: &str) {
        let found = async |path: String| self.directory.get(&path).await.ok()["totalResults"].clone();
        match act {
            Act::Create => {
                let path = format!("/Users?filter=userName+eq+%22{}%22", subject.name);
                assert_eq!(found(path).await, json!(1), "{what}");
            }
            Act::Deactivate => {
                let shown = self.directory.get(&format!("/Users/{}", subject.user)).await.ok();
                assert_eq!(shown["active"], json!(false), "{what}");
            }
            Act::AddMembers => assert_eq!(self.directory.members(&subject.group).await.len(), 2, "{what}"),
            Act::ReplaceMembers => {
                assert_eq!(self.directory.members(&subject.group).await.len(), 29, "{what}")
            }
            Act::CreateGroup => {
                let path = format!("/Groups?filter=displayName+eq+%22{}%22", subject.name);
                assert_eq!(found(path).await, json!(1), "{what}");
            }
            Act::CreateLargeGroup => {
                let path = format!("/Groups?filter=displayName+eq+%22{}%22", subject.name);
                let found = self.directory.get(&path).await.ok();
                let members = found["Resources"][0]["members"].as_array().map(Vec::len);
                assert_eq!((&found["totalResults"], members), (&json!(1), Some(30)), "{what}");
            }
            Act::Delete => {
                assert_eq!(
                    self.directory.get(&format!("/Users/{}", subject.user)).await.status,
                    404,
                    "{what}"
                );
            }
        }
    }

    /// How many events there should be, by name, after an act was done so many times.
    fn expected(act: Act, times: usize) -> Value {
        let of = |wanted: Act| if act == wanted { times } else { 0 };
        let (add, replace, groups) = (of(Act::AddMembers), of(Act::ReplaceMembers), of(Act::CreateGroup));
        let large = of(Act::CreateLargeGroup);
        json!({
            "dsync.user.created": 30 + times,
            "dsync.user.updated": of(Act::Deactivate),
            "dsync.user.deleted": of(Act::Delete),
            "dsync.group.created": add + replace + groups + large,
            // One comes to the one of `add`; to the two of `replace` 28, and one of these goes.
            "dsync.group.user_added": 2 * add + (2 + 28) * replace + groups + 30 * large,
            "dsync.group.user_removed": replace,
        })
    }
}

/// Every call of an act, with every fault.
async fn survives(act: Act) {
    let mut scene = Scene::new().await;
    let calls = scene.calls(act).await;
    println!("{act:?}: {}", calls.join(", "));
    let mut times = 1;
    for (number, operation) in (1..).zip(&calls) {
        for fault in FAULTS {
            if fault == Fault::Conflict && operation != "TransactWriteItems" {
                continue;
            }
            for attempts in [1, 3] {
                let plan = Plan::new("scim", fault).from_call(number).attempts(attempts);
                let crash = plan.is_crash();
                if crash && attempts > 1 {
                    continue;
                }
                let what = format!("{act:?}: call {number} ({operation}): {fault:?} for {attempts} attempts");
                let (subject, at_once) = scene.act(act, plan).await;
                assert!(at_once || attempts > 1 || crash, "{what}: was noticed");
                scene.check(act, &subject, &what).await;
                times += 1;
            }
        }
    }
    assert!(times > 20, "only {times} cases");
    let said = events(&scene.deployment, &scene.directory.organization).await;
    let count = |name: &str| said.iter().filter(|event| event["event"] == json!(name)).count();
    for (name, expected) in Scene::expected(act, times).as_object().unwrap() {
        assert_eq!(json!(count(name)), *expected, "{name}");
    }
    let users = scene.directory.get("/Users?count=0").await.ok()["totalResults"].clone();
    let gone = if act == Act::Delete { times } else { 0 };
    assert_eq!(users, json!(30 + times - gone));
    println!("{act:?}: {times} times");
    scene.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_once_whatever_fails() {
    survives(Act::Create).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_deactivated_once_whatever_fails() {
    survives(Act::Deactivate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_deleted_once_whatever_fails() {
    survives(Act::Delete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_once_whatever_fails() {
    survives(Act::AddMembers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_replaced_once_whatever_fails() {
    survives(Act::ReplaceMembers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_more_members_than_a_transaction_takes_are_made_whole_whatever_fails() {
    survives(Act::CreateLargeGroup).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_made_once_whatever_fails() {
    survives(Act::CreateGroup).await;
}
