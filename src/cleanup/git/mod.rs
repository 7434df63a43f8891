//! Which images belong to living branches, tags, commits and change requests of a git repository.

mod settings;

pub use settings::{Keep, Limit, Operator, References, Settings};
