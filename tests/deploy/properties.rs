//! For any file: nothing changes but names of images.

use dockside::deploy::images::Images;
use dockside::oci::Reference;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// Values without names of images, in any way of writing.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-zé]{1,6}",
        "'[a-z #:é]{0,6}'",
        "\"[a-z #:{\\[]{0,6}(\\\\n|\\\\\"|\\\\u00e9)?\"",
        "[0-9]{1,3}",
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec(("[a-h]{1,3}", inner), 1..4).prop_map(|entries| {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}: {value}"))
                    .collect();
                format!("{{{}}}", entries.join(",  "))
            }),
        ]
    })
}

/// A line of a document. `@` stands for an image.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        value().prop_map(|value| format!("- {value}")),
        value().prop_map(|value| format!("- q: {value} # é: image: x:1")),
        Just("- image: @".to_owned()),
        Just("- image:   '@' # why".to_owned()),
        Just("- {\"image\": \"@\", x: 1}".to_owned()),
        Just("- image: >-\n    @".to_owned()),
        Just("- image: &a @".to_owned()),
        Just("- text: |\n    image: x:1\n    é".to_owned()),
        Just("---".to_owned()),
        Just("# image: x:1 \u{1F600}".to_owned()),
    ]
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn nothing_but_names_changes(
        lines in proptest::collection::vec(line(), 0..12),
        end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let text = lines.join("\n").replace('\n', end) + end;
        let before = text.replace('@', "r.io/team/app:1");
        let images = Images::find(&before, &[]).unwrap();
        let pin = |reference: &Reference| Some(format!("{}/pinned", reference.repository));
        prop_assert_eq!(images.with(&pin), text.replace('@', "r.io/team/app/pinned"));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[a-z:\\-{}\\[\\]'\"&*!| \n\t@>#]{0,60}") {
        if let Ok(images) = Images::find(&text, &[]) {
            let nothing = |_: &Reference| None;
            prop_assert_eq!(images.with(&nothing), text);
        }
    }
}
