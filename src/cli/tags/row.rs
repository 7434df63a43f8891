//! What is said of a tag in a long list, wherever it is known from.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::oci::{Digest, Platform, Tag};
use crate::registry::{Facts, Listed};
use crate::text::printable;

/// A clock: what the time of a tag is the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// The image was made, by its own config or annotation.
    Created,
    /// The registry got it.
    Pushed,
    /// Somebody pulled it last.
    Pulled,
    /// The registry will remove it by itself.
    Expires,
}

impl Clock {
    /// All of them, in the order of columns.
    pub(super) const ALL: [Self; 4] = [Self::Created, Self::Pushed, Self::Pulled, Self::Expires];

    /// The heading of its column.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Pushed => "PUSHED",
            Self::Pulled => "PULLED",
            Self::Expires => "EXPIRES",
        }
    }

    /// The name of its field.
    fn field(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pushed => "pushed",
            Self::Pulled => "pulled",
            Self::Expires => "expires",
        }
    }
}

/// What is said of a tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) tag: Tag,
    pub(super) known: Option<Known>,
}

/// What is known of what a tag names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) digest: Digest,
    media_type: Option<String>,
    artifact_type: Option<String>,
    pub(super) size: Option<u64>,
    platforms: Option<Vec<Platform>>,
    times: [Option<String>; 4],
    protected: Option<bool>,
}

impl Row {
    /// By what the manifest itself says; nothing of one that cannot be read.
    pub(super) fn of_facts(tag: Tag, facts: Option<Facts>) -> Self {
        let known = facts.map(|facts| Known {
            digest: facts.digest,
            media_type: Some(facts.media_type),
            artifact_type: facts.artifact_type,
            size: Some(facts.size),
            platforms: facts.platforms,
            times: [facts.created, None, None, None],
            protected: None,
        });
        Self { tag, known }
    }

    /// By what the registry's own API says, a row for each tag.
    pub(super) fn of_listed(listed: Listed) -> impl Iterator<Item = Self> {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let known = Known {
            digest: listed.digest,
            media_type: listed.media_type,
            artifact_type: listed.artifact_type,
            size: listed.size,
            platforms: listed.platforms,
            times: [
                text(listed.created),
                text(listed.pushed),
                text(listed.pulled),
                text(listed.expires),
            ],
            protected: listed.protected,
        };
        listed.tags.into_iter().map(move |tag| Self {
            tag,
            known: Some(known.clone()),
        })
    }
}

impl Known {
    /// When that was, by one of the clocks.
    pub(super) fn time(&self, clock: Clock) -> Option<&str> {
        let mut times = Clock::ALL.into_iter().zip(&self.times);
        let found = times.find(|(one, _)| *one == clock);
        found.and_then(|(_, time)| time.as_deref())
    }

    /// What it is, for people; `None` where nobody said.
    pub(super) fn content(&self) -> Option<String> {
        match (&self.artifact_type, self.platforms.as_deref()) {
            (Some(artifact), _) => Some(printable(artifact)),
            (None, Some([platform])) => Some(printable(platform.to_string())),
            (None, Some(platforms)) => Some(format!("{} platforms", platforms.len())),
            (None, None) => self.media_type.as_ref().map(|_| "image".to_owned()),
        }
    }

    /// What programs read. What only some registries say is left out where it is not said.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let platforms = self.platforms.as_ref();
        let names = platforms.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("digest", json!(self.digest));
        add("media_type", json!(self.media_type));
        add("artifact_type", json!(self.artifact_type));
        add("created", json!(self.time(Clock::Created)));
        add("size", json!(self.size));
        add("platforms", json!(names));
        for clock in Clock::ALL.into_iter().skip(1) {
            if let Some(time) = self.time(clock) {
                add(clock.field(), json!(time));
            }
        }
        if let Some(protected) = self.protected {
            add("protected", json!(protected));
        }
        fields
    }
}
