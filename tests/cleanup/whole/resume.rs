//! A plan in a file, gone on with.

use serde_json::json;

use super::Stand;
use crate::support::vendor::Fault;

const TAGS: [&str; 5] = ["a", "b", "v1", "v2", "v3"];

/// The command line that a cron job has every night.
fn nightly<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["cleanup", name, "--keep-tag", "v*", "--plan", "plan.json"];
    [&words[..], &["--resume"], more].concat()
}

#[test]
fn a_plan_that_is_done_is_not_done_again() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    let (code, output, said) = stand.run(&nightly(&name, &[]));
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["v1", "v2", "v3"]);
    // The next day somebody has pushed, what went before among it.
    for tag in ["a", "c"] {
        stand.push("app", tag);
    }
    let (code, output, said) = stand.run(&nightly(&name, &[]));
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["v1", "v2", "v3"]);
}

#[test]
fn a_failure_that_stays_does_not_keep_an_old_plan_alive() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    stand.local.fault(1, "DELETE ", Fault::status(500, &[]));
    let words = nightly(&name, &["--retry-timeout", "0s", "--jobs", "1"]);
    let (code, _, said) = stand.run(&words);
    assert_eq!(code, 5, "{said}");
    stand.push("app", "c");
    let (code, output, said) = stand.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["v1", "v2", "v3"]);
}

/// A plan of which nothing is done yet.
fn planned(name: &str, stand: &Stand) {
    let words = ["cleanup", name, "--keep-tag", "v*", "--plan", "plan.json"];
    let (code, output, said) = stand.run(&[&words[..], &["--dry-run"]].concat());
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
}

#[test]
fn a_dry_run_goes_on_with_nothing() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    planned(&name, &stand);
    let (code, output, said) = stand.run(&nightly(&name, &["--dry-run"]));
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert!(output.starts_with("would delete "), "{output}");
    assert_eq!(stand.tags("app"), TAGS);
}

#[test]
fn a_plan_of_something_else_is_refused() {
    let stand = Stand::of(&TAGS);
    let (name, other) = (stand.name("app"), stand.name("other"));
    stand.push("other", "v1");
    planned(&name, &stand);
    let (code, output, said) = stand.run(&nightly(&other, &[]));
    let expected = format!(
        "dockside: error: the plan plan.json is for {name}, which is not to be cleaned\n\
         dockside: hint: name its repositories, or another file with --plan\n"
    );
    assert_eq!((code, output.as_str(), said), (2, "", expected));
    let (code, output, said) = stand.run(&nightly(&name, &["--keep-tag", "b"]));
    let expected = "dockside: error: the plan plan.json was made for another policy, and is not \
                    done yet\n\
                    dockside: hint: give the policy of before, or leave out --resume\n";
    assert_eq!((code, output.as_str(), said.as_str()), (3, "", expected));
    let (code, output, said) = stand.run(&[&nightly(&name, &[])[..], &[&other]].concat());
    assert_eq!(code, 5, "{output}");
    let expected = format!("the plan plan.json has nothing of {other}\n");
    assert!(said.contains(&expected), "{said}");
    assert_eq!(stand.tags("app"), ["v1", "v2", "v3"]);
}

/// A list of what is in use.
fn in_use(stand: &Stand, image: &str) {
    let list = json!({
        "version": 1, "taken": jiff::Timestamp::now(), "sources": ["prod"],
        "images": {image: ["prod/web/Pod/x"]},
    });
    stand.write("in-use.json", &list.to_string());
}

#[test]
fn what_came_into_use_meanwhile_stays() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    planned(&name, &stand);
    in_use(&stand, &format!("{name}:a"));
    let words = nightly(&name, &["--in-use", "in-use.json"]);
    let (code, output, said) = stand.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["a", "v1", "v2", "v3"]);
}

#[test]
fn what_is_used_by_its_config_or_below_an_index_refuses_a_plan() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    let (config, child) = {
        let mut plain = stand.plain.lock().unwrap();
        let manifests = plain.store.manifests("app");
        let tagged = plain.store.repository("app").unwrap();
        let is_a = |digest: &str| tagged.tags_of(digest).contains(&"a".to_owned());
        let a = manifests.iter().find(|one| is_a(&one.digest)).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&a.bytes).unwrap();
        let config = manifest["config"]["digest"].as_str().unwrap().to_owned();
        let child = format!("sha256:{}", "c".repeat(64));
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": child, "size": 7,
            }],
        });
        let kind = "application/vnd.oci.image.index.v1+json";
        plain
            .store
            .put_manifest("app", Some("b"), kind, index.to_string().as_bytes());
        (config, child)
    };
    planned(&name, &stand);
    let apply = ["cleanup", "apply", "plan.json", "--in-use", "in-use.json"];
    for digest in [&config, &child] {
        in_use(&stand, &format!("mirror.example.com/x@{digest}"));
        let (code, _, said) = stand.run(&apply);
        assert_eq!(code, 3, "{said}");
        let expected = format!("the plan for {name} would remove what is in use: ");
        assert!(said.contains(&expected) && said.contains(digest), "{said}");
    }
    assert_eq!(stand.tags("app"), TAGS);
    in_use(&stand, "mirror.example.com/x:1");
    let (code, output, said) = stand.run(&apply);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["v1", "v2", "v3"]);
}

/// Who saw that a guard refuses a plan gives it more room, and it is the same plan.
#[test]
fn another_limit_is_no_other_policy() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    planned(&name, &stand);
    let plan = stand.read("plan.json");
    stand.push("app", "c");
    let (code, output, said) = stand.run(&nightly(&name, &["--max-delete", "2"]));
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    // What came later is not in the plan.
    assert_eq!(stand.tags("app"), ["c", "v1", "v2", "v3"]);
    assert_eq!(stand.read("plan.json"), plan);
}
