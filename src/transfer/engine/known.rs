//! What a run knows of one registry: what it has seen there itself, and what earlier runs have.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::oci::{Digest, Repository, Tag};
use crate::transfer::memory::{Fact, Memory, Print};

/// How much is kept at least of what a run has seen of a registry: the blobs of some thousand
/// images, in 5 MiB. What is forgotten costs a request.
const KEPT: usize = 32 * 1024;

/// How many facts are written to the memory at a time.
const PENDING: usize = 1024;

/// What is known of a registry.
pub(super) struct Known {
    registry: String,
    memory: Option<Memory>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The numbers of repositories, by their paths.
    numbers: HashMap<String, u32>,
    /// Their paths, by number.
    paths: Vec<String>,
    /// What a repository has; seen in this run.
    seen: Recent<(u32, Print), ()>,
    /// A repository that has it.
    somewhere: Recent<Print, u32>,
    /// What a repository had when an earlier run looked.
    remembered: HashSet<(u32, Print)>,
    /// What a tag named then.
    tags: HashMap<(u32, String), Print>,
    /// Whether the mount of what a repository has is answered by 201.
    mounts: Option<bool>,
    /// How many uploads turned out to be needed, less those that did not.
    needed: i64,
    /// Not written to the memory yet.
    pending: Vec<Fact>,
}

impl Known {
    /// What is remembered of a registry, below the directory of memories. Reads a file.
    pub(super) fn of(registry: &str, memories: Option<&Path>) -> Self {
        let memory = memories.map(|directory| Memory::of(registry, directory));
        let mut state = State::default();
        if let Some(memory) = &memory {
            memory.recall(|fact| state.recall(fact));
        }
        Self {
            registry: registry.to_owned(),
            memory,
            state: Mutex::new(state),
        }
    }

    /// Whether a repository has it: this run has seen it there.
    pub(super) fn has(&self, repository: &Repository, digest: &Digest) -> bool {
        let mut state = self.state();
        let number = state.number(repository.path());
        state.seen.get(&(number, Print::of(digest))).is_some()
    }

    /// Whether a repository may have it: an earlier run has seen it there.
    pub(super) fn remembers(&self, repository: &Repository, digest: &Digest) -> bool {
        let mut state = self.state();
        let number = state.number(repository.path());
        state.remembered.contains(&(number, Print::of(digest)))
    }

    /// Notes that a repository has it.
    pub(super) fn saw(&self, repository: &Repository, digest: &Digest) {
        let mut state = self.state();
        let (number, print) = (state.number(repository.path()), Print::of(digest));
        state.seen.insert((number, print), ());
        state.somewhere.insert(print, number);
        if !state.remembered.contains(&(number, print)) {
            let path = repository.path().to_owned();
            self.note(&mut state, Fact::Holds { path, print });
        }
    }

    /// Whether an earlier run has seen what a tag names: `None` when none has, else whether it
    /// was this manifest.
    pub(super) fn named(
        &self,
        repository: &Repository,
        tag: &Tag,
        digest: &Digest,
    ) -> Option<bool> {
        let mut state = self.state();
        let key = (state.number(repository.path()), tag.as_str().to_owned());
        let print = state.tags.get(&key)?;
        Some(*print == Print::of(digest))
    }

    /// Whether an earlier run has seen a tag.
    pub(super) fn remembers_tag(&self, repository: &Repository, tag: &Tag) -> bool {
        let mut state = self.state();
        let key = (state.number(repository.path()), tag.as_str().to_owned());
        state.tags.contains_key(&key)
    }

    /// Notes what a tag names.
    pub(super) fn saw_tag(&self, repository: &Repository, tag: &Tag, digest: &Digest) {
        let mut state = self.state();
        let print = Print::of(digest);
        let key = (state.number(repository.path()), tag.as_str().to_owned());
        if state.tags.get(&key) == Some(&print) {
            return;
        }
        let (path, tag) = (repository.path().to_owned(), key.1);
        self.note(&mut state, Fact::Names { path, tag, print });
    }

    /// Another repository that it can be mounted from.
    pub(super) fn elsewhere(&self, than: &Repository, digest: &Digest) -> Option<Repository> {
        let state = self.state();
        let number = state.somewhere.get(&Print::of(digest))?;
        let path = state.paths.get(usize::try_from(*number).ok()?)?;
        let repository: Repository = format!("{}/{path}", self.registry).parse().ok()?;
        (repository != *than).then_some(repository)
    }

    /// Whether the registry answers 201 to the mount of what a repository has already, if that
    /// has been seen.
    pub(super) fn mounts(&self) -> Option<bool> {
        self.state().mounts
    }

    /// Notes whether it does.
    pub(super) fn saw_mounts(&self, mounts: bool) {
        let mut state = self.state();
        if state.mounts != Some(mounts) {
            state.mounts = Some(mounts);
            self.note(&mut state, Fact::Mounts(mounts));
        }
    }

    /// Notes whether a blob that nothing was known of had to be sent.
    pub(super) fn saw_need(&self, needed: bool) {
        self.state().needed += if needed { 1 } else { -1 };
    }

    /// Whether blobs that nothing is known of have mostly to be sent, as far as seen.
    pub(super) fn is_mostly_new(&self) -> bool {
        self.state().needed >= 0
    }

    /// Writes what has not been written to the memory yet. Blocks.
    pub(super) fn flush(&self) {
        let facts = std::mem::take(&mut self.state().pending);
        if let Some(memory) = self.memory.as_ref().filter(|_| !facts.is_empty()) {
            memory.remember(&facts);
        }
    }

    fn note(&self, state: &mut State, fact: Fact) {
        let Some(memory) = &self.memory else { return };
        state.pending.push(fact);
        // So rarely, and so little, that it need not go to another thread.
        if state.pending.len() >= PENDING {
            memory.remember(&std::mem::take(&mut state.pending));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn recall(&mut self, fact: Fact) {
        match fact {
            Fact::Holds { path, print } => {
                let number = self.number(&path);
                self.remembered.insert((number, print));
                self.somewhere.insert(print, number);
            }
            Fact::Names { path, tag, print } => {
                let number = self.number(&path);
                self.tags.insert((number, tag), print);
            }
            Fact::Mounts(mounts) => self.mounts = Some(mounts),
        }
    }

    fn number(&mut self, path: &str) -> u32 {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        self.numbers.insert(path.to_owned(), number);
        self.paths.push(path.to_owned());
        number
    }
}

/// A map that forgets what was inserted long ago: between one and two times [`KEPT`] are kept.
struct Recent<K, V> {
    new: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            new: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash, V> Recent<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.new.get(key).or_else(|| self.old.get(key))
    }

    fn insert(&mut self, key: K, value: V) {
        if self.new.len() >= KEPT {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Known};
    use crate::oci::{Digest, Repository};

    fn repository(text: &str) -> Repository {
        text.parse().unwrap()
    }

    #[test]
    fn what_one_run_saw_the_next_remembers() {
        let home = tempfile::tempdir().unwrap();
        let (app, other) = (repository("r.io/app"), repository("r.io/other"));
        let digest = Digest::of(b"blob");
        let tag = "v1".parse().unwrap();
        let first = Known::of("r.io", Some(home.path()));
        first.saw(&app, &digest);
        first.saw_tag(&app, &tag, &digest);
        first.saw_mounts(true);
        assert!(first.has(&app, &digest));
        assert!(!first.has(&other, &digest));
        assert_eq!(first.elsewhere(&app, &digest), None);
        first.flush();
        let second = Known::of("r.io", Some(home.path()));
        assert!(!second.has(&app, &digest));
        assert!(second.remembers(&app, &digest));
        assert_eq!(second.named(&app, &tag, &digest), Some(true));
        assert_eq!(second.named(&app, &tag, &Digest::of(b"x")), Some(false));
        assert_eq!(second.named(&other, &tag, &digest), None);
        assert_eq!(second.mounts(), Some(true));
        assert_eq!(second.elsewhere(&other, &digest), Some(app.clone()));
        // What is remembered already is not written again.
        second.saw(&app, &digest);
        second.saw_tag(&app, &tag, &digest);
        second.saw_mounts(true);
        second.flush();
        let text = std::fs::read_to_string(home.path().join("r.io")).unwrap();
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn a_run_of_any_length_is_known_in_bounded_memory() {
        let known = Known::of("r.io", None);
        let app = repository("r.io/app");
        let digest = |n: usize| Digest::of(&n.to_le_bytes());
        for n in 0..3 * KEPT {
            known.saw(&app, &digest(n));
        }
        assert!(known.has(&app, &digest(3 * KEPT - 1)));
        assert!(known.has(&app, &digest(2 * KEPT)));
        assert!(!known.has(&app, &digest(0)));
        assert!(known.state().pending.is_empty());
    }
}
