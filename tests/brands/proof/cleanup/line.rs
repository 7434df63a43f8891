//! What happens to one of the requests of a cleanup.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::brands::proof::limits::limited;
use crate::brands::proof::stand::Stand;
use crate::support::brands::{github, google, quay};
use crate::support::vendor::{Fault, Request, Store};
use crate::support::wait::until;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// This status is answered, and nothing is done.
    Status(u16),
    /// It is refused as the vendor does that when there were too many.
    Limited,
    /// The connection is closed, and nothing is done.
    Drop,
    /// It is done, and the connection is closed in place of the answer.
    Lost,
    /// Nothing is done, and nothing is answered for a long time.
    Hang,
    /// It is done, and whoever sent it has been killed meanwhile.
    Kill,
    /// All tokens that were seen before are good for nothing any more.
    Dead,
    /// Somebody pushes before it is done.
    Push,
}

/// What somebody pushes.
type Push = dyn FnOnce(&mut Store) + Send;

/// Longer than whoever is tested for it waits.
const LONG: Duration = Duration::from_secs(2);

/// What is between a cleaner and a registry.
pub struct Line(Arc<Mutex<State>>);

struct State {
    trouble: Trouble,
    /// The number of the request.
    at: usize,
    /// How many there were.
    count: usize,
    /// How many are being done.
    pending: usize,
    seen: BTreeSet<String>,
    dead: BTreeSet<String>,
    push: Option<Box<Push>>,
    killed: Arc<Notify>,
}

impl State {
    /// Whether it happens to the latest request.
    fn hits(&self, trouble: Trouble) -> bool {
        self.trouble == trouble && self.at == self.count
    }

    /// What is counted: a request, which is then done or not.
    fn begin(&mut self) {
        self.count += 1;
        let is_done = match self.trouble {
            Trouble::Kill => self.count <= self.at,
            Trouble::Nothing | Trouble::Lost | Trouble::Dead | Trouble::Push => true,
            _ => self.count != self.at,
        };
        self.pending += usize::from(is_done);
        if self.hits(Trouble::Kill) {
            self.killed.notify_one();
        }
        if self.hits(Trouble::Dead) {
            self.dead.clone_from(&self.seen);
        }
    }

    /// Lets a request with a dead token be one with a bad token.
    fn expire(&mut self, request: &mut Request) {
        let Some(token) = request.bearer() else {
            return;
        };
        // These are no such tokens.
        if [github::CLASSIC, google::TOKEN, quay::OAUTH].contains(&token.as_str()) {
            return;
        }
        self.seen.insert(token.clone());
        if self.dead.contains(&token) {
            for (name, value) in &mut request.headers {
                if name == "authorization" {
                    "Bearer dead".clone_into(value);
                }
            }
        }
    }
}

impl Line {
    /// Comes between.
    pub fn before(stand: &Stand) -> Self {
        let state = Arc::new(Mutex::new(State {
            trouble: Trouble::Nothing,
            at: 0,
            count: 0,
            pending: 0,
            seen: BTreeSet::new(),
            dead: BTreeSet::new(),
            push: None,
            killed: Arc::default(),
        }));
        let fault = |is_hit: fn(&State) -> bool, fault: Fault| {
            let state = Arc::clone(&state);
            stand.fault_always(move |_: &Request| is_hit(&state.lock().unwrap()), fault);
        };
        // The first one counts.
        let counter = Arc::clone(&state);
        let count = move |_: &Request| {
            counter.lock().unwrap().begin();
            false
        };
        stand.fault_always(count, Fault::Drop);
        fault(
            |one| one.hits(Trouble::Status(500)),
            Fault::status(500, &[]),
        );
        fault(
            |one| one.hits(Trouble::Status(403)),
            Fault::status(403, &[]),
        );
        fault(|one| one.hits(Trouble::Hang), Fault::Hang(LONG));
        fault(
            |one| one.hits(Trouble::Lost) || one.hits(Trouble::Kill),
            Fault::DropAfter,
        );
        fault(
            |one| {
                let is_dead = one.trouble == Trouble::Kill && one.count > one.at;
                is_dead || one.hits(Trouble::Drop)
            },
            Fault::Drop,
        );
        for host in stand.hosts.clone() {
            let (limit, state) = (limited(stand.brand, &host), Arc::clone(&state));
            let is_hit = move |request: &Request| {
                request.host == host && state.lock().unwrap().hits(Trouble::Limited)
            };
            stand.fault_always(is_hit, limit);
        }
        let expiring = Arc::clone(&state);
        stand.ask(move |request, store| {
            let mut state = expiring.lock().unwrap();
            state.expire(request);
            if state.hits(Trouble::Push)
                && let Some(push) = state.push.take()
            {
                push(store);
            }
        });
        let done = Arc::clone(&state);
        stand.say(move |_, _| done.lock().unwrap().pending -= 1);
        Self(state)
    }

    /// Lets something happen to this request from now on, the first being 1; who is told of a
    /// kill.
    pub fn arm(&self, trouble: Trouble, at: usize) -> Arc<Notify> {
        let mut state = self.0.lock().unwrap();
        (state.trouble, state.at, state.count) = (trouble, at, 0);
        state.dead.clear();
        state.killed = Arc::default();
        Arc::clone(&state.killed)
    }

    /// Lets somebody push before this request.
    pub fn push(&self, at: usize, push: impl FnOnce(&mut Store) + Send + 'static) {
        self.arm(Trouble::Push, at);
        self.0.lock().unwrap().push = Some(Box::new(push));
    }

    /// Lets nothing happen any more; how many requests there were.
    pub fn disarm(&self) -> usize {
        until("the end of the requests", || {
            self.0.lock().unwrap().pending == 0
        });
        let count = self.0.lock().unwrap().count;
        self.arm(Trouble::Nothing, 0);
        count
    }
}
