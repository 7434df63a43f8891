//! What is where in a tar: one pass over its headers, nothing is unpacked.

use std::sync::Arc;

use super::flaw::Flaw;
use super::source::{Source, Span};
use super::tar_header::{Kind, TarEntries};
use crate::text::printable;

/// The most headers of one archive. `docker save` up to version 24 writes eight for a layer, and an
/// image has some ten layers.
const MAX_HEADERS: u64 = 100_000;

/// The most bytes of all names together: of 54,000 blobs. They are kept, and a command may take
/// 24 MiB of memory for everything.
const MAX_NAMES: usize = 4 * 1024 * 1024;

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
        let names = &index.names;
        // Names stand in the order of the archive.
        let key = |member: &Member| (member.name.of(names), member.name.start);
        index.members.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
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
            return Err(Flaw::shape("its names have more than 4 MiB"));
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tar::{Builder, EntryType, Header};

    use super::{TarIndex, resolve};
    use crate::transfer::local::flaw::Flaw;
    use crate::transfer::local::source::{Section, Source};

    /// Builds a tar of files, of symbolic links (`->`) and of hard links (`=>`).
    fn tar(entries: &[(&str, &str)]) -> Arc<dyn Source> {
        let mut tar = Builder::new(Vec::new());
        for (name, content) in entries {
            let mut header = Header::new_gnu();
            // Written as bytes: the crate refuses names that lead outside.
            let bytes = &mut header.as_old_mut().name[..name.len()];
            bytes.copy_from_slice(name.as_bytes());
            let (kind, target) = match content.split_at_checked(2) {
                Some(("->", target)) => (EntryType::Symlink, target),
                Some(("=>", target)) => (EntryType::Link, target),
                _ => (EntryType::Regular, ""),
            };
            let bytes = &mut header.as_old_mut().linkname[..target.len()];
            bytes.copy_from_slice(target.as_bytes());
            header.set_entry_type(kind);
            let content = if kind.is_file() { *content } else { "" };
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        Arc::new(tar.into_inner().unwrap())
    }

    fn find(tar: &Arc<dyn Source>, name: &str) -> Result<Option<String>, String> {
        let index = TarIndex::read(Arc::clone(tar)).unwrap();
        match index.find(name) {
            Ok(Some(span)) => {
                let section = Section::new(Arc::clone(tar), span, 0);
                Ok(Some(io::read_to_string(section).unwrap()))
            }
            Ok(None) => Ok(None),
            Err(Flaw::Shape(reason)) => Err(reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_are_found_by_whatever_names_them() {
        let tar = tar(&[
            ("./index.json", "index"),
            ("blobs//sha256/./a", "blob"),
            ("one/layer.tar", "layer"),
            ("two/layer.tar", "->../one/layer.tar"),
            ("three/layer.tar", "=>two/layer.tar"),
            ("twice", "first"),
            ("twice", "last"),
        ]);
        for (name, content) in [
            ("index.json", Some("index")),
            ("./blobs/sha256/a", Some("blob")),
            ("two/layer.tar", Some("layer")),
            ("three/../three/layer.tar", Some("layer")),
            ("twice", Some("last")),
            ("one", None),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(find(&tar, name), Ok(content.map(str::to_owned)), "{name}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_archive() {
        let tar = tar(&[
            ("/etc/passwd", "absolute"),
            ("../../etc/passwd", "above"),
            ("a", "->/etc/passwd"),
            ("b", "->../etc/passwd"),
            ("dir/c", "=>../dir/d"),
        ]);
        for name in ["a", "b", "dir/c", "/etc/passwd", "../../etc/passwd"] {
            let reason = format!("{name} leads out of the archive");
            assert_eq!(find(&tar, name), Err(reason));
        }
        assert_eq!(find(&tar, "etc/passwd"), Ok(None));
    }

    #[test]
    fn links_in_a_circle_end() {
        let tar = tar(&[("a", "->b"), ("b", "->a"), ("c", "->c"), ("d", "->nothing")]);
        let reason = |name| {
            Err(format!(
                "{name} is a link that leads to more than 16 other links"
            ))
        };
        assert_eq!(find(&tar, "a"), reason("a"));
        assert_eq!(find(&tar, "c"), reason("c"));
        assert_eq!(find(&tar, "d"), Ok(None));
    }

    #[test]
    fn paths_are_resolved() {
        for (base, path, resolved) in [
            ("", "a/./b//c/", Some("a/b/c")),
            ("a/b", "../c", Some("a/c")),
            ("a/b", "../../c", Some("c")),
            ("a/b", "../../../c", None),
            ("a", "/b", None),
            ("", "..", None),
            ("", "a/../..", None),
            ("", &"a".repeat(4097), None),
        ] {
            let resolved = resolved.map(|path| path.as_bytes().to_vec());
            assert_eq!(resolve(base.as_bytes(), path.as_bytes()), resolved);
        }
    }

    /// The same block wherever it is read, for hours.
    struct Endless([u8; 512]);

    impl Source for Endless {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            assert_eq!((buffer.len(), offset % 512), (512, 0));
            buffer.copy_from_slice(&self.0);
            Ok(512)
        }

        fn size(&self) -> u64 {
            u64::MAX
        }
    }

    #[test]
    fn a_tar_without_an_end_is_left_early() {
        let mut header = Header::new_gnu();
        header.set_path("blobs/sha256/empty").unwrap();
        header.set_size(0);
        header.set_cksum();
        let tar = Arc::new(Endless(*header.as_bytes()));
        let Err(Flaw::Shape(reason)) = TarIndex::read(tar) else {
            panic!("it has an end");
        };
        assert_eq!(reason, "it has more than 100000 entries");
    }

    #[test]
    fn names_are_bounded_together() {
        let mut tar = Builder::new(Vec::new());
        for number in 0..1050 {
            let name = format!("{number:04000}");
            let mut header = Header::new_gnu();
            header.set_size(0);
            tar.append_data(&mut header, name, io::empty()).unwrap();
        }
        let tar = Arc::new(tar.into_inner().unwrap());
        let Err(Flaw::Shape(reason)) = TarIndex::read(tar) else {
            panic!("they were all kept");
        };
        assert_eq!(reason, "its names have more than 4 MiB");
    }
}
