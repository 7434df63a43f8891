//! The commands `cleanup` and `purge` at real registries: what goes, and that all else still pulls.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::client::ask;
use crate::support::job::text;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::repository::{Put, Repository};
use crate::support::zot::{self, Zot};
use crate::support::{dockside, go_program, installed};

/// Exit code, standard output and standard error.
fn run(home: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = dockside(home);
    let output = command.args(words).current_dir(home).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// What there is in the repository of these tests.
struct Stand<'a> {
    app: Repository<'a>,
    /// Two tags of one image, of which one is kept.
    shared: Put,
    /// An index with two children, one of which another index has too.
    release: Put,
    old: Put,
    amd: Put,
    arm: Put,
    old_arm: Put,
    signature: Put,
    old_signature: Put,
}

impl<'a> Stand<'a> {
    fn new(host: &'a str) -> Self {
        let app = Repository { host, name: "app" };
        let [amd, arm, old_arm] = ["amd", "arm", "old arm"].map(|words| app.image(None, words));
        let on = |image: &Put, architecture: &str| image.on("linux", architecture);
        let old = app.index(Some("old"), &[on(&amd, "amd64"), on(&old_arm, "arm64")]);
        let release = app.index(Some("v1"), &[on(&amd, "amd64"), on(&arm, "arm64")]);
        let signature = |of: &Put| {
            let tag = format!("{}.sig", of.digest.replace(':', "-"));
            app.image(Some(&tag), &tag)
        };
        let (signature, old_signature) = (signature(&release), signature(&old));
        let shared = app.image(Some("v2"), "shared");
        app.tag(&shared, "branch");
        app.image(Some("gone"), "gone");
        app.image(Some("v3"), "v3");
        Self {
            app,
            shared,
            release,
            old,
            amd,
            arm,
            old_arm,
            signature,
            old_signature,
        }
    }

    /// That all that a manifest needs can be read.
    fn pulls(&self, reference: &str) {
        let line = |what: &str| format!("GET /v2/{}/{what}", self.app.name);
        let accept = "Accept: application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.oci.image.index.v1+json";
        let line_of = line(&format!("manifests/{reference}"));
        let came = ask(self.app.host, &line_of, &[accept], b"");
        assert_eq!(came.status, 200, "{reference}");
        let manifest: Value = serde_json::from_slice(&came.body).unwrap();
        for child in manifest["manifests"].as_array().into_iter().flatten() {
            self.pulls(child["digest"].as_str().unwrap());
        }
        let layers = manifest["layers"].as_array().into_iter().flatten();
        for blob in layers.chain(manifest.get("config")) {
            let digest = blob["digest"].as_str().unwrap();
            let line = line(&format!("blobs/{digest}"));
            assert_eq!(ask(self.app.host, &line, &[], b"").status, 200, "{digest}");
        }
    }

    /// That a cleanup has kept releases, with all that they need, and nothing else. Some registries
    /// collect manifests later that no tag leads to.
    fn is_clean(&self, collects: bool) {
        for tag in ["v1", "v2", "v3"] {
            self.pulls(tag);
        }
        let signature = |of: &Put| format!("{}.sig", of.digest.replace(':', "-"));
        self.pulls(&signature(&self.release));
        for kept in [&self.amd, &self.arm, &self.shared, &self.signature] {
            self.pulls(&kept.digest);
        }
        let old_signature = signature(&self.old);
        for tag in ["old", "branch", "gone", old_signature.as_str()] {
            assert_eq!(self.app.named(tag), None, "{tag}");
        }
        let gone = [&self.old, &self.old_arm, &self.old_signature];
        for gone in gone.into_iter().filter(|_| !collects) {
            assert_eq!(self.app.named(&gone.digest), None, "{}", gone.digest);
        }
    }
}

/// What all registries do alike: dry run, run, and a run that finds nothing more.
fn only_what_is_not_kept_goes(host: &str, collects: bool) {
    let stand = Stand::new(host);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/app");
    let cleanup = |more: &[&str]| {
        let words = ["cleanup", &name, "--keep-tag", "v*", "--progress", "none"];
        run(home.path(), &[&words, more].concat())
    };
    let document = |output: &str| serde_json::from_str::<Value>(output).unwrap();
    let removed = |output: &str| {
        let document = document(output);
        let all = document["deleted"].as_array().unwrap().iter();
        let mut all: Vec<(String, String)> = all
            .map(|one| {
                let tag = one["tag"].as_str().unwrap_or_default();
                (tag.to_owned(), one["digest"].as_str().unwrap().to_owned())
            })
            .collect();
        all.sort();
        all
    };

    let (code, planned, said) = cleanup(&["--dry-run", "--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""), "{planned}");
    for tag in ["old", "branch", "gone", "v1", "v2", "v3"] {
        assert!(stand.app.named(tag).is_some(), "{tag}");
    }
    let (code, done, said) = cleanup(&["--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""), "{done}");
    stand.is_clean(collects);
    assert_eq!(removed(&planned), removed(&done));
    let tags: Vec<String> = removed(&done).into_iter().map(|(tag, _)| tag).collect();
    let old = format!("{}.sig", stand.old.digest.replace(':', "-"));
    let expected = ["", "branch", "gone", "old", &old];
    assert_eq!(tags, expected, "{done}");

    let (code, again, said) = cleanup(&["--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(document(&again)["deleted"], json!([]));
    stand.is_clean(collects);
}

#[test]
fn only_what_is_not_kept_goes_at_distribution_2() {
    if installed(PROGRAM) {
        only_what_is_not_kept_goes(Registry::open().host(), false);
    }
}

#[test]
fn only_what_is_not_kept_goes_at_distribution_3() {
    if go_program(PROGRAM_3).is_some() {
        only_what_is_not_kept_goes(Options::default().version3().start().host(), false);
    }
}

#[test]
fn only_what_is_not_kept_goes_at_zot() {
    if go_program(zot::PROGRAM).is_some() {
        only_what_is_not_kept_goes(Zot::start().host(), true);
    }
}

#[test]
fn a_plan_is_done_as_it_was_made_and_undone() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let stand = Stand::new(registry.host());
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let words = [
        "cleanup",
        &name,
        "--keep-tag",
        "v*",
        "--dry-run",
        "--plan",
        "plan.json",
    ];
    let (code, _, said) = run(home.path(), &words);
    assert_eq!((code, said.as_str()), (0, ""));

    // What is pushed after the plan stays, and so does what is tagged anew.
    let late = stand.app.image(Some("late"), "late");
    stand.app.tag(&late, "gone");
    let apply = ["cleanup", "apply", "plan.json", "--progress", "none"];
    let (code, output, said) = run(home.path(), &[&apply[..], &["--max-delete", "1"]].concat());
    let expected = format!(
        "dockside: error: 3 tags of {name} would go, which is more than 1\n\
         dockside: hint: look at the plan with --dry-run; --max-delete 3 allows it\n"
    );
    assert_eq!((code, said), (3, expected), "{output}");
    assert!(stand.app.named("old").is_some());
    let list = json!({
        "version": 1, "taken": jiff::Timestamp::now(), "sources": ["prod"],
        "images": {(format!("elsewhere@{}", stand.old_arm.digest)): ["prod/web/Pod/x"]},
    });
    std::fs::write(home.path().join("in-use.json"), list.to_string()).unwrap();
    let words = [&apply[..], &["--in-use", "in-use.json"]].concat();
    let (code, _, said) = run(home.path(), &words);
    let expected = format!(
        "dockside: error: the plan for {name} would remove what is in use: \
         elsewhere@{}, used by prod/web/Pod/x\n\
         dockside: hint: make a new plan, with --in-use or --with-kube\n",
        stand.old_arm.digest
    );
    assert_eq!((code, said), (3, expected));
    assert!(stand.app.named("old").is_some());
    let (code, output, said) = run(home.path(), &[&apply[..], &["--backup", "saved"]].concat());
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    stand.pulls("late");
    stand.pulls("gone");
    assert_eq!(stand.app.named("gone"), Some(late.digest.clone()));
    assert_eq!(stand.app.named("old"), None);

    let undo = ["cleanup", "undo", "saved", &name];
    let (code, output, said) = run(home.path(), &undo);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.app.named("old"), Some(stand.old.digest.clone()));
    for tag in ["old", "v1", "v2", "v3", "late"] {
        stand.pulls(tag);
    }
}

#[test]
fn guards_refuse_and_repositories_do_not_hold_each_other_up() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let [few, many] = ["few", "many"].map(|name| Repository { host, name });
    few.image(Some("one"), "one");
    for number in 0..4 {
        many.image(Some(&format!("t{number}")), &format!("image {number}"));
    }
    let home = tempfile::tempdir().unwrap();
    let [few_name, many_name] = ["few", "many"].map(|name| format!("{host}/{name}"));
    let words = ["cleanup", &few_name, &many_name, "--keep-tag", "t[0-2]"];
    let (code, output, said) = run(home.path(), &[&words[..], &["--output", "json"]].concat());
    let expected = format!(
        "dockside: error: 1 of 1 tags of {few_name} would go, which is more than 50 %\n\
         dockside: hint: look at the plan with --dry-run; --max-delete 100% --allow-empty allows it\n\
         dockside: error: 1 of 2 repositories could not be cleaned\n"
    );
    assert_eq!((code, said), (3, expected), "{output}");
    assert!(few.named("one").is_some());
    assert_eq!(many.named("t3"), None);
    assert!(many.named("t0").is_some());
}

#[test]
fn what_is_in_use_stays_and_what_cannot_be_known_stops_everything() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let app = Repository { host, name: "app" };
    for tag in ["a", "b", "c", "d"] {
        app.image(Some(tag), tag);
    }
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/app");
    let list = json!({
        "version": 1, "taken": jiff::Timestamp::now(), "sources": ["prod"],
        "images": {(format!("{name}:b")): ["prod/web/Pod/x"]},
    });
    std::fs::write(home.path().join("in-use.json"), list.to_string()).unwrap();
    let cleanup = [
        "cleanup",
        &name,
        "--keep-tag",
        "a",
        "--in-use",
        "in-use.json",
    ];
    for (broken, why) in [("missing.json", "No such file"), ("/dev/null", "EOF")] {
        let words = [&cleanup[..], &["--in-use", broken]].concat();
        let (code, output, said) = run(home.path(), &words);
        assert_eq!((code, output.as_str()), (3, ""), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let (code, output, said) = run(
        home.path(),
        &["purge", &name, "--yes", "--in-use", "in-use.json"],
    );
    let expected = format!(
        "dockside: error: {name} is in use: {name}:b, used by prod/web/Pod/x\n\
         dockside: hint: give --force-in-use to remove it nevertheless\n"
    );
    assert_eq!((code, said), (3, expected), "{output}");
    for tag in ["a", "b", "c", "d"] {
        assert!(app.named(tag).is_some(), "{tag}");
    }
    let (code, output, said) = run(home.path(), &cleanup);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    let left = ["a", "b", "c", "d"].map(|tag| app.named(tag).is_some());
    assert_eq!(left, [true, true, false, false]);

    let (code, _, said) = run(home.path(), &["purge", &name]);
    let expected = format!(
        "dockside: error: nobody is there to confirm that all of {name} is to be removed\n\
         dockside: hint: give --yes, or look first with --dry-run\n"
    );
    assert_eq!((code, said), (3, expected));
    let (code, output, said) = run(home.path(), &["purge", &name, "--yes"]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!([app.named("a"), app.named("b")], [None, None]);
}

#[test]
fn explanations_name_every_rule() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let app = Repository { host, name: "app" };
    let image = app.image(Some("v1"), "v1");
    app.image(Some("b"), "b");
    let home = tempfile::tempdir().unwrap();
    let explain = |tag: &str| {
        let reference = format!("{host}/app:{tag}");
        run(
            home.path(),
            &[
                "cleanup",
                "explain",
                &reference,
                "--keep-tag",
                "v*",
                "--keep-semver",
                "1",
            ],
        )
    };
    let (code, output, said) = explain("v1");
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(
        output.starts_with("v1 stays: a rule keeps it\n"),
        "{output}"
    );
    assert!(output.contains(&image.digest), "{output}");
    assert!(output.contains("  kept by --keep-tag: "), "{output}");
    let (code, output, _) = explain("b");
    assert_eq!(code, 0);
    assert!(output.starts_with("b goes: nothing keeps it\n"), "{output}");
    assert!(output.contains("  not kept by --keep-semver: "), "{output}");
    let (code, output, said) = explain("none");
    let expected = format!("dockside: error: {host}/app:none is not in the repository\n");
    assert_eq!((code, output.as_str(), said), (1, "", expected));
}
