//! Commits, read as far as they are asked for.

use std::collections::{HashMap, HashSet, VecDeque};

use gix::ObjectId;

use super::error::Error;

/// How much of what was decompressed is kept at hand, in bytes.
const OBJECT_CACHE: usize = 8 * 1024 * 1024;

/// The commits of a repository. What was read once is kept.
pub(super) struct Commits {
    repository: gix::Repository,
    /// The file `commit-graph` of newer gits, many times faster than the commits themselves.
    graph: Option<gix::commitgraph::Graph>,
    numbers: gix::hashtable::HashMap<ObjectId, u32>,
    entries: Vec<Entry>,
    /// The parents of all entries that were read, one entry after the other.
    parents: Vec<u32>,
    found: HashMap<String, Vec<ObjectId>>,
    /// The walk that has last come by each of the entries.
    visits: Vec<u32>,
    walks: u32,
}

struct Entry {
    id: ObjectId,
    read: Option<Read>,
}

#[derive(Clone, Copy)]
struct Read {
    /// When it was committed, in seconds of Unix.
    date: i64,
    /// Where its parents begin and end.
    parents: (usize, usize),
}

impl Commits {
    pub(super) fn of(mut repository: gix::Repository) -> Self {
        repository.object_cache_size_if_unset(OBJECT_CACHE);
        let graph = repository.commit_graph_if_enabled().ok().flatten();
        Self {
            repository,
            graph,
            numbers: gix::hashtable::HashMap::default(),
            entries: Vec::new(),
            parents: Vec::new(),
            found: HashMap::new(),
            visits: Vec::new(),
            walks: 0,
        }
    }

    /// Whether these digits can be a whole name of a commit here.
    pub(super) fn is_whole(&self, digits: &str) -> bool {
        digits.len() == self.repository.object_hash().len_in_hex()
    }

    /// All commits of the repository that begin with these digits; none, if there is none.
    pub(super) fn find(&mut self, digits: &str) -> Result<Vec<ObjectId>, Error> {
        if let Some(found) = self.found.get(digits) {
            return Ok(found.clone());
        }
        let failed = |error: gix::Error| unreadable(digits, &error);
        let prefix = gix::hash::Prefix::from_hex(digits).map_err(failed)?;
        let mut objects = HashSet::new();
        let objects_of = &self.repository.objects;
        objects_of
            .lookup_prefix(prefix, Some(&mut objects))
            .map_err(failed)?;
        let mut commits = Vec::new();
        for id in objects {
            let header = self.repository.find_header(id).map_err(failed)?;
            if header.kind() == gix::objs::Kind::Commit {
                commits.push(id);
            }
        }
        commits.sort_unstable();
        self.found.insert(digits.to_owned(), commits.clone());
        Ok(commits)
    }

    /// When it was committed, in seconds of Unix.
    pub(super) fn date(&mut self, id: ObjectId) -> Result<i64, Error> {
        let number = self.number(id);
        Ok(self.read(number)?.date)
    }

    /// Which of `wanted` are the tip or its ancestors, along all parents, breadth first. The walk
    /// ends as soon as all were met.
    pub(super) fn reached(
        &mut self,
        tip: ObjectId,
        wanted: &HashSet<ObjectId>,
    ) -> Result<Vec<ObjectId>, Error> {
        self.walks += 1;
        let walk = self.walks;
        let wanted: Vec<u32> = wanted.iter().map(|id| self.number(*id)).collect();
        let mut is_wanted = vec![false; self.entries.len()];
        for number in &wanted {
            if let Some(mark) = is_wanted.get_mut(*number as usize) {
                *mark = true;
            }
        }
        let mut reached = Vec::new();
        let mut queue = VecDeque::new();
        let tip = self.number(tip);
        self.visit(tip, walk);
        queue.push_back(tip);
        while let Some(number) = queue.pop_front() {
            // What is numbered later is not wanted.
            if is_wanted.get(number as usize) == Some(&true) {
                reached.push(number);
            }
            if reached.len() == wanted.len() {
                break;
            }
            let (first, end) = self.read(number)?.parents;
            for at in first..end {
                if let Some(&parent) = self.parents.get(at)
                    && self.visit(parent, walk)
                {
                    queue.push_back(parent);
                }
            }
        }
        let entries = reached.into_iter().map(|number| self.entry(number).id);
        Ok(entries.collect())
    }

    /// Whether the walk comes by for the first time.
    fn visit(&mut self, number: u32, walk: u32) -> bool {
        let at = number as usize;
        if self.visits.len() < self.entries.len() {
            self.visits.resize(self.entries.len(), 0);
        }
        let visit = self.visits.get_mut(at);
        visit.is_some_and(|visit| std::mem::replace(visit, walk) != walk)
    }

    fn number(&mut self, id: ObjectId) -> u32 {
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.entries.push(Entry { id, read: None });
        }
        number
    }

    #[expect(clippy::indexing_slicing, reason = "numbers are made here alone")]
    fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    fn read(&mut self, number: u32) -> Result<Read, Error> {
        if let Some(read) = self.entry(number).read {
            return Ok(read);
        }
        let (date, parents) = self.load(self.entry(number).id)?;
        let first = self.parents.len();
        for id in parents {
            let parent = self.number(id);
            self.parents.push(parent);
        }
        let read = Read {
            date,
            parents: (first, self.parents.len()),
        };
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.read = Some(read);
        }
        Ok(read)
    }

    fn load(&self, id: ObjectId) -> Result<(i64, Vec<ObjectId>), Error> {
        let failed = |error: gix::Error| unreadable(id, &error);
        if let Some(graph) = &self.graph
            && let Some(commit) = graph.commit_by_id(id)
        {
            let mut parents = Vec::new();
            for parent in commit.iter_parents() {
                parents.push(graph.id_at(parent.map_err(failed)?).to_owned());
            }
            let date = commit.committer_timestamp();
            return Ok((i64::try_from(date).unwrap_or(i64::MAX), parents));
        }
        let commit = self.repository.find_commit(id).map_err(failed)?;
        let decoded = commit.decode().map_err(failed)?;
        // A date that cannot be read is one that is not to be believed.
        let date = commit.time().map_or(0, |time| time.seconds);
        Ok((date, decoded.parents().collect()))
    }
}

/// A commit that should be there and cannot be read.
pub(super) fn unreadable(id: impl ToString, why: &dyn std::fmt::Display) -> Error {
    Error::Commit {
        id: id.to_string(),
        why: why.to_string(),
    }
}
