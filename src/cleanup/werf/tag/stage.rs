//! Stages (`pkg/image/stage.go`): `DIGEST-TIME`, an index of several platforms `DIGEST`, and
//! `DIGEST-TIME-rejected` for one that is broken.

use super::{Tag, is_hex};

/// SHA3-224 in hexadecimal digits.
const DIGEST: usize = 56;

/// Milliseconds of Unix from 2001 to 2286.
const TIME: usize = 13;

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    match tag.strip_suffix("-rejected") {
        // An index is never marked so.
        Some(stage) => stored(stage).flatten().map(|_| Tag::Rejected { stage }),
        None => stored(tag).map(|stored| Tag::Stage { stored }),
    }
}

/// Whether it is the name of a stage.
pub(super) fn is_one(text: &str) -> bool {
    stored(text).is_some()
}

fn stored(text: &str) -> Option<Option<i64>> {
    let Some((digest, time)) = text.split_once('-') else {
        return is_hex(text, DIGEST).then_some(None);
    };
    let is_time = time.len() == TIME && time.bytes().all(|byte| byte.is_ascii_digit());
    match is_hex(digest, DIGEST) && is_time {
        true => time.parse().ok().map(Some),
        false => None,
    }
}
