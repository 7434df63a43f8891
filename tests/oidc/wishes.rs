//! Whether logins are made at all: what the user says, and what is stored already.

use serde_json::json;

use super::quay::{IMAGE, Quay};
use crate::support::job::text;

#[test]
fn the_variable_says_yes_or_no_or_is_an_error() {
    for value in ["ja", "2", "true ", "on"] {
        let (server, _quay, job) = Quay::start();
        let mut command = job.command(&["ci-env", "gitlab", "--login", &server.host()]);
        let output = command.env("DOCKSIDE_OIDC", value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{value}");
        assert_eq!(
            text(&output.stderr),
            "dockside: error: DOCKSIDE_OIDC says neither yes nor no\n\
             dockside: hint: set it to 1, t, true or yes, or to 0, f, false or no\n"
        );
        assert_eq!(server.seen(), [""; 0]);
    }
    for (value, arguments, made) in [
        ("", &[][..], 1),
        ("YES", &[], 1),
        ("f", &[], 0),
        ("ja", &["--oidc=false"], 0),
    ] {
        let (server, quay, job) = Quay::start();
        let repository = format!("{}/{IMAGE}", server.host());
        let mut command = job.command(&["ci-env", "gitlab", "--repo", &repository]);
        let output = command.args(arguments).env("DOCKSIDE_OIDC", value).output();
        assert_eq!(output.unwrap().status.code(), Some(0), "{value}");
        assert_eq!(quay.lock().unwrap().made.len(), made, "{value}");
    }
}

/// Outside of a job nothing makes a login anew. One that has ended there does not keep a job from
/// having one of its own, and one that has not ended does.
#[test]
fn a_stored_login_that_has_ended_is_none() {
    for (lifetime, made) in [(0, 2), (3600, 1)] {
        for option in ["--login", "--repo"] {
            let (server, quay, job) = Quay::start();
            let host = server.host();
            quay.lock().unwrap().lifetime = lifetime;
            let output = job.run(&["login", "--oidc", &host]);
            assert!(output.status.success(), "{}", text(&output.stderr));
            quay.lock().unwrap().lifetime = 3600;
            let named = match option {
                "--login" => host.clone(),
                _ => format!("{host}/{IMAGE}"),
            };
            job.ci_env(&[option, &named]);
            assert_eq!(quay.lock().unwrap().made.len(), made, "{option}");
            let helped = json!({ host.clone(): "dockside" });
            let is_helped = job.config().get("credHelpers") == Some(&helped);
            assert_eq!(is_helped, made == 2, "{option}");
        }
    }
}
