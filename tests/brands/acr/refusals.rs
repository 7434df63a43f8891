//! What the registry refuses, and what it answers late.

use serde_json::{Value, json};

use super::{Contoso, named};
use crate::support::brands::acr::HOST;
use crate::support::vendor::{Answer, Fault};

/// The only result of a command that failed.
fn failed(contoso: &Contoso, words: &[&str]) -> (i32, Value) {
    let words: Vec<&str> = words.iter().copied().chain(["--output", "json"]).collect();
    let (code, output, _) = contoso.run(&words);
    let mut results: Value = serde_json::from_str(&output).unwrap();
    let result = results["results"][0].take();
    (code, result)
}

#[test]
fn untag_of_what_is_locked_is_refused() {
    let contoso = Contoso::start();
    {
        let mut acr = contoso.acr.lock().unwrap();
        acr.store.push_image("team/app", Some("v1"), "one");
        acr.lock("team/app:v1");
    }
    let v1 = named("team/app:v1");
    let (code, output, said) = contoso.run(&["untag", &v1]);
    let expected = format!(
        "dockside: error: {v1} is protected from changes by Azure Container Registry (status \
         405): The operation is disallowed on this registry, repository or image.\n\
         dockside: hint: it is locked, or what belongs to it is (a tag and its manifest are \
         locked each on its own): unlock both with `az acr repository update --name REGISTRY \
         --image team/app:v1 --delete-enabled true --write-enabled true`\n"
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
    let (code, output, said) = contoso.run(&["untag", &v1, "--dry-run"]);
    let expected = format!("error: {v1} is protected from changes by Azure Container Registry\n");
    assert_eq!((code, output.as_str()), (1, ""));
    assert!(said.contains(&expected), "{said}");
    assert_eq!(contoso.acr.lock().unwrap().store.tags("team/app"), ["v1"]);
}

#[test]
fn delete_of_what_is_locked_is_refused() {
    let contoso = Contoso::start();
    let digest = {
        let mut acr = contoso.acr.lock().unwrap();
        let digest = acr.store.push_image("app", Some("v1"), "one");
        acr.lock(&format!("app@{digest}"));
        digest
    };
    let (code, result) = failed(&contoso, &["delete", &named("app:v1")]);
    assert_eq!(code, 1);
    assert_eq!(result["reason"], "protected");
    let hint = result["hint"].as_str().unwrap();
    assert!(hint.contains(&format!("--image app@{digest} ")), "{hint}");

    let words = ["repository", "delete", "--with-images", &named("app")];
    let (code, result) = failed(&contoso, &words);
    assert_eq!((code, &result["reason"]), (1, &json!("protected")));
    assert!(
        result["hint"]
            .as_str()
            .unwrap()
            .contains("--repository app ")
    );
    assert_eq!(contoso.acr.lock().unwrap().store.tags("app"), ["v1"]);
}

#[test]
fn untag_without_the_right_says_which_is_missing() {
    let contoso = Contoso::start();
    {
        let mut acr = contoso.acr.lock().unwrap();
        acr.store.push_image("app", Some("v1"), "one");
        acr.allowed = Box::new(|_, _, action| action == "pull");
    }
    let (code, result) = failed(&contoso, &["untag", &named("app:v1")]);
    let config = contoso.home.path().join(".docker/config.json");
    let hint = format!(
        "this needs repository:app:delete; granted was nothing, by the credential auths \
         of {} (key {HOST}); the role AcrDelete (with permissions by repository: Container \
         Registry Repository Contributor) allows it",
        config.display()
    );
    assert_eq!((code, &result["reason"]), (4, &json!("not-allowed")));
    assert_eq!(result["hint"], json!(hint));
}

#[test]
fn list_without_metadata_is_refused_but_delete_finds_siblings() {
    let contoso = Contoso::start();
    let digest = {
        let mut acr = contoso.acr.lock().unwrap();
        let digest = acr.store.push_image("app", Some("v1"), "one");
        acr.store.tag("app", &digest, "v2");
        acr.allowed = Box::new(|_, _, action| !action.starts_with("metadata"));
        digest
    };
    let (code, _, said) = contoso.run(&["tags", "--long", &named("app")]);
    assert_eq!(code, 4);
    assert!(
        said.contains("this needs repository:app:metadata_read; "),
        "{said}"
    );
    let (code, _, said) = contoso.run(&["delete", &named("app:v1")]);
    assert_eq!(code, 3);
    let error = format!(
        "dockside: error: {}@{digest} has other tags: v2\n",
        named("app")
    );
    assert!(said.starts_with(&error), "{said}");
}

#[test]
fn limits_are_waited_for_or_told() {
    let contoso = Contoso::start();
    {
        let store = &mut contoso.acr.lock().unwrap().store;
        store.push_image("app", Some("v1"), "one");
    }
    let busy = |seconds: &str| Fault::status(429, &[("Retry-After", seconds)]);
    let delete = "DELETE contoso.azurecr.io/acr/v1/app/_tags/v1";
    contoso.network.fault(1, delete, busy("1"));
    contoso.network.fault(1, delete, busy("0"));
    let v1 = named("app:v1");
    let (code, output, said) = contoso.run(&["untag", &v1]);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("untagged {v1}\n"), "")
    );
    let deletes = || {
        let seen = contoso.seen().into_iter();
        seen.filter(|one| one.starts_with("DELETE"))
            .collect::<Vec<_>>()
    };
    let line = "DELETE /acr/v1/app/_tags/v1";
    assert_eq!(
        deletes(),
        [
            format!("{line} 429"),
            format!("{line} 429"),
            format!("{line} 202")
        ]
    );

    contoso.network.fault_always(delete, busy("86400"));
    let (code, result) = failed(&contoso, &["untag", &v1]);
    assert_eq!((code, &result["reason"]), (1, &json!("rate-limited")));
    let hint = result["hint"].as_str().unwrap();
    assert!(hint.starts_with("try again after 2"), "{hint}");
}

#[test]
fn untag_whose_answer_is_lost_is_no_tag_that_was_gone() {
    let contoso = Contoso::start();
    {
        let store = &mut contoso.acr.lock().unwrap().store;
        store.push_image("app", Some("v1"), "one");
    }
    contoso.network.fault(2, "DELETE ", Fault::DropAfter);
    let v1 = named("app:v1");
    let (code, output, said) = contoso.run(&["untag", &v1]);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("untagged {v1}\n"), "")
    );
}

#[test]
fn lists_without_an_end_are_not_believed() {
    let contoso = Contoso::start();
    {
        let store = &mut contoso.acr.lock().unwrap().store;
        store.push_image("app", Some("v1"), "one");
    }
    let page = json!({"registry": HOST, "imageName": "app", "manifests": []}).to_string();
    let link = "</acr/v1/app/_manifests?last=x&n=1000>; rel=\"next\"".to_owned();
    let again = Fault::Status(200, vec![("Link".to_owned(), link)], page);
    contoso.network.fault_always(
        |request: &crate::support::vendor::Request| {
            request.path.ends_with("_manifests") && request.bearer().is_some()
        },
        again,
    );
    let (code, output, said) = contoso.run(&["tags", "--long", &named("app")]);
    let expected = format!(
        "dockside: error: {}/_manifests: what the registry sent is damaged: the list has no end\n\
         dockside: hint: try again; if it stays so, the registry's storage or a proxy on the way \
         is broken\n",
        named("app")
    );
    assert_eq!((code, output.as_str(), said), (1, "", expected));
}

#[test]
fn a_registry_that_was_taken_for_azures_loses_nothing() {
    let contoso = Contoso::start();
    let other = "registry.example.com";
    contoso
        .network
        .answer(other, |request| match request.line() {
            (_, "/v2/") => Answer::new(200).json(&json!({})),
            _ => Answer::new(404).text("404 page not found"),
        });
    let app = format!("{other}/app:v1");
    for verb in ["untag", "delete"] {
        let words = [verb, &app, "--repo-container-registry", "acr"];
        let (code, result) = failed(&contoso, &words);
        assert_eq!(
            (code, &result["reason"]),
            (1, &json!("unsupported")),
            "{verb}"
        );
    }
    let deletes = contoso.network.seen().into_iter();
    let deletes: Vec<_> = deletes.filter(|one| one.starts_with("DELETE")).collect();
    assert_eq!(
        deletes,
        ["DELETE registry.example.com/acr/v1/app/_tags/v1 404"]
    );
}
