//! Being let in to one registry as one user: challenges, and the tokens got for them.

use reqwest::header::HeaderMap;

use super::error::Error;
use super::keychain::Found;
use crate::http::{Authorization, Budget, Client, Host};

/// What is asked for at a repository, as a token service names it: `repository:PATH:ACTIONS`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The repository's path.
    pub path: String,
    /// `pull`, `push`, `delete`, in this order.
    pub actions: &'static [&'static str],
}

/// One user at one registry. A clone shares the tokens.
#[derive(Clone)]
pub struct Access {}

impl Access {
    /// Nobody has been asked for anything yet. `client` is that of the registry.
    pub fn new(_client: Client, _host: Host, _found: Found) -> Self {
        todo!()
    }

    /// Where the credential was found, for people.
    pub fn origin(&self) -> &str {
        todo!()
    }

    /// What to send with a request that needs these scopes. Before the registry has said how it
    /// wants to be told, that is nothing; afterwards it is Basic credentials, or a token for
    /// exactly this set of scopes, fetched once however many requests wait for it, and again
    /// before it expires.
    ///
    /// # Errors
    /// The token service refuses or does not answer.
    pub async fn authorization(
        &self,
        _scopes: &[Scope],
        _budget: &Budget,
    ) -> Result<Option<Authorization>, Error> {
        todo!()
    }

    /// What to send after an answer of 401 (or of 403 to a token that may have expired) to a
    /// request that was sent with `sent`. The scope is that of the challenge, joined with
    /// `scopes`. `None` when nothing better can be sent: the answer is final.
    ///
    /// # Errors
    /// The token service refuses or does not answer; a push (a scope with more than `pull`)
    /// without any credential, which is never tried anonymously.
    pub async fn challenged(
        &self,
        _headers: &HeaderMap,
        _scopes: &[Scope],
        _sent: Option<&Authorization>,
        _budget: &Budget,
    ) -> Result<Option<Authorization>, Error> {
        todo!()
    }

    /// What the last token for these scopes grants, as far as it can be known (the `access`
    /// claim of a JWT, the `scope` of the answer): for an error that shows asked and granted.
    pub fn granted(&self, _scopes: &[Scope]) -> Option<String> {
        todo!()
    }
}
