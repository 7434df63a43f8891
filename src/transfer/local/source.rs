//! Bytes that can be read at any offset, from several threads.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes that can be read at any offset, by several readers at the same time.
pub trait Source: Send + Sync {
    /// Reads from `offset` into `buffer`; 0 is the end.
    ///
    /// # Errors
    /// They cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are.
    fn size(&self) -> u64;
}

impl Source for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut rest = self.get(start..).unwrap_or_default();
        rest.read(buffer)
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

/// A regular file.
pub(super) struct FileSource {
    file: File,
    size: u64,
}

impl FileSource {
    /// A file as long as it is now.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl Source for FileSource {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(&self.file, buffer, offset)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Writes all bytes at an offset, whoever writes elsewhere in the file meanwhile.
#[cfg(unix)]
pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// Writes all bytes at an offset, whoever writes elsewhere in the file meanwhile.
#[cfg(windows)]
pub(super) fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(written..).unwrap_or_default();
        offset += written as u64;
    }
    Ok(())
}

/// Where some content stands in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Span {
    /// Its first byte.
    pub(super) offset: u64,
    /// How many bytes.
    pub(super) size: u64,
}

/// Reads one span of a source. That the source ends before the span does is an error.
pub(super) struct Section {
    source: Arc<dyn Source>,
    span: Span,
}

impl Section {
    /// The span from its byte `from` on.
    pub(super) fn new(source: Arc<dyn Source>, span: Span, from: u64) -> Self {
        let skipped = from.min(span.size);
        let span = Span {
            offset: span.offset.saturating_add(skipped),
            size: span.size - skipped,
        };
        Self { source, span }
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.span.size).unwrap_or(usize::MAX);
        let wanted = wanted.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        let read = self.source.read_at(buffer, self.span.offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.span.offset += read as u64;
        self.span.size -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Arc;

    use super::{Section, Span};

    fn section(offset: u64, size: u64, from: u64) -> std::io::Result<String> {
        let source = Arc::new(b"0123456789".to_vec());
        let mut text = String::new();
        Section::new(source, Span { offset, size }, from)
            .read_to_string(&mut text)
            .map(|_| text)
    }

    #[test]
    fn a_section_is_read_from_any_of_its_bytes() {
        assert_eq!(section(2, 5, 0).unwrap(), "23456");
        assert_eq!(section(2, 5, 3).unwrap(), "56");
        assert_eq!(section(2, 5, 5).unwrap(), "");
        assert_eq!(section(2, 5, u64::MAX).unwrap(), "");
    }

    #[test]
    fn a_section_beyond_the_end_is_an_error() {
        let error = section(8, 5, 0).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        assert!(section(u64::MAX, 1, 0).is_err());
    }
}
