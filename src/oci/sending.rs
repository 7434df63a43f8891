//! One blob on its way to a registry: what is sent next, and what after a failure.

use reqwest::Method;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, RANGE};

use super::byte_range::received;
use super::content::Content;
use super::descriptor::Descriptor;
use super::digest::Algorithm;
use super::error::{BadContent, Error};
use super::exchange::{Answer, Ask};
use super::feed::Feed;
use super::location::completing;
use super::manifests::{damaged, said_digest};
use super::open_uploads::Upload;
use super::refusal::code;
use super::remote::Remote;
use super::retries::Retries;
use super::session::{Attempt, refused_again};
use crate::http::{Cause, MAX_REFUSAL};

/// Chunks of an upload that a single request could not carry, in bytes. Each costs a round trip
/// and, with registries on object stores, a request there; proxies before registries mostly take
/// that much.
const CHUNK: u64 = 16 * 1024 * 1024;

/// The smallest chunk that is tried where larger ones are refused (413): less than what any
/// server takes by default (nginx 1 MiB).
const LEAST_CHUNK: u64 = 256 * 1024;

/// After so many uploads that were lost whole, chunks save what came through.
const LOST_WHOLE: u32 = 2;

/// A blob on its way.
pub(super) struct Sending<'a> {
    remote: &'a Remote,
    blob: &'a Descriptor,
    content: &'a dyn Content,
    feed: Feed,
    retries: Retries,
    upload: Upload,
    /// How many bytes the registry has.
    sent: u64,
    /// The most that it ever had.
    most: u64,
    /// How many bytes one request carries at most.
    chunk: Option<u64>,
    /// How many uploads were lost.
    lost: u32,
    /// Whether the last answer was that the token has expired.
    renewed: bool,
    /// Whether all bytes that the registry has were sent without a break.
    straight: bool,
}

/// What a request led to.
enum Step {
    /// The blob is complete.
    Done,
    /// There is more to send.
    On,
    /// The same is to be sent again: there is a new token.
    Again,
    /// It takes no request of this size.
    TooLarge(Answer),
    /// No answer, or one that may change.
    Broken(Cause),
    /// The registry does not know the upload any longer.
    Lost(u16),
    /// What arrived is not the blob.
    Wrong(Answer),
}

/// A request that sends something.
struct Request {
    ask: Ask,
    /// How many bytes.
    length: u64,
    /// Whether it completes the upload.
    last: bool,
}

impl<'a> Sending<'a> {
    pub(super) fn new(
        remote: &'a Remote,
        upload: Upload,
        blob: &'a Descriptor,
        content: &'a dyn Content,
    ) -> Self {
        Self {
            remote,
            blob,
            content,
            feed: Feed::new(),
            retries: remote.retries(),
            upload,
            sent: 0,
            most: 0,
            chunk: remote.largest_chunk,
            lost: 0,
            renewed: false,
            straight: true,
        }
    }

    /// Sends the blob. Whatever is left of the upload after a failure is given up.
    pub(super) async fn run(mut self) -> Result<(), Error> {
        let outcome = self.send().await;
        match outcome {
            Ok(()) => self.upload.ended(),
            Err(_) => self.upload.cancel().await,
        }
        outcome
    }

    async fn send(&mut self) -> Result<(), Error> {
        loop {
            let request = self.request().await?;
            let step = self.step(&request).await?;
            let renewed = std::mem::replace(&mut self.renewed, matches!(step, Step::Again));
            match step {
                Step::Done => return Ok(()),
                Step::On => {}
                Step::Again if !renewed => {}
                Step::Again => self.pause(&request.ask, refused_again()).await?,
                Step::TooLarge(answer) => self.shrink(&request, &answer)?,
                Step::Broken(cause) => {
                    let nothing_arrived = matches!(cause, Cause::Connect(_) | Cause::Resolve(_));
                    self.pause(&request.ask, cause).await?;
                    if !nothing_arrived && !self.resume().await? && self.restart().await? {
                        return Ok(());
                    }
                }
                Step::Lost(code) => {
                    self.pause(&request.ask, status(code)).await?;
                    if self.restart().await? {
                        return Ok(());
                    }
                }
                Step::Wrong(answer) if self.straight => return Err(self.corrupt(&answer)),
                Step::Wrong(answer) => {
                    self.pause(&request.ask, status(answer.status)).await?;
                    if self.restart().await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// What is to be sent next: everything with the digest; or a chunk; or, when everything is
    /// there, the digest alone.
    async fn request(&mut self) -> Result<Request, Error> {
        let left = self.blob.size.saturating_sub(self.sent);
        let chunk = self.chunk.unwrap_or(u64::MAX).max(self.upload.least_chunk);
        let whole = self.sent == 0 && left <= chunk;
        let last = whole || left == 0;
        let length = left.min(chunk);
        let method = if last { Method::PUT } else { Method::PATCH };
        let subject = self.subject();
        let mut ask = self.remote.ask_upload(method, self.upload.place(), subject);
        if last {
            ask.url = completing(&ask.url, &self.blob.digest);
        } else {
            let range = format!("{}-{}", self.sent, self.sent + length - 1);
            ask = ask.header(CONTENT_RANGE, &range);
        }
        if length > 0 {
            ask = ask.header(CONTENT_TYPE, "application/octet-stream");
        }
        let body = self
            .feed
            .body(self.content, self.blob, self.sent, length)
            .await;
        ask.body = body.map_err(|source| self.unreadable(source))?;
        Ok(Request { ask, length, last })
    }

    /// Sends it.
    async fn step(&mut self, request: &Request) -> Result<Step, Error> {
        let attempt = self
            .remote
            .attempt(&request.ask, self.retries.budget())
            .await;
        if let Some(source) = self.feed.failure() {
            return Err(self.unreadable(source));
        }
        let answer = match attempt? {
            Attempt::Answered(sent) => match sent.lasting().await {
                Ok(sent) => sent.refusal().await,
                Err(cause) => return Ok(Step::Broken(cause)),
            },
            Attempt::Renewed => return Ok(Step::Again),
            Attempt::Failed(cause) => return Ok(Step::Broken(cause)),
        };
        let codes = answer.said().codes;
        let has = |code: &str| codes.iter().any(|found| found == code);
        match answer.status {
            200..=204 if request.last => self.completed(&answer).await,
            200..=204 => self.took(&answer, request.length),
            413 => Ok(Step::TooLarge(answer)),
            _ if has(code::DIGEST_INVALID) || has(code::SIZE_INVALID) => Ok(Step::Wrong(answer)),
            404 | 410 | 416 => Ok(Step::Lost(answer.status)),
            _ if has(code::BLOB_UPLOAD_UNKNOWN) || has(code::BLOB_UPLOAD_INVALID) => {
                Ok(Step::Lost(answer.status))
            }
            _ => Err(answer.refused(&request.ask.subject)),
        }
    }

    /// The upload is complete; of this blob, if the registry says of which. Distribution takes
    /// sha512 and answers with the sha256 of the same bytes; whether it has them by both is asked.
    async fn completed(&self, answer: &Answer) -> Result<Step, Error> {
        let expected = &self.blob.digest;
        match said_digest(answer) {
            Some(said) if said == *expected => Ok(Step::Done),
            Some(said) if said.algorithm() == expected.algorithm() => {
                Err(self.broken_rule(format!("the upload of {expected} became {said}")))
            }
            Some(said) if self.remote.has_blob(expected).await?.is_none() => {
                Err(self.other_algorithm(Some(format!("it is there as {said}"))))
            }
            _ => Ok(Step::Done),
        }
    }

    /// The registry took a chunk, or as much of it as it says.
    fn took(&mut self, answer: &Answer, length: u64) -> Result<Step, Error> {
        let sent = self.sent + length;
        let has = answer.header(RANGE.as_str()).and_then(received);
        self.follow(answer)?;
        match has {
            Some(has) if has > sent || has <= self.sent => return Ok(Step::Lost(answer.status)),
            Some(has) => self.sent = has,
            None => self.sent = sent,
        }
        self.progressed();
        Ok(Step::On)
    }

    /// Asks what the registry has of the upload. Whether it can go on from there.
    async fn resume(&mut self) -> Result<bool, Error> {
        let subject = self.subject();
        let place = self.upload.place();
        let ask = self.remote.ask_upload(Method::GET, place, subject);
        let answer = self
            .remote
            .fetch(&ask, MAX_REFUSAL, &mut self.retries)
            .await?;
        let has = answer.header(RANGE.as_str()).and_then(received);
        let has = has.filter(|has| *has <= self.blob.size);
        let (200..=204, Some(has)) = (answer.status, has) else {
            return Ok(false);
        };
        self.follow(&answer)?;
        self.sent = has;
        self.straight = false;
        self.progressed();
        Ok(true)
    }

    /// Begins another upload, unless the repository has the blob: then the last answer is all
    /// that was lost.
    async fn restart(&mut self) -> Result<bool, Error> {
        if self.remote.has_blob(&self.blob.digest).await? == Some(self.blob.size) {
            return Ok(true);
        }
        let upload = self.remote.open_upload().await?;
        std::mem::replace(&mut self.upload, upload).cancel().await;
        (self.sent, self.straight) = (0, true);
        self.lost += 1;
        if self.lost >= LOST_WHOLE {
            self.chunk = Some(self.chunk.unwrap_or(CHUNK).min(CHUNK));
        }
        Ok(false)
    }

    /// Smaller requests, where the registry or a proxy does not take this one.
    fn shrink(&mut self, request: &Request, answer: &Answer) -> Result<(), Error> {
        let least = LEAST_CHUNK.max(self.upload.least_chunk);
        if request.length <= least {
            return Err(answer.refused(&request.ask.subject));
        }
        self.chunk = Some((request.length / 4).clamp(least, CHUNK.max(least)));
        Ok(())
    }

    fn progressed(&mut self) {
        if self.sent > self.most {
            self.most = self.sent;
            self.retries.progressed();
        }
    }

    async fn pause(&mut self, ask: &Ask, cause: Cause) -> Result<(), Error> {
        let paused = self.retries.pause(&ask.name(), cause).await;
        paused.map_err(|source| ask.failed(source))
    }

    /// Goes on where an answer says.
    fn follow(&mut self, answer: &Answer) -> Result<(), Error> {
        let place = self.remote.location(answer);
        let place = place.map_err(|bad| damaged(self.subject(), bad))?;
        if let Some(place) = place {
            self.upload.moved(place);
        }
        Ok(())
    }

    fn subject(&self) -> String {
        self.remote.named_blob(&self.blob.digest)
    }

    fn unreadable(&self, source: super::content::ReadError) -> Error {
        Error::Source {
            subject: self.subject(),
            source,
        }
    }

    fn broken_rule(&self, what: String) -> Error {
        damaged(self.subject(), BadContent::Answer(what))
    }

    fn corrupt(&self, answer: &Answer) -> Error {
        let said = answer.said().message;
        match self.blob.digest.algorithm() {
            Algorithm::Sha256 => Error::Corrupt {
                subject: self.subject(),
                said,
            },
            _ => self.other_algorithm(said),
        }
    }

    fn other_algorithm(&self, said: Option<String>) -> Error {
        Error::Algorithm {
            subject: self.subject(),
            said,
        }
    }
}

/// A failure that an answer with this status was.
fn status(status: u16) -> Cause {
    Cause::Status {
        status,
        retry_after: None,
        said: None,
    }
}
