//! Who am I there: whether a registry accepts a credential, asked as docker asks.

mod access;
mod answer;
pub mod challenge;
mod credential;
mod error;
mod keychain;
mod login;
mod refusal;
mod token;

pub use access::{Access, Scope};
pub use answer::Said;
pub use credential::{Credential, IDENTITY_TOKEN_USER, Scheme};
pub use error::Error;
pub use keychain::{Found, Keychain};
pub use login::{Verified, api_host, verify, verify_all};
