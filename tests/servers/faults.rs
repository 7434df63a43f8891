//! The scripted registry fails as it is told to.

use super::scripted::artifact;
use crate::support::client::{Came, ask, ask_briefly};
use crate::support::scripted_registry::{Behaviour, Fault, Kind, ScriptedRegistry, When};

const BLOB: &[u8] = b"content of a blob";

fn open() -> ScriptedRegistry {
    ScriptedRegistry::start(Behaviour::default())
}

#[test]
fn answers_break() {
    let registry = open();
    let digest = registry.put_blob("app", BLOB);
    let line = format!("GET /v2/app/blobs/{digest}");
    let broken = |fault: Fault| {
        registry.fault(When::request(1), fault);
        let came = ask_briefly(&registry.host(), &line);
        let whole = ask(&registry.host(), &line, &[], b"");
        assert_eq!((whole.status, whole.body.as_slice()), (200, BLOB));
        (came.status, came.text())
    };
    assert_eq!(broken(Fault::Drop), (0, String::new()));
    assert_eq!(broken(Fault::Stall), (0, String::new()));
    assert_eq!(broken(Fault::Truncate(7)), (200, "content".to_owned()));
    assert_eq!(broken(Fault::StallBody(7)), (200, "content".to_owned()));
    assert_eq!(
        broken(Fault::Corrupt),
        (200, "bontent of a blob".to_owned())
    );
    let (status, body) = broken(Fault::status(429, "TOOMANYREQUESTS"));
    let expected = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"toomanyrequests"}]}"#;
    assert_eq!((status, body.as_str()), (429, expected));
    let statuses: Vec<_> = registry.requests().iter().map(|seen| seen.status).collect();
    let ok = Some(200);
    let expected = [None, ok, None, ok, ok, ok, ok, ok, ok, ok, Some(429), ok];
    assert_eq!(statuses, expected);
}

#[test]
fn headers_lie() {
    let registry = open();
    let digest = registry.put_blob("app", BLOB);
    let line = format!("HEAD /v2/app/blobs/{digest}");
    let lie = |value: Option<&str>| -> Came {
        let value = value.map(str::to_owned);
        registry.fault(
            When::nth(Kind::HeadBlob, 1),
            Fault::Header("Docker-Content-Digest", value),
        );
        ask(&registry.host(), &line, &[], b"")
    };
    let shown = |came: Came| came.header("docker-content-digest").to_owned();
    assert_eq!(shown(lie(Some("sha256:00"))), "sha256:00");
    assert_eq!(shown(lie(None)), "");
    assert_eq!(shown(ask(&registry.host(), &line, &[], b"")), digest);
}

#[test]
fn the_kth_request_of_a_kind_fails() {
    let registry = open();
    let digest = registry.put_blob("app", BLOB);
    let blob = format!("GET /v2/app/blobs/{digest}");
    let busy = Fault::Answer {
        status: 503,
        headers: vec![("Retry-After".to_owned(), "7".to_owned())],
        body: String::new(),
    };
    registry.fault(When::nth(Kind::GetBlob, 2), busy);
    registry.fault(When::every(Kind::Ping), Fault::status(500, "UNKNOWN"));
    let host = registry.host();
    let status = |line: &str| ask(&host, line, &[], b"").status;
    assert_eq!([status(&blob), status("GET /v2/")], [200, 500]);
    let came = ask(&host, &blob, &[], b"");
    assert_eq!((came.status, came.header("retry-after")), (503, "7"));
    assert_eq!([status(&blob), status("GET /v2/")], [200, 500]);
    registry.clear_faults();
    registry.forget_requests();
    assert_eq!(status("GET /v2/"), 200);
    assert_eq!(registry.seen(), ["GET /v2/ 200"]);
}

#[test]
fn uploads_break() {
    let registry = open();
    let host = registry.host();
    let path = |came: &Came| {
        let url = url::Url::parse(came.header("location")).unwrap();
        url.path().to_owned()
    };
    let begin = || path(&ask(&host, "POST /v2/app/blobs/uploads/", &[], b""));
    let at = begin();
    registry.fault(When::nth(Kind::PatchUpload, 1), Fault::DropBody(7));
    assert_eq!(ask(&host, &format!("PATCH {at}"), &[], BLOB).status, 0);
    let came = ask(&host, &format!("GET {at}"), &[], b"");
    assert_eq!((came.status, came.header("range")), (204, "0-6"));

    registry.fault(When::nth(Kind::UploadStatus, 1), Fault::LoseUploads);
    assert_eq!(ask(&host, &format!("GET {at}"), &[], b"").status, 404);

    let at = begin();
    let digest = registry.put_blob("other", BLOB);
    registry.fault(When::nth(Kind::PutUpload, 1), Fault::DropAfter);
    let line = format!("PUT {at}?digest={digest}");
    assert_eq!(ask(&host, &line, &[], BLOB).status, 0);
    assert_eq!(registry.blob("app", &digest), Some(BLOB.to_vec()));
    assert_eq!(ask(&host, &line, &[], BLOB).status, 404);

    registry.fault(When::nth(Kind::PutManifest, 1), Fault::DropAfter);
    let manifest = artifact(&digest, None);
    let line = "PUT /v2/app/manifests/v1";
    assert_eq!(ask(&host, line, &[], manifest.as_bytes()).status, 0);
    assert_eq!(registry.tags("app"), ["v1"]);
}
