//! What is not this project's stays. werf takes every tag that looks like a stage for its own, so
//! that two projects in one repository remove each other's.

use std::collections::BTreeSet;

use super::error::Error;
use super::marks::Marks;
use super::settings::Settings;
use crate::cleanup::graph::Node;
use crate::text::printable;

/// The label with the name of the project, which every stage has, whatever its configuration says
/// of labels (`pkg/image/const.go`, `pkg/build/stage/image_spec.go`).
const PROJECT: &str = "werf";

/// The project that an image says it belongs to.
pub(super) fn project(node: &Node) -> Option<&str> {
    node.labels.get(PROJECT).map(AsRef::as_ref)
}

/// Marks the stages of other projects, and what only looks like a stage.
///
/// # Errors
/// There are several projects, and a template makes the name of this one.
pub(super) fn mark(marks: &mut Marks<'_, '_>, settings: &Settings) -> Result<(), Error> {
    let mut found = Vec::new();
    for (stage, open) in marks.open() {
        if let Some(node) = marks.read(open.node) {
            found.push((stage, project(node)));
        }
    }
    let projects: BTreeSet<&str> = found.iter().filter_map(|(_, project)| *project).collect();
    let ours = match &settings.project {
        Ok(ours) => ours.as_deref(),
        Err(fault) if projects.len() > 1 => return Err(Error::Project(fault.clone())),
        Err(_) => None,
    };
    for (stage, project) in found {
        match project {
            None => marks.mark(stage, "project", "it does not say that werf made it"),
            Some(project) if ours.is_some_and(|ours| ours != project) => {
                let what = format!("it belongs to the project {}", printable(project));
                marks.mark(stage, "project", &what);
            }
            Some(_) => {}
        }
    }
    Ok(())
}
