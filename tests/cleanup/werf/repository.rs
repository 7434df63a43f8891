//! A repository as werf fills it.
//!
//! Forms: `pkg/storage/repo_stages_storage.go`, `pkg/image/stage.go` and `pkg/docker_registry/api.go`
//! of werf. Stages are images in Docker's form, tagged by the digest of what they are made of and
//! the time in milliseconds; records are images of one empty layer, each made at another time.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use dockside::cleanup::werf::hash;
use dockside::oci::Digest;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::client::ask;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// A repository; everything in it has a name for people.
pub struct Filled {
    host: String,
    pub name: String,
    shown: RefCell<BTreeMap<String, String>>,
    manifests: RefCell<BTreeMap<String, (&'static str, String)>>,
    blobs: RefCell<BTreeSet<Digest>>,
    records: Cell<i64>,
}

/// What a stage is.
#[derive(Default)]
pub struct Stage<'s> {
    /// What it is made of; its name for people.
    pub words: &'s str,
    /// How many hours ago it was stored, by its tag.
    pub hours: i64,
    /// How many hours ago its image was made, if not then.
    pub created: Option<i64>,
    /// Its labels, beside that of the project.
    pub labels: &'s [(&'s str, &'s str)],
    /// What it says that it was made from, in the words of docker's own builder.
    pub image: &'s str,
    /// The project that it says it is of.
    pub project: Option<&'s str>,
}

impl Filled {
    pub fn new(host: &str, name: &str) -> Self {
        Self {
            host: host.to_owned(),
            name: name.to_owned(),
            shown: RefCell::default(),
            manifests: RefCell::default(),
            blobs: RefCell::default(),
            records: Cell::new(0),
        }
    }

    /// The whole name.
    pub fn address(&self) -> String {
        format!("{}/{}", self.host, self.name)
    }

    /// A stage of one platform that was stored so many hours ago, with these labels; its name.
    pub fn stage(&self, words: &str, hours: i64, labels: &[(&str, &str)]) -> String {
        self.put(&Stage {
            words,
            hours,
            labels,
            ..Stage::default()
        })
    }

    /// A stage; its name.
    pub fn put(&self, stage: &Stage<'_>) -> String {
        let tag = format!(
            "{}-{}",
            digits(stage.words),
            ago(stage.hours).as_millisecond()
        );
        let mut labels = json!({"werf-version": "2.35.0"});
        match stage.project {
            Some("") => {}
            project => labels["werf"] = project.unwrap_or("p").into(),
        }
        for (key, value) in stage.labels {
            labels[*key] = (*value).into();
        }
        let config = json!({
            "created": ago(stage.created.unwrap_or(stage.hours)).to_string(),
            "os": "linux",
            "architecture": "amd64",
            "config": {"Labels": labels, "Image": stage.image},
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(stage.words.as_bytes())]},
        });
        self.image(&tag, &config.to_string(), stage.words.as_bytes());
        self.call(&tag, stage.words);
        tag
    }

    /// The digest of the config of a stage.
    pub fn config_of(&self, tag: &str) -> String {
        let manifest: Value = serde_json::from_str(&self.manifests.borrow()[tag].1).unwrap();
        manifest["config"]["digest"].as_str().unwrap().to_owned()
    }

    /// The index of stages of several platforms; its name.
    pub fn index(&self, words: &str, stages: &[&str]) -> String {
        let tag = digits(&stages.join(":::"));
        let manifests = self.manifests.borrow().clone();
        let platforms = ["amd64", "arm64", "arm"];
        let children = stages.iter().zip(platforms).map(|(stage, architecture)| {
            let (kind, bytes) = &manifests[*stage];
            json!({
                "mediaType": kind,
                "digest": Digest::of(bytes.as_bytes()),
                "size": bytes.len(),
                "platform": {"os": "linux", "architecture": architecture},
            })
        });
        let children: Vec<Value> = children.collect();
        let index = json!({"schemaVersion": 2, "mediaType": LIST, "manifests": children});
        self.manifest(&tag, LIST, &index.to_string());
        self.call(&tag, words);
        tag
    }

    /// Which commit a stage was made of, for an image.
    pub fn metadata(&self, image: &str, commit: &str, stage: &str) {
        let tag = format!("meta-{:x}_{commit}_{stage}", hash(image).unwrap());
        self.record(&tag, &[]);
        let words = format!("meta {image} {} {}", self.words(commit), self.words(stage));
        self.call(&tag, &words);
    }

    /// That an image is part of the project.
    pub fn managed(&self, image: &str) {
        let name = match image {
            "" => "__nameless__".to_owned(),
            image => image.replace('/', "__slash__"),
        };
        self.record(&format!("managed-image-{name}"), &[]);
    }

    /// What was imported from a stage.
    pub fn import(&self, words: &str, source: &str, checksum: &str) {
        let id = Digest::of(words.as_bytes()).hex().to_owned();
        let tag = format!("import-metadata-{id}");
        let labels = [
            ("import-source-id", id.as_str()),
            ("source-stage-id", source),
            ("checksum", checksum),
        ];
        self.record(&tag, &labels);
        self.call(&tag, &format!("import {words}"));
    }

    /// Another tag of a stage, and the record of it; the tag itself is in `to`.
    pub fn custom(&self, alias: &str, stage: &str, to: &Self) {
        let tag = format!("custom-tag-meta-{alias}");
        self.record(&tag, &[("stage-id", stage), ("tag", alias)]);
        to.tag(stage, alias);
    }

    /// A custom tag of a stage whose own tag has gone, and the record of it.
    pub fn left_over(&self, alias: &str) {
        let config = json!({"created": ago(60), "config": {"Labels": {"werf": "p"}}});
        self.image(alias, &config.to_string(), alias.as_bytes());
        let stage = format!("{}-1611836746968", "c".repeat(56));
        let tag = format!("custom-tag-meta-{alias}");
        self.record(&tag, &[("stage-id", &stage), ("tag", alias)]);
    }

    /// Another tag of a manifest.
    pub fn tag(&self, of: &str, tag: &str) {
        let (kind, bytes) = self.manifests.borrow()[of].clone();
        self.manifest(tag, kind, &bytes);
    }

    /// That a stage is broken.
    pub fn rejected(&self, stage: &str) {
        let tag = format!("{stage}-rejected");
        self.record(&tag, &[]);
        self.call(&tag, &format!("rejected {}", self.words(stage)));
    }

    /// What werf keeps for itself.
    pub fn service(&self) {
        let client = "client-id-0d8c8e4e-8f5c-4f3c-9d35-1c7a4e0f8a11-3222222222222";
        for tag in [client, "sync-server", "cleanup"] {
            self.record(tag, &[]);
        }
        self.call(client, "client-id");
    }

    /// Copies a stage, and all that it lists, to another repository.
    pub fn copy(&self, stage: &str, to: &Self) {
        let (kind, bytes) = self.manifests.borrow()[stage].clone();
        let manifest: Value = serde_json::from_str(&bytes).unwrap();
        for child in manifest["manifests"].as_array().into_iter().flatten() {
            let digest = child["digest"].as_str().unwrap();
            let is_it = |(_, (_, bytes)): &(&String, &(&str, String))| {
                Digest::of(bytes.as_bytes()).to_string() == digest
            };
            let manifests = self.manifests.borrow();
            let (tag, _) = manifests.iter().find(is_it).unwrap();
            self.copy(tag, to);
        }
        let parts = manifest["layers"].as_array().into_iter().flatten();
        for part in parts.chain(manifest.get("config")) {
            let line = format!(
                "GET /v2/{}/blobs/{}",
                self.name,
                part["digest"].as_str().unwrap()
            );
            to.blob(&ask(&self.host, &line, &[], b"").body);
        }
        to.manifest(stage, kind, &bytes);
        to.call(stage, &self.words(stage));
    }

    /// What a tag or a commit is called by people.
    pub fn call(&self, what: &str, words: &str) {
        self.shown
            .borrow_mut()
            .insert(what.to_owned(), words.to_owned());
    }

    /// What people call a tag or a commit.
    pub fn words(&self, what: &str) -> String {
        self.shown
            .borrow()
            .get(what)
            .cloned()
            .unwrap_or(what.to_owned())
    }

    /// The text with what people say.
    pub fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let shown = self.shown.borrow();
        // Names that others are part of come first.
        let mut all: Vec<_> = shown.iter().collect();
        all.sort_by_key(|(what, _)| std::cmp::Reverse(what.len()));
        for (what, words) in all {
            text = text.replace(what, words);
        }
        text
    }

    /// All that is there, in the words of people.
    pub fn left(&self) -> Vec<String> {
        let line = format!("GET /v2/{}/tags/list", self.name);
        let came = ask(&self.host, &line, &[], b"");
        let list: Value = serde_json::from_slice(&came.body).unwrap();
        let tags = list["tags"].as_array().into_iter().flatten();
        let words = tags.map(|tag| self.words(tag.as_str().unwrap()));
        let mut left: Vec<String> = words.collect();
        left.sort();
        left
    }

    /// An image that is there for its tag and labels.
    fn record(&self, tag: &str, labels: &[(&str, &str)]) {
        let mut all = json!({"werf": "p"});
        for (key, value) in labels {
            all[*key] = (*value).into();
        }
        // Each is made at another moment.
        self.records.set(self.records.get() + 1);
        let created = Timestamp::now() + SignedDuration::from_nanos(self.records.get());
        let config = json!({
            "created": created.to_string(),
            "os": "",
            "architecture": "",
            "config": {"Labels": all},
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"")]},
        });
        self.image(tag, &config.to_string(), b"");
    }

    fn image(&self, tag: &str, config: &str, layer: &[u8]) {
        self.blob(config.as_bytes());
        self.blob(layer);
        let part = |kind: &str, content: &[u8]| json!({"mediaType": kind, "size": content.len(), "digest": Digest::of(content)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part(CONFIG, config.as_bytes()),
            "layers": [part(LAYER, layer)],
        });
        self.manifest(tag, MANIFEST, &manifest.to_string());
    }

    fn manifest(&self, tag: &str, kind: &'static str, bytes: &str) {
        let line = format!("PUT /v2/{}/manifests/{tag}", self.name);
        let came = ask(
            &self.host,
            &line,
            &[&format!("Content-Type: {kind}")],
            bytes.as_bytes(),
        );
        assert_eq!(came.status, 201, "{tag}: {}", came.text());
        self.manifests
            .borrow_mut()
            .insert(tag.to_owned(), (kind, bytes.to_owned()));
    }

    fn blob(&self, content: &[u8]) {
        let digest = Digest::of(content);
        if !self.blobs.borrow_mut().insert(digest.clone()) {
            return;
        }
        let opened = ask(
            &self.host,
            &format!("POST /v2/{}/blobs/uploads/", self.name),
            &[],
            b"",
        );
        let location = opened.header("location");
        let path = location
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap_or(location);
        let line = format!("PUT {path}&digest={digest}");
        let header = "Content-Type: application/octet-stream";
        assert_eq!(ask(&self.host, &line, &[header], content).status, 201);
    }
}

/// So many hours ago.
pub fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// As many digits as those of SHA3-224.
fn digits(words: &str) -> String {
    Digest::of(words.as_bytes()).hex()[..56].to_owned()
}
