//! Which connections carry what. Over TLS, HTTP/1.1 carries bulk faster than HTTP/2, and a
//! server's HTTP/2 windows (1 MiB a connection with Go's) hold uploads up; but each request under
//! way needs a connection, whose handshakes cost small things more than that gains.

use crate::http::Lane;

/// Up to this size in bytes a blob comes along with all other answers: then a handshake would
/// cost more than the frames do.
const SMALL: u64 = 1024 * 1024;

/// All that sends content. What opens an upload goes the same way: the connection that it makes
/// is there for the content then.
pub(super) const UPLOAD: Lane = Lane::Bulk;

/// A body of so many bytes that is got.
pub(super) fn of_download(bytes: u64) -> Lane {
    if bytes <= SMALL {
        Lane::Control
    } else {
        Lane::Bulk
    }
}

/// A mount from the same repository is a question that mostly ends in an upload; one from
/// another repository mostly succeeds, and nothing has to be sent.
pub(super) fn of_mount(from_itself: bool) -> Lane {
    if from_itself { UPLOAD } else { Lane::Control }
}
