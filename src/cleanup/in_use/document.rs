//! The list that `in-use export` writes.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Error, InUse};

/// The form of the document that this program reads and writes.
pub(super) const VERSION: u32 = 1;

/// How far the clocks of two machines may differ.
const CLOCKS: SignedDuration = SignedDuration::from_mins(10);

impl InUse {
    /// The document as JSON with a line end.
    ///
    /// # Errors
    /// Never, as far as is known: there is nothing in it that JSON cannot say.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads a list that is no older than `max_age`.
    ///
    /// # Errors
    /// It cannot be read, is of another form, names no source, or is too old.
    pub fn read(path: &Path, max_age: Duration, now: Timestamp) -> Result<Self, Error> {
        let failed = |source| Error::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let list: Self = serde_json::from_reader(BufReader::new(file))
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        if list.version != VERSION || list.sources.is_empty() {
            let what = match list.version {
                VERSION => "it names no source".to_owned(),
                version => format!("it is of version {version}, and {VERSION} is known"),
            };
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, what)));
        }
        let age = now.duration_since(list.taken);
        if age < -CLOCKS || age.unsigned_abs() > max_age && age.is_positive() {
            return Err(Error::Age {
                path: path.to_owned(),
                taken: list.taken,
                max_age,
            });
        }
        Ok(list)
    }

    /// Both together: as old as the older one.
    pub(super) fn with(mut self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        self.taken = self.taken.min(other.taken);
        self.sources.extend(other.sources);
        self.sources.sort();
        self.sources.dedup();
        for (image, users) in other.images {
            let all = self.images.entry(image).or_default();
            all.extend(users);
            all.sort();
            all.dedup();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::InUse;

    const DAY: Duration = Duration::from_secs(86_400);

    fn read(text: &str, now: &str) -> Result<InUse, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let now: Timestamp = now.parse().unwrap();
        InUse::read(file.path(), DAY, now).map_err(|error| {
            let error = crate::error::Failure::from(error);
            let message = error.message();
            message.replace(file.path().to_str().unwrap(), "FILE")
        })
    }

    fn list(taken: &str, sources: &[&str], images: &[(&str, &[&str])]) -> InUse {
        let owned = |users: &[&str]| users.iter().map(|user| (*user).to_owned()).collect();
        InUse {
            version: 1,
            taken: taken.parse().unwrap(),
            sources: owned(sources),
            images: images
                .iter()
                .map(|(image, users)| ((*image).to_owned(), owned(users)))
                .collect(),
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let list = list(
            "2026-03-01T10:00:00Z",
            &["prod"],
            &[("a:1", &["prod/x/Pod/y"])],
        );
        let json = String::from_utf8(list.to_json().unwrap()).unwrap();
        let expected = r#"{
  "version": 1,
  "taken": "2026-03-01T10:00:00Z",
  "sources": [
    "prod"
  ],
  "images": {
    "a:1": [
      "prod/x/Pod/y"
    ]
  }
}
"#;
        assert_eq!(json, expected);
        assert_eq!(read(&json, "2026-03-02T10:00:00Z"), Ok(list));
    }

    #[test]
    fn a_list_that_may_be_wrong_is_not_believed() {
        let good = r#"{"version":1,"taken":"2026-03-01T10:00:00Z","sources":["p"],"images":{}}"#;
        let old = "FILE was made at 2026-03-01T10:00:00Z, and is not believed: at most 24h old \
                   is allowed";
        for (text, now, message) in [
            (good, "2026-03-02T10:00:01Z", old),
            (good, "2026-03-01T09:49:59Z", old),
            (
                &good.replace("1,", "2,"),
                "2026-03-01T10:00:00Z",
                "cannot read what is in use from FILE: it is of version 2, and 1 is known",
            ),
            (
                &good.replace("\"p\"", ""),
                "2026-03-01T10:00:00Z",
                "cannot read what is in use from FILE: it names no source",
            ),
            (
                &good.replace("images", "image"),
                "2026-03-01T10:00:00Z",
                "cannot read what is in use from FILE: unknown field `image`, expected one of \
                 `version`, `taken`, `sources`, `images` at line 1 column 68",
            ),
            (
                "",
                "2026-03-01T10:00:00Z",
                "cannot read what is in use from FILE: EOF while parsing a value at line 1 \
                 column 0",
            ),
        ] {
            assert_eq!(read(text, now), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn two_lists_are_as_old_as_the_older() {
        let one = list(
            "2026-03-01T10:00:00Z",
            &["b"],
            &[("x", &["b/1"]), ("y", &["b/2"])],
        );
        let other = list("2026-03-01T09:00:00Z", &["a"], &[("x", &["a/1", "b/1"])]);
        let both = list(
            "2026-03-01T09:00:00Z",
            &["a", "b"],
            &[("x", &["a/1", "b/1"]), ("y", &["b/2"])],
        );
        assert_eq!(one.with(Some(other)), both);
    }
}
