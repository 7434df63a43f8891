//! The secret with which the nodes of a cluster pull (kubernetes.io, "Pull an Image from a Private
//! Registry").

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::Error;
use super::logins::Login;
use crate::cluster::{is_label, is_subdomain};
use crate::docker::pull_config;

/// The annotation that says until when the secret is good.
const EXPIRES: &str = "dev.dockside/expires-at";

/// What the kubelet asks of it.
const TYPE: &str = "kubernetes.io/dockerconfigjson";

/// A secret of the type `kubernetes.io/dockerconfigjson`.
#[derive(Clone)]
pub struct PullSecret {
    name: String,
    namespace: Option<String>,
    /// When the first of its logins ends, to the second.
    expires: Option<Timestamp>,
    /// The config, in base64.
    data: String,
}

impl PullSecret {
    /// A secret with these logins.
    ///
    /// # Errors
    /// The name or the namespace is none.
    pub fn new(name: &str, namespace: Option<&str>, logins: &[Login]) -> Result<Self, Error> {
        let bad = |kind, name: &str| Error::Name {
            kind,
            name: name.to_owned(),
        };
        if !is_subdomain(name) {
            return Err(bad("secret", name));
        }
        if let Some(namespace) = namespace.filter(|name| !is_label(name)) {
            return Err(bad("namespace", namespace));
        }
        let expires = logins.iter().filter_map(|login| login.expires).min();
        let config = pull_config(logins.iter().map(|one| (one.key.as_str(), &one.credential)));
        Ok(Self {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            expires: expires.and_then(|end| Timestamp::from_second(end.as_second()).ok()),
            data: BASE64_STANDARD.encode(config),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the first of its logins ends, if that is known.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// The same for a namespace.
    pub fn within(&self, namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            ..self.clone()
        }
    }

    /// The manifest.
    pub fn to_value(&self) -> Value {
        let mut metadata = json!({"name": self.name});
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = json!(namespace);
        }
        if let Some(expires) = self.expires {
            metadata["annotations"] = json!({EXPIRES: expires.to_string()});
        }
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": TYPE,
            "data": {".dockerconfigjson": self.data},
        })
    }

    /// The manifest as YAML. Nothing in it can be taken for anything else: names are quoted, since
    /// `1e3` and `null` are names, too.
    pub fn to_yaml(&self) -> String {
        let mut yaml = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{}\"\n",
            self.name
        );
        // Writing to a string cannot fail.
        if let Some(namespace) = &self.namespace {
            let _ = writeln!(yaml, "  namespace: \"{namespace}\"");
        }
        if let Some(expires) = self.expires {
            let _ = writeln!(yaml, "  annotations:\n    {EXPIRES}: \"{expires}\"");
        }
        let data = &self.data;
        let _ = writeln!(yaml, "type: {TYPE}\ndata:\n  .dockerconfigjson: {data}");
        yaml
    }
}

#[cfg(test)]
mod tests {
    use super::PullSecret;
    use crate::deploy::Login;
    use crate::docker::Credential;

    fn login(key: &str, expires: Option<&str>) -> Login {
        Login {
            key: key.to_owned(),
            credential: Credential::password("u", "p"),
            expires: expires.map(|time| time.parse().unwrap()),
        }
    }

    #[test]
    fn the_manifest() {
        let logins = [
            login("r.io", Some("2100-01-02T03:04:05.6Z")),
            login("s.io", Some("2101-01-02T03:04:05Z")),
            login("t.io", None),
        ];
        let yaml = PullSecret::new("1e3", Some("null"), &logins)
            .unwrap()
            .to_yaml();
        let (head, data) = yaml.rsplit_once(": ").unwrap();
        assert_eq!(
            head,
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"1e3\"\n  namespace: \"null\"\n  \
             annotations:\n    dev.dockside/expires-at: \"2100-01-02T03:04:05Z\"\ntype: \
             kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson"
        );
        assert!(
            data.trim_end()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        );
        let plain = PullSecret::new("a.b", None, &logins[2..])
            .unwrap()
            .to_value();
        assert_eq!(plain["metadata"], serde_json::json!({"name": "a.b"}));
    }

    #[test]
    fn names_are_those_of_kubernetes() {
        let error = |name: &str, namespace| match PullSecret::new(name, namespace, &[]) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        for name in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            ".a",
            "a..b",
            "a/../b",
            "a\nb",
            &"a".repeat(254),
        ] {
            assert!(
                error(name, None).ends_with("` is not the name of a secret"),
                "{name}"
            );
        }
        let long = "a".repeat(64);
        for name in ["a.b", "", "a/b", &long] {
            let said = error("a", Some(name));
            assert!(said.ends_with("` is not the name of a namespace"), "{name}");
        }
        assert_eq!(error("a.b-c.0", Some("a-b")), "");
    }
}
