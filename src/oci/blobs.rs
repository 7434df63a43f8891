//! Blobs of a repository: whether they are there, and what is in them.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};

use super::byte_range::{number, part};
use super::content::{Chunks, Content, ReadError};
use super::descriptor::Descriptor;
use super::digest::Digest;
use super::download::Download;
use super::error::{BadContent, Error};
use super::exchange::Ask;
use super::manifests::damaged;
use super::marks::Marks;
use super::remote::Remote;
use super::rights::Right;

impl Remote {
    /// The size of a blob, if the repository has it. One request; one more, for a single byte,
    /// where the answer has no size.
    ///
    /// # Errors
    /// As all requests.
    pub async fn has_blob(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        let ask = self.blob_ask(Method::HEAD, digest);
        let answer = self.fetch(&ask, 0, &mut self.retries()).await?;
        match answer.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(answer.refused(&ask.subject)),
        }
        if let Some(size) = answer.length() {
            return Ok(Some(size));
        }
        let ask = self
            .blob_ask(Method::GET, digest)
            .header(RANGE, "bytes=0-0");
        let sent = self.send(&ask, self.retries().budget()).await?;
        let size = match sent.reply.status {
            200 => sent.reply.header(CONTENT_LENGTH.as_str()).and_then(number),
            206 => sent
                .reply
                .header(CONTENT_RANGE.as_str())
                .and_then(part)
                .and_then(|part| part.total),
            404 => return Ok(None),
            // Nothing has no first byte.
            416 => Some(0),
            _ => return Err(sent.refusal().await.refused(&ask.subject)),
        };
        let unknown = || BadContent::Answer("the size is not said".to_owned());
        let size = size.ok_or_else(|| damaged(ask.subject, unknown()))?;
        Ok(Some(size))
    }

    /// The content of a blob. Nothing is asked before it is opened; when the connection breaks
    /// the rest is asked for (`Range`), within the budget.
    ///
    /// What comes is checked against digest and size, also when it is opened again from the
    /// middle on: the last piece is given only when everything was right, so that nobody ever
    /// has all of a wrong blob.
    pub fn blob(&self, blob: &Descriptor) -> impl Content + 'static {
        Blob {
            remote: self.clone(),
            descriptor: blob.clone(),
            marks: Arc::default(),
        }
    }

    /// A request for a blob.
    pub(super) fn blob_ask(&self, method: Method, digest: &Digest) -> Ask {
        let path = format!("blobs/{digest}");
        let subject = self.named_blob(digest);
        self.ask(method, &path, self.right(Right::Pull), subject)
    }
}

/// A blob of a registry.
struct Blob {
    remote: Remote,
    descriptor: Descriptor,
    marks: Arc<Mutex<Marks>>,
}

impl Content for Blob {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        Box::pin(async move {
            let (remote, marks) = (self.remote.clone(), Arc::clone(&self.marks));
            let download = Download::start(remote, self.descriptor.clone(), marks, from).await;
            let download = download.map_err(unreadable)?;
            let pieces = stream::try_unfold(download, |mut download| async move {
                let piece = download.next().await.map_err(unreadable)?;
                Ok(piece.map(|piece| (piece, download)))
            });
            Ok(pieces.boxed())
        })
    }
}

fn unreadable(error: Error) -> ReadError {
    ReadError(Box::new(error))
}
