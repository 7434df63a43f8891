//! GitHub Enterprise Server, and where tokens go.

use super::{describe, logged_in};
use crate::brands::run;
use crate::support::brands::github::{CLASSIC, Github, USER};
use crate::support::vendor::{Network, Seen, shared};

const REGISTRY: &str = "containers.ghe.example.com";

#[test]
fn untag_at_a_server_of_ones_own() {
    let github = shared(Github::server(REGISTRY));
    let network = Network::start();
    network.host(REGISTRY, &github);
    network.host("ghe.example.com", &github);
    describe(
        &network,
        "ghe.example.com",
        "github/packages-ghes-3.19.json",
        "/api/v3",
    );
    {
        let store = &mut github.lock().unwrap().store;
        let digest = store.push_image("octo/app", Some("v1"), "one");
        store.tag("octo/app", &digest, "v2");
    }
    let home = logged_in(REGISTRY, USER, CLASSIC);
    let tag = format!("{REGISTRY}/octo/app:v1");
    let (code, output, said) = run(home.path(), &network.environment(), &["untag", &tag]);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("untagged {tag}\n"), "")
    );
    assert_eq!(github.lock().unwrap().store.tags("octo/app"), ["v2"]);
    let seen = network.seen();
    assert_eq!(seen[0], format!("GET {REGISTRY}/v2/ 401"));
    assert!(seen.contains(&"GET ghe.example.com/api/v3/users/octo 200".to_owned()));
}

#[test]
fn detect_by_who_gives_out_its_tokens() {
    let network = Network::start();
    network.host(REGISTRY, &shared(Github::server(REGISTRY)));
    let home = tempfile::tempdir().unwrap();
    let name = format!("{REGISTRY}/octo/app");
    let words = ["detect", "--repo", &name];
    let (code, output, said) = run(home.path(), &network.environment(), &words);
    let expected = format!(
        "repository         {name}\n\
         registry           {REGISTRY}\n\
         brand              github (GitHub Packages)\n\
         why                by its answer: its tokens are given out at https://{REGISTRY}/token\n"
    );
    assert_eq!((code, output, said.as_str()), (0, expected, ""));
}

#[test]
fn tokens_go_to_their_own_instance_only() {
    let github = shared(Github::server(REGISTRY));
    let network = Network::start();
    network.host(REGISTRY, &github);
    network.host("ghe.example.com", &github);
    github
        .lock()
        .unwrap()
        .store
        .push_image("octo/app", Some("v1"), "one");
    let home = logged_in(REGISTRY, USER, CLASSIC);
    let mut environment = network.environment();
    // The job's instance is another one, and nobody said that the registry is GitHub's.
    for (name, value) in [
        ("GITHUB_TOKEN", "ghs_other"),
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("WERF_REPO_GITHUB_TOKEN", "ghp_other"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    let words = ["tags", "--long", &format!("{REGISTRY}/octo/app")];
    let (code, _, said) = run(home.path(), &environment, &words);
    assert_eq!((code, said.as_str()), (0, ""));
    let has = |seen: &Seen, text: &str| seen.headers.iter().any(|(_, value)| value.contains(text));
    let requests = network.requests();
    assert!(requests.iter().any(|seen| has(seen, CLASSIC)));
    assert!(!requests.iter().any(|seen| has(seen, "other")));
}

#[test]
fn the_older_registry_is_only_read() {
    let github = shared(Github::new());
    let network = Network::start();
    network.host("docker.pkg.github.com", &github);
    let home = tempfile::tempdir().unwrap();
    let words = ["untag", "docker.pkg.github.com/octo/app/image:v1"];
    let (code, output, said) = run(home.path(), &network.environment(), &words);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (
            1,
            "",
            "dockside: error: docker.pkg.github.com/octo/app/image: this registry cannot delete \
             anything\n\
             dockside: hint: it is GitHub's older docker registry: use the container registry, \
             ghcr.io or containers.HOST, to which images were moved\n"
        )
    );
    assert!(network.seen().is_empty());
}
