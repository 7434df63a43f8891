//! Limits: every request of a command is refused the first time, in the words of its vendor.

use std::collections::HashSet;
use std::sync::Mutex;

use jiff::Timestamp;

use super::stand::Stand;
use crate::support::vendor::{Fault, Request};

/// What a vendor says, at one of its hosts, when the time to wait is over at once.
pub fn limited(brand: &str, host: &str) -> Fault {
    let now = Timestamp::now().as_second().to_string();
    let now = now.as_str();
    let soon = ("Retry-After", "0");
    match brand {
        // The registry beside the API says it in the common way.
        "github" if host.starts_with("api.") => Fault::status(
            403,
            &[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", now)],
        ),
        "dockerhub" => Fault::status(
            429,
            &[("X-RateLimit-Remaining", "0"), ("X-Retry-After", now)],
        ),
        "gitlab" => Fault::status(
            429,
            &[soon, ("RateLimit-Remaining", "0"), ("RateLimit-Reset", now)],
        ),
        "harbor" => {
            let body = r#"{"errors":[{"code":"TOO_MANY_REQUEST","message":"slow down"}]}"#;
            let headers = vec![("Retry-After".to_owned(), "0".to_owned())];
            Fault::Status(429, headers, body.to_owned())
        }
        "ecr" => {
            let body = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
            let headers = [
                ("Retry-After", "0"),
                ("x-amzn-ErrorType", "ThrottlingException"),
            ];
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            Fault::Status(429, headers.map(owned).to_vec(), body.to_owned())
        }
        _ => Fault::status(429, &[soon]),
    }
}

fn outlive(stand: &Stand) {
    let brand = stand.brand;
    stand.with(|store, path| {
        let one = store.push_image(path, Some("v1"), "one");
        store.tag(path, &one, "v2");
        store.push_image(path, Some("other"), "other");
    });
    for host in stand.hosts.clone() {
        let seen = Mutex::new(HashSet::new());
        let fault = limited(brand, &host);
        let is_first = move |request: &Request| {
            let (method, target) = (request.method.clone(), request.target.clone());
            let key = (method, target, request.body.clone());
            // An upload that is begun again has another name each time.
            let is_upload = request.path.contains("/blobs/uploads/");
            request.host == host && !is_upload && seen.lock().unwrap().insert(key)
        };
        stand.fault_always(is_first, fault);
    }
    let (code, output, said) = stand.run(&["tags", "--long", &stand.name]);
    assert_eq!((code, said.as_str()), (0, ""), "{brand}");
    let tags = output.lines().skip(1);
    let mut tags: Vec<_> = tags.map(|line| line.split(' ').next().unwrap()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["other", "v1", "v2"], "{brand}");
    let v2 = format!("{}:v2", stand.name);
    let untagged = stand.run(&["untag", &v2]);
    let expected = (0, format!("untagged {v2}\n"), String::new());
    assert_eq!(untagged, expected, "{brand}");
    let other = format!("{}:other", stand.name);
    let (code, _, said) = stand.run(&["delete", &other]);
    assert_eq!(code, 0, "{brand}: {said}");
    assert_eq!(stand.tags(), ["v1"], "{brand}");
}

#[test]
fn list_and_untag_and_delete_outlive_limits() {
    // They mostly wait.
    std::thread::scope(|scope| {
        for stand in Stand::all() {
            scope.spawn(move || outlive(&stand));
        }
    });
}
