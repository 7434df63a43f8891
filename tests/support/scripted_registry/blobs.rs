//! Blobs that are asked for.

use super::request::{Kind, Request};
use super::state::State;
use crate::support::answer::Answer;

/// HEAD and GET of a blob; `storage` is where a redirect leads.
pub fn get(state: &mut State, request: &Request, storage: &str) -> Answer {
    let (digest, ranges) = (&request.last, state.behaviour.ranges);
    let digest_header = state.behaviour.digest_header;
    let redirects = state.behaviour.redirects;
    let blobs = &state.repository(&request.repository).blobs;
    let Some(bytes) = blobs.get(digest) else {
        return Answer::error(404, "BLOB_UNKNOWN");
    };
    if redirects && request.head.kind == Kind::GetBlob {
        let to = format!("{storage}/{}/{digest}?signature=secret", request.repository);
        return Answer::new(307).header("Location", to);
    }
    let answer = content(bytes, request.head.header("range").filter(|_| ranges));
    if digest_header {
        answer.header("Docker-Content-Digest", digest)
    } else {
        answer
    }
}

/// GET of a blob from where it was redirected to. As signed addresses do, it refuses whoever also
/// shows another authorization.
pub fn storage(state: &mut State, request: &Request) -> Answer {
    if request.head.header("authorization").is_some() {
        return Answer::new(400).text("Only one auth mechanism allowed");
    }
    if request.parameter("signature").as_deref() != Some("secret") {
        return Answer::new(403);
    }
    let ranges = state.behaviour.ranges;
    let blobs = &state.repository(&request.repository).blobs;
    match blobs.get(&request.last) {
        Some(bytes) => content(bytes, request.head.header("range").filter(|_| ranges)),
        None => Answer::new(404),
    }
}

/// All of it, or the part from `bytes=START-` or to `bytes=START-END`.
pub fn content(bytes: &[u8], range: Option<&str>) -> Answer {
    let all = Answer::new(200).header("Content-Type", "application/octet-stream");
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = range else {
        return all.body(bytes);
    };
    let start: usize = start.parse().unwrap();
    let last = bytes.len().saturating_sub(1);
    let end = end.parse().unwrap_or(last).min(last);
    if start > end || bytes.is_empty() {
        return Answer::new(416).header("Content-Range", format!("bytes */{}", bytes.len()));
    }
    Answer::new(206)
        .header("Content-Type", "application/octet-stream")
        .header(
            "Content-Range",
            format!("bytes {start}-{end}/{}", bytes.len()),
        )
        .body(&bytes[start..=end])
}
