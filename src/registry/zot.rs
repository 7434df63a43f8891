//! zot: the distribution API, and a search extension that lists all tags at once.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;

use super::brand::{Brand, Family, Listed, Listing, Sweep, Tagged};
use super::clock::time;
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::oci::{Digest, Extension, Platform, Tag};

/// zot (project-zot/zot, `pkg/api/routes.go`, `pkg/extensions/search/schema.graphql`).
pub struct Zot;

/// What is asked of each image, of versions that record when it was pushed and pulled.
const FIELDS: &str = "Tag Digest MediaType Size LastUpdated PushTimestamp TaggedTimestamp \
                      LastPullTimestamp Manifests{Platform{Os Arch}}";

/// The same of those that do not.
const OLD_FIELDS: &str = "Tag Digest Size LastUpdated";

impl Family for Zot {
    fn name(&self) -> &'static str {
        "zot"
    }

    fn title(&self) -> &'static str {
        "zot"
    }

    fn is_host(&self, _: &str) -> bool {
        false
    }

    /// It names its schemes to those too whom it lets in, and allows a header of its own web
    /// pages.
    fn is_shown(&self, _: &str, shown: &Shown) -> Option<String> {
        let allowed = shown.header("access-control-allow-headers");
        let own = allowed.is_some_and(|all| all.to_ascii_lowercase().contains("x-zot-api-client"));
        if own {
            return Some("it allows the header X-ZOT-API-CLIENT".to_owned());
        }
        (shown.status == 200 && (shown.basic || shown.realm.is_some()))
            .then(|| "it lets everybody in and names a login all the same".to_owned())
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Repository(place.base())))
    }
}

struct Repository(Default);

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    expanded_repo_info: Option<Info>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    images: Option<Vec<Image>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    tag: String,
    digest: String,
    media_type: Option<String>,
    size: Option<String>,
    #[serde(default, deserialize_with = "time")]
    last_updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    push_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    tagged_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_pull_timestamp: Option<Timestamp>,
    manifests: Option<Vec<Manifest>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    platform: Option<OsArch>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OsArch {
    os: Option<String>,
    arch: Option<String>,
}

impl Repository {
    /// `None` where there is no such extension, or it does not know these fields.
    async fn search(&self, fields: &str) -> Result<Option<Vec<Image>>, Error> {
        let remote = self.0.remote();
        let name = serde_json::Value::from(remote.repository().path());
        let mut url = remote.url("/v2/_zot/ext/search");
        url.query_pairs_mut().append_pair(
            "query",
            &format!("{{ExpandedRepoInfo(repo:{name}){{Images{{{fields}}}}}}}"),
        );
        let answer = remote.extension(&Extension::get(url, &["pull"])).await?;
        if answer.status != 200 {
            return Ok(None);
        }
        let answer: Answer = answer.json()?;
        let info = answer.data.and_then(|data| data.expanded_repo_info);
        Ok(info
            .filter(|_| answer.errors.is_empty())
            .and_then(|info| info.images))
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.0
    }

    /// Its garbage collector takes what no tag leads to (zot, "Storage": `gc`, on by default).
    fn sweep(&self) -> Sweep {
        Sweep::Tags
    }

    fn drop_tag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.0.drop_tag(tag)
    }

    /// zot, "Storage": `gcDelay` and `gcInterval`, an hour each.
    fn after_deleting(&self) -> &'static str {
        "zot frees the space by itself, an hour or two later unless it is set otherwise."
    }

    /// One request, without the manifests that have no tag.
    fn listing(&self, _: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(async move {
            let mut images = self.search(FIELDS).await?;
            if images.is_none() {
                images = self.search(OLD_FIELDS).await?;
            }
            let Some(images) = images else {
                return Ok(None);
            };
            let bad = || Error::Answer {
                subject: self.0.remote().repository().to_string(),
                service: "zot".to_owned(),
                line: 1,
            };
            Ok(Some(Listing {
                entries: images
                    .into_iter()
                    .map(listed)
                    .collect::<Option<_>>()
                    .ok_or_else(bad)?,
                has_untagged: false,
            }))
        })
    }

    fn lists_late(&self) -> bool {
        true
    }

    /// What is deleted goes by the registry itself, not by the search that follows it.
    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(self.0.heads(jobs))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        self.0.foresee_untag(tag)
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        self.0.foresee_delete(digest)
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        self.0.foresee_remove()
    }
}

fn listed(image: Image) -> Option<Listed> {
    let mut listed = Listed::new(image.digest.parse().ok()?);
    listed.tags = vec![image.tag.parse().ok()?];
    listed.media_type = image.media_type;
    listed.size = image.size.and_then(|size| size.parse().ok());
    // What zot calls updated is the date in the image's config.
    listed.created = image.last_updated;
    listed.pushed = image.tagged_timestamp.or(image.push_timestamp);
    listed.pulled = image.last_pull_timestamp;
    let platforms = image.manifests.into_iter().flatten().filter_map(|one| {
        let OsArch { os, arch } = one.platform?;
        let (os, arch) = (os?, arch?);
        let known = !os.is_empty() && os != "unknown";
        known.then(|| format!("{os}/{arch}").parse::<Platform>().ok())?
    });
    listed.platforms = Some(platforms.collect()).filter(|all: &Vec<_>| !all.is_empty());
    Some(listed)
}
