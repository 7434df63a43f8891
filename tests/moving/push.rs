use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{done, remote_digest, run, skopeo, tools};
use crate::support::dockside;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::Registry;

#[test]
fn one_image_under_several_names() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let host = registry.host();
    let mut layout = Layout::create(home.path().join("layout"));
    let image = layout.image("v1", &[b"one", b"two"]);
    let (one, two) = (format!("{host}/app:v1"), format!("{host}/other/app"));
    let source = layout.image_argument("v1");
    let stdout = done(home.path(), &["push", &source, &one, &two]);
    let expected = format!("{one} {image} written\n{two}:latest {image} written\n");
    assert_eq!(stdout, expected);
    assert_eq!(
        [remote_digest(&one), remote_digest(&two)],
        [&*image, &*image]
    );

    // Again, by the path alone.
    let path = layout.path().to_str().unwrap();
    let stdout = done(home.path(), &["push", path, &one]);
    assert_eq!(stdout, format!("{one} {image} unchanged\n"));
}

#[test]
fn archives_of_other_tools() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let host = registry.host();
    let mut layout = Layout::create(home.path().join("layout"));
    let image = layout.image("v1", &[b"one", b"two"]);
    let source = layout.image_argument("v1");
    let place = |name: &str| home.path().join(name).to_str().unwrap().to_owned();

    skopeo(&[
        "copy",
        &source,
        &format!("oci-archive:{}:v1", place("oci.tar")),
    ]);
    let target = format!("{host}/oci:v1");
    let stdout = done(home.path(), &["push", &place("oci.tar"), &target]);
    assert_eq!(stdout, format!("{target} {image} written\n"));

    let docker = format!("docker-archive:{}", place("docker.tar"));
    skopeo(&["copy", &source, &format!("{docker}:app:v1")]);
    let target = format!("{host}/docker:v1");
    let stdout = done(home.path(), &["push", &docker, &target]);
    let pushed = remote_digest(&target);
    assert_eq!(stdout, format!("{target} {pushed} written\n"));

    // The same on standard input, in gzip.
    let zipped = Command::new("gzip")
        .arg("-k")
        .arg(place("docker.tar"))
        .status();
    assert!(zipped.unwrap().success());
    let again = format!("{host}/piped:v1");
    let output = dockside(home.path())
        .args(["push", "-", &again])
        .stdin(File::open(place("docker.tar.gz")).unwrap())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), format!("{again} {pushed} written\n"));
}

#[test]
fn named_images_below_one_repository() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let repo = format!("{}/shop", registry.host());
    let mut layout = Layout::create(home.path().join("layout"));
    let api = layout.image("api", &[b"shared", b"api"]);
    let web = layout.image("web", &[b"shared", b"web"]);
    let (api_source, web_source) = (layout.image_argument("api"), layout.image_argument("web"));
    let named = [
        format!("api={api_source}"),
        format!("web={web_source}"),
        web_source,
    ];
    let named: Vec<&str> = named.iter().map(String::as_str).collect();

    let options = ["push", "--repo", &repo, "--tag", "v1", "--tag", "v2"];
    let stdout = done(home.path(), &[&options[..], &named].concat());
    let expected = format!(
        "{repo}/api:v1 {api} written\n{repo}/api:v2 {api} written\n\
         {repo}/web:v1 {web} written\n{repo}/web:v2 {web} written\n\
         {repo}:v1 {web} written\n{repo}:v2 {web} written\n"
    );
    assert_eq!(stdout, expected);

    // As werf's variables say.
    let output = dockside(home.path())
        .args(["push", "--tag", "v1"])
        .args(&named[..2])
        .env("WERF_REPO", &repo)
        .env("WERF_IMAGES_REPO_MODE", "monorepo")
        .output()
        .unwrap();
    let expected = format!("{repo}:api-v1 {api} written\n{repo}:web-v1 {web} written\n");
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    assert_eq!(remote_digest(&format!("{repo}:web-v1")), web);
}

#[test]
fn tags_are_left_alone_if_wished() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let target = format!("{}/app:v1", registry.host());
    let mut layout = Layout::create(home.path().join("layout"));
    let old = layout.image("old", &[b"old"]);
    layout.image("new", &[b"new"]);
    let push = |name: &str| {
        let source = layout.image_argument(name);
        done(home.path(), &["push", "--no-clobber", &source, &target])
    };
    assert_eq!(push("old"), format!("{target} {old} written\n"));
    assert_eq!(push("new"), format!("{target} {old} kept\n"));
    assert_eq!(push("old"), format!("{target} {old} unchanged\n"));
    assert_eq!(remote_digest(&target), old);
}

#[test]
fn one_platform_of_several() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let target = format!("{}/app:v1", registry.host());
    let mut layout = Layout::create(home.path().join("layout"));
    let whole = layout.index("v1", &["amd64", "arm64"], &[b"shared"]);
    let source = layout.image_argument("v1");
    let push = ["push", &source, &target];
    assert_eq!(
        done(home.path(), &push),
        format!("{target} {whole} written\n")
    );
    assert_eq!(remote_digest(&target), whole);

    let narrow = [&push[..], &["--quiet", "--platform", "linux/arm64"]].concat();
    let output = run(home.path(), &narrow);
    let digest = remote_digest(&target);
    assert_ne!(digest, whole);
    assert_eq!(text(&output.stdout), format!("{target} {digest} written\n"));
    let note = format!(
        "dockside: note: {target} has only linux/arm64 of {source}, so its digest changes from \
         {whole} to {digest}\n"
    );
    assert_eq!(text(&output.stderr), note);
}

#[test]
fn results_for_programs() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::open();
    let target = format!("{}/app:v1", registry.host());
    let mut layout = Layout::create(home.path().join("layout"));
    let image = layout.image("v1", &[b"one"]);
    let source = layout.image_argument("v1");
    let bytes: u64 = fs::read_dir(layout.path().join("blobs/sha256"))
        .unwrap()
        .map(|blob| blob.unwrap().metadata().unwrap().len())
        .sum();
    let file = home.path().join("digest");
    let file = file.to_str().unwrap();
    let json = [
        "push",
        "--output",
        "json",
        "--digest-file",
        file,
        &source,
        &target,
    ];
    let found: Value = serde_json::from_str(&done(home.path(), &json)).unwrap();
    let expected = json!({"results": [{
        "source": source, "target": target, "digest": image, "outcome": "written",
        "bytes": bytes,
    }]});
    assert_eq!(found, expected);
    assert_eq!(fs::read_to_string(file).unwrap(), format!("{image}\n"));

    // A failure is among the results, and no digest file says that all is well.
    fs::remove_file(file).unwrap();
    let missing = layout.image_argument("v2");
    let output = run(
        home.path(),
        &[
            "push",
            "--output",
            "json",
            "--digest-file",
            file,
            &missing,
            &target,
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let object = found["results"][0].as_object().unwrap();
    let keys: Vec<&String> = object.keys().collect();
    assert_eq!(keys, ["source", "target", "outcome", "error", "hint"]);
    assert_eq!(object["outcome"], "failed");
    assert!(!fs::exists(file).unwrap());
}
