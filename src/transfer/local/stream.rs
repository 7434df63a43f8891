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

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read as _, Write as _};

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::{Form, decompress};

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(content: &[u8]) -> Vec<u8> {
        compress_to_vec(content, CompressionLevel::Fastest)
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut plain = decompress(Form::of(&bytes), Cursor::new(bytes));
        plain.read_to_end(&mut content).map(|_| content)
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let text = b"what is in it ".repeat(1000);
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        for bytes in [
            text.clone(),
            [gzip(&text[..5000]), gzip(&text[5000..])].concat(),
            [
                skippable.clone(),
                zstd(&text[..5000]),
                skippable,
                zstd(&text[5000..]),
            ]
            .concat(),
        ] {
            assert_eq!(read(bytes).unwrap(), text);
        }
    }

    #[test]
    fn what_is_cut_off_or_damaged_is_an_error() {
        let text = b"what is in it ".repeat(1000);
        for whole in [gzip(&text), zstd(&text)] {
            for length in [5, whole.len() / 2, whole.len() - 1] {
                assert!(read(whole[..length].to_vec()).is_err(), "{length}");
            }
            let mut damaged = whole.clone();
            *damaged.last_mut().unwrap() ^= 1;
            assert!(read(damaged).is_err());
        }
        let error = read(b"\xfd7zXZ\0".to_vec()).unwrap_err();
        let expected = "it is compressed with xz; gzip and zstd are read";
        assert_eq!(error.to_string(), expected);
        let skippable_cut_off = vec![0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 1];
        assert!(read(skippable_cut_off).is_err());
    }

    fn come_out(bytes: Vec<u8>) -> (u64, String) {
        let mut plain = decompress(Form::of(&bytes), Cursor::new(bytes));
        let mut piece = vec![0; 64 * 1024];
        let mut come_out = 0;
        loop {
            match plain.read(&mut piece) {
                Ok(read) => come_out += read as u64,
                Err(error) => return (come_out, error.to_string()),
            }
        }
    }

    #[test]
    fn bombs_are_left_early() {
        // 8 GiB out of 256 KiB: blocks of zstd that repeat one byte 128 KiB times.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
        let block = [0x02, 0x00, 0x10, 0];
        let zstd = [&frame[..], &block.repeat(64 * 1024)].concat();
        let gzip = gzip(&vec![0; 16 * 1024 * 1024]).repeat(64);
        for bomb in [zstd, gzip] {
            let (come_out, error) = come_out(bomb);
            assert_eq!(
                error,
                "it is a bomb: each byte of it becomes more than 1000"
            );
            assert!(come_out <= 128 * 1024 * 1024, "{come_out}");
        }
    }

    #[test]
    fn large_windows_are_refused() {
        // A window of 2 GiB.
        let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
        assert!(read(frame).is_err());
        // One of 8 MiB, and no content.
        let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3, 1, 0, 0];
        assert_eq!(read(frame).unwrap(), b"");
    }
}
