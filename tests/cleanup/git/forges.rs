//! Open change requests, as forges list them.

use std::time::Duration;

use dockside::cleanup::git::{ChangeRequest, Error, change_requests};
use dockside::env::Env;
use dockside::error::{Exit, Explain as _};
use dockside::http::{Http, Limits};

use crate::support::http::Reply;
use crate::support::scripted::Scripted;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn ask(variables: &[(&str, &str)]) -> Result<Vec<ChangeRequest>, Error> {
    let env = Env::from_iter(variables.iter().copied());
    let limits = Limits {
        pause: Duration::from_millis(1),
        ..Limits::default()
    };
    let http = Http::default().limited(limits);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(change_requests::open(
        &env,
        &http,
        Duration::from_millis(50),
    ))
}

fn numbers(found: &[ChangeRequest]) -> Vec<u64> {
    found.iter().map(|request| request.number).collect()
}

fn json(body: &str) -> Reply {
    Reply::new(200)
        .header("Content-Type", "application/json")
        .body(body)
}

/// Pull requests as GitHub and Gitea write them.
fn pulls(numbers: &[u64]) -> Reply {
    let pull = |number| {
        format!(
            r#"{{"number": {number}, "head": {{"sha": "{SHA}"}}, "merge_commit_sha": null,
                "updated_at": "2026-01-02T03:04:05Z"}}"#
        )
    };
    let all: Vec<String> = numbers.iter().map(pull).collect();
    json(&format!("[{}]", all.join(",")))
}

fn github(server: &Scripted) -> Vec<(String, String)> {
    let url = format!("http://{}", server.server.host());
    let pairs = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_API_URL", &url),
        ("GITHUB_TOKEN", "s3cret"),
    ];
    pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

fn ask_github(server: &Scripted) -> Result<Vec<ChangeRequest>, Error> {
    let pairs = github(server);
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    ask(&pairs)
}

#[test]
fn pages_are_read_until_one_is_empty() {
    let server = Scripted::start();
    server.script([pulls(&[7]), pulls(&[])]);
    let found = ask_github(&server).unwrap();
    assert_eq!(
        found,
        [ChangeRequest {
            number: 7,
            commits: [SHA.to_owned()].into(),
            updated: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        }]
    );
    let requests = server.server.requests();
    let asked: Vec<_> = requests
        .iter()
        .map(|request| (request.path.as_str(), request.header("authorization")))
        .collect();
    let bearer = Some("Bearer s3cret");
    assert_eq!(
        asked,
        [
            ("/repos/o/r/pulls?state=open&per_page=100&page=1", bearer),
            ("/repos/o/r/pulls?state=open&per_page=100&page=2", bearer),
        ]
    );
}

/// While a request is closed another one moves to a page that was read already; the second look
/// finds it.
#[test]
fn lists_of_several_pages_are_read_until_nothing_is_new() {
    let server = Scripted::start();
    server.script([
        pulls(&[1, 2]),
        pulls(&[4]),
        pulls(&[]),
        pulls(&[2, 3]),
        pulls(&[4]),
        pulls(&[]),
        pulls(&[2, 3]),
        pulls(&[4]),
        pulls(&[]),
    ]);
    assert_eq!(numbers(&ask_github(&server).unwrap()), [1, 2, 3, 4]);
}

#[test]
fn whatever_fails_on_whatever_page_stops_the_cleanup() {
    for failing in 0..3 {
        for status in [401, 403, 404, 429, 500, 203] {
            let server = Scripted::start();
            let pages = [pulls(&[1]), pulls(&[2])];
            let mut steps: Vec<Reply> = pages.into_iter().take(failing).collect();
            let mut failure = Reply::new(status).body("{}");
            if status == 429 {
                failure = failure.header("Retry-After", "3600");
            }
            steps.push(failure);
            server.script(steps);
            let error = ask_github(&server).unwrap_err();
            assert!(
                matches!(error, Error::Forge(_)),
                "{failing} {status}: {error}"
            );
            assert_eq!(error.exit(), Exit::Refused);
            assert!(!format!("{error:?}").contains("s3cret"));
        }
    }
}

#[test]
fn what_is_no_list_stops_the_cleanup() {
    for body in ["", "{}", "<html>", r#"[{"id": 1}]"#, "[1]", "null"] {
        let server = Scripted::start();
        server.script([json(body)]);
        let error = ask_github(&server).unwrap_err();
        assert!(matches!(error, Error::Forge(_)), "{body}: {error}");
    }
}

#[test]
fn other_forges() {
    let server = Scripted::start();
    let url = format!("http://{}", server.server.host());
    let api = format!("{url}/api/v4");
    let both = |first: &str, second: &str| {
        server.script([json(first), json(second)]);
    };
    both(&format!(r#"[{{"iid": 3, "sha": "{SHA}"}}]"#), "[]");
    let found = ask(&[
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", &api),
        ("CI_PROJECT_ID", "9"),
        ("GITLAB_TOKEN", "s3cret"),
    ]);
    assert_eq!(numbers(&found.unwrap()), [3]);
    let request = &server.server.requests()[0];
    let path = "/api/v4/projects/9/merge_requests?state=opened&per_page=100&page=1";
    assert_eq!(request.path, path);
    assert_eq!(request.header("private-token"), Some("s3cret"));
    server.script([pulls(&[4]), pulls(&[])]);
    let found = ask(&[
        ("GITEA_ACTIONS", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &url),
        ("GITHUB_REPOSITORY", "o/r"),
    ]);
    assert_eq!(numbers(&found.unwrap()), [4]);
    both(
        r#"{"value": [{"pullRequestId": 5, "lastMergeSourceCommit": {"commitId": "x"}}]}"#,
        r#"{"value": []}"#,
    );
    let azure = [
        ("TF_BUILD", "True"),
        ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
        ("SYSTEM_COLLECTIONURI", &url),
        ("SYSTEM_TEAMPROJECT", "a b"),
        ("BUILD_REPOSITORY_ID", "id"),
    ];
    assert_eq!(numbers(&ask(&azure).unwrap()), [5]);
    let requests = server.server.requests();
    let path = "/a%20b/_apis/git/repositories/id/pullrequests?\
                searchCriteria.status=active&api-version=7.1&%24top=100&%24skip=";
    let last = requests.iter().rev().take(2).map(|request| &request.path);
    let last: Vec<_> = last.collect();
    assert_eq!(last, [&format!("{path}1"), &format!("{path}0")]);
    let page = r#"{"values": [{"id": 6, "source": {"commit": null}}], "next": "x"}"#;
    let end = r#"{"values": [{"id": 8, "source": {"commit": {"hash": "0123456789ab"}}}]}"#;
    server.script([page, end, page, end].map(json));
    let found = ask(&[
        ("BITBUCKET_BUILD_NUMBER", "1"),
        ("BITBUCKET_REPO_FULL_NAME", "o/r"),
        ("DOCKSIDE_BITBUCKET_API", &url),
    ]);
    assert_eq!(numbers(&found.unwrap()), [6, 8]);
}

#[test]
fn a_job_of_no_forge_knows_nothing() {
    for variables in [&[][..], &[("GITLAB_CI", "true")], &[("TF_BUILD", "True")]] {
        let error = ask(variables).unwrap_err();
        assert!(matches!(error, Error::NoForge { .. }), "{error}");
        assert_eq!(error.exit(), Exit::Refused);
    }
}

/// Plain HTTP elsewhere would show the token to anybody.
#[test]
fn tokens_do_not_go_out_without_tls() {
    let error = ask(&[
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", "http://gitlab.example.com/api/v4"),
        ("CI_PROJECT_ID", "9"),
        ("GITLAB_TOKEN", "s3cret"),
    ]);
    assert!(matches!(error, Err(Error::Address { .. })));
}
