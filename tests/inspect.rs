//! `inspect`: images in registries and layouts.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::job::text;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::repository::Repository;
use crate::support::{dockside, installed};

/// Exit code, standard output and standard error.
fn inspect(home: &Path, words: &[&str]) -> (i32, String, String) {
    let output = dockside(home).arg("inspect").args(words).output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn an_image() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image_with(
        Some("v1"),
        "one",
        &json!({"annotations": {"note": "a\u{1b}[31mb"}}),
    );
    let manifest: Value = serde_json::from_str(&image.bytes).unwrap();
    let (config, layer) = (&manifest["config"], &manifest["layers"][0]);
    let signature = app.image(None, "signature");
    let mut referrer = signature.descriptor();
    referrer["artifactType"] = "application/vnd.example.sbom".into();
    app.index(Some(&format!("sha256-{}", &image.digest[7..])), &[referrer]);

    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app:v1", registry.host());
    registry.new_requests(0);
    let (code, output, said) = inspect(home.path(), &[&name]);
    assert_eq!((code, said.as_str()), (0, ""));
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let expected = format!(
        "reference    {name}\n\
         digest       {}\n\
         type         application/vnd.oci.image.manifest.v1+json\n\
         size         492 B in 1 layer\n\
         platform     linux/amd64\n\
         created      2024-05-01T10:00:00.123Z\n\
         config       {}  192 B\n\
         cmd          [\"echo\",\"one\"]\n\
         env          PATH=/bin\n\
         labels       made=here\n\
         annotations  note=a\\u{{1b}}[31mb\n\
         layers       {}    300 B  application/vnd.oci.image.layer.v1.tar\n\
         referrers    {}  application/vnd.example.sbom\n",
        image.digest,
        word(&config["digest"]),
        word(&layer["digest"]),
        signature.digest,
    );
    assert_eq!(output, expected);
    // Manifest and config, and the list of referrers in its two places.
    let mut requests = registry.new_requests(4);
    requests.sort();
    assert_eq!(
        requests,
        [
            format!("GET /v2/app/blobs/{} 200", word(&config["digest"])),
            format!("GET /v2/app/manifests/sha256-{} 200", &image.digest[7..]),
            "GET /v2/app/manifests/v1 200".to_owned(),
            format!("GET /v2/app/referrers/{} 404", image.digest),
        ]
    );

    let (code, output, said) = inspect(home.path(), &[&name, "--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let expected = json!({
        "reference": name,
        "digest": image.digest,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "artifact_type": null,
        "manifest_size": image.bytes.len(),
        "size": 492,
        "annotations": {"note": "a\u{1b}[31mb"},
        "subject": null,
        "platforms": null,
        "config": {
            "digest": config["digest"],
            "media_type": "application/vnd.oci.image.config.v1+json",
            "size": 192,
            "created": "2024-05-01T10:00:00.123Z",
            "platform": "linux/amd64",
            "author": null,
            "user": null,
            "entrypoint": null,
            "cmd": ["echo", "one"],
            "working_dir": null,
            "env": ["PATH=/bin"],
            "labels": {"made": "here"},
        },
        "layers": [{
            "digest": layer["digest"],
            "media_type": "application/vnd.oci.image.layer.v1.tar",
            "size": 300,
        }],
        "referrers": [{
            "digest": signature.digest,
            "media_type": "application/vnd.oci.image.manifest.v1+json",
            "size": signature.bytes.len(),
            "artifact_type": "application/vnd.example.sbom",
            "annotations": {},
        }],
    });
    assert_eq!(output, format!("{expected:#}\n"));
}

#[test]
fn exact_bytes() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(None, "one");
    let index = app.index(Some("multi"), &[image.on("linux", "amd64")]);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app:multi", registry.host());
    let printed = |words: &[&str]| inspect(home.path(), words);
    let done = |output: &str| (0, output.to_owned(), String::new());
    assert_eq!(printed(&[&name, "--raw"]), done(&index.bytes));
    let by_digest = format!("{}/app@{}", registry.host(), image.digest);
    assert_eq!(printed(&[&by_digest, "--raw"]), done(&image.bytes));
    let linux = ["--platform", "linux/amd64"];
    assert_eq!(
        printed(&[&name, "--raw", linux[0], linux[1]]),
        done(&image.bytes)
    );
    let (code, config, _) = printed(&[&by_digest, "--config"]);
    let digest = dockside::oci::Digest::of(config.as_bytes()).to_string();
    assert_eq!(code, 0);
    assert!(image.bytes.contains(&digest));
    // An image is taken for what its config says.
    assert_eq!(
        printed(&[&by_digest, "--raw", linux[0], linux[1]]),
        done(&image.bytes)
    );

    let error = |words: &[&str]| {
        let (code, output, said) = printed(words);
        assert_eq!(output, "");
        (code, said)
    };
    assert_eq!(
        error(&[&name, "--config"]),
        (
            1,
            format!(
                "dockside: error: {name} is an index and has no config of its own\n\
                 dockside: hint: choose an image of it with --platform\n"
            )
        )
    );
    for reference in [&name, &by_digest] {
        assert_eq!(
            error(&[reference, "--platform", "linux/s390x"]),
            (
                1,
                format!(
                    "dockside: error: {}/app has no image for linux/s390x\n\
                     dockside: hint: it has linux/amd64\n",
                    registry.host()
                )
            )
        );
    }
    assert_eq!(error(&[&name, "--raw", "--config"]).0, 2);
    assert_eq!(error(&[&name, "--platform", "linux"]).0, 2);
    assert_eq!(error(&["oci:"]).0, 2);
    assert_eq!(error(&[&format!("{}/app:none", registry.host())]).0, 1);
}

#[test]
fn an_index() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let (one, other) = (app.image(None, "one"), app.image(None, "other"));
    let children = [one.on("linux", "amd64"), other.on("linux", "arm64")];
    let index = app.index(Some("multi"), &children);
    let home = tempfile::tempdir().unwrap();
    let name = format!("{}/app:multi", registry.host());
    let (code, output, said) = inspect(home.path(), &[&name]);
    assert_eq!((code, said.as_str()), (0, ""));
    let expected = format!(
        "reference    {name}\n\
         digest       {}\n\
         type         application/vnd.oci.image.index.v1+json\n\
         size         1.19 kB in 2 manifests\n\
         platforms    {}    492 B  linux/amd64\n             \
         {}    694 B  linux/arm64\n",
        index.digest, one.digest, other.digest
    );
    assert_eq!(output, expected);
}

#[test]
fn a_layout() {
    if !installed(PROGRAM) || !installed("skopeo") {
        return;
    }
    let registry = Registry::open();
    let app = Repository {
        host: registry.host(),
        name: "app",
    };
    let image = app.image(Some("v1"), "one");
    let home = tempfile::tempdir().unwrap();
    for (kind, target) in [("oci", "layout"), ("oci-archive", "layout.tar")] {
        let target = format!("{kind}:{}", home.path().join(target).display());
        let mut skopeo = Command::new("skopeo");
        crate::support::isolate(&mut skopeo, home.path());
        let copied = skopeo
            .args([
                "--insecure-policy",
                "copy",
                "--preserve-digests",
                "--src-tls-verify=false",
            ])
            .arg(format!("docker://{}/app:v1", registry.host()))
            .arg(format!("{target}:v1"))
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", text(&copied.stderr));
        for name in [target.clone(), format!("{target}:v1")] {
            let (code, output, said) = inspect(home.path(), &[&name, "--output=json"]);
            assert_eq!((code, said.as_str()), (0, ""));
            let found: Value = serde_json::from_str(&output).unwrap();
            assert_eq!(found["digest"], image.digest);
            assert_eq!(found["config"]["platform"], "linux/amd64");
            assert_eq!(found["reference"], name);
        }
        let (code, _, said) = inspect(home.path(), &[&format!("{target}:v2")]);
        assert_eq!(code, 1);
        assert!(
            said.ends_with("has no image v2\ndockside: hint: it has v1\n"),
            "{said}"
        );
    }
    // A config that is not what its digest says.
    let manifest: Value = serde_json::from_str(&image.bytes).unwrap();
    let digest = manifest["config"]["digest"].as_str().unwrap();
    let blob = home.path().join("layout/blobs/sha256").join(&digest[7..]);
    let same_length = "x".repeat(fs::metadata(&blob).unwrap().len() as usize);
    fs::write(&blob, same_length).unwrap();
    let name = format!("oci:{}", home.path().join("layout").display());
    let (code, output, said) = inspect(home.path(), &[&name, "--config"]);
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(
        said.contains(&format!("what was given for {digest}")),
        "{said}"
    );
}
