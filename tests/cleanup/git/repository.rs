//! Repositories of git, and images that are made of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dockside::cleanup::git::{
    ChangeRequest, Error, Fetch, GitRule, History, Keep, Limit, References, Settings,
};
use dockside::cleanup::{Claims, Content, Graph, Id, Root, Rule as _};
use jiff::Timestamp;
use regex::Regex;
use tempfile::TempDir;

/// When the tests take place, in seconds of Unix.
pub const NOW: i64 = 1_700_000_000;

/// A directory with an origin, of which clones are made.
pub struct Place {
    pub root: TempDir,
}

/// A repository.
pub struct Repo {
    pub path: PathBuf,
}

impl Place {
    /// An origin in which `main` is checked out, without commits.
    pub fn new() -> (Self, Repo) {
        let root = TempDir::new().unwrap();
        let path = root.path().join("origin");
        std::fs::create_dir(&path).unwrap();
        let origin = Repo { path };
        origin.git(&["init", "-q", "-b", "main"]);
        origin.git(&["config", "uploadpack.allowFilter", "true"]);
        (Self { root }, origin)
    }

    /// A clone of the origin, as `git clone` makes it with these options.
    pub fn clone(&self, name: &str, options: &[&str]) -> Repo {
        let origin = format!("file://{}", self.root.path().join("origin").display());
        let path = self.root.path().join(name);
        let repo = Repo {
            path: self.root.path().to_owned(),
        };
        let mut arguments = vec!["clone", "-q"];
        arguments.extend(options);
        arguments.extend([origin.as_str(), path.to_str().unwrap()]);
        repo.git(&arguments);
        Repo { path }
    }
}

impl Repo {
    /// Runs git, which must succeed; what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_at(NOW, arguments)
    }

    fn git_at(&self, date: i64, arguments: &[&str]) -> String {
        let date = format!("@{date} +0000");
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.path).args(arguments);
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "c"),
            ("GIT_COMMITTER_EMAIL", "c@example.com"),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_DATE", &date),
        ] {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Makes a commit that is so many hours old where `HEAD` is.
    pub fn commit(&self, message: &str, hours: i64) -> String {
        let date = NOW - hours * 3600;
        self.git_at(date, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A new branch here, checked out.
    pub fn branch(&self, name: &str) {
        self.git(&["checkout", "-q", "-b", name]);
    }

    /// Checks something out.
    pub fn checkout(&self, what: &str) {
        self.git(&["checkout", "-q", what]);
    }

    /// Merges these into what is checked out, so many hours ago.
    pub fn merge(&self, others: &[&str], hours: i64) -> String {
        let mut arguments = vec!["merge", "-q", "--no-ff", "-m", "merge"];
        arguments.extend(others);
        self.git_at(NOW - hours * 3600, &arguments);
        self.git(&["rev-parse", "HEAD"])
    }

    /// An annotated tag that is so many hours old.
    pub fn annotate(&self, name: &str, what: &str, hours: i64) {
        let date = NOW - hours * 3600;
        self.git_at(date, &["tag", "-a", "-m", "words", name, what]);
    }

    /// The repository as the product opens it.
    pub fn open(&self) -> Result<History, Error> {
        History::open(&self.path, &Fetch::default())
    }

    /// The same, completed if need be.
    pub fn complete(&self) -> Result<History, Error> {
        let fetch = Fetch {
            complete: true,
            ..Fetch::default()
        };
        History::open(&self.path, &fetch)
    }

    /// The same, without origin.
    pub fn offline(&self) -> Result<History, Error> {
        let fetch = Fetch {
            offline: true,
            ..Fetch::default()
        };
        History::open(&self.path, &fetch)
    }
}

/// The names of branches and tags, in order.
pub fn names(history: &History) -> Vec<String> {
    let names = history.references.iter();
    let mut names: Vec<String> = names.map(|reference| reference.name.clone()).collect();
    names.sort();
    names
}

/// A repository of images.
pub struct Images {
    pub graph: Graph,
}

impl Images {
    /// Without images.
    pub fn new() -> Self {
        let repository = "registry.example.com/app".parse().unwrap();
        let graph = Graph::new(repository, "default", Timestamp::from_second(NOW).unwrap());
        Self { graph }
    }

    /// Images whose tags are these words and whose labels name these commits.
    pub fn of(images: &[(&str, &str)]) -> Self {
        let mut all = Self::new();
        for (tag, revision) in images {
            all.add(&[tag], Some(revision));
        }
        all
    }

    /// An image with these tags; its labels were read.
    pub fn add(&mut self, tags: &[&str], revision: Option<&str>) -> Id {
        let count = self.graph.nodes().len();
        let digest = format!("sha256:{count:064x}").parse().unwrap();
        let id = self.graph.add(&digest);
        for tag in tags {
            self.graph.name(tag.parse().unwrap(), id, None);
        }
        let node = self.graph.node_mut(id);
        node.content = Content::ReadWithConfig;
        if let Some(revision) = revision {
            let key = "org.opencontainers.image.revision";
            node.labels.insert(key.into(), revision.into());
        }
        id
    }

    /// The tags that a rule keeps, each with the reason that was said first, in order.
    pub fn reasons(&self, rule: &GitRule) -> Vec<(String, String)> {
        let claims = self.claims(rule);
        let mut kept = std::collections::BTreeMap::new();
        for (root, reason) in claims.kept() {
            for (id, name) in self.graph.images() {
                if *root == Root::Name(id) || *root == Root::Node(name.node) {
                    let what = claims.reasons()[reason.index()].what.clone();
                    kept.entry(name.tag.to_string()).or_insert(what);
                }
            }
        }
        kept.into_iter().collect()
    }

    /// The tags that a rule keeps, in order.
    pub fn kept(&self, rule: &GitRule) -> Vec<String> {
        let reasons = self.reasons(rule).into_iter();
        reasons.map(|(tag, _)| tag).collect()
    }

    /// What a rule says.
    pub fn claims(&self, rule: &GitRule) -> Claims {
        let mut claims = Claims::default();
        let now = Timestamp::from_second(NOW).unwrap();
        rule.judge(&self.graph, now, &mut claims);
        claims
    }
}

/// A rule with these templates and policies, and these numbers of open change requests.
pub fn rule(history: History, templates: &[&str], keep: Vec<Keep>, open: &[u64]) -> GitRule {
    let settings = Settings {
        templates: templates.iter().map(|text| (*text).to_owned()).collect(),
        keep,
        ..Settings::default()
    };
    let request = |number: &u64| ChangeRequest {
        number: *number,
        ..ChangeRequest::default()
    };
    GitRule::new(&settings, history, Some(open.iter().map(request).collect())).unwrap()
}

/// A policy about branches.
pub fn branches(pattern: &str, limit: Limit, images: Limit) -> Keep {
    Keep {
        references: References::Branches(Regex::new(pattern).unwrap()),
        limit,
        images,
    }
}

/// A policy about tags.
pub fn tags(pattern: &str, limit: Limit, images: Limit) -> Keep {
    Keep {
        references: References::Tags(Regex::new(pattern).unwrap()),
        limit,
        images,
    }
}

/// The newest ones.
pub fn last(last: u32) -> Limit {
    Limit {
        last: Some(last),
        ..Limit::default()
    }
}

/// Those that are no older than so many hours.
pub fn within(hours: u64) -> Limit {
    Limit {
        within: Some(Duration::from_secs(hours * 3600)),
        ..Limit::default()
    }
}

/// Whether there is such a file below.
pub fn has(path: &Path, name: &str) -> bool {
    path.join(name).exists()
}
