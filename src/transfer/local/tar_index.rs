//! What is where in a tar: one pass over its headers, nothing is unpacked.

use std::sync::Arc;

use super::flaw::Flaw;
use super::source::{Source, Span};
use super::tar_header::{Kind, TarEntries};
use crate::text::printable;

/// The most headers of one archive: an image has some hundreds of blobs at most, and the index of
/// so many entries still fits into the memory that a command may take.
const MAX_HEADERS: u64 = 100_000;

/// The most bytes of all names together: 100,000 blobs have 7.7 million.
const MAX_NAMES: usize = 8 * 1024 * 1024;

/// The longest name that is kept, in bytes (PATH_MAX of Linux). Nothing refers to longer ones.
const MAX_NAME: usize = 4096;

/// The most links one after the other; `docker save` makes one.
const MAX_LINKS: usize = 16;

/// Where the files of a tar are, by their names within it.
pub(super) struct TarIndex {
    /// All names and link targets, one behind the other.
    names: Vec<u8>,
    /// Sorted by name; of equal names the one that comes last in the archive is last.
    members: Vec<Member>,
}

struct Member {
    name: Piece,
    what: What,
}

/// A part of `names`. Their bound fits in 32 bits; an index of 100,000 members is to be small.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    length: u32,
}

enum What {
    File(Span),
    /// A link to this name.
    Link(Piece),
    /// A link to somewhere outside.
    Outside,
}

impl TarIndex {
    /// Reads all headers.
    pub(super) fn read(source: Arc<dyn Source>) -> Result<Self, Flaw> {
        let mut index = Self {
            names: Vec::new(),
            members: Vec::new(),
        };
        let mut entries = TarEntries::new(source, MAX_HEADERS);
        while let Some(entry) = entries.next_entry()? {
            // What stands outside of the archive is nothing that its content can refer to.
            let Some(name) = resolve(&[], &entry.name) else {
                continue;
            };
            let what = match entry.kind {
                Kind::Other => continue,
                Kind::File(span) => What::File(span),
                Kind::Symlink(target) => index.link(resolve(parent(&name), &target))?,
                Kind::Hardlink(target) => index.link(resolve(&[], &target))?,
            };
            let name = index.keep(&name)?;
            index.members.push(Member { name, what });
        }
        let names = std::mem::take(&mut index.names);
        index
            .members
            .sort_by(|a, b| a.name.of(&names).cmp(b.name.of(&names)));
        index.names = names;
        Ok(index)
    }

    /// Where the content of this file is, behind whatever links lead to it within the archive.
    /// `None` if there is no such file.
    pub(super) fn find(&self, name: &str) -> Result<Option<Span>, Flaw> {
        let wanted = resolve(&[], name.as_bytes()).ok_or_else(|| outside(name))?;
        let mut wanted = wanted.as_slice();
        for _ in 0..=MAX_LINKS {
            match self.member(wanted).map(|member| &member.what) {
                None => return Ok(None),
                Some(What::File(span)) => return Ok(Some(*span)),
                Some(What::Link(target)) => wanted = target.of(&self.names),
                Some(What::Outside) => return Err(outside(name)),
            }
        }
        Err(Flaw::shape(format!(
            "{} is a link that leads to more than {MAX_LINKS} other links",
            printable(name)
        )))
    }

    /// The last member of this name.
    fn member(&self, name: &[u8]) -> Option<&Member> {
        let after = self
            .members
            .partition_point(|member| member.name.of(&self.names) <= name);
        let last = self.members.get(after.checked_sub(1)?)?;
        (last.name.of(&self.names) == name).then_some(last)
    }

    fn link(&mut self, target: Option<Vec<u8>>) -> Result<What, Flaw> {
        match target {
            Some(target) => Ok(What::Link(self.keep(&target)?)),
            None => Ok(What::Outside),
        }
    }

    fn keep(&mut self, name: &[u8]) -> Result<Piece, Flaw> {
        let start = self.names.len();
        if start + name.len() > MAX_NAMES {
            return Err(Flaw::shape("its names have more than 8 MiB"));
        }
        self.names.extend_from_slice(name);
        let in_bounds = |length| u32::try_from(length).unwrap_or(u32::MAX);
        Ok(Piece {
            start: in_bounds(start),
            length: in_bounds(name.len()),
        })
    }
}

impl Piece {
    fn of(self, names: &[u8]) -> &[u8] {
        let start = self.start as usize;
        names
            .get(start..start + self.length as usize)
            .unwrap_or_default()
    }
}

/// A path from `base` on, without `.`, `..` and doubled slashes; `None` if it is absolute, leaves
/// the archive, or is too long.
fn resolve(base: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    if path.first() == Some(&b'/') || base.len() + path.len() > MAX_NAME {
        return None;
    }
    let mut resolved = base.to_vec();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if resolved.is_empty() => return None,
            b".." => resolved.truncate(parent(&resolved).len()),
            part => {
                if !resolved.is_empty() {
                    resolved.push(b'/');
                }
                resolved.extend_from_slice(part);
            }
        }
    }
    Some(resolved)
}

fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.get(..slash.unwrap_or(0)).unwrap_or_default()
}

fn outside(name: &str) -> Flaw {
    Flaw::shape(format!("{} leads out of the archive", printable(name)))
}
