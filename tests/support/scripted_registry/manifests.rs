//! Manifests and what refers to them.

use serde_json::{Value, json};

use super::behaviour::Deletes;
use super::request::Request;
use super::state::{State, digest_of, has_digest};
use crate::support::answer::Answer;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// HEAD and GET.
pub fn get(state: &mut State, request: &Request) -> Answer {
    let digest_header = state.behaviour.digest_header;
    let repository = state.repository(&request.repository);
    let Some((digest, media_type, bytes)) = repository.find(&request.last) else {
        return Answer::error(404, "MANIFEST_UNKNOWN");
    };
    let answer = Answer::new(200)
        .header("Content-Type", media_type)
        .body(bytes);
    if digest_header {
        answer.header("Docker-Content-Digest", digest)
    } else {
        answer
    }
}

/// PUT.
pub fn put(state: &mut State, request: &Request, body: &[u8]) -> Answer {
    let behaviour = state.behaviour.clone();
    let repository = state.repository(&request.repository);
    let Ok(manifest) = serde_json::from_slice::<Value>(body) else {
        return Answer::error(400, "MANIFEST_INVALID");
    };
    let has_blob = |digest: &str| repository.blobs.contains_key(digest);
    let has_manifest = |digest: &str| repository.manifests.contains_key(digest);
    if let Some(missing) = missing(&manifest, has_blob, has_manifest) {
        let body = json!({"errors": [{
            "code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown", "detail": missing,
        }]});
        return Answer::new(400).body(body.to_string());
    }
    let reference = request.last.as_str();
    let is_tag = !reference.contains(':');
    if !is_tag && !has_digest(body, reference) {
        return Answer::error(400, "DIGEST_INVALID");
    }
    let digest = if is_tag {
        digest_of("sha256", body)
    } else {
        reference.to_owned()
    };
    if is_tag {
        let taken = repository.tags.get(reference);
        if let Some(status) = behaviour
            .immutable
            .filter(|_| taken.is_some_and(|t| *t != digest))
        {
            return Answer::error(status, "TAG_IMMUTABLE");
        }
        repository.tags.insert(reference.to_owned(), digest.clone());
    }
    let media_type = request.head.header("content-type").unwrap_or_default();
    let stored = (media_type.to_owned(), body.to_vec());
    repository.manifests.insert(digest.clone(), stored);
    let at = format!("/v2/{}/manifests/{digest}", request.repository);
    let mut answer = Answer::new(201).header("Location", at);
    if behaviour.digest_header {
        answer = answer.header("Docker-Content-Digest", &digest);
    }
    match manifest["subject"]["digest"].as_str() {
        Some(subject) if behaviour.referrers_api => answer.header("OCI-Subject", subject),
        _ => answer,
    }
}

/// The first digest that a manifest refers to and that is not there; a layer with URLs and a subject
/// need not be.
pub fn missing(
    manifest: &Value,
    has_blob: impl Fn(&str) -> bool,
    has_manifest: impl Fn(&str) -> bool,
) -> Option<String> {
    let list = |name: &str| manifest[name].as_array().cloned().unwrap_or_default();
    let digest = |descriptor: &Value| descriptor["digest"].as_str().map(str::to_owned);
    let own = |descriptor: &Value| descriptor["urls"].is_null();
    let mut blobs = list("layers");
    blobs.extend(manifest.get("config").cloned());
    let mut blobs = blobs.iter().filter(|blob| own(blob)).filter_map(digest);
    if let Some(missing) = blobs.find(|digest| !has_blob(digest)) {
        return Some(missing);
    }
    let children = list("manifests");
    let mut children = children.iter().filter_map(digest);
    children.find(|digest| !has_manifest(digest))
}

/// DELETE.
pub fn delete(state: &mut State, request: &Request) -> Answer {
    let deletes = state.behaviour.deletes;
    let repository = state.repository(&request.repository);
    let reference = request.last.as_str();
    let is_tag = !reference.contains(':');
    match deletes {
        Deletes::Nothing => return Answer::error(405, "UNSUPPORTED"),
        Deletes::Digests if is_tag => return Answer::error(400, "DIGEST_INVALID"),
        Deletes::Digests | Deletes::All => {}
    }
    let gone = if is_tag {
        repository.tags.remove(reference).is_some()
    } else {
        repository.tags.retain(|_, digest| digest != reference);
        repository.manifests.remove(reference).is_some()
    };
    if gone {
        Answer::new(202)
    } else {
        Answer::error(404, "MANIFEST_UNKNOWN")
    }
}

/// The referrers API.
pub fn referrers(state: &mut State, request: &Request) -> Answer {
    if !state.behaviour.referrers_api {
        return Answer::error(404, "UNSUPPORTED");
    }
    let wanted = request.parameter("artifactType");
    let repository = state.repository(&request.repository);
    let found = repository.manifests.iter();
    let found = found.filter_map(|(digest, (media_type, bytes))| {
        let manifest: Value = serde_json::from_slice(bytes).ok()?;
        let about = manifest["subject"]["digest"].as_str()?;
        let kind = [&manifest["artifactType"], &manifest["config"]["mediaType"]];
        let kind = kind.into_iter().find_map(Value::as_str);
        let wanted = wanted.as_deref().is_none_or(|wanted| kind == Some(wanted));
        (about == request.last && wanted).then(|| {
            json!({
                "mediaType": media_type, "digest": digest, "size": bytes.len(),
                "artifactType": kind, "annotations": manifest["annotations"],
            })
        })
    });
    let found: Vec<Value> = found.collect();
    let body = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": found});
    let answer = Answer::new(200)
        .header("Content-Type", INDEX)
        .body(body.to_string());
    match wanted {
        Some(_) => answer.header("OCI-Filters-Applied", "artifactType"),
        None => answer,
    }
}
