//! Whole commands while something goes wrong: a fault at every request, and kills at any moment.
//! Either the result is complete and right, or the error is clear and nothing wrong is left.

mod content;
mod kills;
mod moving;
mod naming;
mod requests;
mod stage;
