//! GitLab.

mod commands;
mod refusals;

use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::github::logged_in;
use super::run;
use crate::support::brands::gitlab::{DEPLOY, Gitlab, JOB, PROJECT, USER, Version};
use crate::support::dockside;
use crate::support::spec::Spec;
use crate::support::vendor::{Network, Request, shared};

/// The repository of most tests.
const PATH: &str = "group/sub/project/app";

/// An instance, where every request is what its description says.
struct World {
    gitlab: Arc<Mutex<Gitlab>>,
    network: Network,
    home: TempDir,
    registry: &'static str,
}

impl World {
    /// gitlab.com.
    fn new(user: (&str, &str)) -> Self {
        Self::at("registry.gitlab.com", "gitlab.com", Version::Modern, user)
    }

    /// An instance of one's own.
    fn own(version: Version, user: (&str, &str)) -> Self {
        Self::at("registry.example.com", "git.example.com", version, user)
    }

    fn at(
        registry: &'static str,
        instance: &str,
        version: Version,
        (user, password): (&str, &str),
    ) -> Self {
        let gitlab = shared(Gitlab::new(registry, instance, version));
        let network = Network::start();
        network.host(registry, &gitlab);
        network.host(instance, &gitlab);
        let spec = Spec::find("gitlab/registry-v1.handtrimmed.yaml");
        network.spec(registry, spec.map(|spec| spec.spanning(&["path"])));
        let spec = Spec::find("gitlab/rest-v4-container-registry.handtrimmed.yaml");
        let spec = spec.map(|spec| spec.base("/api/v4").header("job-token"));
        network.spec(instance, spec.map(|spec| spec.header("private-token")));
        // The distribution API and its tokens have a specification of their own.
        network.except(|request: &Request| {
            let is_distribution = request.path.starts_with("/v2/") && request.method != "DELETE";
            // Removed with the registry's version 4, and with it from the description.
            let is_older = request.path.contains("/tags/reference/");
            is_distribution || is_older || request.path == "/jwt/auth"
        });
        Self {
            gitlab,
            network,
            home: logged_in(registry, user, password),
            registry,
        }
    }

    /// Runs a command about a reference of the repository [`PATH`].
    fn run(&self, words: &[&str], reference: &str) -> (i32, String, String) {
        let name = format!("{}/{PATH}{reference}", self.registry);
        let words = [words, &[name.as_str()]].concat();
        run(self.home.path(), &self.network.environment(), &words)
    }

    fn push(&self, tag: Option<&str>, words: &str) -> String {
        self.gitlab
            .lock()
            .unwrap()
            .store
            .push_image(PATH, tag, words)
    }

    fn tag(&self, digest: &str, tag: &str) {
        self.gitlab.lock().unwrap().store.tag(PATH, digest, tag);
    }

    fn tags(&self) -> Vec<String> {
        self.gitlab.lock().unwrap().store.tags(PATH)
    }

    fn count(&self) -> usize {
        self.gitlab.lock().unwrap().store.manifests(PATH).len()
    }

    /// What was asked, without the details of logins.
    fn seen(&self) -> Vec<String> {
        let short = |line: String| match (line.find("?service="), line.find("&account=")) {
            (Some(from), Some(to)) => {
                let scope = line[from..to].rsplit('=').next().unwrap().to_owned();
                let scope = scope
                    .replace("%3A", ":")
                    .replace("%2F", "/")
                    .replace("%2C", ",");
                let status = line.rsplit(' ').next().unwrap();
                format!("{}?{scope} {status}", &line[..from])
            }
            _ => line,
        };
        self.network.seen().into_iter().map(short).collect()
    }
}

/// What a command that did it said.
fn done(verb: &str, registry: &str, reference: &str) -> (i32, String, String) {
    (
        0,
        format!("{verb} {registry}/{PATH}{reference}\n"),
        String::new(),
    )
}

#[test]
fn detect_by_who_gives_out_its_tokens() {
    let world = World::own(Version::Modern, JOB);
    let (code, output, said) = world.run(&["detect", "--repo"], "");
    let expected = format!(
        "repository         registry.example.com/{PATH}\n\
         registry           registry.example.com\n\
         brand              gitlab (GitLab)\n\
         why                by its answer: its tokens are given out at \
         https://git.example.com/jwt/auth\n"
    );
    assert_eq!((code, output, said.as_str()), (0, expected, ""));
    assert_eq!(world.seen(), ["GET registry.example.com/v2/ 401"]);
}

#[test]
fn login_takes_the_token_of_the_job() {
    let world = World::new(JOB);
    let home = tempfile::tempdir().unwrap();
    let password = home.path().join("token");
    let login = |secret: &str| {
        std::fs::write(&password, secret).unwrap();
        let mut login = dockside(home.path());
        login.envs(world.network.environment());
        login.args(["login", "-u", JOB.0, "--password-file"]);
        let output = login.arg(&password).arg("registry.gitlab.com").output();
        output.unwrap().status.code()
    };
    assert_eq!(login(JOB.1), Some(0));
    assert_eq!(login("wrong"), Some(4));
    // Thirty of these, and nobody is let in.
    assert_eq!(world.gitlab.lock().unwrap().failed, 1);
}

#[test]
fn copy_pulls_and_pushes() {
    let world = World::new(JOB);
    let digest = world.push(Some("v1"), "one");
    let to = format!("registry.gitlab.com/{PROJECT}:v2");
    let from = format!("registry.gitlab.com/{PATH}:v1");
    let words = ["copy", "--quiet", &from, &to];
    let (code, _, said) = run(world.home.path(), &world.network.environment(), &words);
    assert_eq!((code, said.as_str()), (0, ""));
    let gitlab = world.gitlab.lock().unwrap();
    assert_eq!(gitlab.store.digest(PROJECT, "v2"), Some(digest));
}

#[test]
fn list_takes_one_request_for_a_thousand_tags() {
    let world = World::new(DEPLOY);
    for number in 0..2500 {
        world.push(Some(&format!("v{number:04}")), &(number % 10).to_string());
    }
    let (code, output, said) = world.run(&["tags", "--long"], "");
    assert_eq!((code, said.as_str()), (0, ""));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2501);
    let digest = world
        .gitlab
        .lock()
        .unwrap()
        .store
        .digest(PATH, "v0000")
        .unwrap();
    assert_eq!(
        (lines[0].replace(' ', ""), lines[1].to_owned()),
        (
            "TAGDIGESTPUSHEDSIZECONTENT".to_owned(),
            format!("v0000  {digest}  2023-11-14T22:13:22Z    686 B  image")
        )
    );
    let list = format!("GET registry.gitlab.com/gitlab/v1/repositories/{PATH}/tags/list/?n=1000");
    assert_eq!(
        world.seen(),
        [
            format!("{list} 401"),
            format!("GET gitlab.com/jwt/auth?repository:{PATH}:pull 200"),
            format!("{list} 200"),
            format!("{list}&last=v0999 200"),
            format!("{list}&last=v1999 200"),
        ]
    );
    // Who asks for more creates a repository by that.
    assert!(world.gitlab.lock().unwrap().records.is_empty());
}

#[test]
fn list_without_a_database_looks_at_each_tag() {
    let world = World::own(Version::Older, DEPLOY);
    world.push(Some("v1"), "one");
    let (code, output, said) = world.run(&["tags", "--long"], "");
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 2);
    assert!(world.gitlab.lock().unwrap().records.is_empty());
}

#[test]
fn untag_leaves_siblings_and_the_image() {
    let world = World::new(JOB);
    let digest = world.push(Some("v1"), "one");
    world.tag(&digest, "v2");
    let expected = done("untagged", world.registry, ":v1");
    assert_eq!(world.run(&["untag"], ":v1"), expected);
    assert_eq!((world.tags(), world.count()), (vec!["v2".to_owned()], 1));
    assert_eq!(
        world.seen(),
        [
            format!("DELETE registry.gitlab.com/v2/{PATH}/manifests/v1 401"),
            format!("GET gitlab.com/jwt/auth?repository:{PATH}:pull,delete 200"),
            format!("DELETE registry.gitlab.com/v2/{PATH}/manifests/v1 202"),
        ]
    );
    let (code, _, said) = world.run(&["untag"], ":v1");
    let gone = format!("dockside: note: registry.gitlab.com/{PATH}:v1 is already gone\n");
    assert_eq!((code, said), (0, gone));
}

#[test]
fn untag_at_an_older_registry() {
    let world = World::own(Version::Older, JOB);
    let digest = world.push(Some("v1"), "one");
    world.tag(&digest, "v2");
    let expected = done("untagged", world.registry, ":v1");
    assert_eq!(world.run(&["untag"], ":v1"), expected);
    assert_eq!((world.tags(), world.count()), (vec!["v2".to_owned()], 1));
    let v2 = format!("registry.example.com/v2/{PATH}");
    assert_eq!(
        world.seen(),
        [
            "GET registry.example.com/v2/ 401".to_owned(),
            format!("GET git.example.com/jwt/auth?repository:{PATH}:pull,delete 200"),
            format!("DELETE {v2}/manifests/v1 400"),
            format!("DELETE {v2}/tags/reference/v1 202"),
        ]
    );
    let (code, _, said) = world.run(&["untag"], ":v1");
    let gone = format!("dockside: note: registry.example.com/{PATH}:v1 is already gone\n");
    assert_eq!((code, said), (0, gone));
}

#[test]
fn untag_at_another_registry_goes_by_the_rest_api() {
    for (user, header) in [(JOB, "job-token"), (USER, "private-token")] {
        let world = World::own(Version::Foreign, user);
        let digest = world.push(Some("v1"), "one");
        world.tag(&digest, "v2");
        let expected = done("untagged", world.registry, ":v1");
        assert_eq!(world.run(&["untag"], ":v1"), expected);
        assert_eq!((world.tags(), world.count()), (vec!["v2".to_owned()], 1));
        let v2 = format!("registry.example.com/v2/{PATH}");
        let rest = "git.example.com/api/v4/projects";
        let list = "registry/repositories?per_page=100";
        assert_eq!(
            world.seen()[2..],
            [
                format!("DELETE {v2}/manifests/v1 400"),
                format!("DELETE {v2}/tags/reference/v1 404"),
                format!("HEAD {v2}/manifests/v1 200"),
                format!("GET {rest}/group%2Fsub%2Fproject%2Fapp/{list} 404"),
                format!("GET {rest}/group%2Fsub%2Fproject/{list} 200"),
                format!("DELETE {rest}/group%2Fsub%2Fproject/registry/repositories/1/tags/v1 200"),
            ]
        );
        let last = world.network.requests().pop().unwrap();
        assert_eq!(last.header(header), Some(user.1));
        assert_eq!(last.header("authorization"), None);
    }
}

#[test]
fn delete_takes_the_image_with_all_its_tags() {
    let world = World::new(USER);
    let digest = world.push(Some("v1"), "one");
    world.tag(&digest, "v2");
    world.push(Some("v3"), "two");
    let (code, output, said) = world.run(&["delete", "--with-siblings"], ":v1");
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!((world.tags(), world.count()), (vec!["v3".to_owned()], 1));
    assert!(world.gitlab.lock().unwrap().records.is_empty());
}

#[test]
fn repository_create_is_done_by_a_push() {
    let world = World::new(USER);
    let (code, _, said) = world.run(&["repository", "create"], "");
    let expected =
        format!("dockside: note: registry.gitlab.com/{PATH} is made by the first push\n");
    assert_eq!((code, said), (0, expected));
}

#[test]
fn repository_delete_is_begun() {
    for user in [JOB, USER] {
        let world = World::new(user);
        world.push(Some("v1"), "one");
        let (code, output, said) = world.run(&["repository", "delete", "--with-images"], "");
        let name = format!("registry.gitlab.com/{PATH}");
        let note = format!(
            "dockside: note: {name}: GitLab has taken note, and deletes it in the background\n"
        );
        assert_eq!((code, output, said), (0, format!("deleted {name}\n"), note));
        assert_eq!(world.gitlab.lock().unwrap().scheduled, [PATH]);
        let rest = "gitlab.com/api/v4/projects";
        let list = "registry/repositories?per_page=100";
        assert_eq!(
            world.seen(),
            [
                format!("GET {rest}/group%2Fsub%2Fproject%2Fapp/{list} 404"),
                format!("GET {rest}/group%2Fsub%2Fproject/{list} 200"),
                format!("DELETE {rest}/group%2Fsub%2Fproject/registry/repositories/1 202"),
            ]
        );
    }
}
