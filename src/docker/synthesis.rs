//! Making the job's config from what the user has and the job's own logins.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::Config;
use super::credential::Credential;
use super::credential_store::HELPER_NAME;
use super::registry_key::{HUB_KEY, registry_key};
use crate::address::DOCKER_HUB;

/// A login of the job: the registry and who one is there.
pub(super) type Login = (String, Credential);

/// The job's config.
///
/// `base` is what the user has; `current` what the job has so far, of which the logins are
/// kept that were made in the job, by whatever program. `inherited` tells those apart: logins
/// that an earlier run copied from the user, which are taken from `base` anew. The logins of the
/// registries in `renewed` are this program's to give.
pub(super) fn synthesise(
    base: &Config,
    current: &Config,
    inherited: &BTreeMap<String, String>,
    logins: &[Login],
    renewed: &[String],
) -> Config {
    let mut config = base.clone();
    let mut made = Vec::new();
    for (key, credential) in current.credentials() {
        let copied = inherited.get(key) == Some(&digest(&credential));
        if !copied && current.helper(key).is_none() {
            put(&mut config, key, credential.entry());
            made.push(registry_key(key));
        }
    }
    for (registry, credential) in logins {
        put(&mut config, registry_key(registry), credential.entry());
        made.push(registry_key(registry));
    }
    for (host, name) in current.helpers() {
        let known = base.helpers().any(|(other, _)| other == host)
            || base.credential(host).is_some()
            || made.contains(&registry_key(host));
        if !known && !name.is_empty() {
            config.set_helper(host, name);
        }
    }
    for registry in renewed {
        renew(&mut config, registry);
    }
    config.keep_from_keychains();
    config
}

/// Makes this program the helper of a registry, and removes what programs that know no helpers
/// would find instead.
pub(super) fn renew(config: &mut Config, registry: &str) {
    let key = registry_key(registry);
    config.remove_login(key);
    config.retain_helpers(|host, _| registry_key(host) != key);
    config.set_helper(key, HELPER_NAME);
    if key == HUB_KEY {
        // containers/image asks for the host as images name it (`pkg/docker/config/config.go`).
        config.set_helper(DOCKER_HUB, HELPER_NAME);
    }
}

/// Writes a login such that no helper hides it: the docker CLI looks into the file for a host
/// whose helper has an empty name (docker/cli `cli/config/configfile/file.go`,
/// `GetCredentialsStore`), and every program does for one without any helper.
pub(super) fn put(config: &mut Config, key: &str, entry: Value) {
    config.set_entry(key, entry);
    expose(config, registry_key(key));
}

/// Makes docker look into the file for a registry, and ask no helper.
pub(super) fn expose(config: &mut Config, registry: &str) {
    config.retain_helpers(|host, _| registry_key(host) != registry);
    if config.creds_store().is_some() {
        config.set_helper(registry, "");
    }
}

/// What tells whether a login is still the one that was copied.
pub(super) fn digests(config: &Config) -> BTreeMap<String, String> {
    config
        .credentials()
        .map(|(key, credential)| (key.to_owned(), digest(&credential)))
        .collect()
}

fn digest(credential: &Credential) -> String {
    let digest = Sha256::digest(credential.entry().to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{digests, synthesise};
    use crate::docker::{Config, Credential};

    fn config(text: &str) -> Config {
        Config::parse(text.as_bytes(), "config.json").unwrap()
    }

    fn login(registry: &str) -> (String, Credential) {
        (registry.to_owned(), Credential::password("u", "p"))
    }

    fn fresh(base: &str, logins: &[(String, Credential)]) -> Config {
        let none = BTreeMap::new();
        synthesise(&config(base), &Config::default(), &none, logins, &[])
    }

    #[test]
    fn everything_of_the_user_is_kept_but_no_helper_hides_a_login() {
        let made = fresh(
            r#"{"auths": {"b.example": {"auth": "Yjpi"}}, "HttpHeaders": {"X": "y"}, "future": [1],
                "credHelpers": {"a.example": "ecr", "docker.io": "x", "c.example": "gcr"}}"#,
            &[login("a.example"), login("docker.io")],
        );
        assert_eq!(
            made,
            config(
                r#"{"auths": {"b.example": {"auth": "Yjpi"}, "a.example": {"auth": "dTpw"},
                    "https://index.docker.io/v1/": {"auth": "dTpw"}}, "HttpHeaders": {"X": "y"},
                    "future": [1], "credHelpers": {"c.example": "gcr"}}"#
            )
        );
    }

    #[test]
    fn a_store_that_is_kept_is_shielded_and_others_get_a_copy() {
        let made = fresh(r#"{"credsStore": "pass"}"#, &[login("a.example")]);
        assert_eq!(
            made,
            config(
                r#"{"credsStore": "pass", "auths": {"a.example": {"auth": "dTpw"}},
                    "credHelpers": {"a.example": ""}}"#
            )
        );
        assert!(made.needs_copy());
        assert_eq!(made.helper("a.example"), None);
        assert_eq!(
            made.copy(),
            config(r#"{"auths": {"a.example": {"auth": "dTpw"}, "dockside.invalid": {}}}"#)
        );
    }

    #[test]
    fn without_helpers_a_registry_is_named_that_does_not_exist() {
        assert_eq!(
            fresh("{}", &[]),
            config(r#"{"auths": {"dockside.invalid": {}}}"#)
        );
        assert_eq!(
            fresh(r#"{"auths": {}}"#, &[login("a.example")]),
            config(r#"{"auths": {"a.example": {"auth": "dTpw"}, "dockside.invalid": {}}}"#)
        );
    }

    #[test]
    fn a_second_run_keeps_the_logins_made_in_the_job() {
        let base = config(
            r#"{"auths": {"user.example": {"auth": "dTpw"}}, "credHelpers": {"a.example": "ecr"}}"#,
        );
        let inherited = digests(&base);
        let first = synthesise(
            &base,
            &Config::default(),
            &inherited,
            &[login("a.example")],
            &[],
        );
        let mut current = first.clone();
        assert_eq!(synthesise(&base, &current, &inherited, &[], &[]), first);
        current.set_login("made.example", &Credential::password("m", "m"));
        assert_eq!(synthesise(&base, &current, &inherited, &[], &[]), current);

        // The user logged in anew: the copy is not held on to.
        let renewed = config(r#"{"auths": {"user.example": {"auth": "bmV3Om5ldw=="}}}"#);
        let made = synthesise(&renewed, &current, &inherited, &[], &[]);
        assert_eq!(made.credential("user.example").unwrap().username, "new");
        assert_eq!(made.credential("made.example").unwrap().username, "m");
        assert_eq!(made.credential("a.example").unwrap().username, "u");
    }

    #[test]
    fn a_renewed_login_is_the_helpers_alone() {
        let base = r#"{"auths": {"quay.io": {"auth": "dTpw"}, "docker.io": {"auth": "dTpw"}},
            "credHelpers": {"quay.io": "other", "https://index.docker.io/v1/": "other"}}"#;
        let renewed = ["quay.io".to_owned(), "docker.io".to_owned()];
        let made =
            |current: &Config| synthesise(&config(base), current, &BTreeMap::new(), &[], &renewed);
        let first = made(&Config::default());
        assert_eq!(
            first,
            config(
                r#"{"credHelpers": {"quay.io": "dockside",
                    "https://index.docker.io/v1/": "dockside", "docker.io": "dockside"}}"#
            )
        );
        assert_eq!(made(&first), first);
    }
}
