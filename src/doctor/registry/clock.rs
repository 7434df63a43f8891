//! Whether this machine's clock is right, by that of the registry.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Check;
use super::visit::Visit;
use crate::doctor::finding::Remark;

/// Signatures of AWS are refused beyond five minutes (AWS's documentation of Signature Version 4).
const TOO_MUCH: Duration = Duration::from_secs(300);

/// Services that look at the times of a JWT mostly allow a minute.
const MUCH: Duration = Duration::from_secs(60);

/// The skew of the clocks.
pub(super) struct Clock;

impl Check for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            let contact = visit.contact().await.as_ref().ok();
            let times = contact.and_then(|contact| Some((contact.date()?, contact.at)));
            let Some((there, here)) = times else {
                return Vec::new();
            };
            let (skew, direction) = match here.duration_since(there) {
                Ok(ahead) => (ahead, "ahead of"),
                Err(behind) => (behind.duration(), "behind"),
            };
            vec![remark(skew, direction)]
        })
    }
}

fn remark(skew: Duration, direction: &str) -> Remark {
    if skew < MUCH {
        return Remark::ok("the clock agrees with the registry's");
    }
    let minutes = skew.as_secs() / 60;
    let says = format!("this machine's clock is {minutes} min {direction} the registry's");
    let remark = match skew > TOO_MUCH {
        true => Remark::problem(says),
        false => Remark::warning(says),
    };
    remark
        .because(
            "tokens and signatures that are made or judged by it are refused as too old or too new",
        )
        .cure("set the clock (NTP) on the machine that runs the job")
}
