//! Tags, versions, images and repositories of Artifact Registry: removed, and made.

use reqwest::Method;
use serde_json::json;

use super::Image;
use super::fault;
use super::foresight::is_protected;
use super::service::{Ended, SERVICE, Service};
use crate::oci::{self, Digest, Tag, Target};
use crate::registry::{Created, Error, Refusal, Why};

/// The code of a manifest that has tags.
const TAGGED: &str = "GOOGLE_MANIFEST_DANGLING_TAG";

/// Codes of the distribution API by which Google keeps a manifest: a tag names it, an index lists
/// it, or a manifest has it as its subject.
const IN_USE: [&str; 3] = [
    TAGGED,
    "GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE",
    "GOOGLE_MANIFEST_REFERRING_MANIFEST",
];

/// What can be done about a manifest that is needed.
const WHY_IN_USE: &str = "an index lists it, or another manifest is attached to it: delete that \
                          first";

/// What can be done about a manifest that has tags.
const WHY_TAGGED: &str = "it has tags: remove them first, or log in with an access token (user \
                          oauth2accesstoken) or a key (user _json_key), by which Google deletes \
                          it with its tags";

/// What can be done about a tag that is kept.
pub(super) const WHY_PROTECTED: &str = "the repository has immutable tags, which are neither moved nor \
                             deleted: switch that off there, or delete the whole image";

impl Image {
    /// Removes a tag; by the distribution API where nobody is known to Google's own.
    pub(super) async fn untag_one(&self, tag: &Tag) -> Result<bool, Error> {
        self.check_writable("delete a tag")?;
        let Some((service, name, package)) = self.package() else {
            return self.delete_by(&Target::Tag(tag.clone())).await;
        };
        let subject = self.base.remote().repository().tagged(tag.clone());
        let path = [&name.repository, "packages", package, "tags", tag.as_str()];
        let path = name.segments(&path);
        let ask = service.ask(Method::DELETE, &path, subject.to_string());
        let answer = service.send(&ask).await?;
        if answer.status == 200 {
            return Ok(true);
        }
        match fault::refused(&answer, "artifactregistry.tags.delete") {
            error if fault::is_missing(&error) => Ok(false),
            error if fault::is_kept(&error) => Err(fault::protected(error, WHY_PROTECTED)),
            error => Err(error),
        }
    }

    /// Removes a manifest with its tags, in one operation.
    pub(super) async fn delete_all(&self, digest: &Digest) -> Result<bool, Error> {
        self.check_writable("delete a manifest")?;
        let Some((service, name, package)) = self.package() else {
            return self.delete_by(&Target::Digest(digest.clone())).await;
        };
        let subject = self.base.remote().repository().at(digest.clone());
        let version = digest.to_string();
        let path = [&name.repository, "packages", package, "versions", &version];
        let path = name.segments(&path);
        let mut ask = service.ask(Method::DELETE, &path, subject.to_string());
        ask.url.query_pairs_mut().append_pair("force", "true");
        let needs = "artifactregistry.versions.delete";
        match service.operate(&ask, needs).await {
            Ok(_) => Ok(true),
            Err(error) if fault::is_missing(&error) => Ok(false),
            // Which of the two it is Google says in words only.
            Err(error) if fault::is_kept(&error) => {
                Err(match is_protected(service, name, package, digest).await {
                    Ok(true) => fault::protected(error, WHY_PROTECTED),
                    _ => fault::advised(error, WHY_IN_USE),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Removes a tag or a manifest by the distribution API, which keeps manifests that have tags.
    async fn delete_by(&self, target: &Target) -> Result<bool, Error> {
        match self.base.remote().delete(target).await {
            Err(oci::Error::Refused {
                subject,
                status,
                codes,
                said,
            }) if codes.iter().any(|code| IN_USE.contains(&code.as_str())) => {
                let advice = match codes.iter().any(|code| code == TAGGED) {
                    true => WHY_TAGGED,
                    false => WHY_IN_USE,
                };
                Err(Error::Refused(Refusal {
                    subject,
                    service: SERVICE.to_owned(),
                    status,
                    why: Why::InUse,
                    said,
                    advice: Some(advice.to_owned()),
                }))
            }
            done => Ok(done?),
        }
    }

    /// What a removal of all is: of the image; of the repository that holds it only where the path
    /// names nothing else. With the permission that it takes.
    pub(super) fn removable(&self) -> Result<(&Service, Vec<&str>, &'static str), Error> {
        self.check_writable("delete a repository")?;
        let unsupported = |instead| Error::Unsupported {
            subject: self.subject(),
            what: "delete this repository",
            instead,
        };
        let Some((service, name)) = &self.rest else {
            return Err(unsupported("delete all its images; the empty name stays"));
        };
        let repository = name.repository.as_str();
        let (path, needs) = match &name.package {
            Some(package) => (
                vec![repository, "packages", package],
                "artifactregistry.packages.delete",
            ),
            // All images of a project are not named by the project's name alone.
            None if repository.ends_with("gcr.io") => {
                return Err(unsupported("name an image of the project"));
            }
            None => (vec![repository], "artifactregistry.repositories.delete"),
        };
        Ok((service, name.segments(&path), needs))
    }

    /// Removes all that the path names.
    pub(super) async fn remove_all(&self) -> Result<bool, Error> {
        let (service, path, needs) = self.removable()?;
        let ask = service.ask(Method::DELETE, &path, self.subject());
        match service.operate(&ask, needs).await {
            Ok(_) => Ok(true),
            Err(error) if fault::is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes the repository that holds the image.
    pub(super) async fn create_repository(&self) -> Result<Created, Error> {
        self.check_writable("make a repository")?;
        let Some((service, name)) = &self.rest else {
            return Ok(Created::ByPush);
        };
        let mut ask = service.ask(Method::POST, &name.segments(&[]), self.subject());
        ask.url
            .query_pairs_mut()
            .append_pair("repositoryId", &name.repository);
        let ask = ask.json(&json!({"format": "DOCKER"}));
        let needs = "artifactregistry.repositories.create";
        Ok(match service.operate(&ask, needs).await? {
            Ended::Done => Created::Made,
            Ended::Existed => Created::Existed,
        })
    }

    pub(super) fn check_writable(&self, what: &'static str) -> Result<(), Error> {
        match self.is_read_only {
            true => Err(Error::Unsupported {
                subject: self.subject(),
                what,
                instead: "Google keeps it for everybody to read",
            }),
            false => Ok(()),
        }
    }
}
