//! ECR as moto emulates it, by the endpoint variable of AWS's own SDKs. moto has the API alone: a
//! registry that takes its password stands beside it. It has no ECR Public.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use dockside::oci::Digest;
use serde_json::{Value, json};

use super::run;
use crate::support::vendor::{Answer, Network, Request};
use crate::support::{installed, isolate};

const REGISTRY: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

/// A moto server. It ends when it is dropped.
struct Moto {
    child: Child,
    address: String,
    home: tempfile::TempDir,
    network: Network,
}

/// The registry, which has nothing, and lets in whoever has the password that moto gives.
fn registry(request: &Request) -> Answer {
    let password = ("AWS".to_owned(), "123456789012-auth-token".to_owned());
    match (request.path.as_str(), request.basic()) {
        ("/v2/", Some(given)) if given == password => Answer::new(200)
            .header("Docker-Distribution-Api-Version", "registry/2.0")
            .json(&json!({})),
        ("/v2/", _) => Answer::error(401, "UNAUTHORIZED").header(
            "WWW-Authenticate",
            "Basic realm=\"https://ecr.amazonaws.com/\"",
        ),
        _ => Answer::error(404, "NAME_UNKNOWN"),
    }
}

impl Moto {
    fn start() -> Option<Self> {
        if !installed("moto_server") {
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new("moto_server");
        isolate(&mut command, home.path());
        let mut child = command
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let mut lines = lines.lines().map(Result::unwrap);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("Running on ")?;
            Some(rest.split_whitespace().next().unwrap().to_owned())
        });
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let network = Network::start();
        network.answer(REGISTRY, registry);
        Some(Self {
            child,
            address: address.unwrap(),
            home,
            network,
        })
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let variables = [
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIAJOB"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("NO_PROXY", "127.0.0.1"),
        ];
        let mut environment = self.network.environment();
        environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        run(self.home.path(), &environment, words)
    }

    /// Puts a manifest, as a push would.
    fn put(&self, name: &str, tag: &str, words: &str) {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2,
                       "digest": format!("sha256:{}", "0".repeat(64))},
            "layers": [], "annotations": {"words": words},
        });
        let digest = Digest::of(manifest.to_string().as_bytes()).to_string();
        let input = json!({
            "repositoryName": name, "imageTag": tag, "imageDigest": digest, "imageManifest": manifest.to_string(),
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        });
        let signature = "AWS4-HMAC-SHA256 Credential=AKIAJOB/20240101/eu-west-1/ecr/aws4_request, \
                         SignedHeaders=host, Signature=0";
        let sent = Command::new("curl")
            .args(["-sSf", "-o", "/dev/null", "-d", &input.to_string()])
            .args(["-H", "Content-Type: application/x-amz-json-1.1"])
            .args([
                "-H",
                "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.PutImage",
            ])
            .args(["-H", &format!("Authorization: {signature}"), &self.address])
            .status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn name(rest: &str) -> String {
    format!("{REGISTRY}/{rest}")
}

#[test]
fn moto_agrees() {
    let Some(moto) = Moto::start() else {
        return;
    };
    let app = name("team/app");
    let done = moto.run(&["repository", "create", &app]);
    assert_eq!(done, (0, format!("created {app}\n"), String::new()));
    let (_, output, _) = moto.run(&["repository", "create", &app]);
    assert_eq!(output, format!("unchanged {app}\n"));

    moto.put("team/app", "v1", "one");
    moto.put("team/app", "v2", "one");
    moto.put("team/app", "v3", "three");
    let (code, output, said) = moto.run(&["tags", "--long", &app, "--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let listed: Value = serde_json::from_str(&output).unwrap();
    let tags = listed["tags"].as_array().unwrap();
    let names: Vec<&str> = tags
        .iter()
        .map(|tag| tag["tag"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["v1", "v2", "v3"]);
    assert_eq!(tags[0]["digest"], tags[1]["digest"]);
    assert_ne!(tags[0]["digest"], tags[2]["digest"]);

    let (code, output, _) = moto.run(&["untag", &name("team/app:v1")]);
    assert_eq!((code, output), (0, format!("untagged {app}:v1\n")));
    let (_, output, _) = moto.run(&["tags", "--long", &app, "--output", "json"]);
    let left: Value = serde_json::from_str(&output).unwrap();
    let left = left["tags"].as_array().unwrap().iter();
    let left: Vec<&Value> = left.map(|tag| &tag["tag"]).collect();
    assert_eq!(left, ["v2", "v3"]);
    let (code, _, said) = moto.run(&["untag", &name("team/app:v3")]);
    assert!(
        code == 1 && said.contains("cannot remove the last tag"),
        "{said}"
    );
    let (code, _, said) = moto.run(&["untag", &name("team/app:v1")]);
    assert_eq!(
        (code, said),
        (0, format!("dockside: note: {app}:v1 is already gone\n"))
    );

    let (code, output, _) = moto.run(&["repository", "delete", &app, "--with-images"]);
    assert_eq!((code, output), (0, format!("deleted {app}\n")));
    let (code, _, said) = moto.run(&["tags", "--long", &app]);
    assert!(code == 1 && said.contains("does not exist"), "{said}");
}

#[test]
fn moto_agrees_on_login() {
    let Some(moto) = Moto::start() else {
        return;
    };
    let (code, output, said) = moto.run(&["login", "--oidc", REGISTRY]);
    // The end that moto names is always this.
    let note = format!(
        "dockside: note: the login to {REGISTRY} ends at 2015-01-01T00:00:00Z, and nothing makes \
         it anew outside of a job's directory (`dockside ci-env`)\n"
    );
    let expected = (0, "Login Succeeded\n".to_owned(), note);
    assert_eq!((code, output, said), expected);
    assert_eq!(
        moto.network.seen(),
        [
            format!("GET {REGISTRY}/v2/ 401"),
            format!("GET {REGISTRY}/v2/ 200"),
        ]
    );
}

#[test]
fn moto_agrees_on_delete() {
    let Some(moto) = Moto::start() else {
        return;
    };
    let app = name("team/app");
    moto.run(&["repository", "create", &app]);
    for (tag, words) in [("v1", "one"), ("v2", "one"), ("v3", "three")] {
        moto.put("team/app", tag, words);
    }
    let digest = |tag: &str| {
        let (_, output, _) = moto.run(&["tags", "--long", &app, "--output", "json"]);
        let listed: Value = serde_json::from_str(&output).unwrap();
        let mut tags = listed["tags"].as_array().unwrap().iter();
        let found = tags.find(|found| found["tag"] == tag);
        found.map(|found| found["digest"].as_str().unwrap().to_owned())
    };
    let (one, three) = (digest("v1").unwrap(), digest("v3").unwrap());
    let done = moto.run(&["delete", &name("team/app:v1")]);
    let said = format!(
        "dockside: error: {app}@{one} has other tags: v2\n\
         dockside: hint: give --with-siblings to remove these too, or remove the tag alone with \
         `dockside untag`\n"
    );
    assert_eq!(done, (3, String::new(), said));
    let done = moto.run(&["delete", &name("team/app:v1"), "--with-siblings"]);
    let output = format!("untagged {app}:v1\nuntagged {app}:v2\ndeleted {app}@{one}\n");
    assert_eq!(done, (0, output, String::new()));
    let done = moto.run(&[
        "delete",
        &name(&format!("team/app@{three}")),
        "--with-siblings",
    ]);
    let output = format!("untagged {app}:v3\ndeleted {app}@{three}\n");
    assert_eq!(done, (0, output, String::new()));
    assert_eq!((digest("v1"), digest("v3")), (None, None));
}
