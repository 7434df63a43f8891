//! Uploads: POST, PATCH, PUT, GET, DELETE.

use super::behaviour::{Location, Mounts};
use super::request::{Kind, Request};
use super::state::{State, Upload, has_digest};
use crate::support::answer::Answer;

/// Answers all requests for uploads. `own` is the registry's URL.
pub fn answer(state: &mut State, request: &Request, body: &[u8], own: &str) -> Answer {
    if request.head.kind == Kind::StartUpload {
        return mount(state, request).unwrap_or_else(|| start(state, request, body, own));
    }
    if !is_current(state, request) {
        return Answer::error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    match request.head.kind {
        Kind::PatchUpload => patch(state, request, body, own),
        Kind::PutUpload => put(state, request, body),
        Kind::UploadStatus => {
            let answer = Answer::new(204);
            position(state, id(request), answer, own)
        }
        _ => {
            state.uploads.remove(id(request));
            Answer::new(204)
        }
    }
}

/// Keeps what came of a body whose connection broke.
pub fn keep(state: &mut State, request: &Request, body: &[u8]) {
    let is_content = matches!(request.head.kind, Kind::PatchUpload | Kind::PutUpload);
    if is_content && is_current(state, request) && fits(state, request) {
        let upload = state.uploads.get_mut(id(request)).unwrap();
        upload.bytes.extend_from_slice(body);
    }
}

/// The upload's name; behind a dot there is the turn of its address.
fn id(request: &Request) -> &str {
    request.last.split('.').next().unwrap_or_default()
}

/// Whether the address is that of an open upload of the repository, and its last one.
fn is_current(state: &State, request: &Request) -> bool {
    let turn = match state.behaviour.location {
        Location::Query => request.parameter("_state"),
        _ => request
            .last
            .split_once('.')
            .map(|(_, turn)| turn.to_owned()),
    };
    state.uploads.get(id(request)).is_some_and(|upload| {
        upload.repository == request.repository && turn == Some(upload.turn.to_string())
    })
}

/// Whether a chunk begins where the upload is.
fn fits(state: &State, request: &Request) -> bool {
    let Some(range) = request.head.header("content-range") else {
        return true;
    };
    let start = range.split('-').next().unwrap_or_default();
    start.parse() == Ok(state.uploads[id(request)].bytes.len())
}

fn mount(state: &mut State, request: &Request) -> Option<Answer> {
    let (digest, from) = (request.parameter("mount")?, request.parameter("from")?);
    let is_own = from == request.repository;
    match state.behaviour.mounts {
        Mounts::Taken => {}
        Mounts::Own | Mounts::Refused(_) if is_own => {}
        Mounts::Refused(status) => return Some(Answer::error(status, "DENIED")),
        Mounts::Ignored | Mounts::Own => return None,
    }
    let bytes = state.repository(&from).blobs.get(&digest)?.clone();
    let blobs = &mut state.repository(&request.repository).blobs;
    blobs.insert(digest.clone(), bytes);
    Some(created(state, request, &digest))
}

fn start(state: &mut State, request: &Request, body: &[u8], own: &str) -> Answer {
    if let Some(digest) = request.parameter("digest") {
        return store(state, request, &digest, body.to_vec());
    }
    state.opened += 1;
    let name = format!("upload-{}", state.opened);
    let upload = Upload {
        repository: request.repository.clone(),
        bytes: Vec::new(),
        turn: 0,
        ended: false,
    };
    state.uploads.insert(name.clone(), upload);
    let mut answer = position(state, &name, Answer::new(202), own);
    if let Some(shortest) = state.behaviour.shortest_chunk {
        answer = answer.header("OCI-Chunk-Min-Length", shortest);
    }
    answer
}

fn patch(state: &mut State, request: &Request, body: &[u8], own: &str) -> Answer {
    if !fits(state, request) {
        return position(state, id(request), Answer::error(416, "RANGE_INVALID"), own);
    }
    let shortest = state.behaviour.shortest_chunk.unwrap_or_default();
    let upload = state.uploads.get_mut(id(request)).unwrap();
    if upload.ended {
        return Answer::error(400, "SIZE_INVALID");
    }
    upload.bytes.extend_from_slice(body);
    upload.turn += 1;
    upload.ended = body.len() < shortest;
    position(state, id(request), Answer::new(202), own)
}

fn put(state: &mut State, request: &Request, body: &[u8]) -> Answer {
    if !fits(state, request) {
        return Answer::error(416, "RANGE_INVALID");
    }
    let Some(digest) = request.parameter("digest") else {
        return Answer::error(400, "DIGEST_INVALID");
    };
    let mut upload = state.uploads.remove(id(request)).unwrap();
    upload.bytes.extend_from_slice(body);
    store(state, request, &digest, upload.bytes)
}

fn store(state: &mut State, request: &Request, digest: &str, bytes: Vec<u8>) -> Answer {
    if !has_digest(&bytes, digest) {
        return Answer::error(400, "DIGEST_INVALID");
    }
    let blobs = &mut state.repository(&request.repository).blobs;
    blobs.insert(digest.to_owned(), bytes);
    created(state, request, digest)
}

fn created(state: &State, request: &Request, digest: &str) -> Answer {
    let at = format!("/v2/{}/blobs/{digest}", request.repository);
    let answer = Answer::new(201).header("Location", at);
    if state.behaviour.digest_header {
        answer.header("Docker-Content-Digest", digest)
    } else {
        answer
    }
}

/// Adds where an upload is and how far it is.
fn position(state: &State, name: &str, answer: Answer, own: &str) -> Answer {
    let upload = &state.uploads[name];
    let path = format!("/v2/{}/blobs/uploads/{name}", upload.repository);
    let turn = upload.turn;
    let location = match state.behaviour.location {
        Location::Absolute => format!("{own}{path}.{turn}"),
        Location::Relative => format!("{path}.{turn}"),
        Location::Query => format!("{path}?_state={turn}&a=%2Fb%3D"),
    };
    // Of nothing, distribution too says that it is one byte.
    let last = upload.bytes.len().saturating_sub(1);
    answer
        .header("Location", location)
        .header("Docker-Upload-UUID", name)
        .header("Range", format!("0-{last}"))
}
