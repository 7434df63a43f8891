//! The distribution API, by the rules of a brand.

use dockside::oci::Digest;
use dockside::oci::media_type::OCI_INDEX;
use serde_json::{Value, json};

use super::rules::{Cap, Delete, Empty, Immutable, Refusal, Rules, Untag};
use super::store::{Repository, Store};
use super::{Answer, Request, uploads};
use crate::support::scripted_registry::{Kind, blobs, manifests, route};

/// What a request to the distribution API is about.
#[derive(Debug, Clone)]
pub struct Target {
    pub kind: Kind,
    /// The repository; empty for `/v2/`.
    pub repository: String,
    /// The tag, digest, or name of an upload.
    pub reference: String,
    /// The action that a token for it must allow: `pull`, `push`, `delete`; empty for `/v2/`.
    pub action: &'static str,
}

impl Target {
    /// What a request is about; `None` when its path is not of this API.
    pub fn of(request: &Request) -> Option<Self> {
        let path = request.path.strip_prefix("/v2/")?;
        let (kind, repository, reference) = route(&request.method, path);
        let action = match kind {
            Kind::Ping => "",
            Kind::HeadManifest | Kind::GetManifest | Kind::HeadBlob | Kind::GetBlob => "pull",
            Kind::Tags | Kind::Referrers => "pull",
            Kind::DeleteManifest => "delete",
            Kind::PutManifest | Kind::StartUpload | Kind::PatchUpload => "push",
            Kind::PutUpload | Kind::UploadStatus | Kind::CancelUpload => "push",
            Kind::Token | Kind::Storage | Kind::Other => return None,
        };
        Some(Self {
            kind,
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            action,
        })
    }
}

/// The answer to a request of the distribution API; `None` when it is none.
pub fn v2(request: &Request, store: &mut Store, rules: &Rules) -> Option<Answer> {
    let target = Target::of(request)?;
    let name = target.repository.as_str();
    if target.kind == Kind::Ping {
        let answer = Answer::new(200).json(&json!({}));
        return Some(answer.header("Docker-Distribution-Api-Version", "registry/2.0"));
    }
    if target.action == "push" && store.repository(name).is_none() {
        if let Some(refusal) = rules.create {
            return Some(refused(refusal));
        }
        store.create(name);
    }
    let Some(repository) = store.repository(name) else {
        return Some(Answer::error(404, "NAME_UNKNOWN"));
    };
    let reference = target.reference.as_str();
    Some(match target.kind {
        Kind::Tags => list(request, repository, rules, name),
        Kind::HeadManifest | Kind::GetManifest => manifest(repository, reference),
        Kind::PutManifest => put(request, store, rules, &target),
        Kind::DeleteManifest => delete(store, rules, name, reference),
        Kind::HeadBlob | Kind::GetBlob => match repository.blobs.get(reference) {
            Some(bytes) => blobs::content(bytes, request.header("range"))
                .header("Docker-Content-Digest", reference),
            None => Answer::error(404, "BLOB_UNKNOWN"),
        },
        Kind::Referrers if !rules.referrers => Answer::error(404, "UNSUPPORTED"),
        Kind::Referrers => referrers(repository, reference),
        _ => uploads::answer(request, store, rules, &target),
    })
}

fn refused((status, code): Refusal) -> Answer {
    Answer::error(status, code)
}

fn manifest(repository: &Repository, reference: &str) -> Answer {
    match repository.find(reference) {
        Some(found) => Answer::new(200)
            .header("Content-Type", &found.media_type)
            .header("Docker-Content-Digest", &found.digest)
            .body(found.bytes.clone()),
        None => Answer::error(404, "MANIFEST_UNKNOWN"),
    }
}

fn list(request: &Request, repository: &Repository, rules: &Rules, name: &str) -> Answer {
    let size = match (request.parameter("n"), rules.cap) {
        (None, _) => rules.page.unwrap_or(usize::MAX),
        (Some(n), cap) => match (n.parse::<usize>(), cap) {
            (Err(_), _) => return Answer::error(400, "PAGINATION_NUMBER_INVALID"),
            (Ok(n), Cap::Refused(most, refusal)) if n > most => return refused(refusal),
            (Ok(n), Cap::Refused(most, _) | Cap::Clamped(most)) => n.min(most),
        },
    };
    let last = request.parameter("last").unwrap_or_default();
    let mut rest = repository.tags.keys().filter(|tag| tag.as_str() > last);
    let found: Vec<&String> = rest.by_ref().take(size).collect();
    let tags = match rules.empty {
        Empty::NotFound if repository.tags.is_empty() => return Answer::error(404, "NAME_UNKNOWN"),
        Empty::Null if found.is_empty() => Value::Null,
        _ => json!(found),
    };
    let answer = Answer::new(200).json(&json!({"name": name, "tags": tags}));
    match (found.last(), rest.next()) {
        (Some(last), Some(_)) => {
            let link = format!("</v2/{name}/tags/list?last={last}&n={size}>; rel=\"next\"");
            answer.header("Link", link)
        }
        _ => answer,
    }
}

fn put(request: &Request, store: &mut Store, rules: &Rules, target: &Target) -> Answer {
    let (name, reference) = (target.repository.as_str(), target.reference.as_str());
    let repository = &store.repositories[name];
    let Ok(manifest) = serde_json::from_slice::<Value>(&request.body) else {
        return Answer::error(400, "MANIFEST_INVALID");
    };
    let has_blob = |digest: &str| repository.blobs.contains_key(digest);
    let has_manifest = |digest: &str| repository.manifests.contains_key(digest);
    if manifests::missing(&manifest, has_blob, has_manifest).is_some() {
        return Answer::error(400, "MANIFEST_BLOB_UNKNOWN");
    }
    let digest = Digest::of(&request.body).to_string();
    let tag = (!reference.contains(':')).then_some(reference);
    if tag.is_none() && reference != digest {
        return Answer::error(400, "DIGEST_INVALID");
    }
    let taken = tag.and_then(|tag| repository.tags.get(tag));
    if let Some(rule) = protecting(rules, name, reference)
        && taken.is_some_and(|taken| taken.digest != digest)
    {
        return refused(rule.push);
    }
    let media_type = request.header("content-type").unwrap_or_default();
    store.put_manifest(name, tag, media_type, &request.body);
    let answer = Answer::new(201)
        .header("Location", format!("/v2/{name}/manifests/{digest}"))
        .header("Docker-Content-Digest", &digest);
    match manifest["subject"]["digest"].as_str() {
        Some(subject) if rules.referrers => answer.header("OCI-Subject", subject),
        _ => answer,
    }
}

/// The rule that keeps a tag as it is.
fn protecting<'a>(rules: &'a Rules, repository: &str, tag: &str) -> Option<&'a Immutable> {
    let rule = rules.immutable.as_ref()?;
    (rule.holds)(repository, tag).then_some(rule)
}

fn delete(store: &mut Store, rules: &Rules, name: &str, reference: &str) -> Answer {
    let repository = &store.repositories[name];
    let is_tag = !reference.contains(':');
    match (is_tag, rules.untag, rules.delete) {
        (true, Untag::Refused(refusal), _) => return refused(refusal),
        (false, _, Delete::Refused(refusal)) => return refused(refusal),
        _ => {}
    }
    let Some(found) = repository.find(reference) else {
        return Answer::error(404, "MANIFEST_UNKNOWN");
    };
    let digest = found.digest.clone();
    let one_tag = is_tag && matches!(rules.untag, Untag::Removes);
    let mut tags = repository.tags_of(&digest);
    if let (false, Delete::RefusedWhileTagged(refusal)) = (is_tag, rules.delete)
        && !tags.is_empty()
    {
        return refused(refusal);
    }
    if let (false, Some(refusal)) = (one_tag, rules.child)
        && !repository.parents(&digest).is_empty()
    {
        return refused(refusal);
    }
    if one_tag {
        tags = vec![reference.to_owned()];
    }
    let mut kept = tags.iter().filter_map(|tag| protecting(rules, name, tag));
    if let Some(refusal) = kept.find_map(|rule| rule.delete) {
        return refused(refusal);
    }
    match rules.delete {
        _ if one_tag => store.untag(name, reference),
        Delete::LeavesTags => store.remove_only(name, &digest),
        _ => store.remove(name, &digest),
    };
    Answer::new(202)
}

fn referrers(repository: &Repository, subject: &str) -> Answer {
    let found = repository.referrers(subject).into_iter().map(|manifest| {
        let json = manifest.json();
        json!({
            "mediaType": manifest.media_type, "digest": manifest.digest,
            "size": manifest.bytes.len(), "artifactType": json["artifactType"],
        })
    });
    let found: Vec<Value> = found.collect();
    let body = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found});
    Answer::new(200)
        .header("Content-Type", OCI_INDEX)
        .body(body.to_string())
}
