//! A registry behind a line on which something happens before a request is passed on.

use std::sync::{Arc, Mutex};

use crate::support::client::ask;
use crate::support::http::{HttpServer, Received, Reply, Step};

/// What happens before a request, which has a number from 1; an answer in place of the registry's.
type Hook = Box<dyn FnMut(usize, &Received) -> Option<Step> + Send>;

/// The line. It ends when it is dropped.
pub struct Between {
    server: HttpServer,
    state: Arc<Mutex<(usize, Hook)>>,
}

impl Between {
    /// A line to a registry, `host:port`.
    pub fn to(registry: &str) -> Self {
        let state: Arc<Mutex<(usize, Hook)>> = Arc::new(Mutex::new((0, Box::new(|_, _| None))));
        let (registry, hook) = (registry.to_owned(), Arc::clone(&state));
        let server = HttpServer::start(None, move |request| {
            let instead = {
                let mut state = hook.lock().unwrap();
                state.0 += 1;
                let number = state.0;
                (state.1)(number, request)
            };
            instead.unwrap_or_else(|| pass(&registry, request))
        });
        Self { server, state }
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// Counts from 1 again, and does this before each request from now on.
    pub fn before(&self, hook: impl FnMut(usize, &Received) -> Option<Step> + Send + 'static) {
        *self.state.lock().unwrap() = (0, Box::new(hook));
    }

    /// How many requests came since [`Self::before`].
    pub fn count(&self) -> usize {
        self.state.lock().unwrap().0
    }
}

/// Passes a request on, and gives the answer back.
fn pass(registry: &str, request: &Received) -> Step {
    let line = format!("{} {}", request.method, request.path);
    let passed = ["accept", "authorization", "content-type"];
    let headers: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| passed.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let came = ask(registry, &line, &headers, request.body.as_bytes());
    if came.status == 0 {
        return Step::Drop;
    }
    let mut reply = Reply::new(came.status);
    let own = ["connection", "content-length", "transfer-encoding"];
    for (name, value) in came.headers {
        if !own.contains(&name.as_str()) {
            reply = reply.header(&name, value);
        }
    }
    reply.body(came.body).into()
}
