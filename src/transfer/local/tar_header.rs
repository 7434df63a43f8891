//! One entry of a tar: its header, and the headers before it that extend it (POSIX.1-2001 pax;
//! GNU tar manual, "Basic Tar Format").

use super::flaw::Flaw;
use super::source::{Section, Source, Span};
use crate::text::printable;
use std::io::Read as _;
use std::sync::Arc;
use tar::{EntryType, Header};

/// Tar counts in blocks of so many bytes.
pub(super) const BLOCK: u64 = 512;

/// The most bytes of one extension (a long name, pax records) that are read; Go's archive/tar
/// draws the line there too.
const MAX_EXTENSION: u64 = 1024 * 1024;

/// What an entry is, as far as images go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file, and where its content is.
    File(Span),
    /// A symbolic link, and what it says.
    Symlink(Vec<u8>),
    /// A hard link, and what it says.
    Hardlink(Vec<u8>),
    /// A directory, a device, a comment: nothing that has content.
    Other,
}

/// An entry of a tar.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TarEntry {
    /// Its name, as written.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
}

/// What the extension headers before an entry said.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

/// The entries of a tar, in order.
pub(super) struct TarEntries {
    source: Arc<dyn Source>,
    at: u64,
    headers: u64,
    most: u64,
}

impl TarEntries {
    /// The entries of `source`; more than `most` headers are an error.
    pub(super) fn new(source: Arc<dyn Source>, most: u64) -> Self {
        Self {
            source,
            at: 0,
            headers: 0,
            most,
        }
    }

    /// The next entry; `None` at the end.
    pub(super) fn next_entry(&mut self) -> Result<Option<TarEntry>, Flaw> {
        let mut extensions = Extensions::default();
        while let Some(header) = self.header()? {
            let kind = header.entry_type();
            let data = self.data(&header, kind, extensions.size)?;
            match kind {
                EntryType::GNULongName => extensions.name = Some(text(self.extension(data)?)),
                EntryType::GNULongLink => extensions.link = Some(text(self.extension(data)?)),
                EntryType::XHeader => extensions.read_pax(&self.extension(data)?)?,
                EntryType::XGlobalHeader => {}
                _ => {
                    let name = extensions
                        .name
                        .unwrap_or_else(|| header.path_bytes().into_owned());
                    let link = extensions.link.or_else(|| {
                        let link = header.link_name_bytes()?;
                        Some(link.into_owned())
                    });
                    let kind = match kind {
                        EntryType::Regular | EntryType::Continuous => Kind::File(data),
                        EntryType::Symlink => Kind::Symlink(link.unwrap_or_default()),
                        EntryType::Link => Kind::Hardlink(link.unwrap_or_default()),
                        EntryType::GNUSparse => return Err(sparse(&name)),
                        _ => Kind::Other,
                    };
                    return Ok(Some(TarEntry { name, kind }));
                }
            }
        }
        Ok(None)
    }

    /// The next header; `None` at the end of the file or at the block of zeros that marks it.
    fn header(&mut self) -> Result<Option<Header>, Flaw> {
        let size = self.source.size();
        if self.at >= size {
            return Ok(None);
        }
        let mut header = Header::new_old();
        let span = Span {
            offset: self.at,
            size: BLOCK,
        };
        if size - self.at < BLOCK {
            return Err(self.damaged("ends in the middle of a header"));
        }
        Section::new(Arc::clone(&self.source), span, 0).read_exact(header.as_mut_bytes())?;
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        self.headers += 1;
        if self.headers > self.most {
            return Err(Flaw::shape(format!(
                "it has more than {} entries",
                self.most
            )));
        }
        let sum: u32 = header.as_bytes().iter().map(|byte| u32::from(*byte)).sum();
        let written: u32 = header.as_old().cksum.iter().map(|b| u32::from(*b)).sum();
        // The field itself counts as if it were eight spaces.
        let expected = sum - written + 8 * u32::from(b' ');
        if header.cksum().ok() != Some(expected) {
            return Err(if self.at == 0 {
                Flaw::shape("it is not a tar")
            } else {
                self.damaged("has a damaged header")
            });
        }
        self.at += BLOCK;
        Ok(Some(header))
    }

    /// Where the content of the entry is that has this header; steps behind it.
    fn data(&mut self, header: &Header, kind: EntryType, pax: Option<u64>) -> Result<Span, Flaw> {
        // These have no content whatever their size says (so does Go's archive/tar).
        let bare = kind.is_hard_link()
            || kind.is_symlink()
            || kind.is_dir()
            || kind.is_character_special()
            || kind.is_block_special()
            || kind.is_fifo();
        let declared = match pax {
            _ if bare => 0,
            Some(size) => size,
            None => header
                .entry_size()
                .map_err(|_| self.damaged("has a damaged header"))?,
        };
        let end = self.at.checked_add(declared);
        if end.is_none_or(|end| end > self.source.size()) {
            let name = printable(header.path_bytes());
            return Err(Flaw::shape(format!(
                "it is cut off: {name} has {declared} bytes, which end behind the end of the file"
            )));
        }
        let data = Span {
            offset: self.at,
            size: declared,
        };
        self.at += declared.next_multiple_of(BLOCK);
        Ok(data)
    }

    fn extension(&self, data: Span) -> Result<Vec<u8>, Flaw> {
        if data.size > MAX_EXTENSION {
            return Err(self.damaged("has a name or header of more than 1 MiB"));
        }
        let mut bytes = Vec::new();
        Section::new(Arc::clone(&self.source), data, 0).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn damaged(&self, how: &str) -> Flaw {
        Flaw::shape(format!(
            "it is not a sound tar: it {how} at byte {}",
            self.at
        ))
    }
}

impl Extensions {
    /// Takes over pax records: `LENGTH KEY=VALUE\n`, where the length counts the whole record.
    fn read_pax(&mut self, mut records: &[u8]) -> Result<(), Flaw> {
        let bad = || Flaw::shape("it is not a sound tar: it has a damaged pax header");
        while !records.is_empty() {
            let space = records.iter().position(|byte| *byte == b' ');
            let digits = space.and_then(|space| records.get(..space));
            let length = digits.and_then(number).ok_or_else(bad)?;
            let (record, rest) = records.split_at_checked(length).ok_or_else(bad)?;
            let record = record
                .get(space.unwrap_or_default() + 1..)
                .ok_or_else(bad)?;
            let record = record.strip_suffix(b"\n").ok_or_else(bad)?;
            let equals = record.iter().position(|byte| *byte == b'=');
            let (key, value) = equals
                .and_then(|equals| record.split_at_checked(equals))
                .ok_or_else(bad)?;
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(number(value).ok_or_else(bad)? as u64),
                _ if key.starts_with(b"GNU.sparse.") => {
                    return Err(sparse(self.name.as_deref().unwrap_or_default()));
                }
                _ => {}
            }
            records = rest;
        }
        Ok(())
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The bytes before the first zero.
fn text(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0);
    bytes.truncate(end.unwrap_or(bytes.len()));
    bytes
}

fn sparse(name: &[u8]) -> Flaw {
    let name = printable(name);
    Flaw::shape(format!(
        "it has a sparse file ({name}), which no tool writes into an archive of images"
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tar::{Builder, EntryType, Header};

    use super::{BLOCK, Kind, TarEntries, TarEntry};
    use crate::transfer::local::flaw::Flaw;
    use crate::transfer::local::source::Span;

    fn header(kind: EntryType, name: &str, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_path(name).unwrap();
        header.set_size(size);
        header.set_cksum();
        header
    }

    /// A header and its content.
    fn entry(kind: EntryType, name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = header(kind, name, content.len() as u64).as_bytes().to_vec();
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK as usize), 0);
        bytes
    }

    fn entries(tar: Vec<u8>) -> Result<Vec<TarEntry>, String> {
        let mut entries = TarEntries::new(Arc::new(tar), 10);
        let mut read = Vec::new();
        loop {
            match entries.next_entry() {
                Ok(Some(entry)) => read.push(entry),
                Ok(None) => return Ok(read),
                Err(Flaw::Shape(reason)) => return Err(reason),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    fn file(name: &str, offset: u64, size: u64) -> TarEntry {
        TarEntry {
            name: name.into(),
            kind: Kind::File(Span { offset, size }),
        }
    }

    #[test]
    fn all_that_archives_of_images_consist_of() {
        let tar = [
            entry(EntryType::XGlobalHeader, "pax", b"16 comment=hello\n"),
            entry(EntryType::Directory, "blobs/", b""),
            entry(EntryType::Regular, "a", &[1; 513]),
            header(EntryType::Link, "b", 77).as_bytes().to_vec(),
            entry(EntryType::Regular, "c", b""),
        ];
        let kinds = entries(tar.concat()).unwrap();
        let expected = [
            TarEntry {
                name: "blobs/".into(),
                kind: Kind::Other,
            },
            file("a", 4 * BLOCK, 513),
            TarEntry {
                name: "b".into(),
                kind: Kind::Hardlink(Vec::new()),
            },
            file("c", 8 * BLOCK, 0),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn long_names_of_gnu_and_of_pax() {
        let long = "d/".repeat(200) + "e";
        let gnu = entry(EntryType::GNULongName, "././@LongLink", long.as_bytes());
        let record = format!(" path={long}\n");
        let record = format!("{}{record}", record.len() + 3);
        // The value of a record may look like another record.
        let pax = format!("{record}28 SCHILY.xattr.a=\n9 path=x\n14 size=00002\n");
        let tar = [
            gnu,
            entry(EntryType::Regular, "short", b"1"),
            entry(EntryType::XHeader, "pax", pax.as_bytes()),
            entry(EntryType::Regular, "short", b""),
            vec![7; BLOCK as usize],
        ];
        let expected = [file(&long, 3 * BLOCK, 1), file(&long, 7 * BLOCK, 2)];
        assert_eq!(entries(tar.concat()), Ok(expected.into()));
    }

    #[test]
    fn links_keep_what_they_say() {
        let mut tar = Builder::new(Vec::new());
        let mut link = header(EntryType::Symlink, "x", 0);
        let target = "../".repeat(50) + "layer.tar";
        tar.append_link(&mut link, "id/layer.tar", &target).unwrap();
        let expected = TarEntry {
            name: "id/layer.tar".into(),
            kind: Kind::Symlink(target.into()),
        };
        assert_eq!(entries(tar.into_inner().unwrap()), Ok(vec![expected]));
    }

    #[test]
    fn what_is_no_sound_tar() {
        assert_eq!(entries(Vec::new()), Ok(Vec::new()));
        assert_eq!(entries(vec![b'x'; 600]), Err("it is not a tar".into()));
        let good = entry(EntryType::Regular, "a", b"1");
        for (bytes, reason) in [
            (
                [good.clone(), vec![b'x'; 512]].concat(),
                "it is not a sound tar: it has a damaged header at byte 1024",
            ),
            (
                [good.clone(), vec![b'x'; 100]].concat(),
                "it is not a sound tar: it ends in the middle of a header at byte 1024",
            ),
            (
                header(EntryType::Regular, "a", u64::MAX)
                    .as_bytes()
                    .to_vec(),
                "it is cut off: a has 18446744073709551615 bytes, which end behind the end of the \
                 file",
            ),
            (
                good[..512].to_vec(),
                "it is cut off: a has 1 bytes, which end behind the end of the file",
            ),
            (
                entry(EntryType::XHeader, "a", b"99 path=x\n"),
                "it is not a sound tar: it has a damaged pax header",
            ),
            (
                entry(EntryType::XHeader, "a", b"2 path=x\n"),
                "it is not a sound tar: it has a damaged pax header",
            ),
            (
                entry(EntryType::XHeader, "a", b"0"),
                "it is not a sound tar: it has a damaged pax header",
            ),
            (
                entry(EntryType::GNULongName, "a", &vec![b'a'; 1024 * 1024 + 1]),
                "it is not a sound tar: it has a name or header of more than 1 MiB at byte \
                 1049600",
            ),
            (
                entry(EntryType::GNUSparse, "a\x1b", b""),
                "it has a sparse file (a\\u{1b}), which no tool writes into an archive of images",
            ),
            (
                entry(EntryType::XHeader, "a", b"22 GNU.sparse.major=1\n"),
                "it has a sparse file (), which no tool writes into an archive of images",
            ),
            (good.repeat(11), "it has more than 10 entries"),
        ] {
            assert_eq!(entries(bytes), Err(reason.into()));
        }
    }

    #[test]
    fn endless_extensions_are_entries_too() {
        let name = entry(EntryType::GNULongName, "a", b"name");
        let reason = "it has more than 10 entries";
        assert_eq!(entries(name.repeat(11)), Err(reason.into()));
    }
}
