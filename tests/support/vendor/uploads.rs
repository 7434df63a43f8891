//! Uploads: whole, or in chunks.

use dockside::oci::Digest;

use super::rules::Rules;
use super::store::Store;
use super::v2::Target;
use super::{Answer, Request};
use crate::support::scripted_registry::Kind;

/// The answer to a request for an upload.
pub fn answer(request: &Request, store: &mut Store, rules: &Rules, target: &Target) -> Answer {
    let (name, upload) = (target.repository.as_str(), target.reference.as_str());
    if target.kind == Kind::StartUpload {
        return start(request, store, rules, name);
    }
    let found = store.uploads.get_mut(upload);
    let Some((_, bytes)) = found.filter(|(repository, _)| repository == name) else {
        return Answer::error(404, "BLOB_UPLOAD_UNKNOWN");
    };
    let offset = request.header("content-range");
    let offset = offset.and_then(|range| range.split('-').next()?.parse().ok());
    if offset.is_some_and(|offset: usize| offset != bytes.len()) {
        return open(416, store, name, upload);
    }
    match target.kind {
        Kind::PatchUpload => {
            bytes.extend_from_slice(&request.body);
            open(202, store, name, upload)
        }
        Kind::UploadStatus => open(204, store, name, upload),
        Kind::CancelUpload => {
            store.uploads.remove(upload);
            Answer::new(204)
        }
        _ => {
            bytes.extend_from_slice(&request.body);
            let bytes = std::mem::take(bytes);
            store.uploads.remove(upload);
            finish(request, store, name, bytes)
        }
    }
}

fn start(request: &Request, store: &mut Store, rules: &Rules, name: &str) -> Answer {
    if let (Some(digest), Some(from)) = (request.parameter("mount"), request.parameter("from")) {
        let from = store.repository(from).filter(|_| rules.mounts);
        if let Some(bytes) = from.and_then(|from| from.blobs.get(digest)).cloned() {
            store.put_blob(name, bytes);
            return stored(name, digest);
        }
    }
    if request.parameter("digest").is_some() {
        return finish(request, store, name, request.body.clone());
    }
    store.opened += 1;
    let upload = format!("upload-{}", store.opened);
    let content = (name.to_owned(), Vec::new());
    store.uploads.insert(upload.clone(), content);
    open(202, store, name, &upload)
}

fn finish(request: &Request, store: &mut Store, name: &str, bytes: Vec<u8>) -> Answer {
    let digest = Digest::of(&bytes).to_string();
    if request.parameter("digest") != Some(&digest) {
        return Answer::error(400, "DIGEST_INVALID");
    }
    store.put_blob(name, bytes);
    stored(name, &digest)
}

fn stored(name: &str, digest: &str) -> Answer {
    Answer::new(201)
        .header("Location", format!("/v2/{name}/blobs/{digest}"))
        .header("Docker-Content-Digest", digest)
}

/// An upload that goes on.
fn open(status: u16, store: &Store, name: &str, upload: &str) -> Answer {
    let (_, bytes) = &store.uploads[upload];
    let range = format!("0-{}", bytes.len().saturating_sub(1));
    Answer::new(status)
        .header("Location", format!("/v2/{name}/blobs/uploads/{upload}"))
        .header("Docker-Upload-UUID", upload)
        .header("Range", range)
}
