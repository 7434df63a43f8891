//! Tekton, whose steps are plain containers: facts reach them only as text of their script.

use super::System;
use super::job::Job;
use crate::env::Env;

/// Tekton.
pub struct Tekton;

impl System for Tekton {
    fn name(&self) -> &'static str {
        "tekton"
    }

    fn title(&self) -> &'static str {
        "Tekton"
    }

    fn marker(&self, _: &Env) -> Option<String> {
        None
    }

    fn job(&self, _: &Env) -> Job {
        Job::default()
    }
}
