//! Which project a repository of the registry belongs to, and its number there.

use std::collections::HashSet;

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::rest::{Rest, refused};
use crate::registry::api::{Api, Ask};
use crate::registry::error::Error;
use crate::registry::refusal::Why;

/// How many repositories a page has at most (GitLab's REST API, `per_page`).
const PAGE: &str = "100";

/// A repository, as GitLab numbers it.
pub(super) struct Numbered {
    project: String,
    id: String,
}

#[derive(Deserialize)]
struct Described {
    id: u64,
    path: String,
}

impl Numbered {
    /// The segments of an address below its own.
    pub(super) fn below<'a>(&'a self, segments: &[&'a str]) -> Vec<&'a str> {
        let own = [
            "projects",
            &self.project,
            "registry",
            "repositories",
            &self.id,
        ];
        [own.as_slice(), segments].concat()
    }
}

impl Rest<'_> {
    /// The repository in its project, whose path the repository's begins with; `None` when the
    /// project has no such repository. The longest path that is a project's is the right one.
    ///
    /// # Errors
    /// No project that may be seen has such a path.
    pub(super) async fn repository(&self, api: &Api) -> Result<Option<Numbered>, Error> {
        let mut project = self.path();
        loop {
            let url = api.url(&["projects", project, "registry", "repositories"]);
            let answer = match self.search(api, url, project).await? {
                Found::Project(numbered) => return Ok(numbered),
                Found::Nothing(error) => *error,
            };
            // A project is in a namespace.
            project = match project.rsplit_once('/') {
                Some((above, _)) if above.contains('/') => above,
                _ => return Err(answer),
            };
        }
    }

    async fn search(&self, api: &Api, first: Url, project: &str) -> Result<Found, Error> {
        let mut url = first;
        url.query_pairs_mut().append_pair("per_page", PAGE);
        let mut asked = HashSet::new();
        loop {
            let ask = Ask::new(Method::GET, url.clone(), self.subject());
            let answer = api.send(&ask).await?;
            match answer.status {
                200 => {}
                404 if asked.is_empty() => return Ok(Found::Nothing(Box::new(unseen(&answer)))),
                _ => return Err(refused(&answer)),
            }
            let page: Vec<Described> = answer.json()?;
            let found = page.iter().find(|one| one.path == self.path());
            if let Some(found) = found {
                return Ok(Found::Project(Some(Numbered {
                    project: project.to_owned(),
                    id: found.id.to_string(),
                })));
            }
            match answer.next()?.filter(|_| !page.is_empty()) {
                // A page that was there already: what is not found may be there all the same.
                Some(next) if !asked.insert(next.clone()) => return Err(answer.refused(None)),
                Some(next) => url = next,
                None => return Ok(Found::Project(None)),
            }
        }
    }
}

/// What there is at a path.
enum Found {
    /// A project, with the repository or without.
    Project(Option<Numbered>),
    /// No project that may be seen.
    Nothing(Box<Error>),
}

fn unseen(answer: &crate::registry::api::Answer) -> Error {
    match answer.refused(Some(Why::NotFound)) {
        Error::Refused(refusal) => refusal
            .advising(
                "no project with this path may be seen with this token: it needs the scope api or \
                 read_api, and a job's token sees its own project only",
            )
            .into(),
        other => other,
    }
}
