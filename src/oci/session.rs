//! Requests of one repository: as whom they are sent, and again after a challenge.

use reqwest::Method;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use url::Url;

use super::error::Error;
use super::exchange::{Answer, Ask, Sent};
use super::refusal::is_protected;
use super::remote::Remote;
use super::retries::Retries;
use super::rights::{Rights, written};
use crate::http::{Authorization, Body, Budget, Cause, Client, Host, Lane, Reply};

/// How often a request is sent again with another token. The second may be one that others have
/// used until it ended too, and so may the third where many requests share it.
const MAX_RENEWALS: u8 = 3;

/// How a single attempt ended.
pub(super) enum Attempt {
    /// With an answer; the registry lets us in.
    Answered(Box<Sent>),
    /// It has to be made once more: the token had expired, and there is a new one.
    Renewed,
    /// Without an answer.
    Failed(Cause),
}

impl Remote {
    /// A request for a path below the repository's, such as `tags/list`.
    pub(super) fn ask(&self, method: Method, path: &str, rights: Rights, subject: String) -> Ask {
        let repository = self.repository().path();
        let url = self.home().client.url(&format!("/v2/{repository}/{path}"));
        self.ask_at(method, url, rights, subject)
    }

    /// A request for an address at the registry.
    pub(super) fn ask_at(&self, method: Method, url: Url, rights: Rights, subject: String) -> Ask {
        Ask {
            method,
            url,
            headers: HeaderMap::new(),
            body: Body::Empty,
            lane: Lane::Control,
            scopes: rights.scopes(self.repository().path()),
            subject,
        }
    }

    /// What is tried for one piece of work.
    pub(super) fn retries(&self) -> Retries {
        Retries::new(self.home().retry_timeout)
    }

    /// Sends a request until there is an answer that will not change; after a challenge again
    /// with what it asks for. The answer is none of 401 and 403.
    pub(super) async fn send(&self, ask: &Ask, budget: &Budget) -> Result<Sent, Error> {
        let login = self.login();
        let meeting = login.meet().await;
        let sent = self.authorization(ask, budget).await?;
        let reply = self.persist(ask, sent.clone(), budget).await;
        // Who waits would not learn more by waiting for a registry that does not answer.
        let reply = reply.inspect_err(|_| login.has_met())?;
        if !is_refusal(reply.status) {
            login.has_met();
            login.access.accepted(&ask.scopes, sent.as_ref());
            return Ok(Sent { reply, by: sent });
        }
        let again = self.renew(ask, Sent { reply, by: sent }, budget).await;
        // Nor would they learn more from another failure to get a token.
        login.has_met();
        let mut again = again?;
        drop(meeting);
        let mut renewals = 1;
        loop {
            let reply = self.persist(ask, Some(again.clone()), budget).await?;
            let sent = Sent {
                reply,
                by: Some(again),
            };
            if !is_refusal(sent.reply.status) {
                login.access.accepted(&ask.scopes, sent.by.as_ref());
                return Ok(sent);
            }
            if renewals == MAX_RENEWALS {
                return Err(self.refused(ask, &sent.refusal().await));
            }
            again = self.renew(ask, sent, budget).await?;
            renewals += 1;
        }
    }

    /// [`Self::send`] and all of the answer's body, unless it is longer than `limit` bytes; what
    /// breaks off is asked for again.
    pub(super) async fn fetch(
        &self,
        ask: &Ask,
        limit: usize,
        retries: &mut Retries,
    ) -> Result<Answer, Error> {
        loop {
            let sent = self.send(ask, retries.budget()).await?;
            let cause = match sent.read(limit).await {
                Ok(answer) => return Ok(answer),
                Err(cause) => cause,
            };
            let paused = retries.pause(&ask.name(), cause).await;
            paused.map_err(|source| ask.failed(source))?;
        }
    }

    /// As [`Self::fetch`]; also says whether an earlier attempt may have done already what was
    /// asked for.
    pub(super) async fn fetch_once(
        &self,
        ask: &Ask,
        limit: usize,
        retries: &mut Retries,
    ) -> Result<(Answer, bool), Error> {
        let (mut repeated, mut renewed) = (false, false);
        loop {
            let attempt = self.attempt(ask, retries.budget()).await?;
            let again = std::mem::replace(&mut renewed, matches!(attempt, Attempt::Renewed));
            let cause = match attempt {
                Attempt::Renewed if !again => continue,
                Attempt::Renewed => refused_again(),
                Attempt::Failed(cause) => cause,
                Attempt::Answered(sent) => match sent.lasting().await {
                    Ok(sent) => match sent.read(limit).await {
                        Ok(answer) => return Ok((answer, repeated)),
                        Err(cause) => cause,
                    },
                    Err(cause) => cause,
                },
            };
            let paused = retries.pause(&ask.name(), cause).await;
            paused.map_err(|source| ask.failed(source))?;
            repeated |= !renewed;
        }
    }

    /// A single attempt of a request that cannot simply be repeated.
    pub(super) async fn attempt(&self, ask: &Ask, budget: &Budget) -> Result<Attempt, Error> {
        let sent = self.authorization(ask, budget).await?;
        let reply = match self.client_of(ask)?.call(ask.call(sent.clone())).await {
            Ok(reply) => reply,
            Err(cause) => return Ok(Attempt::Failed(cause)),
        };
        let sent = Sent { reply, by: sent };
        if is_refusal(sent.reply.status) {
            self.renew(ask, sent, budget).await?;
            return Ok(Attempt::Renewed);
        }
        let access = &self.login().access;
        access.accepted(&ask.scopes, sent.by.as_ref());
        Ok(Attempt::Answered(Box::new(sent)))
    }

    async fn authorization(
        &self,
        ask: &Ask,
        budget: &Budget,
    ) -> Result<Option<Authorization>, Error> {
        if ask.scopes.is_empty() {
            return Ok(None);
        }
        let access = &self.login().access;
        Ok(access.authorization(&ask.scopes, budget).await?)
    }

    pub(super) async fn persist(
        &self,
        ask: &Ask,
        authorization: Option<Authorization>,
        budget: &Budget,
    ) -> Result<Reply, Error> {
        let call = ask.call(authorization);
        let answer = self.client_of(ask)?.persist(&call, budget).await;
        answer.map_err(|source| ask.failed(source))
    }

    /// What to send after a refusal; the error that it is when there is nothing better. The body
    /// is read first, so that the token service, which may be the same host, is let through.
    async fn renew(&self, ask: &Ask, sent: Sent, budget: &Budget) -> Result<Authorization, Error> {
        let answer = sent.refusal().await;
        if is_protected(&answer.said().codes) {
            // No other token can help, and GitLab counts logins.
            return Err(answer.refused(&ask.subject));
        }
        let challenged = answer.headers.contains_key(WWW_AUTHENTICATE);
        let worth_it = answer.status == 401
            || challenged
            || matches!(answer.by, Some(Authorization::Bearer(_)));
        if !ask.scopes.is_empty() && worth_it {
            let access = &self.login().access;
            let again = access
                .challenged(&answer.headers, &ask.scopes, answer.by.as_ref(), budget)
                .await?;
            if let Some(again) = again {
                return Ok(again);
            }
        }
        Err(self.denied(ask, &answer))
    }

    /// The error of a refusal that no other token changes.
    fn refused(&self, ask: &Ask, answer: &Answer) -> Error {
        match is_protected(&answer.said().codes) {
            true => answer.refused(&ask.subject),
            false => self.denied(ask, answer),
        }
    }

    pub(super) fn denied(&self, ask: &Ask, answer: &Answer) -> Error {
        let access = &self.login().access;
        let said = answer.said();
        Error::Denied {
            subject: ask.subject.clone(),
            registry: self.home().registry.clone(),
            status: answer.status,
            said: said.message,
            asked: written(&ask.scopes),
            granted: access.granted(&ask.scopes),
            needs: said.needs,
            origin: access.origin().to_owned(),
        }
    }

    /// What speaks to the host of a request.
    fn client_of(&self, ask: &Ask) -> Result<Client, Error> {
        let home = &self.home().client;
        if !ask.scopes.is_empty() {
            return Ok(home.clone());
        }
        Ok(home.toward(Host::of(&ask.url)?))
    }
}

/// A refusal of what had just been renewed, which is not answered by yet another renewal at once: a
/// registry could go on so for ever.
pub(super) fn refused_again() -> Cause {
    Cause::Status {
        status: 401,
        retry_after: None,
        said: None,
    }
}

/// Whether the registry does not let us in.
fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}
