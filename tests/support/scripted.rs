//! A server that answers by a script, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::http::{HttpServer, Reply, Step};

/// A server that takes one step of its script for each request, and repeats the last one.
pub struct Scripted {
    pub server: HttpServer,
    script: Arc<Mutex<VecDeque<Step>>>,
}

impl Scripted {
    /// A server in plain HTTP whose script is still to be [set](Self::script).
    pub fn start() -> Self {
        let script = Arc::new(Mutex::new(VecDeque::new()));
        let steps = Arc::clone(&script);
        let server = HttpServer::start(None, move |_| {
            let mut steps = steps.lock().unwrap();
            if steps.len() > 1 {
                steps.pop_front().unwrap()
            } else {
                steps.front().cloned().unwrap_or(Reply::new(500).into())
            }
        });
        Self { server, script }
    }

    /// Sets what is done from now on.
    pub fn script(&self, steps: impl IntoIterator<Item = impl Into<Step>>) -> &Self {
        *self.script.lock().unwrap() = steps.into_iter().map(Into::into).collect();
        self
    }
}
