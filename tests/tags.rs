//! `tags`: lists and tables of what is in a repository.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::http::Step;
use crate::support::job::text;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::repository::Repository;
use crate::support::scripted::Scripted;
use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};
use crate::support::signal::send_when;
use crate::support::{dockside, go_program, installed};

/// Exit code, standard output and standard error.
fn run(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = dockside(home).args(words).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn tags_are_listed_and_chosen() {
    if go_program(PROGRAM_3).is_none() {
        return;
    }
    let registry = Options::default().version3().start();
    let app = Repository {
        host: registry.host(),
        name: "team/app",
    };
    let image = app.image(Some("v1"), "one");
    for tag in ["v1.1", "v2", "latest"] {
        app.tag(&image, tag);
    }
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/team/app", registry.host());
    registry.new_requests(0);
    let listed = |words: &[&str]| {
        let words: Vec<&str> = ["tags", &name].into_iter().chain(words.to_vec()).collect();
        run(home.path(), &words)
    };
    let done = |output: &str| (0, output.to_owned(), String::new());
    assert_eq!(listed(&[]), done("latest\nv1\nv1.1\nv2\n"));
    assert_eq!(registry.new_requests(1), ["GET /v2/team/app/tags/list 200"]);
    assert_eq!(listed(&["--match", "v1*"]), done("v1\nv1.1\n"));
    assert_eq!(
        listed(&["--match", r"/\d$/", "--match", "l*"]),
        done("latest\nv1\nv1.1\nv2\n")
    );
    assert_eq!(listed(&["--match", "none"]), done(""));
    let document = json!({"repository": name, "tags": [{"tag": "v1"}, {"tag": "v2"}]});
    assert_eq!(
        listed(&["--match", "v?", "--output", "json"]),
        done(&format!("{document:#}\n"))
    );
    let document = json!({"repository": name, "tags": []});
    let (code, output, _) = listed(&["--match", "none", "--output", "json"]);
    let read: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, read), (0, document.clone()));
    let (code, output, _) = listed(&["--match", "none", "--output", "json", "--long"]);
    let read: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, read), (0, document));
    assert_eq!(listed(&["--match", "/(/"]).0, 2);
}

#[test]
fn a_repository_that_is_not_there() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/nothing", registry.host());
    for more in [["--output", "table"], ["--output", "json"]] {
        let (code, output, said) = run(home.path(), &["tags", &name, more[0], more[1]]);
        assert_eq!((code, output), (1, String::new()));
        let message = format!("dockside: error: {name} does not exist\ndockside: hint: ");
        assert!(said.starts_with(&message), "{said}");
    }
    for bad in ["https://example.com/a", "example.com/A", "example.com/a:v1"] {
        let (code, output, said) = run(home.path(), &["tags", bad]);
        assert_eq!((code, output), (2, String::new()), "{said}");
    }
}

#[test]
fn a_long_list_asks_for_everything_once() {
    if go_program(PROGRAM_3).is_none() {
        return;
    }
    let registry = Options::default().version3().start();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let one = app.image(Some("a-one"), "one");
    app.tag(&one, "b-same");
    let dated = app.image_with(
        Some("c-dated"),
        "dated",
        &json!({"annotations": {"org.opencontainers.image.created": "2023-01-02T03:04:05Z"}}),
    );
    let multi = app.index(
        Some("d-multi"),
        &[
            one.on("linux", "amd64"),
            app.image(None, "arm").on("linux", "arm64"),
            app.image(None, "attested").on("unknown", "unknown"),
        ],
    );
    let chart = app.image_with(
        Some("e-chart"),
        "chart",
        &json!({"artifactType": "application/vnd.example\u{1b}[31m", "annotations":
            {"org.opencontainers.image.created": "not a date"}}),
    );
    let docker = app.docker_image(Some("f-docker"), "docker");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());

    registry.new_requests(0);
    let (code, output, said) = run(home.path(), &["tags", &name, "--long"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let date = "2024-05-01T10:00:00Z";
    let expected = [
        format!(
            "TAG       DIGEST{:67}CREATED                  SIZE  CONTENT",
            ""
        ),
        format!("a-one     {}  {date}    492 B  linux/amd64", one.digest),
        format!("b-same    {}  {date}    492 B  linux/amd64", one.digest),
        format!(
            "c-dated   {}  2023-01-02T03:04:05Z    694 B  image",
            dated.digest
        ),
        format!("d-multi   {}  {date}  1.98 kB  2 platforms", multi.digest),
        format!(
            "e-chart   {}  {date}    694 B  application/vnd.example\\u{{1b}}[31m",
            chart.digest
        ),
        format!("f-docker  {}  {date}    795 B  linux/amd64", docker.digest),
    ];
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);

    let requests = registry.new_requests(1);
    let count = |part: &str| requests.iter().filter(|one| one.contains(part)).count();
    // A manifest for each tag, those of the index, and the configs of four images: that of one
    // is known from another tag, and one has a date in its manifest.
    assert_eq!(count("/tags/list"), 1, "{requests:#?}");
    assert_eq!(count("GET /v2/app/manifests/"), 6 + 3, "{requests:#?}");
    assert_eq!(count("GET /v2/app/blobs/"), 3, "{requests:#?}");
    assert_eq!(count("GET /v2/ "), 1, "{requests:#?}");
    assert_eq!(requests.len(), 2 + 9 + 3, "{requests:#?}");

    let json = ["tags", &name, "--long", "--match", "[de]*", "--output=json"];
    let (code, output, said) = run(home.path(), &json);
    assert_eq!((code, said.as_str()), (0, ""));
    let expected = json!({"repository": name, "tags": [
        {
            "tag": "d-multi", "digest": multi.digest,
            "media_type": "application/vnd.oci.image.index.v1+json", "artifact_type": null,
            "created": "2024-05-01T10:00:00.123Z", "size": 1981,
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {
            "tag": "e-chart", "digest": chart.digest,
            "media_type": "application/vnd.oci.image.manifest.v1+json",
            "artifact_type": "application/vnd.example\u{1b}[31m",
            "created": "2024-05-01T10:00:00.123Z", "size": chart.size,
            "platforms": ["linux/amd64"],
        },
    ]});
    assert_eq!(output, format!("{expected:#}\n"));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    app.image(Some("v1"), "one");
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    for form in [["--output=table", "--long"], ["--output=json", "--long"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = dockside(home.path())
            .args(["tags", &name])
            .args(form)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "");
        assert!(output.status.success());
    }
}

/// What cannot be read costs its own line only, and the exit code.
#[test]
fn one_bad_manifest_does_not_hide_the_others() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let manifest = br#"{"schemaVersion":2,"layers":[]}"#;
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let digest = registry.put_manifest("app", "bad", media_type, manifest);
    registry.put_manifest("app", "good", media_type, manifest);
    registry.fault(When::nth(Kind::GetManifest, 1), Fault::Corrupt);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app", registry.host());
    let words = ["tags", &name, "--long", "--jobs", "1"];
    let (code, output, said) = run(home.path(), &words);
    assert_eq!(code, 5, "{said}");
    let expected = format!(
        "TAG   DIGEST{:67}CREATED                  SIZE  CONTENT\n\
         bad   -{:72}-{:21}      -  -\n\
         good  {digest}  -{:21}    0 B  image\n",
        "", "", "", ""
    );
    assert_eq!(output, expected);
    let message = format!("dockside: note: {name}:bad: what the registry sent is damaged: ");
    assert!(said.starts_with(&message), "{said}");
    assert!(said.ends_with("dockside: error: 1 of the tags name what cannot be read\n"));
}

/// The registry answers, only not for this one.
#[test]
fn one_refused_manifest_does_not_hide_the_others() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = br#"{"schemaVersion":2,"layers":[]}"#;
    let index = |child: &str, size: usize, count: usize| {
        let child = json!({"mediaType": media_type, "digest": child, "size": size});
        let index = json!({"schemaVersion": 2, "manifests": vec![child; count]});
        index.to_string().into_bytes()
    };
    for status in [412, 500] {
        let digest = registry.put_manifest("app", "good", media_type, manifest);
        let list = index(&digest, manifest.len(), 400);
        let list_type = "application/vnd.oci.image.index.v1+json";
        let inner = registry.put_manifest("app", "", list_type, &list);
        // It would list 160,000 manifests.
        let bomb = index(&inner, list.len(), 400);
        registry.put_manifest("app", "bomb", list_type, &bomb);
        registry.put_manifest("app", "a-bad", media_type, manifest);
        registry.fault(
            When::nth(Kind::GetManifest, 1),
            Fault::status(status, "UNKNOWN"),
        );
        let home = tempfile::tempdir().unwrap();
        let name = format!("{}/app", registry.host());
        let words = ["tags", &name, "--long", "--jobs=1", "--retry-timeout=0"];
        let (code, output, said) = run(home.path(), &words);
        assert_eq!(code, 5, "{said}");
        let rows = output.lines().skip(1);
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split_whitespace().collect()).collect();
        let expected = [
            vec!["a-bad", "-", "-", "-", "-"],
            vec!["bomb", "-", "-", "-", "-"],
            vec!["good", &digest, "-", "0", "B", "image"],
        ];
        assert_eq!(rows, expected);
        let end = "dockside: error: 2 of the tags name what cannot be read\n";
        assert!(said.ends_with(end), "{said}");
    }
}

/// A signal stops a list that nobody reads.
#[test]
fn a_signal_stops_a_list() {
    let server = Scripted::start();
    server.script([Step::Stall]);
    let home = tempfile::tempdir().unwrap();
    for (signal, status, name) in [("INT", 130, "an interrupt"), ("TERM", 143, "SIGTERM")] {
        let before = server.server.seen().len();
        let mut command = dockside(home.path());
        command.args(["tags", &format!("{}/app", server.server.host())]);
        let asked = || server.server.seen().len() > before;
        let output = send_when(command, signal, asked);
        assert_eq!(
            text(&output.stderr),
            format!("dockside: error: stopped by {name}\n")
        );
        assert_eq!(output.status.code(), Some(status));
    }
}
