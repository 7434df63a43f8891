//! Logins that are made from the job's identity instead of a stored secret.

use super::registries::Wanted;
use crate::auth::{self, Context, Exchange, exchange_for, make_all};
use crate::ci::Need;
use crate::docker::{JobDirectory, Renewals};
use crate::error::{Exit, Explain, Failure};

/// What is to be made, and from what.
pub(super) struct Identities<'a> {
    /// From `--oidc` or its variable.
    wish: Option<bool>,
    context: Context,
    insecure: &'a [String],
    /// The registries whose logins an earlier step has made.
    renewed: Vec<String>,
    chosen: Vec<(String, &'static dyn Exchange)>,
}

#[derive(Debug, thiserror::Error)]
#[error("--oidc: no registry is named whose logins are made from an identity")]
struct Nothing;

impl Explain for Nothing {
    fn hint(&self) -> Option<String> {
        Some(
            "name it with --login or --repo: Docker Hub, Amazon ECR, Azure Container Registry, \
             Google, Artifactory or Quay"
                .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl<'a> Identities<'a> {
    /// Nothing has been chosen yet.
    pub(super) fn new(
        wish: Option<bool>,
        context: Context,
        insecure: &'a [String],
        directory: &JobDirectory,
    ) -> Self {
        Self {
            wish,
            context,
            insecure,
            renewed: Renewals::of(directory).registries(),
            chosen: Vec::new(),
        }
    }

    /// Whether the user's wish is that identities go before all other credentials.
    pub(super) fn go_first(&self) -> bool {
        self.wish == Some(true)
    }

    /// Chooses a registry that the user named, and says whether its login is to be made: always
    /// where that is the user's wish, else when the environment has what it takes and the job has
    /// no `other` credential for it.
    ///
    /// # Errors
    /// Those of `other`, which is asked only when that decides.
    pub(super) fn take(
        &mut self,
        registry: &str,
        other: impl FnOnce() -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        if self.has(registry) {
            return Ok(true);
        }
        let exchange = match self.wish {
            Some(false) => None,
            _ => exchange_for(registry, &self.context),
        };
        let Some(exchange) = exchange else {
            return Ok(false);
        };
        if !self.go_first() {
            let Some(ready) = exchange.is_ready(registry, &self.context) else {
                return Ok(false);
            };
            if other()? {
                return Ok(false);
            }
            self.context
                .report
                .explain(|| format!("make a login to {registry}: there is {ready}"));
        }
        self.chosen.push((registry.to_owned(), exchange));
        Ok(true)
    }

    /// Whether a registry has been chosen.
    pub(super) fn has(&self, registry: &str) -> bool {
        self.chosen.iter().any(|(chosen, _)| chosen == registry)
    }

    /// Whether an earlier step has made the login of a registry, which is made anew when it ends.
    pub(super) fn is_renewed(&self, registry: &str) -> bool {
        self.renewed.iter().any(|renewed| renewed == registry)
    }

    /// Makes the logins, all at the same time.
    ///
    /// # Errors
    /// One that cannot be made; nothing else is tried in its place.
    pub(super) fn make(&self) -> Result<Vec<Wanted>, Failure> {
        if self.chosen.is_empty() {
            return if self.go_first() {
                Err(Nothing.into())
            } else {
                Ok(Vec::new())
            };
        }
        let made = make_all(&self.context, &self.chosen)?;
        let mut wanted = Vec::new();
        let mut failed: Option<Failure> = None;
        for ((registry, exchange), made) in self.chosen.iter().zip(made) {
            match made {
                Ok(made) => wanted.push(Wanted {
                    registry: registry.clone(),
                    credential: made.credential.clone(),
                    kind: "token",
                    origin: made.origin.clone(),
                    need: Need::Required,
                    renewal: Some(auth::renewal(
                        *exchange,
                        &made,
                        self.insecure
                            .iter()
                            .any(|host| host.eq_ignore_ascii_case(registry)),
                    )),
                }),
                Err(error) => {
                    if let Some(earlier) = failed.replace(error.into()) {
                        self.context.report.failure(&earlier);
                    }
                }
            }
        }
        match failed {
            Some(failed) => Err(failed),
            None => Ok(wanted),
        }
    }
}
