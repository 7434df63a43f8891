//! werf's own tags, one file for each kind.

mod custom;
mod import;
mod managed;
mod metadata;
mod service;
mod stage;

pub use managed::{decoded as managed, hash};

/// What a tag of werf's says. What merely looks like one is none: werf itself goes by the length
/// of a tag, and would take others for stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag<'t> {
    /// A stage of one platform, or an index of several: the whole tag is its name elsewhere.
    Stage {
        /// When it was stored, in milliseconds of Unix; an index has no such time.
        stored: Option<i64>,
    },
    /// That a stage turned out to be broken.
    Rejected {
        /// The stage.
        stage: &'t str,
    },
    /// That an image is, or was, part of the project.
    Managed {
        /// Its name as it is written in tags; [`managed`] gives the name.
        name: &'t str,
    },
    /// Of which commit a stage was made for an image.
    Metadata {
        /// The hash of the image's name.
        image: u32,
        /// The commit, in full.
        commit: &'t str,
        /// The stage.
        stage: &'t str,
    },
    /// What was imported into stages: its labels say from where.
    Import {
        /// Its number.
        id: &'t str,
    },
    /// That a stage has another tag: its labels say which.
    Custom,
    /// What werf needs to be at work with others, whatever is cleaned up.
    Service,
}

impl<'t> Tag<'t> {
    /// Reads a tag; `None` if it is none of werf's.
    pub fn read(tag: &'t str) -> Option<Self> {
        stage::read(tag)
            .or_else(|| metadata::read(tag))
            .or_else(|| import::read(tag))
            .or_else(|| managed::read(tag))
            .or_else(|| custom::read(tag))
            .or_else(|| service::read(tag))
    }

    /// Whether it is no image of anybody's, but one of werf's records.
    pub fn is_record(self) -> bool {
        !matches!(self, Self::Stage { .. })
    }
}

/// Lower-case hexadecimal digits, that many.
fn is_hex(text: &str, length: usize) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    text.len() == length && text.bytes().all(digit)
}

#[cfg(test)]
mod tests;
