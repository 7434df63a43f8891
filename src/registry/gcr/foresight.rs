//! What can be known of a removal before it.

use serde::Deserialize;

use super::Image;
use super::fault;
use super::name::Name;
use super::removal::WHY_PROTECTED;
use super::service::{SERVICE, Service};
use crate::oci::{Digest, Tag};
use crate::registry::locks::protected;
use crate::registry::{Error, Refusal};

/// How many tags a page has at most (`projects.locations.repositories.packages.tags.list`).
const PAGE: &str = "1000";

/// A repository, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    #[serde(default)]
    docker_config: Config,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    immutable_tags: bool,
}

/// The tags of one version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    #[serde(default)]
    tags: Vec<Named>,
    next_page_token: Option<String>,
}

/// A tag, by the whole path of its name.
#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Image {
    /// Whether a tag is there, which may go.
    pub(super) async fn foresee_tag(&self, tag: &Tag) -> Result<bool, Error> {
        self.check_writable("delete a tag")?;
        let is_there = self.base.has(tag).await?;
        let subject = self.base.remote().repository().tagged(tag.clone());
        match self.package() {
            // Who may not read the settings may remove the tag all the same.
            Some((service, name, _))
                if is_there && has_immutable_tags(service, name).await.unwrap_or(false) =>
            {
                Err(kept(protected(subject, SERVICE)))
            }
            _ => Ok(is_there),
        }
    }

    /// That no tag keeps a manifest.
    pub(super) async fn foresee_manifest(&self, digest: &Digest) -> Result<(), Error> {
        self.check_writable("delete a manifest")?;
        let subject = self.base.remote().repository().at(digest.clone());
        match self.package() {
            Some((service, name, package))
                if is_protected(service, name, package, digest)
                    .await
                    .unwrap_or(false) =>
            {
                Err(kept(protected(subject, SERVICE)))
            }
            _ => Ok(()),
        }
    }

    /// The tags that a manifest has now; `None` where only the distribution API may be asked,
    /// which keeps what has tags.
    pub(super) async fn tags_of(&self, digest: &Digest) -> Result<Option<Vec<Tag>>, Error> {
        match self.package() {
            Some((service, name, package)) => tags(service, name, package, digest).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether there is what [`Image::remove_all`] would remove.
    pub(super) async fn foresee_all(&self) -> Result<bool, Error> {
        let (service, path, _) = self.removable()?;
        let url = service.url(&path);
        match service.get(url, "artifactregistry.packages.get").await {
            Ok(_) => Ok(true),
            Err(error) if fault::is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn kept(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(Refusal::advising(refusal, WHY_PROTECTED)),
        other => other,
    }
}

/// Whether the repository keeps this version for its tags.
pub(super) async fn is_protected(
    service: &Service,
    name: &Name,
    package: &str,
    digest: &Digest,
) -> Result<bool, Error> {
    Ok(has_immutable_tags(service, name).await?
        && !tags(service, name, package, digest).await?.is_empty())
}

async fn has_immutable_tags(service: &Service, name: &Name) -> Result<bool, Error> {
    let url = service.url(&name.segments(&[&name.repository]));
    let needs = "artifactregistry.repositories.get";
    let repository: Repository = service.get(url, needs).await?.json()?;
    Ok(repository.docker_config.immutable_tags)
}

/// The tags of a version. More than a page of them is more than can be compared.
async fn tags(
    service: &Service,
    name: &Name,
    package: &str,
    digest: &Digest,
) -> Result<Vec<Tag>, Error> {
    let mut url = service.url(&name.segments(&[&name.repository, "packages", package, "tags"]));
    // Names have slashes of their own escaped, here too.
    let escaped = package.replace('/', "%2F");
    let version = digest.to_string();
    let version = name.segments(&[&name.repository, "packages", &escaped, "versions", &version]);
    let filter = format!("version=\"{}\"", version.join("/"));
    url.query_pairs_mut()
        .append_pair("filter", &filter)
        .append_pair("pageSize", PAGE);
    let answer = service.get(url, "artifactregistry.tags.list").await?;
    let page: Tags = answer.json()?;
    let bad = || Error::Answer {
        subject: service.subject().to_owned(),
        service: SERVICE.to_owned(),
        line: 0,
    };
    if page.next_page_token.is_some_and(|token| !token.is_empty()) {
        return Err(bad());
    }
    let tags = page.tags.iter().map(|tag| {
        let tag = tag.name.rsplit('/').next().unwrap_or_default();
        tag.parse().map_err(|_| bad())
    });
    tags.collect()
}
