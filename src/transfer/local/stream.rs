//! What cannot be read at any offset: compressed archives, and pipes. It is read once, into a
//! temporary file without a name.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::super::error::Error;

/// How much is read and written at once.
pub(super) const PIECE: usize = 128 * 1024;

/// The largest window of zstd that is decoded, in bytes: what every decoder has to support
/// (RFC 8878, 3.1.1.1.2); more would not fit into the memory that a command may take.
const MAX_WINDOW: u64 = 8 * 1024 * 1024;

/// From so many bytes on what comes out is compared with what goes in: below, no harm is done.
const BOMB_SIZE: u64 = 64 * 1024 * 1024;

/// What comes out of one byte at most. Deflate reaches 1032 with nothing but zeros; archives of
/// images reach 10.
const BOMB_RATIO: u64 = 1000;

/// How content is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Not at all.
    Plain,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
    /// With something that no registry takes, by its name.
    Other(&'static str),
}

impl Form {
    /// The form of content that begins with these bytes; four are enough.
    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', ..] => Self::Other("xz"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Other("bzip2"),
            _ => Self::Plain,
        }
    }
}

/// What content of this form says, not compressed.
pub(super) fn decompress(form: Form, content: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        content,
        taken: Arc::clone(&taken),
    };
    let content = BufReader::with_capacity(PIECE, counted);
    let plain: Box<dyn Read + Send> = match form {
        Form::Plain => return Box::new(content),
        Form::Gzip => Box::new(MultiGzDecoder::new(content)),
        Form::Zstd => Box::new(Frames::new(content)),
        Form::Other(name) => {
            let message = format!("it is compressed with {name}; gzip and zstd are read");
            let error = io::Error::new(io::ErrorKind::Unsupported, message);
            return Box::new(Failing(Some(error)));
        }
    };
    Box::new(Guarded {
        plain,
        taken,
        given: 0,
    })
}

/// Copies everything into a temporary file that has no name, so that it is gone when nobody reads
/// it any longer. `path` is where the content comes from.
pub(super) fn spool(path: &Path, mut content: impl Read) -> Result<File, Error> {
    let mut file = temporary()?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = match content.read(&mut piece) {
            Ok(0) => return Ok(file),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                let path = path.to_owned();
                return Err(Error::File { path, source });
            }
        };
        let written = file.write_all(piece.get(..read).unwrap_or_default());
        written.map_err(no_room)?;
    }
}

/// A temporary file that has no name.
pub(super) fn temporary() -> Result<File, Error> {
    tempfile::tempfile().map_err(no_room)
}

/// The error of the directory for temporary files.
pub(super) fn no_room(source: io::Error) -> Error {
    let path = env::temp_dir();
    Error::File { path, source }
}

/// Counts what is read.
struct Counted<R> {
    content: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Fails when more comes out than anything that means well would hold.
struct Guarded {
    plain: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
    given: u64,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.given += read as u64;
        let most = self
            .taken
            .load(Ordering::Relaxed)
            .saturating_mul(BOMB_RATIO);
        if self.given > BOMB_SIZE && self.given > most {
            let message = format!("it is a bomb: each byte of it becomes more than {BOMB_RATIO}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}

/// Fails.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// All frames of zstd, one after the other (RFC 8878, section 3).
struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self {
            source,
            decoder,
            in_frame: false,
        }
    }

    /// Begins the next frame; `false` at the end.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped = (&mut self.source).take(length.into());
                    if io::copy(&mut { skipped }, &mut io::sink())? < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }

    /// Checks what a frame says about its content.
    fn end(&self) -> io::Result<()> {
        let said = self.decoder.get_checksum_from_data();
        if said.is_some() && said != self.decoder.get_calculated_checksum() {
            return Err(damaged("a checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                self.in_frame = self.begin()?;
                if !self.in_frame {
                    return Ok(0);
                }
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.decoder.is_finished() {
                self.end()?;
                self.in_frame = false;
                continue;
            }
            let one_block = ruzstd::decoding::BlockDecodingStrategy::UptoBlocks(1);
            self.decoder
                .decode_blocks(&mut self.source, one_block)
                .map_err(damaged)?;
        }
    }
}

fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
