use super::BadRecord;
use crate::cleanup::{Content, Facts, Gap, Graph};
use crate::oci::Digest;

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A repository with something of everything, and its document.
fn example() -> (Graph, String) {
    let repository = "registry.example.com/app".parse().unwrap();
    let taken = "2026-01-02T03:04:05.678Z".parse().unwrap();
    let mut graph = Graph::new(repository, "harbor", taken);
    graph.has_untagged = true;
    graph.gaps.push(Gap {
        what: "this".to_owned(),
        why: "that".to_owned(),
        is_fatal: true,
    });
    let image = graph.add(&digest("image"));
    let index = graph.add(&digest("index"));
    graph.learn(
        index,
        Facts {
            media_type: Some("a/index".into()),
            children: vec![digest("image"), digest("lost")],
            ..Facts::default()
        },
    );
    graph.learn(
        image,
        Facts {
            artifact_type: Some("a/type".into()),
            length: Some(7),
            created: Some("1970-01-01T00:00:00Z".parse().unwrap()),
            labels: [("key".into(), "value".into())].into(),
            subject: Some(digest("index")),
            blobs: vec![(digest("b"), 5), (digest("a"), 3), (digest("b"), 5)],
            with_config: true,
            ..Facts::default()
        },
    );
    let node = graph.node_mut(image);
    (node.size, node.is_protected, node.is_asked) = (Some(9), true, true);
    node.pushed = Some(taken);
    node.pulled = Some(taken);
    let lost = graph.find(&digest("lost")).unwrap();
    graph.node_mut(lost).content = Content::Missing;
    graph.name("v1".parse().unwrap(), index, Some(taken));
    graph.name("v2".parse().unwrap(), image, None);
    let (image, index, lost) = (digest("image"), digest("index"), digest("lost"));
    let text = [
        r#"{"version":1,"repository":"registry.example.com/app","brand":"harbor","#,
        r#""taken":"2026-01-02T03:04:05.678Z","has_untagged":true,"#,
        r#""gaps":[{"what":"this","why":"that","fatal":true}],"blobs":[5,3],"manifests":["#,
        &format!(r#"{{"digest":"{image}","content":"read-with-config","#),
        r#""artifact_type":"a/type","size":9,"length":7,"#,
        r#""pushed":"2026-01-02T03:04:05.678Z","created":"1970-01-01T00:00:00Z","#,
        r#""pulled":"2026-01-02T03:04:05.678Z","protected":true,"#,
        r#""asked_for_referrers":true,"labels":{"key":"value"},"#,
        &format!(r#""subject":"{index}","blobs":[0,1,0]}},"#),
        &format!(r#"{{"digest":"{index}","content":"read","media_type":"a/index","#),
        &format!(r#""children":["{image}","{lost}"]}},"#),
        &format!(r#"{{"digest":"{lost}","content":"missing"}}],"tags":["#),
        &format!(r#"{{"tag":"v1","digest":"{index}","pushed":"2026-01-02T03:04:05.678Z"}},"#),
        &format!(r#"{{"tag":"v2","digest":"{image}"}}]}}"#),
    ];
    (graph, text.concat())
}

fn written(graph: &Graph) -> String {
    let mut text = Vec::new();
    graph.to_recorded(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let (graph, text) = example();
    assert_eq!(written(&graph), text);
    let again = Graph::from_recorded(text.as_bytes()).unwrap();
    assert_eq!(written(&again), text);
    for (one, other) in graph.nodes().zip(again.nodes()) {
        assert_eq!(one, other);
    }
    assert!(graph.names().eq(again.names()));
}

#[test]
fn hostile_documents_are_errors() {
    let (_, text) = example();
    let error = |text: &str| Graph::from_recorded(text.as_bytes()).map(drop).unwrap_err();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        error(&text.replacen(from, to, 1))
    };
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""v2""#, r#""v1""#),
        ("[0,1,0]", "[0,2,0]"),
        ("[5,3]", "[]"),
    ] {
        let error = changed(from, to);
        assert!(!matches!(error, BadRecord::Json(_)), "{from}: {error}");
    }
    let described = |name: &str| format!(r#"{{"digest":"{}""#, digest(name));
    let twice = changed(&described("index"), &described("image"));
    assert!(matches!(twice, BadRecord::Manifest(_)), "{twice}");
    for (from, to) in [
        (r#""gaps""#, r#""gap""#),
        (r#""tag":"v1""#, r#""tag":"v 1""#),
        (r#""content":"missing""#, r#""content":"lost""#),
        ("sha256:", "sha1:"),
        ("[5,3]", "[5,-3]"),
        ("[0,1,0]", "[99999999999999999999]"),
        ("2026-01-02", "2026-13-02"),
        (r#""length":7"#, r#""length":4294967296"#),
    ] {
        let error = changed(from, to);
        assert!(matches!(error, BadRecord::Json(_)), "{from}: {error}");
    }
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        text.get(..text.len() - 1).unwrap(),
        &"[".repeat(100_000),
    ] {
        assert!(matches!(error(bad), BadRecord::Json(_)), "{bad}");
    }
}
