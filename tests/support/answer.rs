//! Answers.

use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// One without headers and body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// One with a body of JSON that holds this code.
    pub fn error(status: u16, code: &str) -> Self {
        Self::new(status)
            .header("Content-Type", "application/json")
            .body(errors(code))
    }

    /// Sets a body of JSON.
    pub fn json(self, value: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(value.to_string())
    }

    /// Sets a body of text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.header("Content-Type", "text/plain; charset=utf-8")
            .body(text.into())
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Gives a header another value, or takes it away.
    pub fn replace(&mut self, name: &str, value: Option<String>) {
        let others = |found: &str| !found.eq_ignore_ascii_case(name);
        self.headers.retain(|(found, _)| others(found));
        self.headers
            .extend(value.map(|value| (name.to_owned(), value)));
    }
}

/// The body of an error.
pub fn errors(code: &str) -> String {
    let message = code.to_ascii_lowercase().replace('_', " ");
    json!({"errors": [{"code": code, "message": message}]}).to_string()
}
