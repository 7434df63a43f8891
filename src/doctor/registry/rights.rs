//! What the job may do in the repository: read, write, delete.
//!
//! Reading is tried. For the rest a token is asked for, and thrown away: what it grants says what
//! is allowed. Registries without a token service say so only when it is done.

use futures_util::future::BoxFuture;

use super::Check;
use super::login::{message, refusal};
use super::visit::{Pull, Visit};
use crate::doctor::Purpose;
use crate::doctor::finding::{Remark, Severity};
use crate::oci::{Allowance, Remote};
use crate::registry::Trouble;

/// Pull, push and delete.
pub(super) struct Rights;

impl Check for Rights {
    fn name(&self) -> &'static str {
        "rights"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            let (Some(remote), Some(pull)) = (visit.ready().await, visit.pull().await) else {
                return Vec::new();
            };
            let mut remarks = match pull {
                Pull::Denied(refusal) => vec![denied_pull(visit, refusal).await],
                _ => vec![Remark::ok("pull: allowed")],
            };
            if matches!(pull, Pull::Denied(_) | Pull::Failed(_)) {
                return remarks;
            }
            if remote.found().credential.is_none() {
                remarks.extend(anonymous(visit).await);
                return remarks;
            }
            // GitLab makes a record of a repository when a token to push there is asked for.
            let family = visit.family().await;
            let makes = family.is_some_and(|family| family.makes_by_asking());
            if makes && matches!(pull, Pull::NoRepository) {
                return remarks;
            }
            remarks.push(asked(visit, remote.clone().writing(), Purpose::Push).await);
            remarks.push(delete(visit, remote).await);
            remarks
        })
    }
}

async fn denied_pull(visit: &Visit<'_>, refusal: &str) -> Remark {
    let case = visit.case().await;
    let trouble = match case.user {
        Some(_) => Trouble::Denied(Purpose::Pull),
        None => Trouble::Nobody,
    };
    let advice = visit.advice(trouble).await;
    Remark::problem(format!("pull: {refusal}"))
        .because(advice.cause)
        .cure(advice.cure)
}

/// What nobody in particular may do.
async fn anonymous(visit: &Visit<'_>) -> Option<Remark> {
    if visit.registry().await?.status != 401 {
        return Some(Remark::ok(
            "push and delete: the registry asks for no login",
        ));
    }
    let says = "push and delete: refused to those who are not logged in";
    let severity = severity(visit, Purpose::Push);
    if severity != Severity::Problem {
        return Some(Remark::ok(says));
    }
    let advice = visit.advice(Trouble::Nobody).await;
    let remark = Remark::problem(says).because(advice.cause);
    Some(remark.cure(advice.cure))
}

async fn delete(visit: &Visit<'_>, remote: &Remote) -> Remark {
    let family = visit.family().await;
    if let Some(who) = family.and_then(|family| family.decides_deletes()) {
        return Remark::ok(format!("delete: {who}"));
    }
    let deleting = match visit.opened().await {
        Some(brand) => brand.remote().clone().deleting(),
        None => remote.clone().deleting(),
    };
    asked(visit, deleting, Purpose::Delete).await
}

/// Whether the token service grants what is going to be done.
async fn asked(visit: &Visit<'_>, remote: Remote, purpose: Purpose) -> Remark {
    let name = match purpose {
        Purpose::Pull => "pull",
        Purpose::Push => "push",
        Purpose::Delete => "delete",
    };
    let says = match remote.allowance().await {
        Ok(Allowance::Open) => {
            return Remark::ok(format!("{name}: the registry asks for no login"));
        }
        Ok(Allowance::Unsaid) => {
            return Remark::ok(format!("{name}: not known until it is done"));
        }
        Ok(Allowance::Token(true)) => return Remark::ok(format!("{name}: granted")),
        Ok(Allowance::Token(false)) => {
            format!("{name}: asked for, and not granted by the token service")
        }
        Err(error) => {
            let refusal = refusal(&error).unwrap_or_else(|| message(&error));
            format!("{name}: {refusal}")
        }
    };
    let remark = Remark::new(severity(visit, purpose), &says);
    let advice = visit.advice(Trouble::Denied(purpose)).await;
    remark.because(advice.cause).cure(advice.cure)
}

/// How bad it is that something is not allowed.
fn severity(visit: &Visit<'_>, purpose: Purpose) -> Severity {
    match (visit.purpose(), purpose) {
        (Some(planned), _) if purpose <= planned => Severity::Problem,
        (Some(_), _) | (None, Purpose::Delete) => Severity::Note,
        (None, _) => Severity::Warning,
    }
}
