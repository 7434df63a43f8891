//! The environment as it was when the process started, read once.
//!
//! Values are bytes: branch names need not be UTF-8, and `std::env::vars` panics on those.
//! An empty variable counts as absent everywhere, because CI systems write `""` for "none".

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;
use serde::de::DeserializeOwned;

/// A snapshot of environment variables.
#[derive(Default, Clone)]
pub struct Env {
    vars: Arc<HashMap<OsString, OsString>>,
}

impl Env {
    /// The variables of this process.
    pub fn current() -> Self {
        std::env::vars_os().collect()
    }

    /// The value, unless it is absent or empty.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.vars
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// The value as bytes, unless it is absent or empty.
    pub fn text(&self, name: &str) -> Option<BString> {
        self.os(name).map(|value| value.as_encoded_bytes().into())
    }

    /// The value, unless it is absent, empty or not UTF-8.
    pub fn utf8(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// The value as a path, unless it is absent or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.os(name).map(PathBuf::from)
    }

    /// Whether the variable has a value that is not empty.
    pub fn has(&self, name: &str) -> bool {
        self.os(name).is_some()
    }

    /// Whether the variable has exactly this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.os(name).is_some_and(|found| found == value)
    }

    /// Reads a structure of optional strings, whose field names are the variables' names in
    /// lower case. Values that are empty or not UTF-8 count as absent.
    ///
    /// Names with lower-case letters are left out: envy takes `ci_registry` for `CI_REGISTRY`,
    /// and gives up altogether when both are there.
    pub fn read<T: DeserializeOwned + Default>(&self) -> T {
        let pairs = self
            .utf8_pairs()
            .filter(|(name, _)| !name.contains(|c: char| c.is_lowercase()))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        envy::from_iter(pairs).unwrap_or_default()
    }

    /// All variables whose name and value are UTF-8 and whose value is not empty.
    pub fn utf8_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.vars
            .iter()
            .filter_map(|(k, v)| Some((k.to_str()?, v.to_str()?)))
            .filter(|(_, v)| !v.is_empty())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self {
            vars: Arc::new(
                pairs
                    .into_iter()
                    .map(|(k, v)| (k.into(), v.into()))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::Env;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Facts {
        ci_registry: Option<String>,
        ci_job_token: Option<String>,
    }

    #[test]
    fn names_that_differ_only_in_case_do_not_meet() {
        let env = Env::from_iter([
            ("CI_REGISTRY", "right"),
            ("ci_registry", "wrong"),
            ("ci_job_token", "wrong"),
        ]);
        assert_eq!(
            env.read::<Facts>(),
            Facts {
                ci_registry: Some("right".into()),
                ci_job_token: None,
            }
        );
    }
}
