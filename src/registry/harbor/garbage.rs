//! Harbor's garbage collection, a job of the whole system.

use reqwest::Method;
use serde_json::json;

use super::Repository;
use crate::registry::api::Ask;
use crate::registry::error::Error;

impl Repository {
    /// Starts it now (`type` is `Manual`; `api/v2.0/swagger.yaml`, `ScheduleObj`). It is about all
    /// projects, so what has no tag stays: those are for others to decide about.
    pub(super) async fn start_collection(&self) -> Result<String, Error> {
        let url = self.api.url(&["system", "gc", "schedule"]);
        let body = json!({
            "schedule": {"type": "Manual"},
            "parameters": {"delete_untagged": false, "dry_run": false},
        });
        let ask = Ask::new(Method::POST, url, &self.subject).json(&body);
        let answer = self.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok("Harbor's garbage collection was started.".to_owned()),
            409 => Ok("Harbor's garbage collection is running already.".to_owned()),
            _ => Err(self.refused(&answer, "a system administrator of Harbor")),
        }
    }
}
