//! `untag` and `delete`.

use super::Stage;
use crate::support::vendor::Fault;

const NAME: &str = "quay.io/acme/app";
const V1: &str = "quay.io/acme/app:v1";

/// `sha256-DIGEST.sig` and so on.
fn cosign(digest: &str) -> [String; 3] {
    ["sig", "att", "sbom"].map(|end| format!("{}.{end}", digest.replacen(':', "-", 1)))
}

#[test]
fn untag_leaves_siblings() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["sibling", "v1"]);
    let [signature, attestation, bill] = cosign(&digest);
    stage.push("signature", &[&signature]);
    let (code, output, said) = stage.run(&["untag", V1]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("untagged {V1}\n"));
    assert_eq!(stage.tags(), [signature.clone(), "sibling".to_owned()]);
    let path = "/v2/acme/app/manifests";
    let mut seen = stage.seen();
    // These are asked for at the same time.
    seen[1..4].sort();
    assert_eq!(
        seen,
        [
            format!("HEAD {path}/v1 200"),
            format!("GET {path}/{attestation} 404"),
            format!("GET {path}/{bill} 404"),
            format!("GET {path}/{signature} 200"),
            format!("DELETE {path}/v1 202"),
            format!("HEAD {path}/{digest} 200"),
            format!("HEAD {path}/{signature} 200"),
        ]
    );
    let asked = stage.network.requests();
    let scopes = asked.iter().filter_map(|seen| seen.parameter("scope"));
    let scopes: Vec<&str> = scopes.collect();
    assert_eq!(scopes, ["repository:acme/app:pull,push"]);

    let (code, _, said) = stage.run(&["untag", V1]);
    let gone = format!("dockside: note: {V1} is already gone\n");
    assert_eq!((code, said), (0, gone));
}

/// What goes with the last tag is said.
#[test]
fn untag_of_the_last_tag_says_what_goes() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["v1"]);
    let [signature, ..] = cosign(&digest);
    stage.push("signature", &[&signature]);
    stage.push("two", &["v2"]);
    let (code, output, said) = stage.run(&["untag", V1]);
    let expected = format!(
        "dockside: note: {V1} was the last tag of {digest}: Quay shows no manifest without a tag, \
         can restore it for a while (two weeks unless configured otherwise), then removes it\n\
         dockside: note: Quay removed what cosign keeps of {NAME}@{digest} with its last tag: \
         {signature}\n"
    );
    assert_eq!((code, said), (0, expected));
    assert_eq!(output, format!("untagged {V1}\n"));
    assert_eq!(stage.tags(), ["v2"]);
}

/// An index lists the image: it stays, and so must its signature.
#[test]
fn untag_of_the_last_tag_keeps_what_stays_signed() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["v1"]);
    let [signature, ..] = cosign(&digest);
    let signed = stage.push("signature", &[&signature]);
    stage
        .quay()
        .store
        .push_index("acme/app", Some("multi"), &[&digest]);
    let (code, output, said) = stage.run(&["untag", V1]);
    let expected = format!(
        "dockside: note: Quay removed what cosign keeps of {NAME}@{digest} with its last tag, \
         though an index lists that; it was put back: {signature}\n"
    );
    assert_eq!((code, said), (0, expected));
    assert_eq!(output, format!("untagged {V1}\n"));
    assert_eq!(stage.tags(), ["multi".to_owned(), signature.clone()]);
    let named = stage.quay().store.digest("acme/app", &signature);
    assert_eq!(named, Some(signed));

    // It cannot be put back.
    stage.quay().store.tag("acme/app", &digest, "v1");
    stage.network.fault_always("PUT ", Fault::status(400, &[]));
    let (code, _, said) = stage.run(&["untag", V1]);
    let expected = format!(
        "dockside: error: {NAME}:{signature} went with its last tag, and could not be put back: \
         {NAME}:{signature}: the registry answered 400\ndockside: hint: push it again\n"
    );
    assert_eq!((code, said), (1, expected));
}

#[test]
fn untag_of_an_immutable_tag() {
    let stage = Stage::robot();
    stage.push("one", &["v1"]);
    stage.quay().keep("v1");
    let hint = "dockside: hint: a tag of it is immutable, by itself or by a policy of the \
                repository or its organisation: change that first\n";
    let (code, _, said) = stage.run(&["untag", V1]);
    let expected = format!(
        "dockside: error: {V1} is protected from changes by Quay (status 409): tag immutable\n{hint}"
    );
    assert_eq!((code, said), (1, expected));
    let (code, _, said) = stage.run(&["delete", V1]);
    assert_eq!(code, 1);
    assert!(said.ends_with(hint), "{said}");
    assert_eq!(stage.tags(), ["v1"]);
}

#[test]
fn untag_in_read_only_mode() {
    let stage = Stage::robot();
    stage.push("one", &["v1"]);
    let body = r#"{"errors":[{"code":"DENIED","message":"System is currently read-only"}]}"#;
    let fault = Fault::Status(405, Vec::new(), body.to_owned());
    stage.network.fault_always("DELETE ", fault);
    let (code, _, said) = stage.run(&["untag", V1]);
    let expected = format!(
        "dockside: error: {V1}: this registry cannot change anything at present\n\
         dockside: hint: it is in read-only mode: try again when its maintenance is over\n"
    );
    assert_eq!((code, said), (1, expected));
}

/// The tag is gone: that what went with it cannot be found out is no failure.
#[test]
fn untag_whose_traces_cannot_be_found() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["v1", "v2"]);
    stage
        .network
        .fault_always("manifests/sha256:", Fault::status(400, &[]));
    let (code, output, said) = stage.run(&["untag", V1]);
    assert_eq!((code, output), (0, format!("untagged {V1}\n")));
    let expected = format!(
        "dockside: note: {NAME}@{digest}: what else went cannot be found out: {NAME}@{digest}: \
         the registry answered 400\n"
    );
    assert_eq!(said, expected);
}

#[test]
fn delete_takes_all_tags_and_names_them_first() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["a", "b"]);
    let [signature, ..] = cosign(&digest);
    stage.push("signature", &[&signature]);
    stage.push("two", &["c"]);
    let name = format!("{NAME}:a");
    let (code, _, said) = stage.run(&["delete", &name]);
    assert_eq!(code, 3);
    let refused = format!("dockside: error: {NAME}@{digest} has other tags: b\n");
    assert!(said.starts_with(&refused), "{said}");
    let (code, output, said) = stage.run(&["delete", &name, "--with-siblings"]);
    let expected = format!("untagged {NAME}:a\nuntagged {NAME}:b\ndeleted {NAME}@{digest}\n");
    assert_eq!((code, output), (0, expected), "{said}");
    let note = format!(
        "dockside: note: Quay removed what cosign keeps of {NAME}@{digest} with its last tag: \
         {signature}\n"
    );
    assert!(said.ends_with(&note), "{said}");
    assert_eq!(stage.tags(), ["c"]);
}

/// The list of the distribution API comes from a cache; the other one knows better.
#[test]
fn delete_sees_a_sibling_that_has_just_come() {
    let stage = Stage::admin();
    stage.push("one", &["a", "b"]);
    stage.quay().late.insert("b".to_owned());
    let (code, _, said) = stage.run(&["delete", &format!("{NAME}:a")]);
    assert_eq!(code, 3, "{said}");
    assert_eq!(stage.tags(), ["a", "b"]);
}

#[test]
fn delete_of_an_index_takes_its_children() {
    let stage = Stage::robot();
    let digest = stage.push("one", &[]);
    let child = format!("{NAME}@{digest}");
    stage
        .quay()
        .store
        .push_index("acme/app", Some("multi"), &[&digest]);
    let (code, _, said) = stage.run(&["delete", &child]);
    assert_eq!(code, 3, "{said}");
    let (code, _, said) = stage.run(&["delete", &child, &format!("{NAME}:multi")]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.ends_with(&format!("dockside: note: {child} is already gone\n")),
        "{said}"
    );
}
