//! Manifests of a repository: looked at, got, put, deleted.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::digest::{Digest, Hasher, Mismatch};
use super::error::{BadContent, Error};
use super::exchange::{Answer, Ask};
use super::manifest::{BadManifest, MAX_MANIFEST, Manifest};
use super::media_type;
use super::reference::Target;
use super::refusal::code;
use super::remote::Remote;
use super::rights::Right;
use crate::http::{Body, MAX_REFUSAL};

/// The digest of what was answered (OCI distribution specification, "Pulling manifests").
const CONTENT_DIGEST: &str = "docker-content-digest";

/// The subject that a registry took note of ("Pushing Manifests with Subject").
const OCI_SUBJECT: &str = "oci-subject";

/// What a HEAD says of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its digest; when the registry does not say it, it is computed from the manifest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its size, in bytes, if that was said.
    pub size: Option<u64>,
}

/// What became of a manifest that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Whether the registry lists it among the referrers of its subject by itself
    /// (`OCI-Subject`). True for a manifest without a subject.
    pub listed: bool,
    /// Whether the tag named this very manifest already, and may not be written again
    /// (an immutable tag).
    pub unchanged: bool,
}

impl Remote {
    /// What the registry says about a manifest; `None` when there is none. One request; a GET
    /// more where the answer has no digest or no media type.
    ///
    /// # Errors
    /// As all requests; for a digest the registry names another one.
    pub async fn head(&self, target: &Target) -> Result<Option<Head>, Error> {
        let ask = self.manifest_ask(Method::HEAD, target, Right::Pull);
        let answer = self.fetch(&ask, 0, &mut self.retries()).await?;
        match answer.status {
            200 => {}
            404 => return Ok(None),
            405 | 501 => return Ok(self.manifest(target).await?.as_ref().map(Head::of)),
            _ => return Err(answer.refused(&ask.subject)),
        }
        let media_type = answer
            .header(CONTENT_TYPE.as_str())
            .map(media_type::essence);
        let (Some(digest), Some(media_type)) = (said_digest(&answer), media_type) else {
            return Ok(self.manifest(target).await?.as_ref().map(Head::of));
        };
        if let Target::Digest(asked) = target
            && digest.algorithm() == asked.algorithm()
            && digest != *asked
        {
            return Err(damaged(ask.subject, other(asked.clone(), digest)));
        }
        Ok(Some(Head {
            digest,
            media_type,
            size: answer.length(),
        }))
    }

    /// A manifest, checked against its digest; `None` when there is none. One request.
    ///
    /// # Errors
    /// As all requests; what came is not what the digest (asked for, or of
    /// `Docker-Content-Digest`) says, or is no manifest.
    pub async fn manifest(&self, target: &Target) -> Result<Option<Manifest>, Error> {
        let ask = self.manifest_ask(Method::GET, target, Right::Pull);
        let answer = self.fetch(&ask, MAX_MANIFEST, &mut self.retries()).await?;
        match answer.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(answer.refused(&ask.subject)),
        }
        let damaged = |source| damaged(ask.subject.clone(), source);
        let bytes = answer.body.clone();
        let bytes = bytes.ok_or_else(|| damaged(BadManifest::TooLong.into()))?;
        let expected = match target {
            Target::Digest(asked) => Some(asked.clone()),
            Target::Tag(_) => said_digest(&answer),
        };
        let digest = match expected {
            Some(expected) => {
                let found = digest_as(&expected, &bytes);
                if found != expected {
                    return Err(damaged(other(expected, found)));
                }
                expected
            }
            None => Digest::of(&bytes),
        };
        let media_type = answer.header(CONTENT_TYPE.as_str());
        let manifest = Manifest::parse(bytes, digest, media_type);
        Ok(Some(manifest.map_err(|error| damaged(error.into()))?))
    }

    /// Puts a manifest under a tag or under its digest. One request. Where its subject's
    /// referrers have to be listed by the client, that is the caller's work. A tag that may not
    /// be written, and names this manifest already, is looked up, and is no error.
    ///
    /// # Errors
    /// As all requests; the registry says that it stored something else.
    pub async fn put_manifest(
        &self,
        target: &Target,
        manifest: &Manifest,
    ) -> Result<Stored, Error> {
        let mut ask = self.manifest_ask(Method::PUT, target, Right::Push);
        ask.headers.remove(ACCEPT);
        let mut ask = ask.header(CONTENT_TYPE, manifest.media_type());
        ask.body = Body::Bytes(manifest.bytes().clone());
        let stored = self.fetch(&ask, MAX_REFUSAL, &mut self.retries()).await;
        let refused = match stored {
            Ok(answer) if matches!(answer.status, 200..=204) => {
                return stored_as(&answer, manifest).map_err(|bad| damaged(ask.subject, bad));
            }
            Ok(answer) => answer.refused(&ask.subject),
            Err(error) => error,
        };
        if matches!(target, Target::Tag(_)) && may_be_immutable(&refused) {
            let there = self.head(target).await.ok().flatten();
            if there.is_some_and(|head| head.digest == *manifest.digest()) {
                return Ok(Stored {
                    listed: manifest.subject.is_none(),
                    unchanged: true,
                });
            }
        }
        Err(refused)
    }

    /// Deletes a tag, or a manifest with all its tags; `false` when it was not there.
    ///
    /// # Errors
    /// As all requests; [`Error::Refused`] with status 400 or 405 where the registry cannot.
    pub async fn delete(&self, target: &Target) -> Result<bool, Error> {
        let mut ask = self.manifest_ask(Method::DELETE, target, Right::Delete);
        ask.headers.remove(ACCEPT);
        let (answer, repeated) = self
            .fetch_once(&ask, MAX_REFUSAL, &mut self.retries())
            .await?;
        match answer.status {
            200..=204 => Ok(true),
            404 if repeated => Ok(true),
            404 if names_what_is_missing(&answer) => Ok(false),
            // No such manifest, or no such endpoint: whether the manifest is there decides.
            404 if self.head(target).await?.is_none() => Ok(false),
            404 => Err(Error::Refused {
                subject: ask.subject,
                status: 404,
                codes: Vec::new(),
                said: Some("it cannot be deleted here".to_owned()),
            }),
            _ => Err(answer.refused(&ask.subject)),
        }
    }

    fn manifest_ask(&self, method: Method, target: &Target, right: Right) -> Ask {
        let path = format!("manifests/{target}");
        let subject = self.named(target);
        self.ask(method, &path, self.right(right), subject)
            .header(ACCEPT, media_type::ACCEPT)
    }
}

impl Head {
    fn of(manifest: &Manifest) -> Self {
        Self {
            digest: manifest.digest().clone(),
            media_type: manifest.media_type().to_owned(),
            size: Some(manifest.bytes().len() as u64),
        }
    }
}

/// What the registry says it stored, if that is what was sent.
fn stored_as(answer: &Answer, manifest: &Manifest) -> Result<Stored, BadContent> {
    if let Some(said) = said_digest(answer) {
        let sent = digest_as(&said, manifest.bytes());
        if said != sent {
            return Err(other(sent, said));
        }
    }
    let subject = manifest.subject.as_ref().map(|subject| &subject.digest);
    let noted = answer
        .header(OCI_SUBJECT)
        .and_then(|text| text.parse().ok());
    Ok(Stored {
        listed: subject.is_none_or(|subject| noted.as_ref() == Some(subject)),
        unchanged: false,
    })
}

/// `Docker-Content-Digest`; one that is no digest counts as absent.
pub(super) fn said_digest(answer: &Answer) -> Option<Digest> {
    answer.header(CONTENT_DIGEST)?.parse().ok()
}

/// The digest of `bytes` by the algorithm of another one.
fn digest_as(like: &Digest, bytes: &Bytes) -> Digest {
    let mut hasher = Hasher::new(like.algorithm());
    hasher.update(bytes);
    hasher.finish()
}

fn other(expected: Digest, found: Digest) -> BadContent {
    Mismatch::Digest { expected, found }.into()
}

pub(super) fn damaged(subject: String, source: BadContent) -> Error {
    Error::Content { subject, source }
}

/// Whether a refusal of a tag may be one of a rule that tags do not move: ECR says 400 with a
/// code of its own, Harbor 412, Azure 405, GitLab 401, Quay 400 or 403, Artifactory 403.
fn may_be_immutable(error: &Error) -> bool {
    match error {
        Error::Denied { status, .. } => *status == 403,
        Error::Refused { status, codes, .. } => {
            let other = [code::MANIFEST_BLOB_UNKNOWN, code::MANIFEST_INVALID];
            matches!(status, 400 | 401 | 405 | 409 | 412)
                && !codes.iter().any(|code| other.contains(&code.as_str()))
        }
        _ => false,
    }
}

/// Whether a 404 is about the manifest or its repository.
fn names_what_is_missing(answer: &Answer) -> bool {
    let missing = [code::MANIFEST_UNKNOWN, code::NAME_UNKNOWN];
    let said = answer.said();
    said.codes
        .iter()
        .any(|code| missing.contains(&code.as_str()))
}
