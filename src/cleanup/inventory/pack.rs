//! One file of a cache: records one after the other, each a line (digest, length, media type) and
//! the content. Records are only added, as a whole, under a lock; what was cut off by a kill is
//! cut away by whoever adds the next one.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use bytes::Bytes;

use crate::oci::{Digest, MAX_MANIFEST, Verifier};

/// How long a file may become, in bytes; then it is begun anew, so that what is long gone from a
/// repository does not stay for ever. All 256 of them have 2 GiB at most.
const MAX_LENGTH: u64 = 8 * 1024 * 1024;

/// The longest line at the head of a record, in bytes: a digest of 135, a length, and a media type.
const MAX_HEAD: usize = 512;

/// A file of the cache, as far as it has been looked at.
pub(super) struct Pack {
    path: PathBuf,
    /// Where the content of each is, and how long. Digests are cut to 128 bits: a mistake is found
    /// by the check.
    places: HashMap<u128, Place>,
    /// Up to where it has been looked at.
    known: u64,
}

#[derive(Clone, Copy)]
struct Place {
    /// Where its head begins.
    at: u64,
    /// The length of the head.
    head: u16,
    /// That of the content.
    length: u32,
}

/// Content, and the media type that it came with.
pub(super) struct Found {
    pub(super) bytes: Bytes,
    pub(super) media_type: String,
}

impl Pack {
    /// A file, which need not exist.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            places: HashMap::new(),
            known: 0,
        }
    }

    /// The content of a digest, checked against it. What is something else is forgotten.
    pub(super) fn get(&mut self, digest: &Digest) -> io::Result<Option<Found>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.known == 0 {
            self.scan(&mut file)?;
        }
        let Some(place) = self.places.get(&key(digest)).copied() else {
            return Ok(None);
        };
        let found = place.read(&mut file, digest);
        if !matches!(found, Ok(Some(_))) {
            self.places.remove(&key(digest));
        }
        found
    }

    /// Adds content, unless somebody else has meanwhile.
    pub(super) fn put(
        &mut self,
        digest: &Digest,
        media_type: &str,
        content: &[u8],
    ) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        file.lock()?;
        let length = file.metadata()?.len();
        self.scan(&mut file)?;
        if self.known != length {
            // Cut off, or begun anew by somebody else.
            self.forget();
            self.scan(&mut file)?;
        }
        if length >= MAX_LENGTH {
            self.forget();
        }
        // What was cut off, and what was too much.
        file.set_len(self.known)?;
        if let Some(place) = self.places.get(&key(digest))
            && place.read(&mut file, digest)?.is_some()
        {
            return Ok(());
        }
        let head = format!("{digest} {} {media_type}\n", content.len());
        if head.len() > MAX_HEAD || media_type.contains('\n') || content.len() > MAX_MANIFEST {
            return Ok(());
        }
        let mut record = head.into_bytes();
        record.extend_from_slice(content);
        record.push(b'\n');
        file.write_all(&record)?;
        self.scan(&mut file)
    }

    fn forget(&mut self) {
        self.places.clear();
        self.known = 0;
    }

    /// Takes note of the records that have not been looked at, up to the end or to what is none.
    fn scan(&mut self, file: &mut File) -> io::Result<()> {
        let end = file.metadata()?.len();
        let mut reader = BufReader::new(file);
        reader.seek(SeekFrom::Start(self.known))?;
        while self.known < end {
            let mut head = Vec::new();
            (&mut reader)
                .take(MAX_HEAD as u64)
                .read_until(b'\n', &mut head)?;
            let Some((digest, length)) = parsed(&head) else {
                break;
            };
            let place = Place {
                at: self.known,
                head: u16::try_from(head.len()).unwrap_or(u16::MAX),
                length,
            };
            if place.end() > end {
                break;
            }
            reader.seek_relative(i64::from(length) + 1)?;
            self.places.insert(key(&digest), place);
            self.known = place.end();
        }
        Ok(())
    }
}

impl Place {
    /// Where the next record begins.
    fn end(self) -> u64 {
        self.at + u64::from(self.head) + u64::from(self.length) + 1
    }

    fn read(self, file: &mut File, digest: &Digest) -> io::Result<Option<Found>> {
        file.seek(SeekFrom::Start(self.at))?;
        let mut record = Vec::new();
        let whole = u64::from(self.head) + u64::from(self.length);
        file.take(whole).read_to_end(&mut record)?;
        if record.len() as u64 != whole {
            return Ok(None);
        }
        let mut record = Bytes::from(record);
        let head = record.split_to(self.head.into());
        let mut verifier = Verifier::new(digest.clone(), Some(self.length.into()));
        let checked = verifier.update(&record).and_then(|()| verifier.finish());
        let media_type = std::str::from_utf8(&head)
            .ok()
            .and_then(|head| head.trim_end_matches('\n').splitn(3, ' ').nth(2));
        Ok(checked.ok().zip(media_type).map(|((), media_type)| Found {
            bytes: record,
            media_type: media_type.to_owned(),
        }))
    }
}

/// The digest and the length of a record.
fn parsed(head: &[u8]) -> Option<(Digest, u32)> {
    let head = std::str::from_utf8(head).ok()?.strip_suffix('\n')?;
    let mut words = head.splitn(3, ' ');
    let digest = words.next()?.parse().ok()?;
    let length = words.next()?.parse().ok()?;
    words.next()?;
    (length as usize <= MAX_MANIFEST).then_some((digest, length))
}

fn key(digest: &Digest) -> u128 {
    let digits = digest.hex().get(..32).unwrap_or_default();
    u128::from_str_radix(digits, 16).unwrap_or_default()
}
