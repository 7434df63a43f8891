//! The one HTTP client of the product: trust, proxies, time limits, limiters, retries.
//!
//! Layers, each usable without those above: [`trust`] and [`proxy`] say whom to believe and
//! which way to go; `transport` holds the connections to a host and `attempt` makes one attempt
//! of one request over them; `limiter` says when it may begin and `scheme` where it goes;
//! [`retry`] decides whether there is another and `persist` makes it; [`Client`] puts these
//! together for one registry, and [`Http`] has the clients of a run. Nothing is read or built
//! before the first request.

mod attempt;
mod body;
mod call;
mod certificate;
mod client;
pub mod clock;
mod error;
mod exceptions;
mod host;
mod limiter;
mod message;
mod persist;
mod pool;
pub mod proxy;
mod reply;
pub mod retry;
mod said;
mod scheme;
mod settings;
pub mod sight;
mod tls;
mod transport;
pub mod trust;

pub use body::{Body, BodyError, Pieces, Spent, WrongLength};
pub use call::{Authorization, Call, Lane};
pub use certificate::Certificate;
pub use client::Client;
pub use error::{Cause, Error, Flaw, Setup};
pub use host::{Host, is_loopback};
pub use message::{Answer, Basic, MAX_BODY, Request, shown};
pub use pool::Http;
pub use reply::Reply;
pub use retry::Budget;
pub use said::{MAX_REFUSAL, Said};
pub use settings::Limits;
