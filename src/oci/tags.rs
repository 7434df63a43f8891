//! The tags of a repository.

use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderMap};
use url::Url;

use super::error::{BadContent, Error};
use super::exchange::Ask;
use super::manifests::damaged;
use super::pages::Pages;
use super::reference::Tag;
use super::remote::Remote;
use super::retries::Retries;
use super::rights::Right;
use super::tag_scan::{BadList, TagScan};
use crate::http::{Cause, Reply};

/// How many tags are given out at a time: a page of the registry may hold all there are.
const BATCH: usize = 10_000;

/// The tags of a repository, as they come.
pub struct Tags {
    remote: Remote,
    pages: Pages,
    /// The page to go on with.
    page: Option<Page>,
}

/// A page of the list.
struct Page {
    ask: Ask,
    retries: Retries,
    /// The answer, while it comes.
    reply: Option<(Reply, TagScan)>,
    /// How many of its tags were given out.
    given: usize,
    /// The last of them.
    last: Option<Tag>,
}

/// What a page that has been read says about the next one.
struct End {
    /// The page's address.
    url: Url,
    headers: HeaderMap,
}

impl Remote {
    /// The repository's tags: without `n` first, then as `Link` says. distribution 3 reads the
    /// whole list for each page that it is asked for.
    pub fn tags(&self) -> Tags {
        let subject = format!("{}: tags", self.repository());
        let ask = self.ask(Method::GET, "tags/list", self.right(Right::Pull), subject);
        Tags {
            remote: self.clone(),
            pages: Pages::new(&ask.url),
            page: Some(Page::new(self, ask)),
        }
    }
}

impl Tags {
    /// The next tags, some thousands at a time; `None` after the last ones. A repository that
    /// does not exist is an error at the beginning.
    ///
    /// # Errors
    /// As all requests; the list is none, has no end, or changes while it is asked for again
    /// after a break.
    pub async fn page(&mut self) -> Result<Option<Vec<Tag>>, Error> {
        loop {
            let Some(page) = &mut self.page else {
                return Ok(None);
            };
            let (tags, end) = page.read(&self.remote).await?;
            if let Some(end) = end {
                let empty = page.given == 0;
                self.page = None;
                // Gitea names a next page even after the last tag.
                if !empty {
                    self.turn(&end)?;
                }
            }
            if !tags.is_empty() {
                return Ok(Some(tags));
            }
        }
    }

    /// All that are left.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn all(mut self) -> Result<Vec<Tag>, Error> {
        let mut tags = Vec::new();
        while let Some(page) = self.page().await? {
            tags.extend(page);
        }
        Ok(tags)
    }

    /// Goes on with the next page, if there is one.
    fn turn(&mut self, end: &End) -> Result<(), Error> {
        let subject = format!("{}: tags", self.remote.repository());
        let url = self.pages.turn(&end.headers, &end.url);
        if let Some(url) = url.map_err(|bad| damaged(subject.clone(), bad))? {
            let rights = self.remote.right(Right::Pull);
            let ask = self.remote.ask_at(Method::GET, url, rights, subject);
            self.page = Some(Page::new(&self.remote, ask));
        }
        Ok(())
    }
}

impl Page {
    fn new(remote: &Remote, ask: Ask) -> Self {
        Self {
            // Artifactory answers 406 to whoever accepts manifests here.
            ask: ask.header(ACCEPT, "application/json"),
            retries: remote.retries(),
            reply: None,
            given: 0,
            last: None,
        }
    }

    /// The next tags of the page, and its end.
    async fn read(&mut self, remote: &Remote) -> Result<(Vec<Tag>, Option<End>), Error> {
        let mut skip = 0;
        let mut tags = Vec::new();
        loop {
            let (mut reply, mut scan) = match self.reply.take() {
                Some(open) => open,
                None => {
                    skip = self.given;
                    tags.clear();
                    (self.ask(remote).await?, TagScan::default())
                }
            };
            let cause = match reply.chunk().await {
                Ok(Some(piece)) => {
                    scan.feed(&piece, &mut tags).map_err(|bad| self.bad(bad))?;
                    self.pass_over(&mut skip, &mut tags)?;
                    self.reply = Some((reply, scan));
                    if tags.len() >= BATCH {
                        return Ok((self.give(tags), None));
                    }
                    continue;
                }
                Ok(None) if scan.finish().is_ok() && skip == 0 => {
                    let end = End {
                        url: reply.url,
                        headers: reply.headers,
                    };
                    return Ok((self.give(tags), Some(end)));
                }
                Ok(None) if skip > 0 => return Err(self.changed()),
                Ok(None) => return Err(self.bad(BadList::Shape)),
                Err(cause) => cause,
            };
            self.pause(cause).await?;
        }
    }

    /// After a break the list comes from its beginning: what was given out is passed over, if it
    /// is still the same.
    fn pass_over(&self, skip: &mut usize, tags: &mut Vec<Tag>) -> Result<(), Error> {
        let passed = (*skip).min(tags.len());
        let last = passed.checked_sub(1).and_then(|last| tags.get(last));
        if passed > 0 && passed == *skip && last != self.last.as_ref() {
            return Err(self.changed());
        }
        *skip -= passed;
        tags.drain(..passed);
        Ok(())
    }

    fn give(&mut self, tags: Vec<Tag>) -> Vec<Tag> {
        self.given += tags.len();
        self.last = tags.last().cloned().or(self.last.take());
        tags
    }

    async fn ask(&mut self, remote: &Remote) -> Result<Reply, Error> {
        let sent = remote.send(&self.ask, self.retries.budget()).await?;
        match sent.reply.status {
            200 => Ok(sent.reply),
            _ => {
                let subject = remote.repository().to_string();
                Err(sent.refusal().await.refused(&subject))
            }
        }
    }

    async fn pause(&mut self, cause: Cause) -> Result<(), Error> {
        let paused = self.retries.pause(&self.ask.name(), cause).await;
        paused.map_err(|source| self.ask.failed(source))
    }

    fn bad(&self, bad: BadList) -> Error {
        damaged(
            self.ask.subject.clone(),
            BadContent::Answer(bad.to_string()),
        )
    }

    fn changed(&self) -> Error {
        let changed = "the list changed while it was asked for again".to_owned();
        damaged(self.ask.subject.clone(), BadContent::Answer(changed))
    }
}
