//! Sign-in holds when AWS stumbles and when an instance dies: every call of every request of a sign-in, with every fault.
//!
//! What must hold, whatever happened: a code that reached the application is traded, answered once, and leads to one
//! sign-in record and one event; what was answered counts; an error names its request; and the next natural thing that the
//! person or the application does works.

mod scene;

use portico_tests::{Deployment, Fault, Plan};
use scene::{Outcome, Phase, Scene, Surface};

/// For how long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    /// One attempt: the SDK tries again.
    Attempt,
    /// All attempts of the call.
    Call,
    /// From that call on, until the request has been answered.
    Request,
}

impl Lasting {
    fn of(self, plan: Plan) -> Plan {
        match self {
            Self::Attempt => plan.attempts(1),
            Self::Call => plan.attempts(3),
            Self::Request => plan,
        }
    }
}

const EVER: [Lasting; 3] = [Lasting::Attempt, Lasting::Call, Lasting::Request];
/// A fault that costs the SDK's patience each time.
const SHORT: [Lasting; 2] = [Lasting::Attempt, Lasting::Call];

/// What makes one case.
struct Case {
    phase: Phase,
    /// From 1.
    number: usize,
    operation: String,
    fault: Fault,
    lasting: Lasting,
}

impl Case {
    fn name(&self) -> String {
        let Self { phase, number, operation, fault, lasting } = self;
        format!("{phase:?}: call {number} ({operation}): {fault:?} for one {lasting:?}")
    }

    fn plan(&self) -> Plan {
        self.lasting.of(Plan::new(self.phase.function(), self.fault).from_call(self.number))
    }

    /// The call that marks the trade as answered, after the answer.
    fn is_mark(&self) -> bool {
        self.phase == Phase::Token && self.operation == "PutItem"
    }

    /// Whether nobody should notice.
    fn goes_unnoticed(&self) -> bool {
        let crash = self.plan().is_crash();
        // A transaction that was executed is recognised though no attempt was answered; so is a mark, by nobody.
        let executed = matches!(self.fault, Fault::LostAnswer | Fault::SilentAnswer);
        let recognised = executed && self.lasting == Lasting::Call && self.operation == "TransactWriteItems";
        self.is_mark() || (self.lasting == Lasting::Attempt && !crash) || recognised
    }
}

/// Every call of a sign-in with these faults.
async fn every_call(mut scene: Scene, cold: bool, faults: &[(Fault, &[Lasting])]) {
    let mut cases = 0;
    for phase in Phase::ALL {
        if cold {
            scene = scene.restart().await;
        }
        let calls = scene.calls(phase).await;
        assert!(calls.len() >= 2, "{phase:?} has {calls:?}");
        println!("{phase:?}: {}", calls.join(", "));
        for (number, operation) in (1..).zip(&calls) {
            for (fault, lasting) in faults {
                if *fault == Fault::Conflict && operation != "TransactWriteItems" {
                    continue;
                }
                for lasting in *lasting {
                    let operation = operation.clone();
                    let case = Case { phase, number, operation, fault: *fault, lasting: *lasting };
                    if cold {
                        scene = scene.restart().await;
                    }
                    let outcome = scene.sign_in(Some((phase, Some(case.plan())))).await;
                    check(&scene, &case, outcome).await;
                    cases += 1;
                }
            }
        }
    }
    let (records, events) = scene.succeeded().await;
    assert_eq!(records, events);
    println!("{cases} cases");
    scene.deployment.stop().await;
}

async fn check(scene: &Scene, case: &Case, outcome: Outcome) {
    let name = case.name();
    assert!(outcome.unharmed || !case.goes_unnoticed(), "{name}: was noticed");
    let session = scene.session(&outcome.token).await;
    let session = session.unwrap_or_else(|| panic!("{name}: an answered token does not count"));
    let (records, events) = scene.succeeded().await;
    let times = |list: &[String]| list.iter().filter(|one| **one == session).count();
    assert_eq!((times(&records), times(&events)), (1, 1), "{name}: records and events of {session}");
    if case.is_mark() {
        // Where the mark is lost, the code may be traded once more: a story of its own.
        return;
    }
    let again = scene.trade(&outcome.code).await;
    assert_eq!(again.status, 400, "{name}: a second trade of an answered code: {}", again.body);
    assert!(again.body["error_description"].as_str().unwrap().contains("used already"), "{}", again.body);
    assert_eq!(
        scene.session(&outcome.token).await,
        None,
        "{name}: the token of a code that was traded twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_that_refuses_or_fails_costs_nobody_a_sign_in() {
    let scene = Scene::start(Surface::OpenId).await;
    every_call(scene, false, &[(Fault::Throttled, &EVER), (Fault::Failed, &EVER), (Fault::Conflict, &EVER)])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_before_or_after_the_request_is_taken_costs_nobody_a_sign_in() {
    let scene = Scene::start(Surface::Sso).await;
    every_call(scene, false, &[(Fault::Cut, &EVER), (Fault::LostAnswer, &EVER)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_costs_nobody_a_sign_in_whether_the_request_was_executed_or_not() {
    let scene = Scene::start_with(Surface::OpenId, scene::impatient_setup()).await;
    every_call(scene, false, &[(Fault::Slow, &SHORT), (Fault::SilentAnswer, &SHORT)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_dies_before_or_after_any_of_its_calls_costs_nobody_a_sign_in() {
    for surface in [Surface::Sso, Surface::OpenId] {
        let once: &[Lasting] = &[Lasting::Attempt];
        let faults = [(Fault::CrashBefore, once), (Fault::CrashAfter, once)];
        every_call(Scene::start(surface).await, false, &faults).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_without_dynamodb_or_kms_costs_nobody_a_sign_in() {
    let scene = Scene::start(Surface::OpenId).await;
    let call: &[Lasting] = &[Lasting::Call];
    every_call(scene, true, &[(Fault::Failed, call), (Fault::LostAnswer, call)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_keys_of_a_deployment_are_made_once_though_the_answers_are_lost() {
    // The data key of the class, then the signing key.
    for number in 1..=2 {
        let deployment = Deployment::start_with(scene::setup()).await;
        let plan = Plan::new("sso", Fault::LostAnswer).operation("TransactWriteItems");
        deployment.faults.inject(plan.from_call(number).attempts(3));
        let keys = deployment.api.get("/oauth2/jwks").await.ok();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "{keys}");
        let deployment = deployment.restart().await;
        assert_eq!(deployment.api.get("/oauth2/jwks").await.ok(), keys);
        deployment.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_needs_no_index() {
    let scene = Scene::start(Surface::OpenId).await;
    for (phase, function) in [(Phase::Authorize, "sso"), (Phase::Acs, "acs")] {
        let plan = Plan::new(function, Fault::LaggingIndex).operation("Query");
        assert!(scene.sign_in(Some((phase, Some(plan)))).await.unharmed);
    }
    scene.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_whose_mark_was_lost_can_be_had_once_more_and_gives_the_same_token() {
    let scene = Scene::start(Surface::Sso).await;
    let calls = scene.calls(Phase::Token).await;
    let plan = Plan::new("sso", Fault::Failed).from_call(calls.len());
    let first = scene.sign_in(Some((Phase::Token, Some(plan)))).await;
    scene.deployment.move_clock(3);
    let second = scene.trade(&first.code).await.ok();
    assert_eq!(second["access_token"], serde_json::json!(first.token));
    assert!(scene.session(&first.token).await.is_some());
    assert_eq!(scene.trade(&first.code).await.status, 400);
    assert_eq!(scene.session(&first.token).await, None, "traded once too often");
    scene.deployment.stop().await;
}
