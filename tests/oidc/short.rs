//! A registry whose passwords are made from an ID token and end by the clock. What brands do
//! differently, the path of the exchange and the form of its answer, is given to it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::job::{jwt, now};
use crate::support::vendor::{Answer, Request, Target, Tokens, Users, Vendor};

/// How a password, and the seconds that it lives, are answered.
type Form = fn(&str, u64) -> Value;

/// The form of OAuth (RFC 8693, section 2.2.1).
pub const EXPIRES_IN: Form =
    |token, seconds| json!({"access_token": token, "expires_in": seconds, "token_type": "Bearer"});

pub struct Short {
    user: &'static str,
    exchange: (&'static str, &'static str),
    form: Form,
    knows: Box<dyn Fn(&Request) -> bool + Send>,
    tokens: Tokens,
    users: Users,
    lives: u64,
    ends: Instant,
    made: usize,
}

impl Short {
    /// One with a user, whose exchange (method and path) takes the requests that `knows` knows.
    pub fn new(
        user: &'static str,
        exchange: (&'static str, &'static str),
        form: Form,
        knows: impl Fn(&Request) -> bool + Send + 'static,
    ) -> Self {
        Self {
            user,
            exchange,
            form,
            knows: Box::new(knows),
            tokens: Tokens::new("registry"),
            users: Users::default(),
            lives: 0,
            ends: Instant::now(),
            made: 0,
        }
    }

    /// How many seconds the passwords live that are made from now on.
    pub fn passwords_live(&mut self, seconds: u64) {
        self.lives = seconds;
    }

    fn password(&mut self) -> Answer {
        self.made += 1;
        let password = jwt(&json!({"number": self.made, "exp": now() + self.lives}));
        self.users.add(self.user, &password);
        self.ends = Instant::now() + Duration::from_secs(self.lives);
        Answer::new(200).json(&(self.form)(&password, self.lives))
    }
}

impl Vendor for Short {
    fn answer(&mut self, request: &Request) -> Answer {
        if self.ends <= Instant::now() {
            self.users.remove(self.user);
        }
        if request.line() == self.exchange {
            return match (self.knows)(request) {
                true => self.password(),
                false => Answer::new(403),
            };
        }
        if request.path == "/token" {
            return self.tokens.answer(request, &self.users);
        }
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        match self
            .tokens
            .check(request, &target.repository, target.action)
        {
            Err(refused) => refused,
            Ok(()) => Answer::new(200).json(&json!({})),
        }
    }
}
