//! Distribution 2.8 and 3, and zot: exact numbers of requests, and what their uploads do after a
//! break.

use dockside::oci::{Remote, Started};

use crate::support::certificates::Authority;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3, Registry};
use crate::support::token_server::TokenServer;
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

use super::content::{Memory, read};
use super::cut::Cut;
use super::{at, manifest, open, registries, run, tag};

/// All operations once, on blobs of different sizes.
async fn round(remote: &Remote) {
    let blobs = [Memory::new(""), Memory::sized(1), Memory::sized(5_000_000)];
    for blob in &blobs {
        let descriptor = blob.descriptor();
        let started = remote
            .start_upload(&descriptor.digest, remote.repository())
            .await;
        let Started::Open(upload) = started.unwrap() else {
            panic!("nothing is there yet");
        };
        remote.upload(upload, &descriptor, blob).await.unwrap();
        let size = remote.has_blob(&descriptor.digest).await.unwrap();
        assert_eq!(size, Some(descriptor.size));
        let (bytes, error) = read(&remote.blob(&descriptor), 0).await;
        assert!(error.is_none() && bytes == blob.bytes());
        let from = blob.bytes().len() / 2;
        let (bytes, error) = read(&remote.blob(&descriptor), from as u64).await;
        assert!(error.is_none() && bytes == blob.bytes()[from..]);
    }
    let image = manifest(r#"{"a":"b"}"#);
    remote.put_manifest(&tag("v1"), &image).await.unwrap();
    let head = remote.head(&tag("v1")).await.unwrap().unwrap();
    assert_eq!(head.digest, *image.digest());
    let found = remote.manifest(&tag("v1")).await.unwrap().unwrap();
    assert_eq!(found.bytes(), image.bytes());
    let tags = remote.tags().all().await.unwrap();
    assert_eq!(tags, ["v1".parse().unwrap()]);
    assert_eq!(remote.referrers(image.digest()).await.unwrap(), []);
}

/// What [`round`] takes: 5 requests a blob, 4 for the manifest and its tags, and the referrers API
/// with, where there is none, the fallback tag.
const REQUESTS: usize = 3 * 5 + 4 + 2;

fn count(registry: &Registry, remote: &Remote, more: usize) {
    run(round(remote));
    let requests = registry.new_requests(REQUESTS + more);
    assert_eq!(requests.len(), REQUESTS + more, "{requests:#?}");
}

#[test]
fn distribution_is_asked_no_more_than_needed() {
    if installed(PROGRAM) {
        let registry = Registry::open();
        count(&registry, &open(registry.host(), "team/app"), 0);
    }
    if go_program(PROGRAM_3).is_some() {
        let registry = Options::default().version3().start();
        count(&registry, &open(registry.host(), "team/app"), 0);
    }
}

#[test]
fn distribution_challenges_once() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let login = |host: &str| {
        let config =
            format!(r#"{{"auths":{{"{host}":{{"username":"robot","password":"secret"}}}}}}"#);
        std::fs::write(home.path().join("config.json"), config).unwrap();
        at(&registries(home.path()), host, "team/app")
    };
    let basic = Options::default().htpasswd("robot", "secret").start();
    count(&basic, &login(basic.host()), 1);

    let service = TokenServer::start("robot", "secret");
    let bearer = Options::default().token(&service).start();
    count(&bearer, &login(bearer.host()).writing(), 1);
    assert_eq!(service.server.seen(), ["GET /token"]);
}

#[test]
fn tls_makes_no_difference() {
    if !installed(PROGRAM) {
        return;
    }
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"]);
    let registry = Options::default().tls(&identity).start();
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("ca.crt");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let registries = super::with_env(home.path(), &[("SSL_CERT_FILE", bundle.to_str().unwrap())]);
    count(&registry, &at(&registries, registry.host(), "team/app"), 0);
}

#[test]
fn zot_takes_it_too() {
    if go_program(zot::PROGRAM).is_none() {
        return;
    }
    let zot = Zot::start();
    run(round(&open(zot.host(), "team/app")));
}

/// An upload through a connection that breaks in the middle; what was asked after that.
fn broken_upload(registry: &Registry) -> Vec<String> {
    let cut = Cut::start(registry.host(), 1_000_000);
    let remote = open(cut.host(), "team/app");
    let blob = Memory::sized(3_000_000);
    let descriptor = blob.descriptor();
    run(async {
        let upload = remote.open_upload().await.unwrap();
        remote.upload(upload, &descriptor, &blob).await.unwrap();
        let (bytes, _) = read(&remote.blob(&descriptor), 0).await;
        assert!(bytes == blob.bytes());
    });
    let requests = registry.requests_with(|requests| {
        let read = requests
            .iter()
            .filter(|one| one.starts_with("GET ") && one.ends_with(" 200"));
        read.count() > 0
    });
    let short = requests.iter().map(|request| {
        let mut words = request.split(' ');
        let (method, status) = (words.next().unwrap(), words.next_back().unwrap());
        format!("{method} {status}")
    });
    short.collect()
}

#[test]
fn an_upload_that_breaks_goes_on_or_begins_anew() {
    if go_program(PROGRAM_3).is_some() {
        let steps = broken_upload(&Options::default().version3().start());
        let resumed = ["GET 204", "PATCH 202", "PUT 201", "GET 200"];
        assert!(steps.ends_with(&resumed.map(str::to_owned)), "{steps:?}");
    }
    if installed(PROGRAM) {
        // It ends an upload that is asked for with an address from before the break.
        let steps = broken_upload(&Registry::open());
        assert!(
            steps.ends_with(&["PUT 201".to_owned(), "GET 200".to_owned()]),
            "{steps:?}"
        );
        assert!(steps.contains(&"GET 404".to_owned()), "{steps:?}");
    }
}
