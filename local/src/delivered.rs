//! A response's body that knows when it has been handed over.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use portico_shared::web::after_answer::AfterAnswer;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body, and what is to be done after it. A server that drops it before it asked for the bytes has lost its caller:
/// then nothing is done.
#[derive(Debug)]
pub(crate) struct Delivered {
    bytes: Option<Bytes>,
    after: Option<AfterAnswer>,
}

impl Delivered {
    pub(crate) fn new(bytes: Vec<u8>, after: Option<AfterAnswer>) -> Self {
        Self { bytes: Some(bytes.into()), after }
    }
}

impl Body for Delivered {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

impl Drop for Delivered {
    fn drop(&mut self) {
        if let Some(after) = self.after.take().filter(|_| self.bytes.is_none()) {
            tokio::spawn(after.run());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use tokio::sync::oneshot;

    fn body() -> (Delivered, oneshot::Receiver<()>) {
        let (done, after) = oneshot::channel();
        let work = AfterAnswer::new(async move { done.send(()).unwrap() });
        (Delivered::new(b"answer".to_vec(), Some(work)), after)
    }

    #[tokio::test]
    async fn what_follows_an_answer_is_done_once_the_answer_was_taken() {
        let (body, mut after) = body();
        assert_eq!(body.size_hint().exact(), Some(6));
        assert!(after.try_recv().is_err());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "answer");
        assert_eq!(after.await, Ok(()));
    }

    #[tokio::test]
    async fn what_follows_an_answer_that_nobody_takes_is_not_done() {
        let (body, after) = body();
        drop(body);
        assert!(after.await.is_err(), "the work was done");
    }
}
