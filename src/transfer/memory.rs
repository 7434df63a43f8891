//! What runs remember of registries: hints that save requests, and are never trusted.
//!
//! One small file for each registry, to which every run appends what it has seen. Whatever is
//! wrong with it, from unreadable to hostile, amounts to remembering nothing.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::docker::JobDirectory;
use crate::env::Env;
use crate::oci::Digest;

/// The directory within a job's, and within the user's caches.
const IN_JOB: &str = "registries";
const IN_CACHE: &str = "dockside";

/// The longest file, in bytes: some ten thousand facts, which are read in a millisecond. The
/// older half is dropped from one that is longer.
const MAX_FILE: u64 = 1024 * 1024;

/// Where runs remember: in the job's directory where the docker config in force is a job's, else
/// in the user's caches (XDG base directory specification). `docker_config` is the directory that
/// the user named, if any.
pub fn memory_directory(docker_config: Option<&Path>, env: &Env) -> Option<PathBuf> {
    let config = docker_config
        .map(Path::to_owned)
        .or_else(|| env.path("DOCKER_CONFIG"));
    if let Some(job) = config.and_then(|config| JobDirectory::containing(&config)) {
        return Some(job.path().join(IN_JOB));
    }
    let caches = env
        .path("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| env.path("HOME").map(|home| home.join(".cache")));
    Some(caches?.join(IN_CACHE))
}

/// The beginning of a digest: enough for a hint, and small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Print(u128);

impl Print {
    /// That of a digest.
    pub(super) fn of(digest: &Digest) -> Self {
        let begin = digest.hex().get(..32).unwrap_or_default();
        Self(u128::from_str_radix(begin, 16).unwrap_or_default())
    }
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    /// A repository has a blob or manifest.
    Holds {
        /// The repository's path.
        path: String,
        /// Of the digest.
        print: Print,
    },
    /// A tag of a repository names a manifest.
    Names {
        /// The repository's path.
        path: String,
        /// The tag.
        tag: String,
        /// Of the manifest's digest.
        print: Print,
    },
    /// Whether the registry answers the mount of what a repository has already.
    Mounts(bool),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { path, print } => write!(f, "holds {:032x} {path}", print.0),
            Self::Names { path, tag, print } => write!(f, "names {:032x} {path}:{tag}", print.0),
            Self::Mounts(mounts) => write!(f, "mounts {mounts}"),
        }
    }
}

/// A line that is no fact.
pub(super) struct NoFact;

impl FromStr for Fact {
    type Err = NoFact;

    fn from_str(line: &str) -> Result<Self, NoFact> {
        let (kind, rest) = line.split_once(' ').ok_or(NoFact)?;
        if kind == "mounts" {
            return rest.parse().map(Self::Mounts).map_err(|_| NoFact);
        }
        let (print, name) = rest.split_once(' ').ok_or(NoFact)?;
        let print = Print(u128::from_str_radix(print, 16).map_err(|_| NoFact)?);
        match (kind, name.split_once(':')) {
            ("holds", None) => Ok(Self::Holds {
                path: name.to_owned(),
                print,
            }),
            ("names", Some((path, tag))) => Ok(Self::Names {
                path: path.to_owned(),
                tag: tag.to_owned(),
                print,
            }),
            _ => Err(NoFact),
        }
    }
}

/// The file of one registry.
pub(super) struct Memory(PathBuf);

impl Memory {
    /// That of a registry, `host` or `host:port`, below a directory.
    pub(super) fn of(registry: &str, directory: &Path) -> Self {
        Self(directory.join(registry.replace(':', "_")))
    }

    /// Takes note of all facts, oldest first; of none when there is nothing to read.
    pub(super) fn recall(&self, note: impl FnMut(Fact)) {
        let text = self.tail(MAX_FILE).unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n');
        lines
            .filter_map(|line| str::from_utf8(line).ok()?.parse().ok())
            .for_each(note);
    }

    /// Adds facts. That they cannot be added is no harm.
    pub(super) fn remember(&self, facts: &[Fact]) {
        let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
        let _ = self.append(lines.as_bytes());
    }

    /// One write to the end of the file, so that the lines of several runs do not mix.
    fn append(&self, lines: &[u8]) -> io::Result<()> {
        if let Some(directory) = self.0.parent() {
            let mut builder = DirBuilder::new();
            private_directory(builder.recursive(true)).create(directory)?;
        }
        let mut options = OpenOptions::new();
        let mut file = private_file(options.append(true).create(true)).open(&self.0)?;
        file.write_all(lines)?;
        if file.metadata()?.len() > MAX_FILE {
            self.shorten()?;
        }
        Ok(())
    }

    /// Drops the older half. What another run appends at that moment may be lost.
    fn shorten(&self) -> io::Result<()> {
        let kept = self.tail(MAX_FILE / 2)?;
        let directory = self.0.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&kept)?;
        file.persist(&self.0)?;
        Ok(())
    }

    /// The last bytes of the file, `limit` at most, from the beginning of a line on.
    fn tail(&self, limit: u64) -> io::Result<Vec<u8>> {
        // A pipe in its place would never end.
        if !self.0.symlink_metadata()?.is_file() {
            return Ok(Vec::new());
        }
        let mut file = File::open(&self.0)?;
        let cut = file.metadata()?.len().saturating_sub(limit);
        file.seek(SeekFrom::Start(cut))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        let partial = bytes.iter().position(|byte| *byte == b'\n');
        match partial.filter(|_| cut > 0) {
            Some(end) => Ok(bytes.split_off(end + 1)),
            None => Ok(bytes),
        }
    }
}

#[cfg(unix)]
fn private_directory(builder: &mut DirBuilder) -> &mut DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    builder.mode(0o700)
}

#[cfg(not(unix))]
fn private_directory(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

#[cfg(unix)]
fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(test)]
mod tests {
    use super::{Fact, MAX_FILE, Memory, Print, memory_directory};
    use crate::env::Env;
    use crate::oci::Digest;

    fn holds(content: &str) -> Fact {
        Fact::Holds {
            path: "group/app".into(),
            print: Print::of(&Digest::of(content.as_bytes())),
        }
    }

    fn recalled(memory: &Memory) -> Vec<Fact> {
        let mut facts = Vec::new();
        memory.recall(|fact| facts.push(fact));
        facts
    }

    #[test]
    fn what_was_seen_is_recalled() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        let memory = Memory::of("127.0.0.1:5000", &directory);
        assert_eq!(recalled(&memory), []);
        let names = Fact::Names {
            path: "group/app".into(),
            tag: "v1".into(),
            print: Print::of(&Digest::of(b"m")),
        };
        memory.remember(&[holds("x"), names.clone()]);
        memory.remember(&[Fact::Mounts(true)]);
        assert_eq!(recalled(&memory), [holds("x"), names, Fact::Mounts(true)]);
        assert_eq!(
            std::fs::read_to_string(directory.join("127.0.0.1_5000")).unwrap(),
            "holds 2d711642b726b04401627ca9fbac32f5 group/app\n\
             names 62c66a7a5dd70c3146618063c344e531 group/app:v1\n\
             mounts true\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("dockside");
        Memory::of("r", &directory).remember(&[holds("x")]);
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(directory.clone()), mode(directory.join("r"))),
            (0o700, 0o600)
        );
    }

    #[test]
    fn what_is_no_fact_is_skipped() {
        let home = tempfile::tempdir().unwrap();
        let text = b"\n\xff\xfe\nholds zz a\nholds 1\nnames 1 a\nmounts perhaps\nholds 1 a:b\nmounts false";
        std::fs::write(home.path().join("r"), text).unwrap();
        let memory = Memory::of("r", home.path());
        assert_eq!(recalled(&memory), [Fact::Mounts(false)]);
        std::fs::create_dir(home.path().join("s")).unwrap();
        let memory = Memory::of("s", home.path());
        memory.remember(&[holds("x")]);
        assert_eq!(recalled(&memory), []);
    }

    #[test]
    fn the_oldest_are_dropped() {
        let home = tempfile::tempdir().unwrap();
        let memory = Memory::of("r", home.path());
        let facts: Vec<Fact> = (0..30_000).map(|n| holds(&n.to_string())).collect();
        for some in facts.chunks(1000) {
            memory.remember(some);
        }
        let recalled = recalled(&memory);
        let length = std::fs::metadata(home.path().join("r")).unwrap().len();
        assert!(length <= MAX_FILE, "{length}");
        assert!(recalled.len() > 10_000, "{}", recalled.len());
        assert_eq!(recalled, facts[facts.len() - recalled.len()..]);
    }

    #[test]
    fn it_is_below_the_users_caches() {
        let directory =
            |vars: &[(&str, &str)]| memory_directory(None, &Env::from_iter(vars.to_vec()));
        assert_eq!(directory(&[]), None);
        let home = ("HOME", "/home/u");
        assert_eq!(directory(&[home]), Some("/home/u/.cache/dockside".into()));
        let relative = ("XDG_CACHE_HOME", "x");
        assert_eq!(
            directory(&[home, relative]),
            Some("/home/u/.cache/dockside".into())
        );
        let cache = ("XDG_CACHE_HOME", "/x");
        assert_eq!(directory(&[home, cache]), Some("/x/dockside".into()));
    }
}
