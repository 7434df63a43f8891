//! What is sent, and how it is getting on.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// Any error of who fills a stream.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Pieces of a body that is sent. An error ends the request with [`super::Cause::Body`], which
/// gives it back. The end is waited for before the last piece is sent, so an error in its place
/// keeps the server from taking the body for complete.
pub type Pieces = BoxStream<'static, Result<Bytes, BodyError>>;

/// How much of a body at hand is given out at once, in bytes: more than the sockets take, little
/// enough to see it move.
const FRAME: usize = 256 * 1024;

/// What is sent.
#[derive(Clone)]
pub enum Body {
    /// Nothing; with `Content-Length: 0` where the method is one that has a body.
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// `length` bytes of a stream, with `Content-Length`; taken once, when the first of them can
    /// be sent.
    Stream {
        /// How many bytes.
        length: u64,
        /// The bytes.
        pieces: Arc<Mutex<Option<Pieces>>>,
    },
}

impl Body {
    /// `length` bytes of a stream.
    pub fn stream(length: u64, pieces: Pieces) -> Self {
        Self::Stream {
            length,
            pieces: Arc::new(Mutex::new(Some(pieces))),
        }
    }

    /// Whether it can be sent: true but for a stream that has been taken.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Empty | Self::Bytes(_) => true,
            Self::Stream { pieces, .. } => lock(pieces).is_some(),
        }
    }

    /// Whether it is a stream.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }

    /// Whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Stream { length, .. } => *length == 0,
        }
    }

    /// The body for one request, and what it lets see of itself.
    pub(super) fn send(&self) -> (Outgoing, Arc<Flow>) {
        let (source, length) = match self {
            Self::Empty => (Source::Bytes(Bytes::new()), 0),
            Self::Bytes(bytes) => (Source::Bytes(bytes.clone()), bytes.len() as u64),
            Self::Stream { length, pieces } => (Source::Waiting(Arc::clone(pieces)), *length),
        };
        let flow = Arc::new(Flow::default());
        let outgoing = Outgoing {
            source,
            length,
            left: length,
            last: None,
            flow: Arc::clone(&flow),
        };
        (outgoing, flow)
    }
}

/// A stream that is not as long as was said.
#[derive(Debug, thiserror::Error)]
#[error("the content is {} than the {length} bytes that were announced", if *.longer { "longer" } else { "shorter" })]
pub struct WrongLength {
    /// How long it was to be, in bytes.
    pub length: u64,
    /// Whether there was more, or less.
    pub longer: bool,
}

/// A stream that an earlier attempt has used up.
#[derive(Debug, thiserror::Error)]
#[error("the content has been read already")]
pub struct Spent;

/// What the library is told in place of an error that is kept in [`Flow`].
#[derive(Debug, thiserror::Error)]
#[error("the body ended early")]
struct Ended;

/// How a body is getting on, seen from the request that sends it.
#[derive(Default)]
pub(super) struct Flow(Mutex<State>);

#[derive(Default)]
struct State {
    step: Step,
    error: Option<BodyError>,
    stopped: bool,
    waker: Option<Waker>,
}

/// The last thing that happened to a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: there is no connection yet.
    #[default]
    Unasked,
    /// Its source was asked for more and has nothing.
    Dry,
    /// A piece was taken to be sent.
    Taken(Instant),
    /// The last piece was.
    Done(Instant),
}

impl Flow {
    /// The last thing that happened.
    pub(super) fn step(&self) -> Step {
        lock(&self.0).step
    }

    /// Why there was no more, as the source said it.
    pub(super) fn take_error(&self) -> Option<BodyError> {
        lock(&self.0).error.take()
    }

    /// Nobody wants the rest to be sent: the connection is given up, unless all is sent.
    pub(super) fn stop(&self) {
        let waker = {
            let mut state = lock(&self.0);
            state.stopped = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A body on its way.
pub(super) struct Outgoing {
    source: Source,
    length: u64,
    /// How many bytes of the source are still to come.
    left: u64,
    /// The last piece, until the source has ended.
    last: Option<Bytes>,
    flow: Arc<Flow>,
}

enum Source {
    Bytes(Bytes),
    Waiting(Arc<Mutex<Option<Pieces>>>),
    /// Never locked: it is there because the library wants bodies that are [`Sync`].
    Flowing(Mutex<Pieces>),
}

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            match self {
                Self::Bytes(bytes) => {
                    let piece = bytes.split_to(bytes.len().min(FRAME));
                    return Poll::Ready((!piece.is_empty()).then_some(Ok(piece)));
                }
                Self::Waiting(pieces) => {
                    let Some(pieces) = lock(pieces).take() else {
                        return Poll::Ready(Some(Err(Spent.into())));
                    };
                    *self = Self::Flowing(Mutex::new(pieces));
                }
                Self::Flowing(pieces) => {
                    let pieces = pieces.get_mut().unwrap_or_else(PoisonError::into_inner);
                    return pieces.poll_next_unpin(cx);
                }
            }
        }
    }
}

impl Outgoing {
    /// The next piece that can be sent.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            let wrong = |longer| WrongLength {
                length: self.length,
                longer,
            };
            let piece = match std::task::ready!(self.source.poll(cx)) {
                Some(Ok(piece)) if piece.is_empty() => continue,
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if self.left > 0 => return Poll::Ready(Some(Err(wrong(false).into()))),
                None => return Poll::Ready(self.last.take().map(Ok)),
            };
            let Some(left) = self.left.checked_sub(piece.len() as u64) else {
                return Poll::Ready(Some(Err(wrong(true).into())));
            };
            self.left = left;
            if left > 0 {
                return Poll::Ready(Some(Ok(piece)));
            }
            self.last = Some(piece);
        }
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        {
            let mut state = lock(&self.flow.0);
            if state.stopped {
                return Poll::Ready(Some(Err(Ended.into())));
            }
            state.waker = Some(cx.waker().clone());
        }
        let polled = self.poll(cx);
        let done = self.is_end_stream();
        let mut state = lock(&self.flow.0);
        match polled {
            Poll::Pending => {
                state.step = Step::Dry;
                Poll::Pending
            }
            Poll::Ready(Some(Err(error))) => {
                state.error = Some(error);
                Poll::Ready(Some(Err(Ended.into())))
            }
            Poll::Ready(piece) => {
                let now = Instant::now();
                state.step = if done {
                    Step::Done(now)
                } else {
                    Step::Taken(now)
                };
                Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.last.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left + self.last.as_ref().map_or(0, |last| last.len() as u64))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use futures_util::stream::{self, StreamExt as _};
    use hyper::body::Body as _;

    use super::{Body, BodyError, FRAME, Outgoing, Spent, Step, WrongLength};

    type Item = Result<&'static [u8], &'static str>;

    /// A stream that has these pieces, with a pause where there is none.
    fn stream(length: u64, items: &[Option<Item>]) -> Body {
        let mut items: VecDeque<Option<Item>> = items.iter().copied().collect();
        let pieces = stream::poll_fn(move |_| match items.pop_front() {
            Some(None) => Poll::Pending,
            Some(Some(Ok(piece))) => Poll::Ready(Some(Ok(Bytes::from_static(piece)))),
            Some(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            None => Poll::Ready(None),
        });
        Body::stream(length, pieces.boxed())
    }

    fn poll(body: &mut Outgoing) -> Poll<Option<Result<Bytes, BodyError>>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let frame = Pin::new(body).poll_frame(&mut context);
        frame.map(|frame| Some(frame?.map(|frame| frame.into_data().unwrap())))
    }

    /// The error by which a body ends.
    fn error(body: &Body) -> BodyError {
        let (mut body, flow) = body.send();
        loop {
            match poll(&mut body) {
                Poll::Ready(Some(Err(_))) => return flow.take_error().unwrap(),
                Poll::Ready(None) => panic!("no error"),
                Poll::Pending | Poll::Ready(Some(Ok(_))) => {}
            }
        }
    }

    #[test]
    fn the_last_piece_waits_for_the_end() {
        let body = stream(5, &[Some(Ok(b"ab")), Some(Ok(b"")), Some(Ok(b"cde")), None]);
        let (mut body, flow) = body.send();
        assert_eq!(flow.step(), Step::Unasked);
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(piece))) if piece == "ab"));
        assert!(matches!(flow.step(), Step::Taken(_)));
        assert!(poll(&mut body).is_pending());
        assert_eq!(flow.step(), Step::Dry);
        assert_eq!(body.size_hint().exact(), Some(3));
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(piece))) if piece == "cde"));
        assert!(matches!(flow.step(), Step::Done(_)));
        assert!(body.is_end_stream());
    }

    #[test]
    fn errors_come_back_as_they_are() {
        let wrong = |length, items: &[Option<Item>]| {
            let error = error(&stream(length, items));
            error.downcast::<WrongLength>().unwrap().to_string()
        };
        assert_eq!(
            wrong(5, &[Some(Ok(b"abcd"))]),
            "the content is shorter than the 5 bytes that were announced"
        );
        assert_eq!(
            wrong(3, &[Some(Ok(b"abcd"))]),
            "the content is longer than the 3 bytes that were announced"
        );
        assert_eq!(
            wrong(4, &[Some(Ok(b"abcd")), Some(Ok(b"e"))]),
            "the content is longer than the 4 bytes that were announced"
        );
        let late = stream(4, &[Some(Ok(b"abcd")), Some(Err("not what was asked for"))]);
        assert!(late.is_whole());
        assert_eq!(error(&late).to_string(), "not what was asked for");
        assert!(!late.is_whole());
        assert!(error(&late).is::<Spent>());
    }

    #[test]
    fn bytes_are_sent_in_frames_as_often_as_needed() {
        let all = Bytes::from(vec![7; FRAME + 1]);
        let body = Body::Bytes(all.clone());
        for _ in 0..2 {
            let (mut body, _) = body.send();
            let mut sent = Vec::new();
            while let Poll::Ready(Some(Ok(piece))) = poll(&mut body) {
                sent.push(piece);
            }
            assert_eq!(sent.iter().map(Bytes::len).collect::<Vec<_>>(), [FRAME, 1]);
            assert_eq!(sent.concat(), all);
        }
    }

    #[test]
    fn what_is_stopped_ends() {
        let (mut body, flow) = stream(5, &[None, None]).send();
        assert!(poll(&mut body).is_pending());
        flow.stop();
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Err(_)))));
        assert!(flow.take_error().is_none());
    }
}
