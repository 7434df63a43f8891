//! A small HTTP/1.1 server on a free loopback port that answers as a function says, and that
//! also knows how servers fail.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::accept::Acceptor;
use super::wire::{read_body, read_head};

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// User name and password, if the request has Basic credentials.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The value of a parameter of the query or of a form in the body.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    /// The values of a parameter that may be given more than once.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let text = if self.body.is_empty() {
            query
        } else {
            &self.body
        };
        url::form_urlencoded::parse(text.as_bytes())
            .filter(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Step {
    /// It answers.
    Answer(Reply),
    /// It says nothing until the client gives up.
    Stall,
    /// It closes the connection without an answer.
    Drop,
    /// It sends these bytes, whatever they are, and closes the connection.
    Raw(Vec<u8>),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: bool,
}

impl Reply {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            cut: false,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Ends the connection in the middle of the body.
    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let end = if self.cut {
            self.body.len() / 2
        } else {
            self.body.len()
        };
        [head.as_bytes(), &self.body[..end]].concat()
    }
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}

/// The server. It ends when it is dropped.
pub struct HttpServer {
    tls: bool,
    requests: Arc<Mutex<Vec<Received>>>,
    acceptor: Acceptor,
}

impl HttpServer {
    /// Answers each request as `handler` says, over TLS if there is a configuration for it.
    /// Each connection carries one request.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&Received) -> Step + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_tls = tls.is_some();
        let acceptor = Acceptor::start({
            let requests = Arc::clone(&requests);
            move |stream| match &tls {
                None => serve(stream, &requests, &handler),
                Some(config) => {
                    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                    serve(StreamOwned::new(connection, stream), &requests, &handler);
                }
            }
        });
        Self {
            tls: is_tls,
            requests,
            acceptor,
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// `localhost:PORT`: the same server, another host.
    pub fn other_host(&self) -> String {
        format!("localhost:{}", self.acceptor.address().port())
    }

    /// `http://127.0.0.1:PORT` or `https://...`.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host())
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    /// Methods and paths of the requests so far, without queries.
    pub fn seen(&self) -> Vec<String> {
        let path = |request: &Received| request.path.split('?').next().unwrap().to_owned();
        self.requests()
            .iter()
            .map(|request| format!("{} {}", request.method, path(request)))
            .collect()
    }
}

/// A client that gives up half-way is no fault of the server's.
fn serve(
    stream: impl Read + Write,
    requests: &Mutex<Vec<Received>>,
    handler: &impl Fn(&Received) -> Step,
) {
    let mut stream = BufReader::new(stream);
    let Some(request) = receive(&mut stream) else {
        return;
    };
    requests.lock().unwrap().push(request.clone());
    let bytes = match handler(&request) {
        Step::Answer(reply) => reply.bytes(),
        Step::Raw(bytes) => bytes,
        Step::Drop => return,
        Step::Stall => {
            let _ = stream.read(&mut [0]);
            return;
        }
    };
    let _ = stream.get_mut().write_all(&bytes);
    let _ = stream.get_mut().flush();
}

/// Reads a request; `None` when what comes is none.
pub fn receive(stream: &mut impl BufRead) -> Option<Received> {
    let head = read_head(stream)?;
    let body = read_body(stream, &head.headers, usize::MAX);
    Some(Received {
        method: head.method,
        path: head.target,
        headers: head.headers,
        body: String::from_utf8(body).ok()?,
    })
}
