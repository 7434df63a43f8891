//! Small blobs that are in memory.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use crate::oci::{self, Chunks, Content, Descriptor, ReadError, Remote};

/// Uploads a blob that is not there yet.
pub(super) async fn put(
    remote: &Remote,
    blob: &Descriptor,
    bytes: Bytes,
) -> Result<(), oci::Error> {
    if remote.has_blob(&blob.digest).await?.is_some() {
        return Ok(());
    }
    let upload = remote.open_upload().await?;
    remote.upload(upload, blob, &Small(bytes)).await
}

/// A blob to upload.
struct Small(Bytes);

impl Content for Small {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let rest = self.0.slice(from.min(self.0.len())..);
        Box::pin(async { Ok(stream::iter([Ok(rest)]).boxed()) })
    }
}
