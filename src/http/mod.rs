//! The one HTTP client of the product: trust, proxies, time limits, retries.
//!
//! Three layers, each usable without the one above: [`trust`] and [`proxy`] say whom to
//! believe and which way to go, [`client`] makes one attempt of one request, and [`retry`]
//! decides whether there is another. Nothing is read or built before the first request.

pub mod client;
mod error;
mod host;
mod message;
pub mod proxy;
pub mod retry;
mod tls;
pub mod trust;

pub use client::{Client, Http, Limits};
pub use error::{Cause, Error, Setup};
pub use host::{Host, is_loopback};
pub use message::{Answer, Basic, MAX_BODY, Request};
pub use retry::Budget;
