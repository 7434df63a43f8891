//! Whether the list of secrets is complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::inventory::SECRETS;

/// Names in the source that look like those of secrets, and are none.
const NO_SECRETS: &[&str] = &[
    // What registries and programs call errors and fields.
    "JWT",
    "SECRET",
    "UNAUTHENTICATED",
    "VIOLATE_FOREIGN_KEY_CONSTRAINT",
    // What is known to all.
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AZURE_AUTHORITY_HOST",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    // Parts of names: see DOCKSIDE_REGISTRY_OWN_PASSWORD.
    "_PASSWORD",
    "_PASSWORD_FILE",
    // What is written, not read.
    "DOCKSIDE_SECRETS_FILE",
    // A switch.
    "WERF_USE_DOCKER_AUTH_CONFIG",
];

/// The names in a file that look like those of secrets: its tests are left out.
fn names(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let quoted = Regex::new(r#""(_?[A-Z][A-Z0-9_]*)""#).unwrap();
    // `envy` reads them by the names of fields.
    let fields = Regex::new(r"(?m)^ +([a-z_]+): Option<(?:String|Secret)>").unwrap();
    let secret = Regex::new("TOKEN|PASS|SECRET|KEY|CRED|AUTH|JWT|_PAT$|HEADER").unwrap();
    let quoted = quoted.captures_iter(text).map(|found| found[1].to_owned());
    let is_read = text.contains("serde") && text.contains("gitlab_ci: ");
    let fields = fields
        .captures_iter(text)
        .filter(|_| is_read)
        .map(|found| found[1].to_uppercase());
    let found = quoted.chain(fields);
    found.filter(|name| secret.is_match(name)).collect()
}

fn collect(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if !path.ends_with("tests.rs") {
            found.extend(names(&fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn all_secrets_of_the_source_are_in_the_list() {
    let mut found = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    collect(&source, &mut found);
    let listed = |name: &&String| SECRETS.iter().any(|secret| secret.variable == *name);
    let known = |name: &&String| NO_SECRETS.contains(&name.as_str());
    let missing: Vec<_> = found
        .iter()
        .filter(|name| !listed(name) && !known(name))
        .collect();
    assert_eq!(missing, [""; 0], "is it a secret? Then list it");
    let gone = NO_SECRETS.iter().filter(|name| !found.contains(**name));
    assert_eq!(gone.collect::<Vec<_>>(), [&""; 0], "not in the source");
}
