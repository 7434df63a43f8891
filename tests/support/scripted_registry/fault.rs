//! What goes wrong, and when.

use super::request::Kind;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The connection is closed; nothing was done.
    Drop,
    /// Everything is done, then the connection is closed in place of the answer.
    DropAfter,
    /// So many bytes of the request's body are taken, and kept by an upload; then the connection is
    /// closed.
    DropBody(usize),
    /// Nothing is done and nothing said, until the client gives up.
    Stall,
    /// So many bytes of the answer's body are sent, then nothing until the client gives up.
    StallBody(usize),
    /// So many bytes of the answer's body are sent, then the connection is closed.
    Truncate(usize),
    /// This is answered; nothing was done.
    Answer {
        /// The status code.
        status: u16,
        /// Headers such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// The first byte of the answer's body is another one.
    Corrupt,
    /// A header of the answer has this value, or is left out: for lies about digests, types, ranges,
    /// addresses.
    Header(&'static str, Option<String>),
    /// All uploads are forgotten before the request is looked at.
    LoseUploads,
    /// All tokens expire before the request is looked at.
    ExpireTokens,
}

impl Fault {
    /// An answer without headers whose body has this code, as registries make them.
    pub fn status(status: u16, code: &str) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: crate::support::answer::errors(code),
        }
    }
}

/// Which requests a fault is for, counted from when it is set.
#[derive(Debug, Clone)]
pub struct When {
    kind: Option<Kind>,
    /// How many requests of the kind pass before it happens.
    skipped: usize,
    /// Whether it happens again with every one after that.
    stays: bool,
}

impl When {
    /// The `k`-th request of all, from 1 on.
    pub fn request(k: usize) -> Self {
        Self {
            kind: None,
            skipped: k - 1,
            stays: false,
        }
    }

    /// The `k`-th request of all, from 1 on, and all after it.
    pub fn from_request(k: usize) -> Self {
        Self {
            stays: true,
            ..Self::request(k)
        }
    }

    /// The `k`-th request of a kind, from 1 on.
    pub fn nth(kind: Kind, k: usize) -> Self {
        Self {
            kind: Some(kind),
            ..Self::request(k)
        }
    }

    /// Every request of a kind.
    pub fn every(kind: Kind) -> Self {
        Self {
            stays: true,
            ..Self::nth(kind, 1)
        }
    }
}

/// The fault of a request, if there is one; each counts it.
pub fn take(faults: &mut Vec<(When, Fault)>, kind: Kind) -> Option<Fault> {
    let mut due = None;
    faults.retain_mut(|(when, fault)| {
        if when.kind.is_some_and(|wanted| wanted != kind) {
            return true;
        }
        if when.skipped > 0 {
            when.skipped -= 1;
            return true;
        }
        if due.is_some() {
            return true;
        }
        due = Some(fault.clone());
        when.stays
    });
    due
}
