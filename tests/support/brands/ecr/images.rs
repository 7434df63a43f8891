//! What ECR does with images.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, Aws, fault};
use crate::support::vendor::{Answer, Manifest};

/// The most images of one `BatchDeleteImage`, and of one `DescribeImages` that names them.
const BATCH: usize = 100;

impl Aws {
    /// `DescribeImages`: a page, or the images that are named.
    pub(super) fn describe(
        &self,
        name: &str,
        input: &Value,
        is_public: bool,
    ) -> Result<Value, Answer> {
        let wrong = |what: &str| Err(fault("InvalidParameterException", what));
        let paged = ["maxResults", "nextToken", "filter"];
        let repository = self.store.repository(name).unwrap();
        let mut tags: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (tag, names) in &repository.tags {
            tags.entry(&names.digest).or_default().push(tag);
        }
        if let Some(ids) = input["imageIds"].as_array() {
            if ids.len() > BATCH || paged.iter().any(|key| !input[key].is_null()) {
                return wrong("imageIds with maxResults, nextToken or filter");
            }
            let mut details = Vec::new();
            for id in ids {
                let named = id["imageDigest"].as_str().or(id["imageTag"].as_str());
                let Some(found) = repository.find(named.unwrap_or_default()) else {
                    return Err(fault("ImageNotFoundException", "The image does not exist"));
                };
                details.push(self.detail(name, found, &tags, is_public));
            }
            return Ok(json!({"imageDetails": details}));
        }
        let size = input["maxResults"].as_u64().unwrap_or(100);
        if !(1..=1000).contains(&size) {
            return wrong("maxResults");
        }
        let wanted = input["filter"]["imageStatus"].as_str().unwrap_or("ACTIVE");
        let status = |manifest: &Manifest| match self.archived.contains(&manifest.digest) {
            true => "ARCHIVED",
            false => "ACTIVE",
        };
        let all = self.store.manifests(name).into_iter();
        let all: Vec<&Manifest> = all
            .filter(|one| is_public || wanted == "ANY" || wanted == status(one))
            .collect();
        let size = self.page.min(usize::try_from(size).unwrap());
        let start: usize = match input["nextToken"].as_str() {
            Some(marker) => marker.parse().unwrap(),
            None => 0,
        };
        let page = all.iter().skip(start).take(size);
        let details: Vec<Value> = page
            .map(|one| self.detail(name, one, &tags, is_public))
            .collect();
        let mut answer = json!({"imageDetails": details});
        if start + size < all.len() {
            let next = if self.loops { size } else { start + size };
            answer["nextToken"] = json!(next.to_string());
        }
        Ok(answer)
    }

    fn detail(
        &self,
        name: &str,
        manifest: &Manifest,
        tags: &BTreeMap<&str, Vec<&str>>,
        is_public: bool,
    ) -> Value {
        let config = manifest.json()["config"]["mediaType"].take();
        let mut detail = json!({
            "registryId": ACCOUNT, "repositoryName": name, "imageDigest": manifest.digest,
            "imageSizeInBytes": manifest.size(), "imagePushedAt": manifest.pushed as f64 + 0.25,
            "imageManifestMediaType": manifest.media_type,
        });
        if let Some(tags) = tags.get(manifest.digest.as_str()) {
            detail["imageTags"] = json!(tags);
        }
        if !config.is_null() {
            detail["artifactMediaType"] = config;
        }
        if let Some(pulled) = self.pulled.get(&manifest.digest).filter(|_| !is_public) {
            detail["lastRecordedPullTime"] = json!(pulled);
        }
        detail
    }

    /// `BatchDeleteImage`, which has status 200 whatever becomes of the images.
    pub(super) fn batch_delete(&mut self, name: &str, input: &Value) -> Result<Value, Answer> {
        let ids = input["imageIds"].as_array().cloned().unwrap_or_default();
        if ids.is_empty() || ids.len() > BATCH {
            return Err(fault("InvalidParameterException", "imageIds"));
        }
        let (mut done, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            match self.delete_one(name, &id) {
                Ok(removed) => done.extend(removed),
                Err((code, reason)) => failures.push(json!({
                    "imageId": id, "failureCode": code, "failureReason": reason,
                })),
            }
        }
        Ok(json!({"imageIds": done, "failures": failures}))
    }

    fn delete_one(
        &mut self,
        name: &str,
        id: &Value,
    ) -> Result<Vec<Value>, (&'static str, &'static str)> {
        const GONE: (&str, &str) = ("ImageNotFound", "Requested image not found");
        let repository = self.store.repository(name).unwrap();
        let (digest, tag) = (id["imageDigest"].as_str(), id["imageTag"].as_str());
        let named = match (digest, tag) {
            (_, Some(tag)) => repository.tags.get(tag).map(|tag| tag.digest.clone()),
            (Some(digest), None) => repository.find(digest).map(|one| one.digest.clone()),
            (None, None) => return Err(("MissingDigestAndTag", "Nothing is named")),
        };
        let named = named.ok_or(GONE)?;
        if digest.is_some_and(|digest| digest != named) {
            return Err(("ImageTagDoesNotMatchDigest", "The tag names another image"));
        }
        if let Some(code) = self.broken.get(&named) {
            return Err((code, "Requested image cannot be removed"));
        }
        let tags = repository.tags_of(&named);
        if let Some(tag) = tag.filter(|_| tags.len() > 1) {
            self.store.untag(name, tag);
            return Ok(vec![json!({"imageDigest": named, "imageTag": tag})]);
        }
        let indexes = repository.manifests.values();
        let mut indexes = indexes.filter(|one| one.media_type.contains("index"));
        if indexes.any(|index| index.children().contains(&named)) {
            let reason = "Requested image referenced by manifest list";
            return Err(("ImageReferencedByManifestList", reason));
        }
        self.store.remove(name, &named);
        Ok(match tags.is_empty() {
            true => vec![json!({"imageDigest": named})],
            false => {
                let ids = tags.iter();
                let ids = ids.map(|tag| json!({"imageDigest": named, "imageTag": tag}));
                ids.collect()
            }
        })
    }
}
