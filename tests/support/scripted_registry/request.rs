//! Requests: as they come, and as they are recorded.

use std::fmt;

use crate::support::wire::Head;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `GET /v2/`.
    Ping,
    /// A token.
    Token,
    /// HEAD of a manifest.
    HeadManifest,
    /// GET of a manifest.
    GetManifest,
    /// PUT of a manifest.
    PutManifest,
    /// DELETE of a tag or manifest.
    DeleteManifest,
    /// HEAD of a blob.
    HeadBlob,
    /// GET of a blob.
    GetBlob,
    /// GET of a blob from where it was redirected to.
    Storage,
    /// POST that opens an upload, or mounts.
    StartUpload,
    /// PATCH: a chunk.
    PatchUpload,
    /// PUT that completes an upload.
    PutUpload,
    /// GET of an upload: how far it is.
    UploadStatus,
    /// DELETE of an upload.
    CancelUpload,
    /// A page of tags.
    Tags,
    /// The referrers API.
    Referrers,
    /// Something else.
    Other,
}

/// A request as it was recorded.
#[derive(Debug, Clone)]
pub struct Seen {
    pub kind: Kind,
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// How many bytes of its body were read.
    pub body: usize,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

impl Seen {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<Head> for Seen {
    fn from(head: Head) -> Self {
        Self {
            kind: Kind::Other,
            method: head.method,
            path: head.target,
            headers: head.headers,
            body: 0,
            status: None,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.method, self.path)?;
        match self.status {
            Some(status) => write!(f, "{status}"),
            None => write!(f, "-"),
        }
    }
}

/// A request as far as its head says.
#[derive(Debug, Clone)]
pub struct Request {
    pub head: Seen,
    /// The repository it is about, if it is about one.
    pub repository: String,
    /// What comes last in the path: a tag, a digest, an upload.
    pub last: String,
}

impl Request {
    /// Reads what a request line means.
    pub fn new(head: Seen, is_storage: bool) -> Self {
        let path = head.path.split('?').next().unwrap_or_default();
        let method = head.method.as_str();
        let (kind, repository, last) = if is_storage {
            let (repository, digest) = path.trim_start_matches('/').rsplit_once('/').unwrap();
            (Kind::Storage, repository, digest)
        } else if path == "/token" {
            (Kind::Token, "", "")
        } else {
            route(method, path.strip_prefix("/v2/").unwrap_or("?"))
        };
        let (repository, last) = (repository.to_owned(), last.to_owned());
        Self {
            head: Seen { kind, ..head },
            repository,
            last,
        }
    }

    /// The value of a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).next()
    }

    /// All values of a parameter of the query.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = String> {
        let query = self
            .head
            .path
            .split_once('?')
            .map_or("", |(_, query)| query);
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let values = pairs.filter(move |(found, _)| found == name);
        values.map(|(_, value)| value.into_owned())
    }
}

/// What a request is about, and of which repository; `path` is what follows `/v2/`. Last comes a
/// tag, a digest, or an upload.
pub fn route<'a>(method: &str, path: &'a str) -> (Kind, &'a str, &'a str) {
    if path.is_empty() {
        return (Kind::Ping, "", "");
    }
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(repository) = before.strip_suffix("/blobs/uploads") {
        let kind = match (method, last) {
            ("POST", "") => Kind::StartUpload,
            ("PATCH", _) => Kind::PatchUpload,
            ("PUT", _) => Kind::PutUpload,
            ("GET", _) => Kind::UploadStatus,
            ("DELETE", _) => Kind::CancelUpload,
            _ => Kind::Other,
        };
        return (kind, repository, last);
    }
    let Some((repository, what)) = before.rsplit_once('/') else {
        return (Kind::Other, "", "");
    };
    let kind = match (method, what) {
        ("HEAD", "manifests") => Kind::HeadManifest,
        ("GET", "manifests") => Kind::GetManifest,
        ("PUT", "manifests") => Kind::PutManifest,
        ("DELETE", "manifests") => Kind::DeleteManifest,
        ("HEAD", "blobs") => Kind::HeadBlob,
        ("GET", "blobs") => Kind::GetBlob,
        ("GET", "referrers") => Kind::Referrers,
        ("GET", "tags") if last == "list" => Kind::Tags,
        _ => Kind::Other,
    };
    (kind, repository, last)
}
