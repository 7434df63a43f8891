//! Who am I there: whether a registry accepts a credential, asked as docker asks.

mod answer;
pub mod challenge;
mod error;
mod login;
mod refusal;
mod stop;
mod token;

pub use error::Error;
pub use login::{Credential, IDENTITY_TOKEN_USER, Scheme, Verified, verify, verify_all};
