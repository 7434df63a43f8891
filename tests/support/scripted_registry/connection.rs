//! Connections: requests come in, and answers go out as faults have them.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::{ServerConnection, StreamOwned};

use super::fault::{self, Fault};
use super::request::{Kind, Request, Seen};
use super::{Shared, blobs, manifests, tags, uploads};
use crate::support::answer::Answer;
use crate::support::wire::{read_body, read_head, write_answer};

/// Serves a connection until it ends.
pub fn serve(stream: TcpStream, shared: &Shared) {
    let is_storage = stream.local_addr().is_ok_and(|own| own == shared.storage);
    // A small answer does not wait for the next one.
    let _ = stream.set_nodelay(true);
    match &shared.tls {
        None => converse(stream, shared, is_storage),
        Some(config) => {
            let tls = ServerConnection::new(Arc::clone(config)).unwrap();
            converse(StreamOwned::new(tls, stream), shared, is_storage);
        }
    }
}

/// What can be said to end at once, beside being dropped.
trait Connection: Read + Write {
    fn end(&mut self);
}

impl Connection for TcpStream {
    fn end(&mut self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Connection for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) {
        let _ = self.sock.shutdown(Shutdown::Both);
    }
}

fn converse(stream: impl Connection, shared: &Shared, is_storage: bool) {
    let mut stream = BufReader::new(stream);
    while let Some(head) = read_head(&mut stream) {
        let request = Request::new(Seen::from(head), is_storage);
        if exchange(&mut stream, request, shared).is_none() {
            break;
        }
    }
    stream.get_mut().end();
}

/// One request and its answer; `None` when nothing else can follow.
fn exchange<S: Connection>(
    stream: &mut BufReader<S>,
    request: Request,
    shared: &Shared,
) -> Option<()> {
    let (index, fault, refused) = begin(&request, shared);
    let fault = match fault {
        Some(Fault::Drop) => return None,
        Some(Fault::Stall) => return stall(stream),
        other => other,
    };
    if refused {
        // At once, without having read the body; then whatever still comes is passed over.
        let answer = Answer::error(413, "SIZE_INVALID").header("Connection", "close");
        shared.state().seen[index].status = Some(413);
        send(stream, &request, &answer, usize::MAX, true)?;
        return stall(stream);
    }
    if request.head.header("expect").is_some() {
        let continued = b"HTTP/1.1 100 Continue\r\n\r\n";
        stream.get_mut().write_all(continued).ok()?;
    }
    let most = match fault {
        Some(Fault::DropBody(most)) => most,
        _ => usize::MAX,
    };
    let body = read_body(stream, &request.head.headers, most);
    shared.state().seen[index].body = body.len();
    if let Some(Fault::DropBody(_)) = fault {
        uploads::keep(&mut shared.state(), &request, &body);
        return None;
    }
    let mut answer = match &fault {
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => Answer {
            status: *status,
            headers: headers.clone(),
            body: body.clone().into_bytes(),
        },
        _ => answer(&request, &body, shared),
    };
    let mut sent = usize::MAX;
    match &fault {
        Some(Fault::DropAfter) => return None,
        Some(Fault::Corrupt) => {
            if let Some(byte) = answer.body.first_mut() {
                *byte ^= 1;
            }
        }
        Some(Fault::Header(name, value)) => answer.replace(name, value.clone()),
        Some(Fault::Truncate(most) | Fault::StallBody(most)) => sent = *most,
        _ => {}
    }
    let head_length = {
        let mut state = shared.state();
        state.seen[index].status = Some(answer.status);
        state.behaviour.head_length
    };
    send(stream, &request, &answer, sent, head_length)?;
    match fault {
        Some(Fault::Truncate(_)) => None,
        Some(Fault::StallBody(_)) => stall(stream),
        _ => (request.head.header("connection") != Some("close")).then_some(()),
    }
}

/// Records a request: its number, its fault, and whether its body is too long.
fn begin(request: &Request, shared: &Shared) -> (usize, Option<Fault>, bool) {
    let mut state = shared.state();
    state.seen.push(request.head.clone());
    let index = state.seen.len() - 1;
    let fault = fault::take(&mut state.faults, request.head.kind);
    match fault {
        Some(Fault::LoseUploads) => state.uploads.clear(),
        Some(Fault::ExpireTokens) => state.tokens.expire(),
        _ => {}
    }
    let is_upload = matches!(request.head.kind, Kind::PatchUpload | Kind::PutUpload);
    let length = content_length(&request.head).unwrap_or_default();
    let longest = state.behaviour.longest_body.unwrap_or(usize::MAX);
    (index, fault, is_upload && length > longest)
}

/// What the registry does.
fn answer(request: &Request, body: &[u8], shared: &Shared) -> Answer {
    let mut state = shared.state();
    let state = &mut *state;
    let auth = state.behaviour.auth.clone();
    match request.head.kind {
        Kind::Token => return state.tokens.answer(&auth, request),
        Kind::Storage => return blobs::storage(state, request),
        _ => {}
    }
    let service = shared.url(shared.main);
    if let Some(refused) = state.tokens.refuse(&auth, request, &service) {
        return refused;
    }
    match request.head.kind {
        Kind::Ping => Answer::new(200).body("{}"),
        Kind::HeadManifest | Kind::GetManifest => manifests::get(state, request),
        Kind::PutManifest => manifests::put(state, request, body),
        Kind::DeleteManifest => manifests::delete(state, request),
        Kind::Referrers => manifests::referrers(state, request),
        Kind::HeadBlob | Kind::GetBlob => blobs::get(state, request, &shared.url(shared.storage)),
        Kind::Tags => tags::list(state, request),
        Kind::StartUpload
        | Kind::PatchUpload
        | Kind::PutUpload
        | Kind::UploadStatus
        | Kind::CancelUpload => uploads::answer(state, request, body, &service),
        Kind::Token | Kind::Storage | Kind::Other => Answer::error(404, "UNSUPPORTED"),
    }
}

/// Nothing more is said until the client ends the connection.
fn stall(stream: &mut impl Read) -> Option<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).ok()? > 0 {}
    None
}

fn content_length(head: &Seen) -> Option<usize> {
    head.header("content-length")?.parse().ok()
}

fn send<S: Connection>(
    stream: &mut BufReader<S>,
    request: &Request,
    answer: &Answer,
    most: usize,
    head_length: bool,
) -> Option<()> {
    let is_head = request.head.method == "HEAD";
    let body = if is_head { 0 } else { most };
    let with_length = !is_head || head_length;
    write_answer(stream.get_mut(), answer, body, with_length).ok()
}
