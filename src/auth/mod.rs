//! Who am I there: credentials, the challenges of registries, and the tokens got for them.
//!
//! [`verify`] asks whether a registry accepts a credential, as `docker login` asks. [`Keychain`]
//! finds the credential that the docker config has for a repository, and [`Access`] turns it
//! into what a request is to be sent with.

mod access;
mod answer;
pub mod challenge;
mod context;
mod credential;
mod error;
mod exchange;
mod grant;
pub mod id_token;
mod identity;
mod identity_service;
mod jwt;
mod keychain;
pub mod lease;
mod lifetime;
mod login;
mod refusal;
mod renewal;
mod scope;
mod slot;
mod token;

pub use access::Access;
pub use context::Context;
pub use credential::{Credential, IDENTITY_TOKEN_USER, Scheme};
pub use error::Error;
pub use exchange::{
    AZURE_TOKEN_USER, Exchange, Made, aws, exchange, exchange_for, google, is_azure_host,
};
pub use jwt::{end, has_ended};
pub use keychain::{Found, Keychain};
pub use login::{Verified, api_host, verify, verify_all};
pub use renewal::{Helped, Renewing, helped, make_all, renewal, renewed};
pub use scope::Scope;
