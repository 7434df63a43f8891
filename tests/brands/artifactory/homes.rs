//! Which repository it is, and who asks.

use std::process::Command;

use serde_json::json;

use super::{APP, Artifactory, Bench, KEY, USER};
use crate::brands::library::{at, log_in, told};
use crate::oci;
use crate::support::vendor::{Network, shared};

#[test]
fn list_where_queries_are_refused() {
    let bench = Bench::start();
    bench.artifactory.lock().unwrap().queries = false;
    let one = bench.push("v1", "one");
    let brand = bench.brand();
    assert_eq!(oci::run(brand.listing(8)).unwrap(), None);
    let tagged = oci::run(brand.tagged(8)).unwrap();
    assert_eq!(tagged.len(), 1);
    assert_eq!(tagged[0].digest.to_string(), one);
}

#[test]
fn list_where_the_host_names_the_repository() {
    let artifactory = shared(Artifactory::new());
    {
        let mut state = artifactory.lock().unwrap();
        state.named_by_host = Some("images".to_owned());
        state.store.push_image(APP, Some("v1"), "one");
    }
    let network = Network::start();
    network.host("acme-images.jfrog.io", &artifactory);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "acme-images.jfrog.io", USER);
    let environment = network.environment();
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/team/app",
        |_| {},
    );
    assert_eq!(
        oci::run(brand.listing(8)).unwrap().unwrap().entries.len(),
        1
    );
    assert!(oci::run(brand.untag(&"v1".parse().unwrap())).unwrap());
    let seen = network.seen();
    let deletes = seen.iter().filter(|line| line.starts_with("DELETE"));
    let expected = "DELETE acme-images.jfrog.io/artifactory/images/team/app/v1 204";
    assert_eq!(deletes.collect::<Vec<_>>(), [expected]);
}

#[test]
fn list_where_everybody_may_read() {
    let artifactory = shared(Artifactory::new());
    {
        let mut state = artifactory.lock().unwrap();
        state.anonymous = true;
        state.named_by_host = Some("images".to_owned());
        state.store.push_image("images/app", Some("v1"), "one");
    }
    let network = Network::start();
    network.host("acme-images.jfrog.io", &artifactory);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), "acme-images.jfrog.io", USER);
    let environment = network.environment();
    // There is no challenge that would name the repository.
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/app",
        |_| {},
    );
    let (message, hint, code) = told(oci::run(brand.listing(8)).unwrap_err());
    let expected =
        "acme-images.jfrog.io/app: which of Artifactory's repositories this is cannot be told";
    assert_eq!((message.as_str(), code), (expected, 2));
    assert!(hint.contains("--repo-api https://HOST/artifactory/REPOSITORY"));
    let brand = at(
        home.path(),
        &environment,
        "acme-images.jfrog.io/app",
        |settings| {
            settings.api = Some(
                "https://acme-images.jfrog.io/artifactory/images"
                    .parse()
                    .unwrap(),
            );
        },
    );
    assert_eq!(
        oci::run(brand.listing(8)).unwrap().unwrap().entries.len(),
        1
    );
}

#[test]
fn untag_with_an_api_key() {
    let bench = Bench::start();
    bench.artifactory.lock().unwrap().anonymous = true;
    bench.push("v1", "one");
    bench.push("v2", "one");
    let home = bench.home.path();
    let helper = home.join("docker-credential-keys");
    let answer = format!("{{\"ServerURL\": \"\", \"Username\": \"\", \"Secret\": \"{KEY}\"}}");
    // Were the file open for writing in this process, another test that starts a program at that
    // moment would keep it busy.
    let script = format!("cat > /dev/null\necho '{answer}'");
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"";
    let mut shell = Command::new("sh");
    let written = shell.args(["-c", write, "sh", &script]).arg(&helper);
    assert!(written.status().unwrap().success());
    let config = json!({"credHelpers": {bench.local.host(): "keys"}});
    std::fs::write(home.join(".docker/config.json"), config.to_string()).unwrap();
    let path = format!("{}:{}", home.display(), std::env::var("PATH").unwrap());
    let brand = at(
        home,
        &[("PATH".to_owned(), path)],
        &bench.name(),
        |settings| {
            settings.brand = Some("artifactory".to_owned());
        },
    );
    bench.local.forget();
    assert!(oci::run(brand.untag(&"v1".parse().unwrap())).unwrap());
    assert_eq!(bench.tags(), ["v2"]);
    let requests = bench.local.requests();
    let keys = requests
        .iter()
        .filter(|one| one.header("x-jfrog-art-api").is_some());
    let paths: Vec<&str> = keys.map(|one| one.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/artifactory/api/repositories/images",
            "/artifactory/api/search/aql",
            "/artifactory/images/team/app/v1",
        ]
    );
}
