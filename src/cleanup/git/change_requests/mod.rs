//! Change requests (pull requests, merge requests) that are open, as the forge lists them.

mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::HeaderName;
use url::Url;

use super::error::Error;
use crate::ci;
use crate::env::Env;
use crate::http::{Authorization, Http};
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::{self, Why};
use crate::secret::Secret;

/// The longest list, in pages: more than any forge has open.
const MAX_PAGES: usize = 10_000;

/// How often a list of several pages is read at most, until it shows nothing new.
const MAX_ROUNDS: usize = 5;

/// A change request that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Its number in the project.
    pub number: u64,
    /// The commits that it is about, or the beginnings of these: the last one, and what the forge
    /// has made of it to test the merge.
    pub commits: BTreeSet<String>,
    /// When it was last changed, where the forge says it.
    pub updated: Option<Timestamp>,
}

impl ChangeRequest {
    /// When it was last changed, in seconds of Unix; 0 where that is not known.
    pub(super) fn date(&self) -> i64 {
        self.updated.map_or(0, Timestamp::as_second)
    }

    /// Whether these digits name a commit of it.
    pub(super) fn has(&self, digits: &str) -> bool {
        let mut commits = self.commits.iter();
        commits.any(|commit| commit.starts_with(digits) || digits.starts_with(commit.as_str()))
    }
}

/// Reads numbers that were given by hand: `12,15`, or `none`.
///
/// # Errors
/// Something else.
pub fn given(text: &str) -> Result<Vec<ChangeRequest>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let numbers = text.split(',').map(|number| {
        let number = number.trim().parse();
        number.map_err(|_| "expected numbers, such as 12,15, or none".to_owned())
    });
    let request = |number| ChangeRequest {
        number,
        ..ChangeRequest::default()
    };
    numbers.map(|number| Ok(request(number?))).collect()
}

/// The open change requests of the project whose job this is, by the forge that runs or started it.
///
/// # Errors
/// It is not known which forge that is, or it does not say all. It is exit code 3: not to know is
/// not to have none.
pub async fn open(
    env: &Env,
    http: &Http,
    retry_timeout: Duration,
) -> Result<Vec<ChangeRequest>, Error> {
    let system = ci::detect(env).map(|(system, _)| system.name());
    let forge = match system {
        Some("github") => github::of(env),
        Some("gitea" | "forgejo") => gitea::of(env),
        Some("gitlab") => gitlab::of(env),
        Some("bitbucket") => bitbucket::of(env),
        Some("azure") => azure::of(env),
        _ => Err(Error::NoForge {
            missing: "run it in a job of GitHub, GitLab, Gitea, Forgejo, Bitbucket or Azure",
        }),
    };
    forge?.list(http, retry_timeout).await
}

/// Where a forge lists open change requests.
struct Forge {
    service: &'static str,
    /// The list, with all that a query has but the page.
    list: Url,
    paging: Paging,
    token: Token,
    read: fn(&Answer) -> Result<Page, registry::Error>,
}

/// How the next page is asked for. What comes back in a page says nothing of the end: a server may
/// give less than it was asked for.
enum Paging {
    /// A parameter that counts pages from 1 on.
    Pages(&'static str),
    /// A parameter that counts what was seen.
    Skips(&'static str),
}

/// As whom.
enum Token {
    None,
    Bearer(Secret),
    Header(HeaderName, Secret),
}

/// A page of a list.
struct Page {
    requests: Vec<ChangeRequest>,
    is_last: bool,
}

impl Page {
    /// One of a list that ends with an empty page.
    fn until_empty(requests: Vec<ChangeRequest>) -> Self {
        Self {
            is_last: requests.is_empty(),
            requests,
        }
    }
}

impl Forge {
    /// All that are open. While one is closed, another one moves to a page that was read already:
    /// so a list of several pages is read until it shows nothing new, and what was seen once
    /// counts.
    async fn list(
        &self,
        http: &Http,
        retry_timeout: Duration,
    ) -> Result<Vec<ChangeRequest>, Error> {
        let api = self.api(http, retry_timeout)?;
        let mut all: BTreeMap<u64, ChangeRequest> = BTreeMap::new();
        for _ in 0..MAX_ROUNDS {
            let before = all.len();
            let pages = self.round(&api, &mut all).await?;
            if pages == 1 || all.len() == before {
                return Ok(all.into_values().collect());
            }
        }
        Err(self.endless())
    }

    /// Reads all pages; how many had something.
    async fn round(
        &self,
        api: &Api,
        all: &mut BTreeMap<u64, ChangeRequest>,
    ) -> Result<usize, Error> {
        let mut seen = 0;
        for page in 1..=MAX_PAGES {
            let mut url = self.list.clone();
            let (parameter, value) = match self.paging {
                Paging::Pages(parameter) => (parameter, page),
                Paging::Skips(parameter) => (parameter, seen),
            };
            url.query_pairs_mut()
                .append_pair(parameter, &value.to_string());
            let ask = Ask::new(Method::GET, url, "the open change requests");
            let answer = api.send(&ask).await?;
            if answer.status != 200 {
                return Err(refused(&answer).into());
            }
            let read = (self.read)(&answer)?;
            seen += read.requests.len();
            let is_empty = read.requests.is_empty();
            for request in read.requests {
                let known = all.entry(request.number).or_default();
                known.commits.extend(request.commits);
                known.number = request.number;
                known.updated = known.updated.max(request.updated);
            }
            if read.is_last {
                return Ok(if is_empty { page - 1 } else { page }.max(1));
            }
        }
        Err(self.endless())
    }

    fn api(&self, http: &Http, retry_timeout: Duration) -> Result<Api, Error> {
        let address = || Error::Address {
            service: self.service,
            address: self.list.origin().ascii_serialization(),
        };
        let client = http.endpoint(&self.list).map_err(|_| address())?;
        let api = Api::below(&client, self.list.clone(), self.service, retry_timeout)?;
        Ok(match &self.token {
            Token::None => api,
            Token::Bearer(token) => api.authorized(Authorization::Bearer(token.clone())),
            Token::Header(name, token) => api.header(name.clone(), token.expose()),
        })
    }

    fn endless(&self) -> Error {
        Error::Endless {
            service: self.service,
        }
    }
}

/// The error of an answer that is no list.
fn refused(answer: &Answer) -> registry::Error {
    let advice = match answer.status {
        401 | 403 | 404 => "give the job a token that may read change requests",
        _ => return answer.refused(None),
    };
    match answer.refused(Some(Why::by_status(answer.status))) {
        registry::Error::Refused(refusal) => refusal.advising(advice).into(),
        other => other,
    }
}

/// The address of a list: segments below a root, and a query.
fn address(
    service: &'static str,
    root: &str,
    segments: &[&str],
    query: &[(&str, &str)],
) -> Result<Url, Error> {
    let bad = || Error::Address {
        service,
        address: root.to_owned(),
    };
    let mut url: Url = root.parse().map_err(|_| bad())?;
    url.path_segments_mut()
        .map_err(|()| bad())?
        .pop_if_empty()
        .extend(segments);
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

/// The first of these variables that has a value.
fn token(env: &Env, names: &[&str]) -> Option<Secret> {
    let mut values = names.iter().filter_map(|name| env.utf8(name));
    values.next().map(Secret::new)
}

/// Variables that a forge cannot be asked without.
fn needed<'e>(env: &'e Env, name: &str, missing: &'static str) -> Result<&'e str, Error> {
    env.utf8(name).ok_or(Error::NoForge { missing })
}

/// A time as APIs write it.
fn time(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

/// The commits that are said.
fn commits<const N: usize>(said: [Option<String>; N]) -> BTreeSet<String> {
    let said = said.into_iter().flatten();
    said.filter(|commit| super::template::is_sha(commit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ChangeRequest, given};

    #[test]
    fn numbers_by_hand() {
        let numbers = |text| -> Result<Vec<u64>, String> {
            let given = given(text)?;
            Ok(given.into_iter().map(|request| request.number).collect())
        };
        assert_eq!(numbers("12, 15"), Ok(vec![12, 15]));
        assert_eq!(numbers("none"), Ok(vec![]));
        for bad in ["", "12,", "#12", "-1", "12;13"] {
            assert!(numbers(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn commits_may_be_abbreviated_on_either_side() {
        let request = ChangeRequest {
            commits: ["0123456789ab".to_owned()].into(),
            ..ChangeRequest::default()
        };
        assert!(request.has("0123456"));
        assert!(request.has("0123456789abcdef"));
        assert!(!request.has("0123457"));
    }
}
