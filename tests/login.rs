//! Whether a credential is accepted: against real registries, and against servers that fail.

mod hostile;
mod real;
mod retries;
mod tls;

use std::time::Duration;

use dockside::auth::{Credential, Error, Scheme, Verified, verify_all};
use dockside::error::Failure;
use dockside::http::{Http, Limits};

const USER: &str = "robot$ci";
const PASSWORD: &str = "correct horse: \"battery\" $staple é";

/// Enough for any number of retries that succeed.
const BUDGET: Duration = Duration::from_secs(30);

/// No retries.
const ONCE: Duration = Duration::ZERO;

/// A client with short pauses, and a limit on every request that a busy machine keeps.
fn http() -> Http {
    Http::default().limited(Limits {
        request: Duration::from_secs(5),
        pause: Duration::from_millis(10),
        ..Limits::default()
    })
}

/// A client with short pauses, for servers that do answer, if slowly on a busy machine.
fn patient() -> Http {
    Http::default().limited(Limits {
        pause: Duration::from_millis(10),
        ..Limits::default()
    })
}

fn credential(registry: impl Into<String>, password: &str) -> Credential {
    Credential {
        registry: registry.into(),
        username: USER.to_owned(),
        secret: password.into(),
        kind: "password".to_owned(),
        scheme: None,
    }
}

fn verify(http: &Http, credential: Credential, budget: Duration) -> Result<Verified, Error> {
    verify_all(http, &[(credential, budget)]).unwrap().remove(0)
}

fn accepted(scheme: Scheme) -> Verified {
    Verified {
        scheme,
        identity_token: None,
    }
}

/// What the user would read of an error: message and hint.
fn shown(result: Result<Verified, Error>) -> (String, String) {
    let error = result.expect_err("should have failed");
    let debug = format!("{error:?}");
    assert!(!debug.contains(PASSWORD), "{debug}");
    let failure = Failure::from(error);
    let message = failure.message();
    assert!(!message.contains(PASSWORD), "{message}");
    (message, failure.hint().unwrap_or_default())
}
