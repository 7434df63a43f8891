//! Content in memory.

use std::sync::Mutex;

use bytes::Bytes;
use dockside::oci::{Chunks, Content, Descriptor, Digest, ReadError};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

/// Some bytes, in pieces, which remembers where it was opened.
pub struct Memory {
    bytes: Vec<u8>,
    piece: usize,
    opened: Mutex<Vec<u64>>,
}

impl Memory {
    /// Bytes in pieces of 1000.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            piece: 1000,
            opened: Mutex::default(),
        }
    }

    /// `size` bytes that do not repeat soon.
    pub fn sized(size: usize) -> Self {
        let mut state = 1_u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let mut memory = Self::new(bytes.take(size).collect::<Vec<u8>>());
        memory.piece = 64 * 1024;
        memory
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What refers to them.
    pub fn descriptor(&self) -> Descriptor {
        let digest = Digest::of(&self.bytes);
        Descriptor::new("application/octet-stream", digest, self.bytes.len() as u64)
    }

    /// The offsets at which it was opened.
    pub fn opened(&self) -> Vec<u64> {
        self.opened.lock().unwrap().clone()
    }
}

impl Content for Memory {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        self.opened.lock().unwrap().push(from);
        let rest = Bytes::copy_from_slice(&self.bytes[from as usize..]);
        let pieces: Vec<_> = rest
            .chunks(self.piece)
            .map(|piece| rest.slice_ref(piece))
            .collect();
        Box::pin(async move { Ok(stream::iter(pieces).map(Ok).boxed()) })
    }
}

/// All of some content from an offset on, or how it failed and what had come before.
pub async fn read(content: &impl Content, from: u64) -> (Vec<u8>, Option<ReadError>) {
    let mut bytes = Vec::new();
    let mut chunks = match content.open(from).await {
        Ok(chunks) => chunks,
        Err(error) => return (bytes, Some(error)),
    };
    while let Some(piece) = chunks.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}
