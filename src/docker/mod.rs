//! The docker config directory: `config.json`, credential helpers, and the private directory
//! that each CI job gets.
//!
//! [`JobDirectory::open`] finds or makes the directory of one job; [`prepare`] fills its
//! `docker/` from the user's own config ([`Source`]), which is only ever read. [`log_in`] and
//! [`log_out`] change a config as docker would, but under a lock ([`update`]).
//! [`host_cleanup`] removes what dead jobs left behind.

mod ambient;
mod companion_files;
mod config;
mod credential;
mod credential_store;
mod error;
mod file;
mod helper;
mod host_cleanup;
mod inheritance;
mod job_directory;
mod liveness;
mod lock;
mod login;
mod origin;
mod own_program;
mod place;
mod prepare;
mod process;
mod pull_config;
mod record;
mod registry_key;
mod renewal;
mod scoped;
mod shape;
mod source;
mod store;
mod subject;
mod synthesis;

pub use ambient::{auth_files, read_auth_file, variable};
pub use config::Config;
pub use credential::{Credential, Kind};
pub use credential_store::{CredentialStore, HELPER_NAME};
pub use error::Error;
pub use helper::{Error as HelperError, Helper, NOT_FOUND, TOKEN_USER};
pub use host_cleanup::{Cleaned, Cleanup, Outcome, host_cleanup};
pub use job_directory::JobDirectory;
pub use liveness::Liveness;
pub use login::{Stored, log_in, log_in_renewed, log_out, stored};
pub use own_program::{offer_helper, path_with};
pub use place::Places;
pub use prepare::{Prepared, Wishes, prepare};
pub use pull_config::pull_config;
pub use registry_key::{HUB_KEY, registry_key};
pub use renewal::{Held, Renewal, Renewals};
pub use scoped::split as registry_and_scope;
pub use source::Source;
pub use store::{Durability, load, update};
pub use subject::Subject;
