//! A registry behind a line on which something happens before a request is passed on. Requests
//! pass one after the other: what happens before one happens after all that came before it.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::support::accept::Acceptor;
use crate::support::answer::Answer;
use crate::support::wire::{Head, read_body, read_head, write_answer};

const LENGTH: &str = "content-length";

/// What is done with a request.
pub enum Instead {
    /// It is passed on, as if there were no line.
    Pass,
    /// This is answered, and nothing is done.
    Answer(Answer),
    /// The connection is closed, and nothing is done.
    Drop,
    /// It is done, and the connection is closed in place of the answer.
    Lose,
    /// It is done, then this happens, then it is answered.
    Then(Box<dyn FnOnce() + Send>),
    /// Nothing is done, and nothing is ever answered.
    Hang,
}

/// What happens before a request, which has a number from 1.
type Hook = Box<dyn FnMut(usize, &Head) -> Instead + Send>;

struct State {
    registry: String,
    /// The connection to the registry.
    stream: Option<BufReader<TcpStream>>,
    count: usize,
    hook: Hook,
}

/// The line. It ends when it is dropped.
pub struct Between {
    acceptor: Acceptor,
    state: Arc<Mutex<State>>,
}

impl Between {
    /// A line to a registry, `host:port`.
    pub fn to(registry: &str) -> Self {
        let state = Arc::new(Mutex::new(State {
            registry: registry.to_owned(),
            stream: None,
            count: 0,
            hook: Box::new(|_, _| Instead::Pass),
        }));
        let acceptor = Acceptor::start({
            let state = Arc::clone(&state);
            move |stream| converse(stream, &state)
        });
        Self { acceptor, state }
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// Counts from 1 again, and does this before each request from now on.
    pub fn before(&self, hook: impl FnMut(usize, &Head) -> Instead + Send + 'static) {
        let mut state = self.state.lock().unwrap();
        (state.count, state.hook) = (0, Box::new(hook));
    }

    /// How many requests came since [`Self::before`].
    pub fn count(&self) -> usize {
        self.state.lock().unwrap().count
    }
}

fn converse(stream: TcpStream, state: &Mutex<State>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut hangs = false;
    while let Some(head) = read_head(&mut reader) {
        let body = read_body(&mut reader, &head.headers, usize::MAX);
        let answer = {
            let state = &mut *state.lock().unwrap();
            state.count += 1;
            match (state.hook)(state.count, &head) {
                Instead::Pass => state.pass(&head, &body),
                Instead::Answer(answer) => Some(answer),
                Instead::Lose => {
                    state.pass(&head, &body);
                    None
                }
                Instead::Then(then) => {
                    let answer = state.pass(&head, &body);
                    then();
                    answer
                }
                Instead::Hang => {
                    hangs = true;
                    None
                }
                Instead::Drop => None,
            }
        };
        if hangs {
            // Until the client gives up.
            let _ = reader.read(&mut [0]);
        }
        let Some(answer) = answer else { break };
        let with_length = !answer.headers.iter().any(|(name, _)| name == LENGTH);
        if write_answer(&mut &stream, &answer, usize::MAX, with_length).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

impl State {
    /// Passes a request on; the answer, if there is one.
    fn pass(&mut self, head: &Head, body: &[u8]) -> Option<Answer> {
        // The registry closes a connection that was idle for long.
        self.ask(head, body).or_else(|| {
            self.stream = None;
            self.ask(head, body)
        })
    }

    fn ask(&mut self, head: &Head, body: &[u8]) -> Option<Answer> {
        let registry = &self.registry;
        let mut request = format!(
            "{} {} HTTP/1.1\r\nhost: {registry}\r\n",
            head.method, head.target
        );
        let passed = ["accept", "authorization", "content-type"];
        for (name, value) in &head.headers {
            if passed.contains(&name.as_str()) {
                request.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(registry).ok()?),
        };
        let stream = self.stream.insert(stream);
        let _ = stream.get_ref().set_nodelay(true);
        let whole = [request.as_bytes(), body].concat();
        stream.get_mut().write_all(&whole).ok()?;
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let mut answer = Answer::new(line.split(' ').nth(1)?.parse().ok()?);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if head.method != "HEAD" && answer.status != 204 {
            answer.body = read_body(stream, &headers, usize::MAX);
        }
        let is_head = head.method == "HEAD";
        headers.retain(|(name, _)| match name.as_str() {
            "connection" | "transfer-encoding" => false,
            LENGTH => is_head,
            _ => true,
        });
        answer.headers = headers;
        Some(answer)
    }
}
