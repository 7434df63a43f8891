//! Whether what was named is there.

use futures_util::future::BoxFuture;

use super::Check;
use super::login::message;
use super::visit::{Pull, Visit};
use crate::doctor::Purpose;
use crate::doctor::finding::{Remark, Severity};
use crate::registry::Trouble;

/// The repository, and the tag or digest of it.
pub(super) struct Existence;

impl Check for Existence {
    fn name(&self) -> &'static str {
        "repository"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            match visit.pull().await {
                None | Some(Pull::Denied(_)) => Vec::new(),
                Some(Pull::Works) => vec![Remark::ok("it is there")],
                Some(Pull::Failed(error)) => vec![
                    Remark::problem(message(error))
                        .because("the registry let the job in, and failed at its work")
                        .cure("try again later; where it stays so, ask the registry's operator"),
                ],
                Some(Pull::NoTarget) => vec![no_target(visit)],
                Some(Pull::NoRepository) => vec![no_repository(visit).await],
            }
        })
    }
}

fn no_target(visit: &Visit<'_>) -> Remark {
    let target = visit.patient.target.as_ref();
    let target = target.map_or_else(String::new, ToString::to_string);
    Remark::new(severity(visit), &format!("{target} is not there"))
        .because("nobody has pushed it, or a cleanup has removed it")
        .cure(format!(
            "see what there is with `dockside tags {}`",
            visit.patient.name()
        ))
}

async fn no_repository(visit: &Visit<'_>) -> Remark {
    let brand = visit.opened().await;
    let severity = match brand.is_some_and(|brand| brand.needs_creating()) {
        true => Severity::Problem,
        false => severity(visit),
    };
    let remark = Remark::new(
        severity,
        "the repository does not exist, or may not be seen",
    );
    let advice = visit.advice(Trouble::NoRepository).await;
    remark.because(advice.cause).cure(advice.cure)
}

/// A job that pushes may well be the first.
fn severity(visit: &Visit<'_>) -> Severity {
    match visit.purpose() {
        Some(Purpose::Pull | Purpose::Delete) => Severity::Problem,
        Some(Purpose::Push) | None => Severity::Warning,
    }
}
