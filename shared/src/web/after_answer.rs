//! Work that waits until an answer has been handed over, so that it doesn't delay the answer: a response carries it in its
//! extensions, and whoever delivers the response runs it. In Lambda that is [`serve`](super::lambda::serve), once the
//! runtime API has taken the answer and before the next event is asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::response::Response;
use tracing::Instrument;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long it may take: the instance serves nobody else meanwhile.
const MOST: Duration = Duration::from_secs(2);

/// What is to be done once the answer has been handed over. Where that never happens it is dropped, undone.
#[derive(Clone)]
pub struct AfterAnswer(Arc<Mutex<Option<Work>>>);

impl AfterAnswer {
    /// Work of the request that is being answered; its log lines have the request's id.
    pub fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::pin(work.in_current_span())))))
    }

    /// Puts it on its response.
    pub fn attach(self, response: &mut Response) {
        response.extensions_mut().insert(self);
    }

    /// Takes it off a response.
    pub fn detach(response: &mut Response) -> Option<Self> {
        response.extensions_mut().remove()
    }

    /// Does it. The answer has been handed over.
    pub async fn run(self) {
        let work = self.0.lock().ok().and_then(|mut work| work.take());
        if let Some(work) = work
            && tokio::time::timeout(MOST, work).await.is_err()
        {
            tracing::warn!("what was to follow an answer took too long and was given up");
        }
    }
}

impl fmt::Debug for AfterAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AfterAnswer")
    }
}
