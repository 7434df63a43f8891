//! What was asked and answered, on one network or at one local server.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};

use super::Vendor;
use super::fault::{Fault, Faults, Which};
use super::request::Request;
use crate::support::answer::Answer;
use crate::support::spec::Spec;

/// A request, and the status of its answer.
#[derive(Debug, Clone)]
pub struct Seen {
    pub request: Request,
    /// None when the connection was closed in place of an answer.
    pub status: Option<u16>,
}

impl Deref for Seen {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

/// `DELETE hub.docker.com/v2/repositories/a/b/tags/c/ 204`.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.method.as_str() {
            "CONNECT" => "",
            _ => &self.target,
        };
        write!(f, "{} {}{target} ", self.method, self.host)?;
        match self.status {
            Some(status) => write!(f, "{status}"),
            None => write!(f, "-"),
        }
    }
}

/// A vendor that several servers and the test share.
pub type Shared = Arc<Mutex<dyn Vendor>>;

/// What all connections know.
#[derive(Default)]
pub struct Record(Mutex<State>);

#[derive(Default)]
struct State {
    vendors: BTreeMap<String, Shared>,
    seen: Vec<Seen>,
    faults: Faults,
    /// What describes the requests of a host; of any host, when it is empty.
    specs: Vec<(String, Spec)>,
    exceptions: Vec<Box<Exception>>,
    undescribed: Vec<String>,
}

type Exception = dyn Fn(&Request) -> bool + Send;

impl State {
    /// What is wrong with a request, when its host is described.
    fn undescribed(&self, request: &Request) -> Option<String> {
        if self.exceptions.iter().any(|excepts| excepts(request)) {
            return None;
        }
        let mut wrong = Vec::new();
        for (host, spec) in &self.specs {
            if host.is_empty() || *host == request.host {
                wrong.push(spec.check(request).err()?);
            }
        }
        let Request {
            method,
            host,
            target,
            ..
        } = request;
        let wrong = wrong.join("; or ");
        (!wrong.is_empty()).then(|| format!("{method} {host}{target}: {wrong}"))
    }
}

impl Record {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// The requests so far, such as `GET hub.docker.com/v2/ 200`; the status of one that had no
    /// answer is `-`. To a host that nobody has, there is `CONNECT` with 502.
    pub fn seen(&self) -> Vec<String> {
        self.requests().iter().map(Seen::to_string).collect()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.state().seen.clear();
    }

    /// Lets the `nth` of these requests from now on go wrong; the first is 1.
    pub fn fault(&self, nth: usize, which: impl Which + 'static, fault: Fault) {
        self.state().faults.plan(Some(nth), which, fault);
    }

    /// Lets all these requests from now on go wrong.
    pub fn fault_always(&self, which: impl Which + 'static, fault: Fault) {
        self.state().faults.plan(None, which, fault);
    }

    /// Lets requests to a host be checked, from now on, against a vendor's description, if it is
    /// here; a request must be described by one of several. The test fails at its end when one is
    /// not.
    pub fn spec(&self, host: &str, spec: impl Into<Option<Spec>>) {
        let spec = spec.into().map(|spec| (host.to_owned(), spec));
        self.state().specs.extend(spec);
    }

    /// Lets requests go unchecked, since the vendor does not describe them.
    pub fn except(&self, exception: impl Fn(&Request) -> bool + Send + 'static) {
        self.state().exceptions.push(Box::new(exception));
    }

    /// Fails, with what is wrong, when there were requests that the vendor does not describe.
    pub fn assert_described(&self) {
        let undescribed = std::mem::take(&mut self.state().undescribed);
        assert!(
            undescribed.is_empty(),
            "requests that the vendor does not describe:\n{}",
            undescribed.join("\n")
        );
    }

    /// [`Self::assert_described`] at the end of a test that has not failed already.
    pub(super) fn end(&self) {
        if !std::thread::panicking() {
            self.assert_described();
        }
    }

    /// Gives a host to a vendor.
    pub(super) fn serve(&self, host: &str, vendor: Shared) {
        self.state().vendors.insert(host.to_owned(), vendor);
    }

    /// The answer to a request, when there is one; 502 when nobody has that host. `key` is where
    /// its vendor is found.
    pub(super) fn answer(&self, key: &str, request: Request) -> Option<Answer> {
        let (at, vendor, fault) = {
            let mut state = self.state();
            let vendor = state.vendors.get(key).cloned();
            let fault = state.faults.take(&request);
            let undescribed = state.undescribed(&request);
            state.undescribed.extend(undescribed);
            let status = None;
            let request = request.clone();
            state.seen.push(Seen { request, status });
            (state.seen.len() - 1, vendor, fault)
        };
        match &fault {
            Some(Fault::Drop) => return None,
            Some(Fault::Delay(duration)) => std::thread::sleep(*duration),
            Some(Fault::Hang(duration)) => {
                std::thread::sleep(*duration);
                return None;
            }
            _ => {}
        }
        let answer = match (&fault, vendor) {
            (Some(Fault::Status(status, headers, body)), _) => Answer {
                status: *status,
                headers: headers.clone(),
                body: body.clone().into_bytes(),
            },
            (_, Some(vendor)) => answer(&vendor, &request),
            (_, None) => Answer::new(502),
        };
        if let Some(Fault::DropAfter) = fault {
            return None;
        }
        // Gone when the requests were forgotten meanwhile.
        if let Some(seen) = self.state().seen.get_mut(at) {
            seen.status = Some(answer.status);
        }
        Some(answer)
    }
}

/// An emulator that panics is shown as a status that no client tries again.
fn answer(vendor: &Shared, request: &Request) -> Answer {
    let answer = catch_unwind(AssertUnwindSafe(|| vendor.lock().unwrap().answer(request)));
    answer.unwrap_or_else(|_| Answer::error(418, "EMULATOR_PANICKED"))
}
