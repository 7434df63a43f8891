//! What goes wrong, and when.

use std::time::Duration;

use super::request::Request;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This is answered, and nothing is done.
    Status(u16, Vec<(String, String)>, String),
    /// The connection is closed, and nothing is done.
    Drop,
    /// Everything is done, then the connection is closed in place of the answer.
    DropAfter,
    /// The request is looked at so much later.
    Delay(Duration),
    /// Nothing is done, and the connection is closed so much later.
    Hang(Duration),
}

impl Fault {
    /// An answer with these headers and without a body.
    pub fn status(status: u16, headers: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Status(status, headers.iter().map(owned).collect(), String::new())
    }
}

/// Which requests are meant: a part of `METHOD HOST/PATH?QUERY`, or a function.
pub trait Which: Send {
    /// Whether this one is.
    fn holds(&self, request: &Request) -> bool;
}

impl Which for &'static str {
    fn holds(&self, request: &Request) -> bool {
        let Request {
            method,
            host,
            target,
            ..
        } = request;
        format!("{method} {host}{target}").contains(self)
    }
}

impl<F: Fn(&Request) -> bool + Send> Which for F {
    fn holds(&self, request: &Request) -> bool {
        self(request)
    }
}

/// The faults that are still to come.
#[derive(Default)]
pub struct Faults(Vec<Planned>);

struct Planned {
    which: Box<dyn Which>,
    /// How many such requests go well before; `None` when all fail.
    before: Option<usize>,
    fault: Fault,
}

impl Faults {
    /// Plans one, for the `nth` such request from now on (the first is 1), or for all.
    pub fn plan(&mut self, nth: Option<usize>, which: impl Which + 'static, fault: Fault) {
        self.0.push(Planned {
            which: Box::new(which),
            before: nth.map(|nth| nth.checked_sub(1).expect("the first request is 1")),
            fault,
        });
    }

    /// The fault of a request, if it has one.
    pub fn take(&mut self, request: &Request) -> Option<Fault> {
        let mut due = None;
        for (at, planned) in self.0.iter_mut().enumerate() {
            if !planned.which.holds(request) {
                continue;
            }
            match &mut planned.before {
                Some(0) | None => due = due.or(Some(at)),
                Some(before) => *before -= 1,
            }
        }
        let at = due?;
        if self.0[at].before.is_none() {
            return Some(self.0[at].fault.clone());
        }
        Some(self.0.remove(at).fault)
    }
}
