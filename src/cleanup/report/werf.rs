//! What werf calls the images of its own, by their tags.

use serde::Serialize;

/// A kind of image, with the fields that werf's report has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Kind<'a> {
    /// No image of werf's.
    Image,
    /// A stage: 56 digits, and of a single platform the milliseconds at which it was made.
    Stage,
    /// A stage that turned out to be broken is marked by an image of this kind.
    RejectedStageMarker,
    /// An image of the configuration.
    #[serde(rename_all = "camelCase")]
    ManagedImage {
        /// Its name.
        image_name: &'a str,
    },
    /// Which commit a stage was made of.
    #[serde(rename_all = "camelCase")]
    ImageMetadata {
        /// The stage.
        #[serde(rename = "stageID")]
        stage_id: &'a str,
        /// The commit.
        commit: &'a str,
        /// The hash of the image's name.
        id: &'a str,
    },
    /// What was imported into a stage.
    ImportMetadata {
        /// Its number.
        id: &'a str,
    },
}

impl<'a> Kind<'a> {
    /// The kind of image that has this tag.
    pub(super) fn of(tag: Option<&'a str>) -> Self {
        tag.and_then(own).unwrap_or(Self::Image)
    }
}

fn own(tag: &str) -> Option<Kind<'_>> {
    if let Some(image_name) = tag.strip_prefix("managed-image-") {
        return Some(Kind::ManagedImage { image_name });
    }
    if let Some(id) = tag.strip_prefix("import-metadata-") {
        return is_hex(id, 64..=64).then_some(Kind::ImportMetadata { id });
    }
    if let Some(metadata) = tag.strip_prefix("meta-") {
        let (id, rest) = metadata.split_once('_')?;
        let (commit, stage_id) = rest.split_once('_')?;
        let fits = is_hex(id, 1..=8) && is_hex(commit, 40..=64) && is_stage(stage_id);
        return fits.then_some(Kind::ImageMetadata {
            stage_id,
            commit,
            id,
        });
    }
    match tag.strip_suffix("-rejected") {
        Some(stage) => is_stage(stage).then_some(Kind::RejectedStageMarker),
        None => is_stage(tag).then_some(Kind::Stage),
    }
}

fn is_stage(tag: &str) -> bool {
    let (digest, time) = match tag.split_once('-') {
        Some((digest, time)) => (digest, Some(time)),
        None => (tag, None),
    };
    let is_time = |time: &str| time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit());
    is_hex(digest, 56..=56) && time.is_none_or(is_time)
}

fn is_hex(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    lengths.contains(&text.len()) && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_are_known_by_their_tags() {
        let digest = "ab".repeat(28);
        let stage = format!("{digest}-1611836746968");
        let commit = "c0".repeat(20);
        let id = "1f".repeat(32);
        for (tag, expected) in [
            (Some(stage.clone()), Kind::Stage),
            (Some(digest.clone()), Kind::Stage),
            (Some(format!("{stage}-rejected")), Kind::RejectedStageMarker),
            (
                Some("managed-image-app".to_owned()),
                Kind::ManagedImage { image_name: "app" },
            ),
            (
                Some(format!("meta-2e1f_{commit}_{stage}")),
                Kind::ImageMetadata {
                    stage_id: &stage,
                    commit: &commit,
                    id: "2e1f",
                },
            ),
            (
                Some(format!("import-metadata-{id}")),
                Kind::ImportMetadata { id: &id },
            ),
            (Some("meta-data".to_owned()), Kind::Image),
            (Some("import-metadata-x".to_owned()), Kind::Image),
            (Some(format!("{digest}-v2")), Kind::Image),
            (Some("v1.0".to_owned()), Kind::Image),
            (None, Kind::Image),
        ] {
            assert_eq!(Kind::of(tag.as_deref()), expected, "{tag:?}");
        }
    }
}
