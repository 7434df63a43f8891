//! A registry that federates its robots with a CI system, as Quay does. It lets in whoever has
//! the robot's newest password, and nobody with an older one.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::job::{Job, id_token, jwt, now};
use crate::support::vendor::{
    Answer, Local, Request, Rules, Store, Target, Tokens, Users, Vendor, shared, v2,
};

/// The robot.
pub const ROBOT: &str = "acme+ci";

/// The repository, with the tag `v1`.
pub const IMAGE: &str = "acme/app";

/// The path of the exchange.
pub const EXCHANGE: &str = "GET /oauth2/federation/robot/token 200";

pub struct Quay {
    store: Store,
    tokens: Tokens,
    users: Users,
    id_token: String,
    /// The passwords so far.
    pub made: Vec<String>,
    /// How many seconds they live.
    pub lifetime: u64,
}

impl Quay {
    /// The registry, and a job whose ID token it takes.
    pub fn start() -> (Local, Arc<Mutex<Self>>, Job) {
        let id_token = id_token("quay");
        let mut store = Store::default();
        store.push_image(IMAGE, Some("v1"), "words");
        let quay = shared(Self {
            store,
            tokens: Tokens::new("quay"),
            users: Users::default(),
            id_token: id_token.clone(),
            made: Vec::new(),
            lifetime: 3600,
        });
        let server = Local::start(&quay);
        let robot = format!("{}/{ROBOT}", server.host());
        let job = Job::new(&[
            ("DOCKSIDE_QUAY_ROBOT", &robot),
            ("DOCKSIDE_ID_TOKEN", &id_token),
        ]);
        (server, quay, job)
    }
}

impl Quay {
    /// Lets nobody in until there is a new password.
    pub fn revoke(&mut self) {
        self.users.remove(ROBOT);
        self.tokens.expire();
    }

    /// The tags of the repository.
    pub fn tags(&self) -> Vec<String> {
        self.store.tags(IMAGE)
    }
}

impl Vendor for Quay {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.path.as_str() {
            "/oauth2/federation/robot/token" => {
                let expected = Some((ROBOT.to_owned(), self.id_token.clone()));
                if request.basic() != expected {
                    return Answer::new(401).json(&json!({"message": "Invalid robot token"}));
                }
                let number = self.made.len() + 1;
                let token = jwt(&json!({"number": number, "exp": now() + self.lifetime}));
                self.users.add(ROBOT, &token);
                self.made.push(token.clone());
                Answer::new(200).json(&json!({ "token": token }))
            }
            "/token" => self.tokens.answer(request, &self.users),
            _ => {
                let Some(target) = Target::of(request) else {
                    return Answer::new(404);
                };
                let may = self
                    .tokens
                    .check(request, &target.repository, target.action);
                match may {
                    Err(refused) => refused,
                    Ok(()) => v2(request, &mut self.store, &Rules::default())
                        .unwrap_or_else(|| Answer::new(404)),
                }
            }
        }
    }
}
