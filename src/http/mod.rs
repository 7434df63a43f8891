//! The one HTTP client of the product: trust, proxies, time limits, retries.
//!
//! Layers, each usable without those above: [`trust`] and [`proxy`] say whom to believe and
//! which way to go, `transport` makes one attempt of one request, [`retry`] decides whether
//! there is another, and [`Client`] puts them together. Nothing is read or built before the
//! first request.

mod call;
mod client;
mod error;
mod exceptions;
mod host;
mod message;
pub mod proxy;
pub mod retry;
mod tls;
mod transport;
pub mod trust;

pub use call::{Authorization, Body, Call, Lane, Pieces, Reply};
pub use client::{Client, Http, Limits};
pub use error::{Cause, Error, Setup};
pub use host::{Host, is_loopback};
pub use message::{Answer, Basic, MAX_BODY, Request};
pub use retry::Budget;
