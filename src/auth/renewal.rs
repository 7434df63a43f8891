//! Logins that are made, kept in the job's directory, and made anew when they end.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, io, thread};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::context::Context;
use super::error::Error;
use super::exchange::{Exchange, Made, exchange};
use super::lease::{Fresh, usable};
use crate::address::registry_host;
use crate::docker::{self, Credential, JobDirectory, Renewal, Renewals};
use crate::error::Failure;
use crate::http::Host;

/// How long before its end a login is made anew: BuildKit uses an answer of a helper for four
/// minutes and fifty seconds (docker/buildx, `util/dockerutil/dockerconfig/configprovider.go`).
const MARGIN: Duration = Duration::from_secs(300);

/// How long retries may take while the login that is there has not ended: whoever asks has others
/// behind him, and can go on with it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A login that was made, with what is needed to make it anew.
pub fn renewal(exchange: &'static dyn Exchange, made: &Made, insecure: bool) -> Renewal {
    Renewal {
        exchange: exchange.name().to_owned(),
        origin: made.origin.clone(),
        credential: made.credential.clone(),
        made: Timestamp::now(),
        expires: made.expires,
        insecure,
    }
}

/// Makes several credentials at the same time, on a runtime of their own; results are in the
/// order of the input.
///
/// # Errors
/// The runtime cannot be started.
pub fn make_all(
    context: &Context,
    wishes: &[(String, &'static dyn Exchange)],
) -> Result<Vec<Result<Made, Error>>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let making = wishes
        .iter()
        .map(|(registry, exchange)| exchange.make(registry, context));
    let made = runtime.block_on(join_all(making));
    // A name that is still being resolved in the background must not delay the result.
    runtime.shutdown_background();
    Ok(made)
}

/// A job's login for a registry that is made anew when it ends; `None` where the job has none.
/// However many processes ask at once, it is made once. `context` has the environment of whoever
/// asks, which must still have what the login is made from. One that cannot be made anew is given
/// as long as it has not ended, with a note. This waits: a thread of a runtime must not call it.
///
/// # Errors
/// It has ended and cannot be made anew; the record cannot be used.
pub fn renewed(
    job: &JobDirectory,
    registry: &str,
    context: &Context,
) -> Result<Option<Renewal>, Error> {
    let renewals = Renewals::of(job);
    let read = || renewals.get(registry).map_err(config);
    match read()? {
        Some(known) if is_fresh(&known) => return Ok(Some(known)),
        Some(_) => {}
        None => return Ok(None),
    }
    let held = renewals.hold(registry).map_err(config)?;
    let known = match read()? {
        Some(known) if is_fresh(&known) => return Ok(Some(known)),
        Some(known) => known,
        None => return Ok(None),
    };
    match anew(&known, registry, context) {
        Ok(renewal) => {
            held.keep(&renewal).map_err(config)?;
            Ok(Some(renewal))
        }
        Err(error) if is_good(&known) => {
            context.report.note(format!(
                "the login to {registry} ends soon and cannot be made anew: {}",
                Failure::from(error).message()
            ));
            Ok(Some(known))
        }
        Err(error) => Err(Error::Ended {
            registry: registry.to_owned(),
            source: Box::new(error),
        }),
    }
}

/// What the helper `dockside` gives.
#[derive(Debug, Clone, Default)]
pub struct Helped {
    /// The credential, if there is one.
    pub credential: Option<Credential>,
    /// What gives it anew when it ends.
    pub renewing: Option<Renewing>,
}

impl From<Option<Credential>> for Helped {
    fn from(credential: Option<Credential>) -> Self {
        Self {
            credential,
            renewing: None,
        }
    }
}

/// The credential of the store that a docker config directory has, as the helper `dockside` gives
/// it: made anew where that is what the job wants.
///
/// # Errors
/// As [`renewed`]; the store cannot be read.
pub fn helped(docker_config: &Path, server: &str, context: &Context) -> Result<Helped, Error> {
    if let Some(job) = JobDirectory::containing(docker_config)
        && let Ok(registry) = registry_host(server)
        && let Some(renewal) = renewed(&job, &registry, context)?
    {
        return Ok(Helped {
            credential: Some(renewal.credential),
            renewing: Some(Renewing {
                docker_config: docker_config.to_owned(),
                registry,
                expires: renewal.expires,
                context: context.clone(),
            }),
        });
    }
    let store = docker::CredentialStore::of(docker_config);
    store.get(server).map(Helped::from).map_err(config)
}

/// The same for somebody who only looks: what is made anew is kept nowhere.
///
/// # Errors
/// As [`helped`].
pub fn peeked(docker_config: &Path, server: &str, context: &Context) -> Result<Helped, Error> {
    if let Some(job) = JobDirectory::containing(docker_config)
        && let Ok(registry) = registry_host(server)
        && let Some(known) = Renewals::of(&job).get(&registry).map_err(config)?
    {
        let renewal = match is_fresh(&known) {
            true => known,
            false => anew(&known, &registry, context)?,
        };
        return Ok(Helped::from(Some(renewal.credential)));
    }
    let store = docker::CredentialStore::untouched(docker_config);
    store.get(server).map(Helped::from).map_err(config)
}

/// What gives a login anew when it ends, for runs that last longer than it does.
#[derive(Clone)]
pub struct Renewing {
    docker_config: PathBuf,
    registry: String,
    expires: Option<Timestamp>,
    context: Context,
}

impl Renewing {
    /// When the login ends that was given, if that is known.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// The login, and how long it is good from now on; `None` when the job has given it up.
    ///
    /// # Errors
    /// As [`renewed`].
    pub async fn fresh(&self) -> Result<Fresh<Option<Credential>>, Error> {
        let this = self.clone();
        let renewal = tokio::task::spawn_blocking(move || {
            match JobDirectory::containing(&this.docker_config) {
                Some(job) => renewed(&job, &this.registry, &this.context),
                None => Ok(None),
            }
        });
        let broken = |_| Error::Runtime(io::ErrorKind::Interrupted.into());
        let renewal = renewal.await.map_err(broken)??;
        let lasts = renewal.as_ref().and_then(|renewal| {
            let left = renewal.expires?.duration_since(Timestamp::now());
            Some(Duration::try_from(left).unwrap_or_default())
        });
        Ok(Fresh {
            value: renewal.map(|renewal| renewal.credential),
            lasts,
        })
    }
}

/// The environment holds secrets.
impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// On a thread of its own: whoever asks may be a thread of a runtime, which cannot have another.
fn anew(known: &Renewal, registry: &str, context: &Context) -> Result<Renewal, Error> {
    let missing = |looked: String| Error::NoIdentity {
        registry: registry.to_owned(),
        looked,
        advice: "run this step with the environment that `dockside ci-env` had",
    };
    let exchange = exchange(&known.exchange)
        .ok_or_else(|| missing(format!("nothing here is called {:?}", known.exchange)))?;
    let mut context = context.clone();
    if is_good(known) {
        context.retry_timeout = context.retry_timeout.min(PATIENCE);
    }
    if known.insecure {
        context.http = context.http.insecure(vec![Host::parse(registry)?]);
    }
    if !exchange.is_for(registry, &context) {
        return Err(missing(format!(
            "the environment does not say that {} makes its logins",
            exchange.name()
        )));
    }
    let wish = [(registry.to_owned(), exchange)];
    let made = thread::scope(|scope| scope.spawn(|| make_all(&context, &wish)).join());
    let made = made.map_err(|_| missing("the exchange was broken off".to_owned()))??;
    let made = made.into_iter().next();
    let made = made.unwrap_or_else(|| Err(missing("nothing was made".to_owned())))?;
    // What is left in this step's environment may lead to somebody with other rights.
    if made.origin != known.origin {
        return Err(missing(format!(
            "it was made from {}, and this step has {}",
            known.origin, made.origin
        )));
    }
    Ok(renewal(exchange, &made, known.insecure))
}

/// Whether it need not be made anew yet.
fn is_fresh(renewal: &Renewal) -> bool {
    let Some(expires) = renewal.expires else {
        return true;
    };
    let life = Duration::try_from(expires.duration_since(renewal.made)).unwrap_or_default();
    let usable = SignedDuration::try_from(usable(life, MARGIN)).unwrap_or_default();
    let now = Timestamp::now();
    // A clock that was set back must not make it last.
    renewal.made <= now && now.duration_since(renewal.made) < usable
}

/// Whether it has not ended.
fn is_good(renewal: &Renewal) -> bool {
    renewal.expires.is_none_or(|end| Timestamp::now() < end)
}

fn config(error: docker::Error) -> Error {
    Error::Config(error.into())
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{is_fresh, is_good};
    use crate::docker::{Credential, Renewal};

    /// A login that was made so many seconds ago and lives for so many.
    fn login(age: i64, life: i64) -> Renewal {
        let made = Timestamp::now() - SignedDuration::from_secs(age);
        Renewal {
            exchange: "quay".to_owned(),
            origin: String::new(),
            credential: Credential::password("u", "p"),
            made,
            expires: Some(made + SignedDuration::from_secs(life)),
            insecure: false,
        }
    }

    #[test]
    fn a_login_is_made_anew_before_anybody_uses_it_after_its_end() {
        let state = |age, life| (is_fresh(&login(age, life)), is_good(&login(age, life)));
        assert_eq!(state(0, 3600), (true, true));
        assert_eq!(state(3200, 3600), (true, true));
        assert_eq!(state(3310, 3600), (false, true));
        assert_eq!(state(3601, 3600), (false, false));
        // The shortest that Docker Hub gives.
        assert_eq!(state(140, 300), (true, true));
        assert_eq!(state(160, 300), (false, true));
        // Made tomorrow.
        assert_eq!(state(-86_400, 3600), (false, true));
        let endless = Renewal {
            expires: None,
            ..login(1_000_000, 1)
        };
        assert!(is_fresh(&endless) && is_good(&endless));
    }
}
