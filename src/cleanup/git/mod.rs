//! Which images belong to living branches, tags, commits and change requests of a git repository.
//!
//! [`History`] is a clone that is known to be whole: what cannot be read is never taken for a
//! history that is over. Images are tied to it by their tags ([`Template`]) and by the revision
//! that they name. The open change requests are those that the forge has. [`GitRule`]
//! keeps the images of what lives.

pub mod change_requests;
mod choice;
mod commits;
mod describe;
mod error;
mod history;
mod living;
mod program;
mod references;
mod revision;
mod rule;
mod selection;
mod settings;
mod slug;
mod template;
mod ties;

pub use change_requests::ChangeRequest;
pub use error::Error;
pub use history::{Fetch, History};
pub use living::{Living, Tied};
pub use references::Reference;
pub use rule::GitRule;
pub use settings::{Keep, Limit, Operator, Others, References, Settings};
pub use template::{BadTemplate, Named, Reading, Template};
