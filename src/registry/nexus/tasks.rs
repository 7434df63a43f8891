//! Nexus's tasks that free space, which an administrator has made (`spec/openapi.yaml`, `Tasks`).

use reqwest::Method;
use serde::Deserialize;

use super::Image;
use super::server::Server;
use crate::registry::api::Ask;
use crate::registry::error::Error;
use crate::registry::refusal::Why;
use crate::text::printable;

/// "Docker - Delete unused manifests and images".
const UNUSED: &str = "repository.docker.gc";

/// "Admin - Compact blob store".
const COMPACT: &str = "blobstore.compact";

/// What it takes to run tasks.
const PRIVILEGE: &str = "the privileges nx-tasks-read and nx-tasks-run";

#[derive(Deserialize)]
struct Page {
    items: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Image {
    /// Runs all tasks that delete what no image needs, and that compact blob stores.
    ///
    /// # Errors
    /// There is no task that compacts a blob store, or tasks may not be run.
    pub(super) async fn run_tasks(&self) -> Result<String, Error> {
        let server = self.needed_server().await?;
        let (unused, compact) = (
            self.tasks(server, UNUSED).await?,
            self.tasks(server, COMPACT).await?,
        );
        if compact.is_empty() {
            return Err(Error::Missing {
                subject: self.subject(),
                what: "Nexus has no task that frees space".to_owned(),
                advice:
                    "an administrator makes one under Administration, System, Tasks: `Docker - \
                         Delete unused manifests and images`, and `Admin - Compact blob store`"
                        .to_owned(),
            });
        }
        let mut run = Vec::new();
        for task in unused.iter().chain(&compact) {
            if self.run(server, task).await? {
                run.push(format!("`{}`", printable(&task.name)));
            }
        }
        if run.is_empty() {
            return Ok("All tasks of Nexus that free space are switched off.".to_owned());
        }
        let then = match unused.is_empty() {
            true => "",
            false => {
                " What the first ones find is freed when a blob store is compacted after them."
            }
        };
        Ok(format!("Nexus runs {}.{then}", run.join(", ")))
    }

    /// The tasks of a type: all are on the first page.
    async fn tasks(&self, server: &Server, kind: &str) -> Result<Vec<Task>, Error> {
        let mut url = server.api.url(&["tasks"]);
        url.query_pairs_mut().append_pair("type", kind);
        let ask = Ask::new(Method::GET, url, self.subject());
        let answer = server.api.send(&ask).await?;
        if answer.status != 200 {
            return Err(answer.refused(may(answer.status)));
        }
        let page: Page = answer.json()?;
        let tasks = page.items.into_iter();
        Ok(tasks.filter(|task| task.kind == kind).collect())
    }

    /// Runs a task; `false` when it is switched off, or gone.
    async fn run(&self, server: &Server, task: &Task) -> Result<bool, Error> {
        let url = server.api.url(&["tasks", &task.id, "run"]);
        let ask = Ask::new(Method::POST, url, self.subject());
        let answer = server.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 | 405 => Ok(false),
            status => Err(answer.refused(may(status))),
        }
    }
}

/// Why tasks are refused.
fn may(status: u16) -> Option<Why> {
    (status == 403).then(|| Why::NotAllowed {
        needs: Some(PRIVILEGE.to_owned()),
    })
}
