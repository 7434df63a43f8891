use super::{Tag, hash, managed};

/// Stages, indexes and commits of one digit.
fn digits(digit: &str, length: usize) -> String {
    digit.repeat(length)
}

#[test]
fn each_kind_is_read() {
    let index = digits("a", 56);
    let stage = format!("{index}-1611836746968");
    let commit = digits("c", 40);
    let long = digits("d", 64);
    let import = digits("e", 64);
    let is = |tag: &str, expected: Tag<'_>| assert_eq!(Tag::read(tag), Some(expected), "{tag}");
    is(&index, Tag::Stage { stored: None });
    is(
        &stage,
        Tag::Stage {
            stored: Some(1_611_836_746_968),
        },
    );
    is(
        &format!("{stage}-rejected"),
        Tag::Rejected { stage: &stage },
    );
    is(
        "managed-image-a__slash__b",
        Tag::Managed {
            name: "a__slash__b",
        },
    );
    for (commit, stage) in [(&commit, &stage), (&long, &index)] {
        is(
            &format!("meta-1e4d7a4_{commit}_{stage}"),
            Tag::Metadata {
                image: 0x01e4_d7a4,
                commit,
                stage,
            },
        );
    }
    is(
        &format!("import-metadata-{import}"),
        Tag::Import { id: &import },
    );
    is("custom-tag-meta-v1", Tag::Custom);
    for tag in [
        "cleanup",
        "sync-server",
        "client-id-0d8c8e4e-8f5c-4f3c-9d35-1c7a4e0f8a11-3222222222222",
    ] {
        is(tag, Tag::Service);
    }
}

#[test]
fn what_only_looks_like_one_is_none() {
    let index = digits("a", 56);
    let stage = format!("{index}-1611836746968");
    let commit = digits("c", 40);
    for tag in [
        "v1.0",
        "latest",
        // As long as a stage, which is all that werf asks for.
        &digits("g", 56),
        &digits("A", 56),
        &format!("word-{}", digits("0", 65)),
        &digits("a", 55),
        &format!("{index}-161183674696"),
        &format!("{index}-16118367469680"),
        &format!("{index}--611836746968"),
        &format!("{index}-1611836746968-1"),
        &format!("{index}-rejected"),
        &format!("{stage}-rejected-rejected"),
        "managed-image-",
        &format!("meta-0_{commit}_{index}x"),
        &format!("meta-00_{commit}_{stage}"),
        &format!("meta-+1_{commit}_{stage}"),
        &format!("meta-123456789_{commit}_{stage}"),
        &format!("meta-1_{commit}0_{stage}"),
        &format!("meta-1_{commit}_{stage}_1"),
        &format!("meta-1_{commit}"),
        "meta-data",
        "import-metadata-x",
        "custom-tag-meta-",
        &format!("custom-tag-meta-{}", digits("s", 49)),
        "cleanup-2",
        "sync-server-1",
        "client-id-1-2",
        "client-id-0d8c8e4e-8f5c-4f3c-9d35-1c7a4e0f8a11",
    ] {
        assert_eq!(Tag::read(tag), None, "{tag}");
    }
}

#[test]
fn names_of_images() {
    for (name, written, expected) in [
        ("", "__nameless__", Some(0)),
        ("app", "app", Some(0x798e_6f97)),
        (
            "app/stage/build",
            "app__slash__stage__slash__build",
            Some(0xc070_cb32),
        ),
        ("img30", "img30", Some(0x01e4_d7a4)),
    ] {
        assert_eq!(managed(written), name);
        assert_eq!(hash(name), expected, "{name}");
    }
    assert_eq!(managed("a__space__b__plus__c"), "a b+c");
    // werf makes slugs of these.
    for name in ["-a", "a:b", "\u{e4}", &"n".repeat(129)] {
        assert_eq!(hash(name), None, "{name}");
    }
}
