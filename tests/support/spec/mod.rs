//! Whether requests are what a vendor's own description says: Swagger 2.0 and OpenAPI 3 (YAML or
//! JSON), Google's discovery documents, and the service models of botocore.

mod botocore;
mod distribution;
mod document;
mod google;
mod openapi;
mod operation;
mod schema;

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::vendor::Request;
use operation::Operation;

/// A vendor's description.
pub struct Spec {
    operations: Vec<Operation>,
    /// What references are resolved in.
    document: Value,
    /// The path before all paths.
    base: String,
    /// Parameters of paths that may hold slashes.
    spanning: Vec<String>,
    /// Headers, in lower case, that any request may have.
    headers: Vec<String>,
}

/// Headers that are no business of an API.
const STANDARD: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "proxy-connection",
    "referer",
    "te",
    "traceparent",
    "transfer-encoding",
    "user-agent",
];

impl Spec {
    /// A description of the folder of descriptions, such as `harbor/swagger.yaml`. Where that
    /// folder is not, the check is skipped, which is said loudly.
    pub fn find(name: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let places = ["../shared/specs", "../../shared/specs"].map(|place| root.join(place));
        let Some(folder) = places.iter().find(|place| place.is_dir()) else {
            eprintln!("\n*** SKIPPED: requests are not checked, {name} is not here ***\n");
            return None;
        };
        let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        Some(Self::parse(&text))
    }

    /// A description of any of the four kinds.
    pub fn parse(text: &str) -> Self {
        let document = document::parse(text);
        if document.get("discoveryVersion").is_some() {
            google::load(document)
        } else if document.get("shapes").is_some() {
            botocore::load(document)
        } else {
            openapi::load(document)
        }
    }

    /// Another path before all paths than the description says, such as `/api/v4`.
    pub fn base(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self.matching()
    }

    /// Parameters of paths that may hold slashes: `/v2/{name}/tags/list` for `/v2/a/b/tags/list`.
    pub fn spanning(mut self, names: &[&str]) -> Self {
        self.spanning = names.iter().map(|name| (*name).to_owned()).collect();
        self.matching()
    }

    /// One more header, in lower case, that any request may have; with `*` at its end all headers
    /// that begin so.
    pub fn header(mut self, name: &str) -> Self {
        self.headers.push(name.to_owned());
        self
    }

    /// Prepares the search by path.
    fn matching(mut self) -> Self {
        for operation in &mut self.operations {
            operation.compile(&self.base, &self.spanning);
        }
        self
    }

    /// Whether a request is described.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, request: &Request) -> Result<(), String> {
        let Request { method, path, .. } = request;
        let known = self.operations.iter().filter(|o| o.matches(path));
        let known: Vec<&Operation> = known.collect();
        if known.is_empty() {
            return Err("unknown path".to_owned());
        }
        let described: Vec<_> = known.iter().filter(|o| o.method == *method).collect();
        if described.is_empty() {
            return Err("unknown method".to_owned());
        }
        // `/tags/list` is not a tag: what is said literally counts more.
        let named = described.iter().filter(|o| o.is_named_by(request));
        let Some(operation) = named.max_by_key(|o| o.literal()) else {
            return Err("unknown operation".to_owned());
        };
        self.check_headers(operation, request)?;
        operation.check(request, &self.document)
    }

    fn check_headers(&self, operation: &Operation, request: &Request) -> Result<(), String> {
        let allowed = |name: &str| {
            STANDARD.contains(&name)
                || operation.has_header(name)
                || self
                    .headers
                    .iter()
                    .any(|header| match header.strip_suffix('*') {
                        Some(start) => name.starts_with(start),
                        None => name == header,
                    })
        };
        match request.headers.iter().find(|(name, _)| !allowed(name)) {
            Some((name, _)) => Err(format!("unknown header {name}")),
            None => Ok(()),
        }
    }
}
