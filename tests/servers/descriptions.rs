//! Requests that a vendor does not describe are found, whatever the kind of description.

mod botocore;
mod google;
mod openapi;
mod real;
mod swagger;

use crate::support::spec::Spec;
use crate::support::vendor::Request;
use crate::support::wire::Head;

/// A request as it would come: `METHOD PATH?QUERY`, headers `name: value`, a body.
fn request(line: &str, headers: &[&str], body: &str) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let headers = headers.iter().map(|header| {
        let (name, value) = header.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    });
    let head = Head {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.collect(),
    };
    Request::new("https", "vendor.example.com", head, body.into())
}

/// What is wrong with a request; `ok` when nothing is.
fn said(spec: &Spec, line: &str, headers: &[&str], body: &str) -> String {
    match spec.check(&request(line, headers, body)) {
        Ok(()) => "ok".to_owned(),
        Err(wrong) => wrong,
    }
}

/// The same of a request with JSON.
fn said_of_json(spec: &Spec, line: &str, body: &str) -> String {
    said(spec, line, &["content-type: application/json"], body)
}
