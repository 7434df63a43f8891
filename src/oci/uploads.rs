//! Uploads of blobs: begun, and given up.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::LOCATION;

use super::content::Content;
use super::descriptor::Descriptor;
use super::digest::{Algorithm, Digest};
use super::error::{BadContent, Error};
use super::exchange::{Answer, Ask};
use super::lanes;
use super::location::{Place, resolve};
use super::manifests::{damaged, said_digest};
use super::open_uploads::Upload;
use super::reference::Repository;
use super::remote::Remote;
use super::rights::Right;
use super::sending::Sending;
use super::session::Attempt;
use crate::http::MAX_REFUSAL;

/// The smallest chunk that the registry takes (OCI distribution specification, "Pushing a blob in
/// chunks").
const CHUNK_MIN_LENGTH: &str = "oci-chunk-min-length";

/// How long to wait for what is still on its way to an upload that is given up.
const ARRIVING: Duration = Duration::from_millis(100);

/// How an upload began.
pub enum Started {
    /// It ended too: the repository has the blob.
    Present,
    /// Its content is to be sent.
    Open(Upload),
}

impl Remote {
    /// Begins to upload a blob, if it is not there. One request: the mount of `digest` `from`
    /// a repository of this registry, which may be this one itself. Where mounting is not
    /// offered or not allowed, one more, which does not look. By another algorithm than sha256
    /// nothing is mounted, but looked for: distribution (2.8 and 3.1) answers such a mount with
    /// 201, and from then on the blob is 404, also where it was readable before.
    ///
    /// # Errors
    /// As all requests.
    pub async fn start_upload(&self, digest: &Digest, from: &Repository) -> Result<Started, Error> {
        if digest.algorithm() != Algorithm::Sha256 {
            return match self.has_blob(digest).await? {
                Some(_) => Ok(Started::Present),
                None => Ok(Started::Open(self.open_upload().await?)),
            };
        }
        let (own, other) = (self.repository(), from.path());
        if from.registry() != own.registry() {
            return Ok(Started::Open(self.open_upload().await?));
        }
        let rights = self.right(Right::Push).with_source(other);
        let subject = self.named_blob(digest);
        let mut ask = self
            .ask(Method::POST, "blobs/uploads/", rights, subject)
            .lane(lanes::of_mount(from == own));
        let mount = [("mount", digest.to_string()), ("from", other.to_owned())];
        ask.url.query_pairs_mut().extend_pairs(mount);
        let answer = match self.fetch(&ask, MAX_REFUSAL, &mut self.retries()).await {
            Ok(answer) => answer,
            // Not allowed to read the other one, which is no reason not to write here.
            Err(Error::Denied { .. } | Error::Auth(_)) if from != own => {
                return Ok(Started::Open(self.open_upload().await?));
            }
            Err(error) => return Err(error),
        };
        match answer.status {
            201 => mounted(&answer, digest).map_err(|bad| damaged(ask.subject, bad)),
            202 => self.opened(&answer, &ask).map(Started::Open),
            400 | 404 | 405 => Ok(Started::Open(self.open_upload().await?)),
            _ => Err(answer.refused(&ask.subject)),
        }
    }

    /// Begins to upload a blob without looking whether it is there. One request.
    ///
    /// # Errors
    /// As all requests.
    pub async fn open_upload(&self) -> Result<Upload, Error> {
        let subject = self.repository().to_string();
        let rights = self.right(Right::Push);
        // The connection that it opens carries the content afterwards.
        let ask = self
            .ask(Method::POST, "blobs/uploads/", rights, subject)
            .lane(lanes::UPLOAD);
        let answer = self.fetch(&ask, MAX_REFUSAL, &mut self.retries()).await?;
        match answer.status {
            202 => self.opened(&answer, &ask),
            _ => Err(answer.refused(&ask.subject)),
        }
    }

    /// Sends a blob's content to an upload and completes it: one streaming PUT first, chunks
    /// where that fails. When the upload breaks, what the registry has of it is asked for, and
    /// the rest sent, or a new one opened; when it may have been completed, that is looked up.
    ///
    /// # Errors
    /// As all requests; the content cannot be read; the registry says that the content is not
    /// that of the digest. The upload is cancelled then.
    pub async fn upload(
        &self,
        upload: Upload,
        blob: &Descriptor,
        content: &dyn Content,
    ) -> Result<(), Error> {
        Sending::new(self, upload, blob, content).run().await
    }

    /// Gives an upload up.
    pub async fn cancel(&self, upload: Upload) {
        upload.cancel().await;
    }

    /// Tells the registry that an upload is given up. It may know that already.
    ///
    /// Distribution 3 takes the address of an upload only until it has got more of it (416), and
    /// says the new one when asked; what was on its way may go on arriving for a while. 2.8 has
    /// lost the upload by then (404), and keeps its bytes until it purges them itself.
    pub(super) async fn abandon(&self, mut place: Place) {
        while self.discard(&place).await == Some(416) {
            tokio::time::sleep(ARRIVING).await;
            let ask = self.ask_upload(Method::GET, &place, self.repository().to_string());
            let answer = self.fetch(&ask, MAX_REFUSAL, &mut self.retries()).await;
            match answer.ok().map(|answer| self.location(&answer)) {
                Some(Ok(Some(moved))) => place = moved,
                _ => return,
            }
        }
    }

    /// What the registry answers when it is to discard the upload at `place`.
    async fn discard(&self, place: &Place) -> Option<u16> {
        let ask = self.ask_upload(Method::DELETE, place, self.repository().to_string());
        match self.attempt(&ask, self.retries().budget()).await {
            Ok(Attempt::Answered(sent)) => Some(sent.reply.status),
            _ => None,
        }
    }

    /// A request about an open upload.
    pub(super) fn ask_upload(&self, method: Method, place: &Place, subject: String) -> Ask {
        let rights = self.right(Right::Push);
        let mut ask = self
            .ask_at(method, place.url.clone(), rights, subject)
            .lane(lanes::UPLOAD);
        if !place.ours {
            ask.scopes.clear();
        }
        ask
    }

    /// Where an answer says that an upload goes on; nowhere else when it does not say so.
    ///
    /// # Errors
    /// An address where it must not go on.
    pub(super) fn location(&self, answer: &Answer) -> Result<Option<Place>, BadContent> {
        let Some(location) = answer.header(LOCATION.as_str()) else {
            return Ok(None);
        };
        let place = resolve(&answer.url, location)
            .filter(|place| place.ours || self.home().client.permits(&place.url));
        // The query may be a signature.
        let shown = location.split('?').next().unwrap_or_default();
        let shown: String = shown.chars().take(MAX_SHOWN).collect();
        let bad = || BadContent::Answer(format!("an upload that goes on at {shown:?}"));
        place.map(Some).ok_or_else(bad)
    }

    fn opened(&self, answer: &Answer, ask: &Ask) -> Result<Upload, Error> {
        let bad = |source| damaged(ask.subject.clone(), source);
        let nowhere = || {
            bad(BadContent::Answer(
                "an upload without a Location".to_owned(),
            ))
        };
        let place = self.location(answer).map_err(bad)?.ok_or_else(nowhere)?;
        let least = answer.header(CHUNK_MIN_LENGTH);
        let least = least.and_then(|text| text.trim().parse().ok());
        Ok(Upload::opened(self, place, least.unwrap_or(0)))
    }
}

/// How much of an address is shown, in characters.
const MAX_SHOWN: usize = 200;

/// A mount was made; of the blob that was asked for, if the registry says of which.
fn mounted(answer: &Answer, digest: &Digest) -> Result<Started, BadContent> {
    match said_digest(answer) {
        Some(said) if said.algorithm() == digest.algorithm() && said != *digest => {
            Err(BadContent::Answer(format!("a mount of {said}")))
        }
        _ => Ok(Started::Present),
    }
}
