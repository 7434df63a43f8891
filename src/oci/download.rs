//! A blob on its way in: checked, and asked for again from where it broke off.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};

use super::byte_range;
use super::descriptor::Descriptor;
use super::digest::{Mismatch, Verifier};
use super::error::{BadContent, Error};
use super::exchange::Sent;
use super::lanes;
use super::manifests::damaged;
use super::marks::Marks;
use super::remote::Remote;
use super::retries::Retries;
use crate::http::{Cause, Reply};

/// How many bytes must have come since the last break for the whole budget to be there again.
const PROGRESS: u64 = 1024 * 1024;

/// A blob that is being read.
pub(super) struct Download {
    remote: Remote,
    blob: Descriptor,
    marks: Arc<Mutex<Marks>>,
    /// Where what is given out begins; before that, bytes are only checked.
    from: u64,
    verifier: Verifier,
    reply: Reply,
    /// How many bytes of the reply were seen before.
    skip: u64,
    retries: Retries,
    /// Where the reply began.
    began: u64,
    done: bool,
}

impl Download {
    /// Asks for the blob, from the last offset on before `from` whose state is known.
    pub(super) async fn start(
        remote: Remote,
        blob: Descriptor,
        marks: Arc<Mutex<Marks>>,
        from: u64,
    ) -> Result<Self, Error> {
        let known = marks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .before(from);
        let verifier = known.unwrap_or_else(|| Verifier::new(blob.digest.clone(), Some(blob.size)));
        let retries = remote.retries();
        let (reply, skip) = request(&remote, &blob, verifier.seen(), &retries).await?;
        Ok(Self {
            began: verifier.seen(),
            remote,
            blob,
            marks,
            from,
            verifier,
            reply,
            skip,
            retries,
            done: false,
        })
    }

    /// The next piece; the last one only when everything was right.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.done {
            let mut piece = Bytes::new();
            if self.verifier.seen() < self.blob.size {
                piece = self.receive().await?;
                self.update(&piece)?;
            }
            if self.verifier.seen() == self.blob.size {
                self.finish().await?;
            }
            let before = self
                .from
                .saturating_sub(self.verifier.seen() - piece.len() as u64);
            piece.advance(
                piece
                    .len()
                    .min(usize::try_from(before).unwrap_or(usize::MAX)),
            );
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    fn update(&mut self, piece: &[u8]) -> Result<(), Error> {
        if let Err(mismatch) = self.verifier.update(piece) {
            return Err(self.damaged(mismatch));
        }
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.note(&self.verifier);
        Ok(())
    }

    /// The verdict on everything. What follows the last byte is looked at: an end lets the
    /// connection be used again, more bytes are too many, and a connection that breaks after
    /// the last byte harms nobody.
    async fn finish(&mut self) -> Result<(), Error> {
        self.done = true;
        while let Ok(Some(more)) = self.reply.chunk().await {
            self.update(&more)?;
        }
        let verdict = self.verifier.clone().finish();
        verdict.map_err(|mismatch| self.damaged(mismatch))
    }

    /// The next bytes that were not seen before, of as many requests as it takes.
    async fn receive(&mut self) -> Result<Bytes, Error> {
        loop {
            let cause = match self.reply.chunk().await {
                Ok(Some(mut piece)) => {
                    let seen = self.skip.min(piece.len() as u64);
                    self.skip -= seen;
                    piece.advance(usize::try_from(seen).unwrap_or_default());
                    if piece.is_empty() {
                        continue;
                    }
                    return Ok(piece);
                }
                Ok(None) => Cause::Broken("the body ended early".to_owned()),
                Err(cause) => cause,
            };
            self.resume(cause).await?;
        }
    }

    async fn resume(&mut self, cause: Cause) -> Result<(), Error> {
        let at = self.verifier.seen();
        if at >= self.began.saturating_add(PROGRESS) {
            self.retries.progressed();
        }
        let ask = self.remote.blob_ask(Method::GET, &self.blob.digest);
        let paused = self.retries.pause(&ask.name(), cause).await;
        paused.map_err(|source| ask.failed(source))?;
        (self.reply, self.skip) = request(&self.remote, &self.blob, at, &self.retries).await?;
        self.began = at;
        Ok(())
    }

    fn damaged(&self, mismatch: Mismatch) -> Error {
        damaged(self.remote.named_blob(&self.blob.digest), mismatch.into())
    }
}

/// Asks for a blob from an offset on. Gives the answer, and how many bytes at its beginning lie
/// before the offset: all of them where `Range` is ignored.
async fn request(
    remote: &Remote,
    blob: &Descriptor,
    at: u64,
    retries: &Retries,
) -> Result<(Reply, u64), Error> {
    let rest = blob.size.saturating_sub(at);
    let mut ask = remote
        .blob_ask(Method::GET, &blob.digest)
        .lane(lanes::of_download(rest));
    // Nothing is left of an empty rest that could be asked for.
    if at > 0 && rest > 0 {
        ask = ask.header(RANGE, &format!("bytes={at}-"));
    }
    let sent = remote.send(&ask, retries.budget()).await?;
    match sent.reply.status {
        200 => whole(sent, blob, at).map_err(|bad| damaged(ask.subject, bad)),
        206 => partial(sent, blob, at).map_err(|bad| damaged(ask.subject, bad)),
        _ => Err(sent.refusal().await.refused(&ask.subject)),
    }
}

fn whole(sent: Sent, blob: &Descriptor, at: u64) -> Result<(Reply, u64), BadContent> {
    let length = sent.reply.header(CONTENT_LENGTH.as_str());
    let length = length.and_then(byte_range::number);
    match length.filter(|length| *length != blob.size) {
        Some(found) => Err(wrong_size(blob, found)),
        None => Ok((sent.reply, at)),
    }
}

fn partial(sent: Sent, blob: &Descriptor, at: u64) -> Result<(Reply, u64), BadContent> {
    let written = sent.reply.header(CONTENT_RANGE.as_str());
    let Some(range) = written.and_then(byte_range::part) else {
        return Err(BadContent::Answer(
            "a part without Content-Range".to_owned(),
        ));
    };
    if let Some(total) = range.total.filter(|total| *total != blob.size) {
        return Err(wrong_size(blob, total));
    }
    if range.first > at {
        return Err(BadContent::Answer(format!(
            "the part from byte {} on in place of that from {at} on",
            range.first
        )));
    }
    Ok((sent.reply, at - range.first))
}

fn wrong_size(blob: &Descriptor, found: u64) -> BadContent {
    let mismatch = Mismatch::Size {
        digest: blob.digest.clone(),
        expected: blob.size,
        found,
    };
    mismatch.into()
}
