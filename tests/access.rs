//! Being let in: credentials found in the docker config, and the tokens got for them.

mod grants;
mod issuer;
mod keychain;
mod real;
mod refusals;
mod renewal;

use std::time::Duration;

use dockside::auth::{Access, Error, Found, Scope};
use dockside::docker::{Credential, Kind};
use dockside::http::{Authorization, Budget, Host, Http, Limits};

const PASSWORD: &str = "correct horse: $staple";

const PULL: &[&str] = &["pull"];
const PUSH: &[&str] = &["pull", "push"];

fn scope(path: &str, actions: &'static [&'static str]) -> Scope {
    Scope {
        path: path.to_owned(),
        actions,
    }
}

fn user() -> Option<Credential> {
    Some(Credential::password("robot$ci", PASSWORD))
}

fn token(kind: Kind) -> Option<Credential> {
    Some(Credential {
        username: String::new(),
        secret: PASSWORD.into(),
        kind,
    })
}

/// Access to the registry `host` as somebody whom the docker config names.
fn access(host: &str, credential: Option<Credential>) -> Access {
    let http = Http::default().limited(Limits {
        pause: Duration::from_millis(10),
        ..Limits::default()
    });
    let host = Host::parse(host).unwrap();
    let found = Found {
        credential,
        origin: "auths of /config.json (key k)".to_owned(),
        renewing: None,
    };
    Access::new(http.client(host.clone()), host, found)
}

fn budget() -> Budget {
    Budget::new(Duration::from_secs(30))
}

/// Runs it with several threads, so that what it awaits has to be fit for them.
fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let task = runtime.spawn(future);
    runtime.block_on(task).unwrap()
}

/// What would be sent, in words.
fn sent(authorization: Result<Option<Authorization>, Error>) -> String {
    match authorization.unwrap() {
        None => "nothing".to_owned(),
        Some(Authorization::Basic(basic)) => {
            format!("{}:{}", basic.username, basic.password.expose())
        }
        Some(Authorization::Bearer(token)) => token.expose().to_owned(),
    }
}

/// What the user would read of an error: message and hint.
fn shown(result: Result<Option<Authorization>, Error>) -> (String, String) {
    let error = result.expect_err("should have failed");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
    let failure = dockside::error::Failure::from(error);
    assert!(!failure.message().contains(PASSWORD));
    (failure.message(), failure.hint().unwrap_or_default())
}
