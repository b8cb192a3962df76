//! Faults of DynamoDB and KMS, and of the functions themselves. A fault is planned: for which function, for which of its
//! calls, for how many attempts. A call that is to fail goes to a server that behaves as AWS does when it is unwell
//! (`unwell.rs`); everything else of it is real.

use std::sync::{Arc, Mutex};

use aws_smithy_types::config_bag::{Storable, StoreReplace};
use tokio::sync::Notify;

use crate::unwell::Unwell;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// AWS asks to slow down.
    Throttled,
    /// AWS fails: InternalServerError, KMSInternalException.
    Failed,
    /// No answer within the SDK's patience; the request wasn't taken.
    Slow,
    /// The connection is cut before the request is taken.
    Cut,
    /// The request is executed, then the connection is cut.
    LostAnswer,
    /// The request is executed, and no answer comes within the SDK's patience.
    SilentAnswer,
    /// Another transaction is at work on the same items.
    Conflict,
    /// An index that knows of nothing yet: its queries find nothing.
    LaggingIndex,
    /// The function's instance dies before its call.
    CrashBefore,
    /// The function's instance dies when its call was answered.
    CrashAfter,
}

/// Which fault, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    function: String,
    operation: Option<String>,
    call: usize,
    fault: Fault,
    attempts: Option<usize>,
}

impl Plan {
    /// A fault of every call of a function (a binary's name), until it is ended.
    pub fn new(function: &str, fault: Fault) -> Self {
        Self { function: function.to_owned(), operation: None, call: 1, fault, attempts: None }
    }

    /// Only calls of this operation count, such as `GetItem`.
    #[must_use]
    pub fn operation(self, name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..self }
    }

    /// From the call with this number on, counted from 1 and from the planning.
    #[must_use]
    pub fn from_call(self, number: usize) -> Self {
        Self { call: number, ..self }
    }

    /// Whether the instance dies.
    pub fn is_crash(&self) -> bool {
        matches!(self.fault, Fault::CrashBefore | Fault::CrashAfter)
    }

    /// For so many attempts of that one call, the SDK's retries among them.
    #[must_use]
    pub fn attempts(self, number: usize) -> Self {
        Self { attempts: Some(number), ..self }
    }
}

/// What is wrong at the moment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults {
    unwell: Unwell,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    plan: Option<Plan>,
    seen: usize,
    calls: Vec<(String, String)>,
    waiting: Arc<Notify>,
}

/// A call that the plan is about.
#[derive(Debug)]
pub(crate) struct Hit(Fault);

impl Storable for Hit {
    type Storer = StoreReplace<Self>;
}

impl Faults {
    /// No fault yet; starts the server that is unwell.
    pub(crate) async fn start() -> Self {
        Self { unwell: Unwell::start().await, state: Arc::default() }
    }

    /// From now on things go wrong as planned, in place of what was planned before.
    pub fn inject(&self, plan: Plan) {
        let mut state = self.state.lock().unwrap();
        (state.plan, state.seen) = (Some(plan), 0);
        state.calls.clear();
    }

    /// From now on DynamoDB and KMS throttle this function, each attempt of the SDK included.
    pub fn throttle(&self, function: &str) {
        self.inject(Plan::new(function, Fault::Throttled));
    }

    /// All is well again.
    pub fn end(&self) {
        self.state.lock().unwrap().plan = None;
    }

    /// The calls that a function has made since this was last asked or something was planned, in order, each by its
    /// operation.
    pub fn take_calls(&self, function: &str) -> Vec<String> {
        let calls = std::mem::take(&mut self.state.lock().unwrap().calls);
        calls.into_iter().filter(|(of, _)| of == function).map(|(_, operation)| operation).collect()
    }

    /// Waits until a function has begun such a call since its calls were last taken.
    pub async fn until_called(&self, function: &str, operation: &str) {
        let waiting = self.state.lock().unwrap().waiting.clone();
        loop {
            let called = waiting.notified();
            let calls = self.state.lock().unwrap().calls.clone();
            if calls.iter().any(|(of, name)| of == function && name == operation) {
                return;
            }
            called.await;
        }
    }

    /// A call begins. Its number is that of its beginning: of two calls side by side, the one that was made first.
    pub(crate) fn begin(&self, function: &str, operation: &str) -> Option<Hit> {
        let hit = {
            let mut state = self.state.lock().unwrap();
            state.calls.push((function.to_owned(), operation.to_owned()));
            state.waiting.notify_one();
            let plan = state.plan.clone().filter(|plan| {
                plan.function == function && plan.operation.as_deref().is_none_or(|only| only == operation)
            })?;
            state.seen += 1;
            let one = plan.attempts.is_some() || plan.is_crash();
            let meant = if one { state.seen == plan.call } else { state.seen >= plan.call };
            meant.then_some(Hit(plan.fault))
        };
        assert!(!matches!(hit, Some(Hit(Fault::CrashBefore))), "a crash before {operation}, as planned");
        hit
    }

    /// Where an attempt of such a call goes instead of to `endpoint`, if it does.
    pub(crate) fn detour(&self, hit: &Hit, endpoint: &str) -> Option<String> {
        let mut state = self.state.lock().unwrap();
        if let Some(left) = state.plan.as_mut()?.attempts.as_mut() {
            *left = left.checked_sub(1)?;
        }
        let crash = matches!(hit.0, Fault::CrashBefore | Fault::CrashAfter);
        (!crash).then(|| self.unwell.address(hit.0, endpoint))
    }

    /// A call ends.
    pub(crate) fn finish(&self, hit: &Hit) {
        assert!(hit.0 != Fault::CrashAfter, "a crash after a call, as planned");
    }
}
