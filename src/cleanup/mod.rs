//! Which images of a repository are kept, and how the others are removed.
//!
//! One way for all: [`inventory`] looks at the repository and makes a [`Graph`] of it; the
//! [`Rule`]s of a [`policy`] say what of that is kept (some of them know it from [`git`], or from
//! what is [`in_use`]); [`evaluate()`] adds all that the kept things need, and asks the inventory
//! to look closer where that is not known; [`plan`] writes down what goes, in which order, and
//! refuses what goes too far; [`apply`] does what a plan says, each step after another look; and
//! [`report`] tells it. `purge` is the same without rules.

pub mod apply;
mod error;
mod evaluate;
pub mod git;
mod graph;
pub mod in_use;
pub mod inventory;
mod links;
pub mod plan;
pub mod policy;
mod progress;
pub mod report;
mod rule;
mod times;
pub mod werf;

pub use error::Error;
pub use evaluate::{Evaluation, Verdict, evaluate};
pub use graph::{Blob, BlobId, Content, Facts, Gap, Graph, Id, Kind, Name, NameId, Node};
pub use progress::{Progress, Stage};
pub use rule::{Claims, Fact, Reason, ReasonId, Root, Rule, Scope, Untagged};
pub use times::believable;
