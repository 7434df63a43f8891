//! Which product the registry is.

use futures_util::future::BoxFuture;

use super::Check;
use super::visit::Visit;
use crate::doctor::finding::Remark;
use crate::registry::By;

/// The brand, how that is known, and its version where it says one.
pub(super) struct Brand;

impl Check for Brand {
    fn name(&self) -> &'static str {
        "brand"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            let (Some(brand), Some(contact)) = (visit.brand().await, visit.registry().await) else {
                return Vec::new();
            };
            let why = match &brand.by {
                By::Name => "named by a variable".to_owned(),
                By::Host => "by its host".to_owned(),
                By::Answer(what) => format!("by its answer: {what}"),
                By::Nothing => "nothing in its answer says more".to_owned(),
                By::Unclear(status) => format!("not known: it answers GET /v2/ with {status}"),
            };
            let version = match brand.family.version(&contact.headers) {
                Some(version) => format!(", version {version}"),
                None => String::new(),
            };
            let (title, name) = (brand.family.title(), brand.family.name());
            vec![Remark::ok(format!("{name} ({title}){version}; {why}"))]
        })
    }
}
