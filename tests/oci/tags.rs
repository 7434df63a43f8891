//! Lists of tags.

use crate::support::scripted_registry::{Behaviour, Fault, Kind, Pages, ScriptedRegistry, When};

use super::{manifest, open, run, told};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn registry(tags: usize, behaviour: Behaviour) -> ScriptedRegistry {
    let registry = ScriptedRegistry::start(behaviour);
    let bytes = manifest("{}").bytes().clone();
    for number in 0..tags {
        registry.put_manifest("a", &format!("v{number:06}"), INDEX, &bytes);
    }
    registry
}

fn list(registry: &ScriptedRegistry) -> Result<Vec<String>, String> {
    let tags = run(open(&registry.host(), "a").tags().all());
    let tags = tags.map_err(|error| told(error).0)?;
    Ok(tags.iter().map(ToString::to_string).collect())
}

#[test]
fn pages_are_followed_by_link_only() {
    for pages in [Pages::Linked, Pages::LastLinked] {
        let registry = registry(
            5,
            Behaviour {
                page: Some(2),
                pages,
                ..Behaviour::default()
            },
        );
        assert_eq!(list(&registry).unwrap(), registry.tags("a"));
        let requests = registry.requests();
        assert_eq!(requests[0].path, "/v2/a/tags/list");
        assert_eq!(requests[0].header("accept"), Some("application/json"));
    }
}

#[test]
fn one_page_is_one_request_however_many_tags() {
    let registry = registry(25_000, Behaviour::default());
    assert_eq!(list(&registry).unwrap(), registry.tags("a"));
    assert_eq!(registry.seen(), ["GET /v2/a/tags/list 200"]);
    let mut tags = open(&registry.host(), "a").tags();
    let mut pages = Vec::new();
    run(async {
        while let Some(page) = tags.page().await.unwrap() {
            pages.push(page.len());
        }
    });
    assert!(
        pages.len() >= 2 && pages.iter().sum::<usize>() == 25_000,
        "{pages:?}"
    );
}

#[test]
fn a_list_without_end_is_refused() {
    let registry = registry(
        5,
        Behaviour {
            page: Some(2),
            pages: Pages::Looping,
            ..Behaviour::default()
        },
    );
    let error = list(&registry).unwrap_err();
    assert!(error.ends_with("the list has no end"), "{error}");
}

#[test]
fn no_tags_are_no_error_and_no_repository_is_one() {
    for null_tags in [false, true] {
        let registry = registry(
            0,
            Behaviour {
                null_tags,
                ..Behaviour::default()
            },
        );
        registry.put_blob("a", b"x");
        assert_eq!(list(&registry).unwrap(), Vec::<String>::new());
    }
    let registry = ScriptedRegistry::start(Behaviour::default());
    registry.fault(When::request(1), Fault::status(404, "NAME_UNKNOWN"));
    let error = list(&registry).unwrap_err();
    assert_eq!(error, format!("{}/a does not exist", registry.host()));
}

#[test]
fn a_page_that_breaks_off_is_read_again() {
    let registry = registry(25_000, Behaviour::default());
    registry.fault(When::nth(Kind::Tags, 1), Fault::Truncate(200_000));
    registry.fault(When::nth(Kind::Tags, 2), Fault::Truncate(100));
    registry.fault(When::nth(Kind::Tags, 3), Fault::status(502, "X"));
    assert_eq!(list(&registry).unwrap(), registry.tags("a"));
    assert_eq!(registry.count(Kind::Tags), 4);
}

#[test]
fn a_list_that_is_none_is_refused() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    for (body, reason) in [
        ("<html>", "it is not a list of tags"),
        (r#"{"tags":["a b"]}"#, r#"it lists "a b", which is no tag"#),
        (r#"{"name":"a"}"#, "it is not a list of tags"),
    ] {
        registry.fault(
            When::request(1),
            Fault::Answer {
                status: 200,
                headers: Vec::new(),
                body: body.to_owned(),
            },
        );
        let expected = format!(
            "{}/a: tags: what the registry sent is damaged: {reason}",
            registry.host()
        );
        assert_eq!(list(&registry).unwrap_err(), expected);
    }
}

#[test]
fn a_next_page_that_cannot_be_understood_is_no_end() {
    for link in [
        "/v2/a/tags/list?last=v; rel=next",
        "<ftp://x/>; rel=\"next\"",
    ] {
        let registry = registry(3, Behaviour::default());
        let header = Fault::Header("link", Some(link.into()));
        registry.fault(When::nth(Kind::Tags, 1), header);
        let message = list(&registry).unwrap_err();
        let start = format!(
            "{}/a: tags: what the registry sent is damaged: ",
            registry.host()
        );
        let shown = link.split('?').next().unwrap();
        let end = format!("where the list goes on cannot be understood: {shown}");
        assert_eq!(message, start + &end);
    }
}
