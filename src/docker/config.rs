//! docker's `config.json`, with everything in it kept.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value};

use super::credential::{Credential, Entry, canonical_auth};
use super::error::Error;
use super::registry_key::{host_name, registry_key};
use super::shape;

/// A registry that no request can reach (RFC 2606). One entry in `auths` keeps docker, which
/// finds no other, from choosing a keychain that all jobs of a host share. It stands beside
/// logins too: a `docker logout` of the last one would leave none.
const PLACEHOLDER: &str = "dockside.invalid";

/// A docker config. The order of keys is kept, and so are keys that nobody here knows.
#[derive(Clone, Default, PartialEq)]
pub struct Config {
    root: Map<String, Value>,
}

/// Nearly every value may be a secret, or hold one.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.root.keys().collect();
        let logins: Vec<_> = self.logins().collect();
        f.debug_struct("Config")
            .field("keys", &keys)
            .field("logins", &logins)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads a config; an empty text is an empty config, as for docker. `origin` is the file
    /// or variable, for errors.
    ///
    /// # Errors
    /// The text is not JSON, or not of the shape that docker reads.
    pub fn parse(text: &[u8], origin: &str) -> Result<Self, Error> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let wrong = |error: serde_json::Error| Error::Parse {
            origin: origin.to_owned(),
            line: error.line(),
            column: error.column(),
            what: fault(&error),
        };
        let root = shape::parse(text).map_err(wrong)?;
        Ok(Self { root })
    }

    /// The text of the file, indented with tabs like docker's.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut serializer =
            Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"\t"));
        // Writing JSON values into memory cannot fail.
        let _ = self.root.serialize(&mut serializer);
        bytes
    }

    /// The keys of `auths`, in order, without the one that stands for no registry.
    pub fn logins(&self) -> impl Iterator<Item = &str> {
        self.section("auths")
            .map(|(key, _)| key.as_str())
            .filter(|key| *key != PLACEHOLDER)
    }

    /// The credential that this file holds for a registry, found as docker finds it: by the
    /// exact key, then by the host of older keys with a scheme or a path.
    pub fn credential(&self, registry: &str) -> Option<Credential> {
        let wanted = registry_key(registry);
        let exact = self.section("auths").find(|(key, _)| *key == wanted);
        let (_, entry) = exact.or_else(|| {
            self.section("auths")
                .find(|(key, _)| host_name(key) == wanted)
        })?;
        Entry::deserialize(entry).ok()?.credential()
    }

    /// The credential helper that docker asks for a registry, instead of reading this file.
    pub fn helper(&self, registry: &str) -> Option<&str> {
        self.helper_and_key(registry).map(|(name, _)| name)
    }

    /// The same helper, and the key of this file that names it.
    pub fn helper_and_key(&self, registry: &str) -> Option<(&str, &'static str)> {
        self.helpers()
            .find(|(host, _)| *host == registry_key(registry))
            .map(|(_, name)| (name, "credHelpers"))
            .or_else(|| Some((self.creds_store()?, "credsStore")))
            .filter(|(name, _)| !name.is_empty())
    }

    /// Writes a login into this file; helpers are left as they are.
    pub fn set_login(&mut self, registry: &str, credential: &Credential) {
        self.set_entry(registry_key(registry), credential.entry());
    }

    /// Removes a registry's login from this file, as docker does: also under older keys with a
    /// scheme. Says whether there was one.
    pub fn remove_login(&mut self, registry: &str) -> bool {
        let wanted = registry_key(registry);
        let before = self.logins().count();
        self.change("auths", |auths| {
            auths.retain(|key, _| {
                let namespaced = !key.contains("://") && key.contains('/');
                namespaced || registry_key(key) != wanted
            });
        });
        self.logins().count() != before
    }

    /// The entries of `auths`.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.section("auths")
    }

    pub(super) fn set_entry(&mut self, key: &str, entry: Value) {
        self.change("auths", |auths| _ = auths.insert(key.to_owned(), entry));
    }

    pub(super) fn remove_entry(&mut self, key: &str) {
        self.change("auths", |auths| _ = auths.shift_remove(key));
    }

    /// The entries of `credHelpers`: a host and a helper's name, which is empty where the file
    /// itself is to be used.
    pub fn helpers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.section("credHelpers")
            .filter_map(|(host, name)| Some((host.as_str(), name.as_str()?)))
    }

    pub(super) fn set_helper(&mut self, host: &str, name: &str) {
        self.change("credHelpers", |helpers| {
            _ = helpers.insert(host.to_owned(), name.into());
        });
    }

    /// Keeps those entries of `credHelpers` whose host and name pass.
    pub(super) fn retain_helpers(&mut self, keep: impl Fn(&str, &str) -> bool) {
        self.change("credHelpers", |helpers| {
            helpers.retain(|host, name| keep(host, name.as_str().unwrap_or_default()));
        });
    }

    /// The helper for all registries that `credHelpers` does not name.
    pub fn creds_store(&self) -> Option<&str> {
        self.text("credsStore")
    }

    /// The text under a key, unless it is empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.root
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.root.shift_remove(key);
    }

    /// Adds a directory to those in which docker looks for plugins.
    pub(super) fn add_plugin_directory(&mut self, directory: &str) {
        const KEY: &str = "cliPluginsExtraDirs";
        let mut directories = match self.root.get_mut(KEY).map(Value::take) {
            Some(Value::Array(directories)) => directories,
            _ => Vec::new(),
        };
        if !directories.iter().any(|known| known == directory) {
            directories.push(directory.into());
        }
        self.root.insert(KEY.to_owned(), directories.into());
    }

    /// Makes sure that docker and helm do not choose a keychain by themselves.
    pub(super) fn keep_from_keychains(&mut self) {
        if self.helpers().next().is_none() && self.creds_store().is_none() {
            self.set_entry(PLACEHOLDER, Value::Object(Map::new()));
        }
    }

    /// The keys whose entries hold a credential, with the credential.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, Credential)> {
        self.entries().filter_map(|(key, entry)| {
            Some((key.as_str(), Entry::deserialize(entry).ok()?.credential()?))
        })
    }

    /// Writes every `auth` as docker does. One without padding is understood here, but makes
    /// docker go on as if the whole file were empty.
    pub(super) fn normalise_logins(&mut self) {
        self.change("auths", |auths| {
            for auth in auths.values_mut().filter_map(|entry| entry.get_mut("auth")) {
                if let Some(canonical) = auth.as_str().and_then(canonical_auth) {
                    *auth = canonical.into();
                }
            }
        });
    }

    /// Whether some host is exempt from `credsStore` by an empty helper's name, which only the
    /// docker CLI understands; containers/image and helm fail on it.
    pub(super) fn needs_copy(&self) -> bool {
        self.helpers().any(|(_, name)| name.is_empty())
    }

    /// The same config for programs that fail on an empty helper's name.
    pub(super) fn copy(&self) -> Self {
        let mut copy = self.clone();
        copy.remove("credsStore");
        copy.retain_helpers(|_, name| !name.is_empty());
        copy.keep_from_keychains();
        copy
    }

    fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.root
            .get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// Changes an object under a key; one that is empty afterwards is removed.
    fn change(&mut self, key: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut section = match self.root.get_mut(key).map(Value::take) {
            Some(Value::Object(section)) => section,
            _ => Map::new(),
        };
        change(&mut section);
        if section.is_empty() {
            self.root.shift_remove(key);
        } else {
            self.root.insert(key.to_owned(), Value::Object(section));
        }
    }
}

/// What is wrong, without the text that is wrong: serde's own words repeat values.
fn fault(error: &serde_json::Error) -> String {
    if error.is_data() {
        return "the value that ends here is not what docker expects in its config".to_owned();
    }
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let reason = text.strip_suffix(&position).unwrap_or(&text);
    format!("not JSON: {reason}")
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::docker::Credential;

    fn config(text: &str) -> Config {
        Config::parse(text.as_bytes(), "config.json").unwrap()
    }

    fn text(config: &Config) -> String {
        String::from_utf8(config.to_bytes()).unwrap()
    }

    #[test]
    fn unknown_keys_and_order_survive() {
        let before = "{\n\t\"zebra\": [\n\t\t1.50,\n\t\tnull\n\t],\n\t\"auths\": {\n\t\t\"b.example\": {\n\t\t\t\"auth\": \"dTpw\",\n\t\t\t\"email\": \"me@example.com\"\n\t\t}\n\t},\n\t\"HttpHeaders\": {\n\t\t\"X-Meta\": \"é<&>\"\n\t}\n}";
        let mut changed = config(before);
        assert_eq!(text(&changed), before);
        changed.set_login("a.example", &Credential::password("u", "p"));
        assert_eq!(
            text(&changed),
            "{\n\t\"zebra\": [\n\t\t1.50,\n\t\tnull\n\t],\n\t\"auths\": {\n\t\t\"b.example\": {\n\t\t\t\"auth\": \"dTpw\",\n\t\t\t\"email\": \"me@example.com\"\n\t\t},\n\t\t\"a.example\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t},\n\t\"HttpHeaders\": {\n\t\t\"X-Meta\": \"é<&>\"\n\t}\n}"
        );
    }

    #[test]
    fn a_login_is_found_as_docker_finds_it() {
        let found = config(
            r#"{"auths": {
                "https://old.example/v1/": {"auth": "b2xkOnA="},
                "exact.example": {"auth": "ZXhhY3Q6cA=="},
                "https://exact.example": {"auth": "bGVnYWN5OnA="},
                "docker.io": {"auth": "d3Jvbmc6cA=="},
                "https://index.docker.io/v1/": {"auth": "aHViOnA="},
                "port.example:443": {"auth": "cG9ydDpw"},
                "empty.example": {}
            }}"#,
        );
        let user = |registry| found.credential(registry).map(|found| found.username);
        assert_eq!(user("old.example").as_deref(), Some("old"));
        assert_eq!(user("exact.example").as_deref(), Some("exact"));
        for hub in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert_eq!(user(hub).as_deref(), Some("hub"));
        }
        assert_eq!(user("port.example"), None);
        assert_eq!(user("empty.example"), None);
        assert_eq!(user("none.example"), None);
    }

    #[test]
    fn dockers_own_logout_leaves_an_entry_that_keeps_it_from_keychains() {
        let mut job = config(r#"{"auths": {"a.example": {"auth": "dTpw"}}}"#);
        job.keep_from_keychains();
        assert_eq!(job.logins().collect::<Vec<_>>(), ["a.example"]);
        job.remove_login("a.example");
        assert_eq!(job, config(r#"{"auths": {"dockside.invalid": {}}}"#));
        assert_eq!(job.logins().count(), 0);
        for helped in [
            r#"{"credsStore": "x"}"#,
            r#"{"credHelpers": {"a.example": "x"}}"#,
        ] {
            let mut job = config(helped);
            job.keep_from_keychains();
            assert_eq!(job, config(helped));
        }
    }

    #[test]
    fn a_store_is_one_in_any_spelling() {
        let shouted = config(r#"{"CREDSSTORE": "x"}"#);
        assert_eq!(shouted.creds_store(), Some("x"));
        assert_eq!(shouted.helper("a.example"), Some("x"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?}",
            config(r#"{"auths": {"a.example": {"auth": "dTpw"}}}"#)
        );
        assert_eq!(
            shown,
            "Config { keys: [\"auths\"], logins: [\"a.example\"], .. }"
        );
    }

    #[test]
    fn an_auth_that_docker_would_not_read_is_rewritten() {
        let mut changed = config(
            r#"{"auths": {"a.example": {"email": "e", "auth": "dXNlcjpwYTpz\ncw"}, "b.example": {}}}"#,
        );
        changed.normalise_logins();
        assert_eq!(
            changed,
            config(
                r#"{"auths": {"a.example": {"email": "e", "auth": "dXNlcjpwYTpzcw=="}, "b.example": {}}}"#
            )
        );
    }

    #[test]
    fn a_logout_removes_every_key_of_the_host() {
        let mut changed = config(
            r#"{"auths": {"https://a.example/v2/": {}, "a.example": {}, "a.example:443": {}, "a.example/team": {}}}"#,
        );
        assert!(changed.remove_login("a.example"));
        assert_eq!(
            changed.logins().collect::<Vec<_>>(),
            ["a.example:443", "a.example/team"]
        );
        assert!(!changed.remove_login("a.example"));
        let mut hub = config(r#"{"auths": {"https://index.docker.io/v1/": {}}}"#);
        assert!(hub.remove_login("docker.io"));
        assert_eq!(text(&hub), "{}");
    }

    #[test]
    fn a_helper_is_chosen_as_docker_chooses_it() {
        let both = config(
            r#"{"credsStore": "pass", "credHelpers": {"a.example": "ecr-login", "b.example": ""}}"#,
        );
        assert_eq!(both.helper("a.example"), Some("ecr-login"));
        assert_eq!(both.helper("b.example"), None);
        assert_eq!(both.helper("c.example"), Some("pass"));
        assert_eq!(config("{}").helper("a.example"), None);
    }

    #[test]
    fn what_is_not_a_config_is_refused_by_position_and_without_its_values() {
        let wrong = [
            (
                "{\n  \"auths\": {,}\n}",
                "/c.json:2:13: not JSON: key must be a string",
            ),
            (
                "{\"auths\": {}",
                "/c.json:1:12: not JSON: EOF while parsing an object",
            ),
            ("{} x", "/c.json:1:4: not JSON: trailing characters"),
            (
                "\n[\"hunter2\"]",
                "/c.json:2:11: the value that ends here is not what docker expects in its config",
            ),
            (
                "{\"auths\": \"hunter2\"}",
                "/c.json:1:19: the value that ends here is not what docker expects in its config",
            ),
            (
                "{\"auths\": {\n\"a\": {\"auth\": \"aHVudGVyMg==\"}}}",
                "/c.json:2:29: the value that ends here is not what docker expects in its config",
            ),
            (
                "{\"credHelpers\": {\"a\": 1}}",
                "/c.json:1:23: the value that ends here is not what docker expects in its config",
            ),
        ];
        for (text, message) in wrong {
            let error = Config::parse(text.as_bytes(), "/c.json").unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
        assert_eq!(Config::parse(b" \n", "/c.json").unwrap(), Config::default());
    }
}
