//! Checks of one registry, as the job reaches it.

mod brand;
mod clock;
mod contact;
mod deletion;
mod limits;
mod login;
mod proxy;
mod reach;
mod referrers;
mod repository;
mod rights;
mod tls;
mod visit;

use futures_util::future::{BoxFuture, join_all};

use self::visit::Visit;
use super::finding::{Finding, Remark};
use super::{Patient, Ward};

/// A check of a registry. It says nothing where another one says already why it cannot.
trait Check: Sync {
    /// Its name, for programs.
    fn name(&self) -> &'static str;

    /// What it sees.
    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>>;
}

/// All of them, in the order of the report.
static CHECKS: &[&dyn Check] = &[
    &proxy::Way,
    &reach::Reach,
    &tls::Tls,
    &clock::Clock,
    &brand::Brand,
    &login::Login,
    &repository::Existence,
    &rights::Rights,
    &deletion::Deletion,
    &referrers::Referrers,
    &limits::RateLimits,
];

/// How many times the limit of one request a check may take: the longest has to ask a helper, the
/// registry, its token service, and the registry again, some of them several times.
const REQUESTS: u32 = 10;

/// What all of them see, of each patient at the same time.
pub(super) async fn examine(ward: &Ward, patients: &[Patient]) -> Vec<Finding> {
    let visits = patients.iter().map(|patient| visited(ward, patient));
    join_all(visits).await.into_iter().flatten().collect()
}

async fn visited(ward: &Ward, patient: &Patient) -> Vec<Finding> {
    let subject = patient.name();
    let visit = match Visit::new(ward, patient) {
        Ok(visit) => visit,
        Err(error) => {
            let remark = Remark::problem(error.to_string());
            return vec![remark.of(reach::Reach.name(), &subject)];
        }
    };
    let looks = CHECKS.iter().map(|check| async {
        let remarks = bounded(ward, check.look(&visit)).await;
        let findings = remarks.into_iter();
        findings
            .map(|remark| remark.of(check.name(), &subject))
            .collect::<Vec<_>>()
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// A check, as long as it may take.
async fn bounded(ward: &Ward, look: BoxFuture<'_, Vec<Remark>>) -> Vec<Remark> {
    let limit = ward.limit.saturating_mul(REQUESTS);
    match tokio::time::timeout(limit, look).await {
        Ok(remarks) => remarks,
        Err(_) => vec![
            Remark::problem(format!(
                "this check was not done within {} s",
                limit.as_secs()
            ))
            .because("the registry, its token service or a helper answers too slowly")
            .cure("look again with a longer --timeout"),
        ],
    }
}
