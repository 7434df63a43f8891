//! What werf calls the images of its own, by their tags.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Command, Run};
use crate::cleanup::werf::{self, Tag};
use crate::oci;

/// A kind of image, with the fields that werf's report has for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Kind<'a> {
    /// No image of werf's.
    Image,
    /// A stage.
    Stage,
    /// A copy of a stage.
    FinalStage,
    /// A stage that turned out to be broken.
    RejectedStage,
    /// What says so.
    RejectedStageMarker,
    /// Another tag of a stage.
    CustomTag,
    /// What says that it is one.
    CustomTagMetadata,
    /// An image of the configuration.
    #[serde(rename_all = "camelCase")]
    ManagedImage {
        /// Its name.
        image_name: String,
    },
    /// Which commit a stage was made of.
    #[serde(rename_all = "camelCase")]
    ImageMetadata {
        /// The stage.
        #[serde(rename = "stageID")]
        stage_id: &'a str,
        /// The commit.
        commit: &'a str,
        /// The image, if its name is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        image_name: Option<&'a str>,
        /// The hash of its name, else.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// What was imported into a stage.
    ImportMetadata {
        /// Its number.
        id: &'a str,
    },
}

/// What has to be known of a repository to tell kinds.
pub(super) struct Kinds<'a> {
    is_final: bool,
    /// Names of images by their hashes.
    names: HashMap<u32, String>,
    /// Stages that are marked as broken.
    rejected: HashSet<&'a str>,
}

impl<'a> Kinds<'a> {
    pub(super) fn of(run: &'a Run, command: Command) -> Self {
        let mut kinds = Self {
            is_final: run.is_final,
            names: HashMap::new(),
            rejected: HashSet::new(),
        };
        let plan = run.plan.iter();
        let steps = plan.clone().flat_map(|plan| &plan.steps);
        let tags = steps.flat_map(|step| &step.tags);
        let kept = plan.flat_map(|plan| &plan.kept).flat_map(|kept| &kept.tags);
        for tag in tags.chain(kept) {
            match Tag::read(tag.as_str()) {
                Some(Tag::Rejected { stage }) => {
                    kinds.rejected.insert(stage);
                }
                // A purge of werf's asks for no names.
                Some(Tag::Managed { name }) if command == Command::Cleanup => {
                    let name = werf::managed(name);
                    kinds
                        .names
                        .extend(werf::hash(&name).map(|hash| (hash, name)));
                }
                _ => {}
            }
        }
        kinds
    }

    /// The kind of image that has this tag, among these of one manifest.
    pub(super) fn of_tag<'t>(&'t self, tag: Option<&'t str>, all: &[oci::Tag]) -> Kind<'t> {
        let Some(tag) = tag else {
            return Kind::Image;
        };
        let is_stage = |tag: &oci::Tag| matches!(Tag::read(tag.as_str()), Some(Tag::Stage { .. }));
        match Tag::read(tag) {
            Some(Tag::Stage { .. }) if self.is_final => Kind::FinalStage,
            Some(Tag::Stage { .. }) if self.rejected.contains(tag) => Kind::RejectedStage,
            Some(Tag::Stage { .. }) => Kind::Stage,
            Some(Tag::Rejected { .. }) => Kind::RejectedStageMarker,
            Some(Tag::Managed { name }) => Kind::ManagedImage {
                image_name: werf::managed(name),
            },
            Some(Tag::Metadata {
                image,
                commit,
                stage,
            }) => {
                let image_name = self.names.get(&image).map(String::as_str);
                Kind::ImageMetadata {
                    stage_id: stage,
                    commit,
                    image_name,
                    id: image_name.is_none().then(|| format!("{image:x}")),
                }
            }
            Some(Tag::Import { id }) => Kind::ImportMetadata { id },
            Some(Tag::Custom) => Kind::CustomTagMetadata,
            None if all.iter().any(is_stage) => Kind::CustomTag,
            Some(Tag::Service) | None => Kind::Image,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::{Kind, Kinds};

    #[test]
    fn kinds_are_known_by_their_tags() {
        let digest = "ab".repeat(28);
        let stage = format!("{digest}-1611836746968");
        let broken = format!("{digest}-1611836746969");
        let commit = "c0".repeat(20);
        let id = "1f".repeat(32);
        let mut kinds = Kinds {
            is_final: false,
            names: HashMap::from([(0x798e_6f97, "app".to_owned())]),
            rejected: HashSet::from([broken.as_str()]),
        };
        let metadata = |image_name, id: Option<&str>| Kind::ImageMetadata {
            stage_id: &stage,
            commit: &commit,
            image_name,
            id: id.map(str::to_owned),
        };
        for (tag, expected) in [
            (stage.clone(), Kind::Stage),
            (digest.clone(), Kind::Stage),
            (broken.clone(), Kind::RejectedStage),
            (format!("{broken}-rejected"), Kind::RejectedStageMarker),
            (
                "managed-image-web__slash__app".to_owned(),
                Kind::ManagedImage {
                    image_name: "web/app".to_owned(),
                },
            ),
            (
                format!("meta-798e6f97_{commit}_{stage}"),
                metadata(Some("app"), None),
            ),
            (
                format!("meta-2e1f_{commit}_{stage}"),
                metadata(None, Some("2e1f")),
            ),
            (
                format!("import-metadata-{id}"),
                Kind::ImportMetadata { id: &id },
            ),
            ("custom-tag-meta-v1".to_owned(), Kind::CustomTagMetadata),
            ("cleanup".to_owned(), Kind::Image),
            ("meta-data".to_owned(), Kind::Image),
            (format!("{digest}-v2"), Kind::Image),
            ("v1.0".to_owned(), Kind::Image),
        ] {
            assert_eq!(kinds.of_tag(Some(&tag), &[]), expected, "{tag}");
        }
        let both = ["v1.0".parse().unwrap(), stage.parse().unwrap()];
        assert_eq!(kinds.of_tag(Some("v1.0"), &both), Kind::CustomTag);
        assert_eq!(kinds.of_tag(None, &[]), Kind::Image);
        kinds.is_final = true;
        assert_eq!(kinds.of_tag(Some(&stage), &[]), Kind::FinalStage);
    }
}
