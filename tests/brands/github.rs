//! GitHub Packages.

mod commands;
mod refusals;
mod restoring;
mod server;

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tempfile::TempDir;

use super::run;
use crate::support::brands::github::{CLASSIC, Github, JOB, USER};
use crate::support::dockside;
use crate::support::spec::Spec;
use crate::support::vendor::{Network, Request, shared};

/// A home with a login at a registry.
pub fn logged_in(registry: &str, user: &str, password: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".docker");
    std::fs::create_dir(&directory).unwrap();
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let config = json!({"auths": {registry: {"auth": auth}}});
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
    home
}

/// GitHub, where every request is what its description says.
struct World {
    github: Arc<Mutex<Github>>,
    network: Network,
    home: TempDir,
}

impl World {
    fn new() -> Self {
        Self::with_token(CLASSIC)
    }

    /// One where the docker config has this token.
    fn with_token(token: &str) -> Self {
        let mut github = Github::new();
        github.user_has(token);
        let github = shared(github);
        let network = Network::start();
        network.host("ghcr.io", &github);
        network.host("api.github.com", &github);
        describe(
            &network,
            "api.github.com",
            "github/packages-api.github.com.json",
            "",
        );
        Self {
            github,
            network,
            home: logged_in("ghcr.io", USER, token),
        }
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.network.environment(), words)
    }

    /// Pushes an image of these words to a package.
    fn push(&self, name: &str, tag: Option<&str>, words: &str) -> String {
        self.github
            .lock()
            .unwrap()
            .store
            .push_image(name, tag, words)
    }

    fn tag(&self, name: &str, digest: &str, tag: &str) {
        self.github.lock().unwrap().store.tag(name, digest, tag);
    }

    fn tags(&self, name: &str) -> Vec<String> {
        self.github.lock().unwrap().store.tags(name)
    }

    fn digest(&self, name: &str, tag: &str) -> Option<String> {
        self.github.lock().unwrap().store.digest(name, tag)
    }

    /// The digests of a package, sorted.
    fn digests(&self, name: &str) -> Vec<String> {
        let github = self.github.lock().unwrap();
        let repository = github.store.repository(name);
        let manifests = repository
            .into_iter()
            .flat_map(|found| found.manifests.keys());
        manifests.cloned().collect()
    }

    /// The identifier of a manifest's version.
    fn id(&self, name: &str, digest: &str) -> u64 {
        self.github
            .lock()
            .unwrap()
            .store
            .repository(name)
            .unwrap()
            .manifests[digest]
            .pushed
    }
}

/// Lets the requests to an API be checked.
fn describe(network: &Network, host: &str, spec: &str, base: &str) {
    let spec = Spec::find(spec);
    let spec = spec.map(|spec| spec.base(base).header("x-github-api-version"));
    network.spec(host, spec);
    // The pages of users' packages work, and are not described.
    network.except(|request: &Request| {
        request.path.contains("/users/mona/packages/") && request.path.ends_with("/versions")
    });
}

/// `sha256:...` in requests, so that they can be written down.
fn without_digests(seen: Vec<String>) -> Vec<String> {
    let short = |line: String| {
        let line = line.replace("%3A", ":");
        match line.find("sha256:") {
            Some(at) => format!("{}D{}", &line[..at], &line[at + 71..]),
            None => line,
        }
    };
    seen.into_iter().map(short).collect()
}

#[test]
fn login_takes_a_classic_token() {
    let world = World::new();
    let home = tempfile::tempdir().unwrap();
    let password = home.path().join("token");
    std::fs::write(&password, CLASSIC).unwrap();
    let login = |home: &Path| {
        let mut login = dockside(home);
        login.envs(world.network.environment());
        login.args(["login", "-u", USER, "--password-file"]);
        login.arg(&password).arg("ghcr.io").output().unwrap()
    };
    assert!(login(home.path()).status.success());
    std::fs::write(&password, "ghp_wrong").unwrap();
    assert_eq!(login(home.path()).status.code(), Some(4));
}

#[test]
fn copy_pulls_and_pushes() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    let words = [
        "copy",
        "ghcr.io/octo/app:v1",
        "ghcr.io/octo/other:v2",
        "--quiet",
    ];
    let (code, _, said) = world.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(world.digest("octo/other", "v2"), Some(digest));
}

#[test]
fn list_takes_one_request_for_a_hundred_versions() {
    let world = World::new();
    for number in 0..250 {
        world.push(
            "octo/team/app",
            Some(&format!("v{number:03}")),
            &number.to_string(),
        );
    }
    let untagged = world.push("octo/team/app", None, "untagged");
    let (code, output, said) = world.run(&["tags", "--long", "ghcr.io/octo/team/app"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 251);
    assert!(!output.contains(&untagged));
    let digest = world.digest("octo/team/app", "v000").unwrap();
    assert_eq!(
        (lines[0].replace(' ', ""), lines.last().unwrap().to_string()),
        (
            "TAGDIGESTPUSHEDSIZECONTENT".to_owned(),
            format!("v000  {digest}  2023-11-14T22:13:21Z        -  -")
        )
    );
    let versions = "GET api.github.com/orgs/octo/packages/container/team%2Fapp/versions";
    assert_eq!(
        world.network.seen(),
        [
            "GET api.github.com/users/octo 200".to_owned(),
            format!("{versions}?per_page=100&page=1 200"),
            format!("{versions}?per_page=100&page=2 200"),
            format!("{versions}?per_page=100&page=3 200"),
        ]
    );
}

#[test]
fn list_of_a_users_package_goes_on_without_links() {
    let world = World::new();
    world.github.lock().unwrap().links = false;
    for number in 0..200 {
        world.push("mona/app", Some(&format!("v{number}")), &number.to_string());
    }
    let (code, output, said) = world.run(&["tags", "--long", "ghcr.io/mona/app"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 201);
    let versions = "GET api.github.com/users/mona/packages/container/app/versions";
    assert_eq!(
        world.network.seen(),
        [
            "GET api.github.com/users/mona 200".to_owned(),
            format!("{versions}?per_page=100&page=1 200"),
            format!("{versions}?per_page=100&page=2 200"),
            format!("{versions}?per_page=100&page=3 200"),
        ]
    );
}

#[test]
fn list_has_pages_of_any_size() {
    let world = World::new();
    world.github.lock().unwrap().page = 7;
    for number in 0..20 {
        world.push("octo/app", Some(&format!("v{number}")), &number.to_string());
    }
    let (code, output, said) = world.run(&["tags", "--long", "ghcr.io/octo/app"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 21);
}

/// Requests of an untag of `octo/app:v1` up to the version's deletion, when one list of versions
/// is enough.
const UNTAG: [&str; 12] = [
    "GET ghcr.io/v2/octo/app/manifests/v1 401",
    "GET ghcr.io/token?service=ghcr.io&scope=repository:octo%2Fapp:pull%2Cpush\
     &account=octocat&client_id=dockside 200",
    "GET ghcr.io/v2/octo/app/manifests/v1 200",
    "GET api.github.com/users/octo 200",
    "GET ghcr.io/v2/octo/app/tags/list 200",
    "POST ghcr.io/v2/octo/app/blobs/uploads/ 202",
    "PUT ghcr.io/v2/octo/app/blobs/uploads/upload-1?digest=D 201",
    "PUT ghcr.io/v2/octo/app/manifests/v1 201",
    "HEAD ghcr.io/v2/octo/app/manifests/v1 200",
    "GET api.github.com/orgs/octo/packages/container/app/versions?per_page=100&page=1 200",
    "DELETE api.github.com/orgs/octo/packages/container/app/versions/ID 204",
    "HEAD ghcr.io/v2/octo/app/manifests/D 200",
];

#[test]
fn untag_leaves_siblings_and_the_image() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.tag("octo/app", &digest, "v2");
    let (code, output, said) = world.run(&["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (0, "untagged ghcr.io/octo/app:v1\n", "")
    );
    assert_eq!(world.tags("octo/app"), ["v2"]);
    assert_eq!(world.digest("octo/app", "v2"), Some(digest.clone()));
    assert_eq!(world.digests("octo/app"), [digest]);
    let seen = without_digests(world.network.seen());
    let id = seen[10]
        .trim_end_matches(" 204")
        .rsplit('/')
        .next()
        .unwrap();
    let expected = UNTAG.map(|line| line.replace("ID", id));
    assert_eq!(seen, expected);
    // Already gone.
    let (code, _, said) = world.run(&["untag", "ghcr.io/octo/app:v1"]);
    let gone = "dockside: note: ghcr.io/octo/app:v1 is already gone\n";
    assert_eq!((code, said.as_str()), (0, gone));
}

#[test]
fn untag_of_an_images_only_tag_leaves_the_image() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    let other = world.push("octo/app", Some("v2"), "two");
    let (code, output, said) = world.run(&["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (0, "untagged ghcr.io/octo/app:v1\n", "")
    );
    assert_eq!(world.tags("octo/app"), ["v2"]);
    let mut both = [digest, other];
    both.sort();
    assert_eq!(world.digests("octo/app"), both);
}

#[test]
fn untag_waits_for_the_version_to_be_listed() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    world.github.lock().unwrap().late = 1;
    let (code, output, said) = world.run(&["untag", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (0, "untagged ghcr.io/octo/app:v1\n", "")
    );
    assert_eq!(world.tags("octo/app"), ["v2"]);
    assert_eq!(world.network.seen().len(), UNTAG.len() + 1);
}

#[test]
fn delete_takes_the_version_with_all_its_tags() {
    let world = World::new();
    let digest = world.push("octo/app", Some("v1"), "one");
    world.tag("octo/app", &digest, "v2");
    let other = world.push("octo/app", Some("v3"), "two");
    let id = world.id("octo/app", &digest);
    let (code, output, said) = world.run(&["delete", "ghcr.io/octo/app:v1"]);
    assert_eq!(
        (code, output.as_str(), said),
        (
            3,
            "",
            format!(
                "dockside: error: ghcr.io/octo/app@{digest} has other tags: v2\n\
                 dockside: hint: give --with-siblings to remove these too, or remove the tag \
                 alone with `dockside untag`\n"
            )
        )
    );
    world.network.forget();
    let (code, _, said) = world.run(&["delete", "--with-siblings", "ghcr.io/octo/app:v1"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(world.tags("octo/app"), ["v3"]);
    assert_eq!(world.digests("octo/app"), [other]);
    let api = world.network.seen().into_iter();
    let api: Vec<String> = api.filter(|line| line.contains("api.github.com")).collect();
    let package = "api.github.com/orgs/octo/packages/container/app/versions";
    assert_eq!(
        api,
        [
            "GET api.github.com/users/octo 200".to_owned(),
            format!("GET {package}?per_page=100&page=1 200"),
            format!("DELETE {package}/{id} 204"),
        ]
    );
}

#[test]
fn delete_uses_the_token_of_the_job() {
    let world = World::with_token(JOB);
    world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    let home = logged_in("ghcr.io", USER, JOB);
    let mut environment = world.network.environment();
    for (name, value) in [
        ("GITHUB_TOKEN", JOB),
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GITHUB_SERVER_URL", "https://github.com"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    let words = ["delete", "ghcr.io/octo/app:v1"];
    let (code, _, said) = run(home.path(), &environment, &words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(world.tags("octo/app"), ["v2"]);
}

#[test]
fn repository_create_is_done_by_a_push() {
    let world = World::new();
    let (code, _, said) = world.run(&["repository", "create", "ghcr.io/octo/new"]);
    assert_eq!(
        (code, said.as_str()),
        (
            0,
            "dockside: note: ghcr.io/octo/new is made by the first push\n"
        )
    );
}

#[test]
fn repository_delete_takes_the_package() {
    let world = World::new();
    world.push("octo/app", Some("v1"), "one");
    let words = ["repository", "delete", "--with-images", "ghcr.io/octo/app"];
    let (code, output, said) = world.run(&words);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (0, "deleted ghcr.io/octo/app\n", "")
    );
    assert!(world.digests("octo/app").is_empty());
    assert_eq!(
        world.network.seen(),
        [
            "GET api.github.com/users/octo 200",
            "DELETE api.github.com/orgs/octo/packages/container/app 204",
        ]
    );
    let (code, output, said) = world.run(&words);
    assert_eq!(
        (code, output.as_str(), said.as_str()),
        (0, "", "dockside: note: ghcr.io/octo/app is already gone\n")
    );
}
