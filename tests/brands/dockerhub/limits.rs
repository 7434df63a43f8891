//! The limits of the API, of pulls, and of abuse.

use super::Stage;
use crate::support::vendor::Fault;

const NOW: [&str; 2] = ["--retry-timeout", "0"];

/// So many seconds from now, since 1970.
fn later(seconds: u64) -> String {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    (now.as_secs() + seconds).to_string()
}

#[test]
fn untag_waits_for_the_limit_of_the_api() {
    for name in ["Retry-After", "X-Retry-After"] {
        let stage = Stage::admin();
        stage.push("one", &["v1"]);
        let fault = Fault::status(429, &[(name, "1")]);
        stage.network.fault(1, "DELETE hub.docker.com", fault);
        let (code, output, said) = stage.run(&["untag", "acme/app:v1"]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert_eq!(output, "untagged docker.io/acme/app:v1\n");
    }
}

#[test]
fn untag_says_until_when_the_api_is_limited() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let reset = later(3600);
    let headers = [
        ("X-RateLimit-Limit", "180"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", reset.as_str()),
    ];
    let fault = Fault::status(429, &headers);
    stage.network.fault_always("DELETE hub.docker.com", fault);
    let (code, _, said) = stage.run(&["untag", "acme/app:v1", NOW[0], NOW[1]]);
    assert_eq!(code, 1);
    let expected = "dockside: error: docker.io/acme/app:v1: Docker Hub limits requests (status \
                    429)\ndockside: hint: try again after 2";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn untag_tells_the_limit_of_abuse() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    stage
        .network
        .fault_always("DELETE hub.docker.com", Fault::status(429, &[]));
    let (code, _, said) = stage.run(&["untag", "acme/app:v1", NOW[0], NOW[1]]);
    let expected = "dockside: error: docker.io/acme/app:v1: Docker Hub limits requests (status \
         429)\n\
         dockside: hint: Docker Hub takes this for abuse (thousands of requests a minute from \
         one address): wait some minutes, then go on with fewer --jobs\n";
    assert_eq!((code, said.as_str()), (1, expected));
}

#[test]
fn delete_tells_the_limit_of_pulls() {
    let stage = Stage::admin();
    stage.push("one", &["v1"]);
    let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;
    let headers = [
        ("ratelimit-limit", "100;w=21600"),
        ("ratelimit-remaining", "0;w=21600"),
        ("docker-ratelimit-source", "192.0.2.1"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fault = Fault::Status(429, headers.to_vec(), body.to_owned());
    stage.network.fault_always("tags/list", fault);
    let (code, _, said) = stage.run(&["delete", "acme/app:v1", NOW[0], NOW[1]]);
    let expected = "dockside: error: docker.io/acme/app: tags: Docker Hub's registry limits \
         requests (status 429): You have reached your pull rate limit.\n\
         dockside: hint: this is the limit of pulls of this account or, without a login, of this \
         address, in six hours: log in, wait, or use a subscription that has none\n";
    assert_eq!((code, said.as_str()), (1, expected));
    assert_eq!(stage.tags(), ["v1"]);
}
