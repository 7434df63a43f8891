//! Layers of `docker save`, made ready for a registry: which digest each one has, and its content
//! in gzip if it is not compressed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::error::Error;
use super::flaw::Flaw;
use super::source::{FileSource, Section, Source, Span};
use super::stream::{self, Form, PIECE, decompress};
use crate::oci::{Algorithm, Digest, Hasher};

/// How hard layers are compressed: where the curve bends. Of a tar of programs and libraries level
/// 1 leaves 45 % (74 MB/s), 2 leaves 37 % (35 MB/s), and 6, which Go calls the default, 34 %
/// (20 MB/s).
const LEVEL: u32 = 2;

/// How many layers are compressed at the same time. Each takes some 400 KiB of memory and all of a
/// processor.
const THREADS: usize = 2;

/// A layer as a registry gets it.
#[derive(Clone)]
pub(super) struct Layer {
    /// Its digest.
    pub(super) digest: Digest,
    /// The digest of what it is, not compressed (OCI image specification, config.md: DiffID).
    pub(super) diff_id: Digest,
    /// How it is compressed; never plain.
    pub(super) form: Form,
    /// Where its content is.
    pub(super) place: Place,
}

/// Where some content is.
#[derive(Clone)]
pub(super) struct Place {
    /// In what.
    pub(super) source: Arc<dyn Source>,
    /// Where in it.
    pub(super) span: Span,
}

/// Makes all these layers of the archive `path` ready, several at the same time.
pub(super) fn prepare(
    path: &Path,
    archive: &Arc<dyn Source>,
    spans: &[Span],
) -> Result<HashMap<Span, Layer>, Error> {
    let next = AtomicUsize::new(0);
    let layers = Mutex::new(HashMap::new());
    let work = || -> Result<(), Error> {
        let mut spool = None;
        while let Some(span) = spans.get(next.fetch_add(1, Ordering::Relaxed)) {
            let layer = ready(path, archive, *span, &mut spool);
            if layer.is_err() {
                next.store(spans.len(), Ordering::Relaxed);
            }
            let mut layers = layers.lock().unwrap_or_else(|held| held.into_inner());
            layers.insert(*span, layer?);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS.min(spans.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut result = work();
        for other in others {
            let other = other.join();
            result = result.and(other.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        result
    })?;
    Ok(layers.into_inner().unwrap_or_else(|held| held.into_inner()))
}

/// A file that holds the compressed layers of one thread, one behind the other.
struct Spool {
    file: File,
    source: Arc<dyn Source>,
    end: u64,
}

impl Spool {
    fn new() -> Result<Self, Error> {
        let file = stream::temporary()?;
        let reader = file.try_clone().and_then(FileSource::new);
        Ok(Self {
            source: Arc::new(reader.map_err(stream::no_room)?),
            file,
            end: 0,
        })
    }
}

fn ready(
    path: &Path,
    archive: &Arc<dyn Source>,
    span: Span,
    spool: &mut Option<Spool>,
) -> Result<Layer, Error> {
    let section = |from| Section::new(Arc::clone(archive), span, from);
    let mut start = Vec::new();
    let started = section(0).take(4).read_to_end(&mut start);
    started.map_err(|error| Flaw::Io(error).of(path))?;
    match Form::of(&start) {
        Form::Plain => {
            let spool = match spool {
                Some(spool) => spool,
                none => none.insert(Spool::new()?),
            };
            compress(path, section(0), spool)
        }
        form => {
            let mut content = section(0);
            let digest = hash(&mut content).map_err(|error| Flaw::Io(error).of(path))?;
            let diff_id = hash(&mut decompress(form, section(0)));
            let source = Arc::clone(archive);
            Ok(Layer {
                digest,
                diff_id: diff_id.map_err(|error| Flaw::Io(error).of(path))?,
                form,
                place: Place { source, span },
            })
        }
    }
}

/// Compresses a layer to the end of the spool.
fn compress(path: &Path, mut layer: Section, spool: &mut Spool) -> Result<Layer, Error> {
    let compressed = Compressed {
        file: &spool.file,
        hasher: Hasher::new(Algorithm::Sha256),
        size: 0,
    };
    // The encoder's header has neither a name nor a time: the same layer has the same digest.
    let mut encoder = GzEncoder::new(compressed, Compression::new(LEVEL));
    let mut plain = Hasher::new(Algorithm::Sha256);
    let mut piece = vec![0; PIECE];
    loop {
        let read = layer.read(&mut piece);
        let read = read.map_err(|error| Flaw::Io(error).of(path))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        plain.update(bytes);
        encoder.write_all(bytes).map_err(stream::no_room)?;
    }
    let compressed = encoder.finish().map_err(stream::no_room)?;
    let span = Span {
        offset: spool.end,
        size: compressed.size,
    };
    let digest = compressed.hasher.finish();
    spool.end += span.size;
    let source = Arc::clone(&spool.source);
    Ok(Layer {
        digest,
        diff_id: plain.finish(),
        form: Form::Gzip,
        place: Place { source, span },
    })
}

/// Hashes and counts what it writes.
struct Compressed<'a> {
    file: &'a File,
    hasher: Hasher,
    size: u64,
}

impl Write for Compressed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The SHA-256 of everything.
fn hash(content: &mut impl Read) -> io::Result<Digest> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut piece = vec![0; PIECE];
    loop {
        let read = content.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(hasher.finish());
        };
        hasher.update(bytes);
    }
}
