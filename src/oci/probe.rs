//! What a registry allows, asked without doing anything of it.

use reqwest::Method;

use super::error::Error;
use super::exchange::Sent;
use super::remote::Remote;
use super::rights::{Right, Rights};

/// How far it is known beforehand whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// The registry asks for no login.
    Open,
    /// It decides request by request.
    Unsaid,
    /// Its token service says whether all that was asked for is granted.
    Token(bool),
}

impl Remote {
    /// Whether all that is going to be done here is allowed, as far as the token service says it
    /// ([`Self::writing`], [`Self::deleting`]). The registry must have said how it wants to be
    /// told who asks ([`Self::ping`]).
    ///
    /// # Errors
    /// The token service refuses or does not answer.
    pub async fn allowance(&self) -> Result<Allowance, Error> {
        let scopes = self.right(Right::Pull).scopes(self.repository().path());
        let access = &self.login().access;
        let sent = access
            .authorization(&scopes, self.retries().budget())
            .await?;
        Ok(match (sent, access.covers(&scopes)) {
            (None, _) => Allowance::Open,
            (Some(_), Some(covers)) => Allowance::Token(covers),
            (Some(_), None) => Allowance::Unsaid,
        })
    }

    /// That whoever the docker config says is let in, as `docker login` asks it, whatever the
    /// repository. As [`Self::allowance`] after a [`Self::ping`].
    ///
    /// # Errors
    /// The registry, or its token service, refuses or does not answer.
    pub async fn admission(&self) -> Result<(), Error> {
        let retries = self.retries();
        let mut ask = self.ask_at(
            Method::GET,
            self.url("/v2/"),
            Rights::default(),
            self.repository().registry().to_owned(),
        );
        ask.scopes.clear();
        let by = self
            .login()
            .access
            .authorization(&[], retries.budget())
            .await?;
        let reply = self.persist(&ask, by.clone(), retries.budget()).await?;
        if !matches!(reply.status, 401 | 403) {
            return Ok(());
        }
        let answer = Sent { reply, by }.refusal().await;
        // A way that cannot be gone, such as a token service without TLS, is an error of its own.
        let access = &self.login().access;
        let (headers, by) = (&answer.headers, answer.by.as_ref());
        let again = access
            .challenged(headers, &[], by, retries.budget())
            .await?;
        let Some(by) = again else {
            return Err(self.denied(&ask, &answer));
        };
        let reply = self
            .persist(&ask, Some(by.clone()), retries.budget())
            .await?;
        let by = Some(by);
        match reply.status {
            401 | 403 => Err(self.denied(&ask, &Sent { reply, by }.refusal().await)),
            _ => Ok(()),
        }
    }
}
