//! Which CI system runs the job.

use super::Check;
use crate::ci;
use crate::doctor::Ward;
use crate::doctor::finding::Remark;

/// The CI system, and what shows it.
pub(super) struct System;

impl Check for System {
    fn name(&self) -> &'static str {
        "ci"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        vec![match ci::detect(&ward.env) {
            Some((system, marker)) => Remark::ok(format!("{} ({marker})", system.title())),
            None => Remark::ok("no CI system: nothing in the environment shows one"),
        }]
    }
}
