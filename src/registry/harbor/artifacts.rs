//! What is changed at Harbor: tags, artifacts, repositories, projects.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Repository;
use crate::oci::{self, Digest, Tag, Target};
use crate::registry::api::Ask;
use crate::registry::brand::Created;
use crate::registry::error::Error;
use crate::registry::refusal::Why;

/// What is read of an artifact.
#[derive(Deserialize)]
struct Artifact {
    digest: Digest,
}

impl Repository {
    /// Removes a tag from the artifact that it names now: one that is moved meanwhile is not the
    /// tag that was meant, and Harbor does not find it there.
    pub(super) async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        let subject = self.base.remote().repository().tagged(tag.clone());
        let subject = subject.to_string();
        let url = self.url(&["artifacts", tag.as_str()]);
        let found = self.api.send(&Ask::new(Method::GET, url, &subject)).await?;
        let digest = match found.status {
            200 => found.json::<Artifact>()?.digest.to_string(),
            404 => {
                let target = Target::Tag(tag.clone());
                return self.is_gone(&target, found.refused(None)).await;
            }
            _ => return Err(self.refused(&found, "the permission to read artifacts")),
        };
        let url = self.url(&["artifacts", &digest, "tags", tag.as_str()]);
        let ask = Ask::new(Method::DELETE, url.clone(), &subject);
        let removed = self.api.send(&ask).await?;
        match removed.status {
            200..=204 => Ok(true),
            404 => {
                let url = self.url(&["artifacts", tag.as_str()]);
                let ask = Ask::new(Method::GET, url, &subject);
                match self.api.send(&ask).await?.status {
                    // It has been removed, by us in a try whose answer was lost, or by others.
                    404 => Ok(true),
                    200 => Err(Error::Moved { subject }),
                    _ => Err(self.refused(&removed, "the permission to read artifacts")),
                }
            }
            _ => Err(self.refused(&removed, "the permission to delete tags")),
        }
    }

    /// Removes an artifact, by its digest: what is named by a tag goes with all its tags too.
    pub(super) async fn remove_artifact(&self, digest: &Digest) -> Result<bool, Error> {
        let subject = self.base.remote().repository().at(digest.clone());
        let url = self.url(&["artifacts", &digest.to_string()]);
        let ask = Ask::new(Method::DELETE, url, subject.to_string());
        let answer = self.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => {
                let target = Target::Digest(digest.clone());
                self.is_gone(&target, answer.refused(None)).await
            }
            _ => Err(self.refused(&answer, "the permission to delete artifacts")),
        }
    }

    /// Whether Harbor's 404 says that something is gone, and not that its API may not be asked
    /// for it, or is another one: the registry is asked too.
    async fn is_gone(&self, target: &Target, refused: Error) -> Result<bool, Error> {
        match self.base.remote().head(target).await? {
            None => Ok(false),
            Some(_) => Err(refused),
        }
    }

    /// Makes the project, in which the first push makes the repository.
    pub(super) async fn create_project(&self) -> Result<Created, Error> {
        let mut url = self.api.url(&["projects"]);
        url.query_pairs_mut()
            .append_pair("project_name", &self.project);
        let ask = Ask::new(Method::HEAD, url, &self.subject);
        if self.api.send(&ask).await?.status == 200 {
            return Ok(Created::Existed);
        }
        let project = json!({"project_name": self.project, "metadata": {"public": "false"}});
        let ask = Ask::new(Method::POST, self.api.url(&["projects"]), &self.subject).json(&project);
        let answer = self.api.send(&ask).await?;
        match answer.status {
            201 => Ok(Created::Made),
            409 => Ok(Created::Existed),
            _ => Err(self.refused(&answer, "the right to make projects")),
        }
    }

    /// Removes the repository with all its artifacts.
    pub(super) async fn remove_all(&self) -> Result<bool, Error> {
        let ask = Ask::new(Method::DELETE, self.url(&[]), &self.subject);
        let answer = self.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => match self.base.remote().tags().page().await {
                Err(oci::Error::NotFound { .. }) | Ok(None) => Ok(false),
                Err(error) => Err(error.into()),
                Ok(Some(_)) => Err(answer.refused(Some(Why::NotFound))),
            },
            _ => Err(self.refused(&answer, "the permission to delete repositories")),
        }
    }
}
