//! References, digests, platforms.

use dockside::oci::{Digest, Platform, Reference, Repository, Tag};
use proptest::prelude::*;
use regex::Regex;

use super::config;

/// A reference that is written in full.
fn written() -> impl Strategy<Value = String> {
    let host = "(([a-z][a-z0-9]{0,8}\\.){1,3}[a-z]{2,4}|localhost|\\[::[1-9a-f]{1,3}\\])(:[1-9][0-9]{0,3})?";
    let component = "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,5}){0,3}";
    let path = proptest::collection::vec(component, 2..4).prop_map(|parts| parts.join("/"));
    let tag = "(:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?";
    let digest = "(@sha256:[0-9a-f]{64}|@sha512:[0-9a-f]{128})?";
    (host, path, tag, digest)
        .prop_map(|(host, path, tag, digest)| format!("{host}/{path}{tag}{digest}"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_reference_is_read_as_it_was_written(text in written()) {
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.to_string(), text);
    }

    #[test]
    fn any_reference_is_read_again(text in "[a-zA-Z0-9.:/@_-]{0,40}|\\PC*") {
        if let Ok(reference) = text.parse::<Reference>() {
            let again: Reference = reference.to_string().parse().unwrap();
            prop_assert_eq!(again, reference);
        }
    }

    #[test]
    fn names_are_those_of_the_specification(name in "[ab0A._/-]{1,12}") {
        let component = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
        let names = Regex::new(&format!("^{component}(/{component})*$")).unwrap();
        let parsed = format!("r.io/{name}").parse::<Repository>();
        prop_assert_eq!(parsed.is_ok(), names.is_match(&name));
    }

    #[test]
    fn tags_are_those_of_the_specification(tag in "[aZ0._:@é-]{0,130}|[aZ_]{127,130}") {
        let tags = Regex::new("^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$").unwrap();
        prop_assert_eq!(tag.parse::<Tag>().is_ok(), tags.is_match(&tag));
    }

    #[test]
    fn digests_are_those_of_the_specification(
        text in "(sha256|sha512|sha1|SHA256):?([0-9a-f]{62,66}|[0-9a-fF]{127,129})|\\PC*"
    ) {
        let digests = Regex::new("^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$").unwrap();
        let parsed = text.parse::<Digest>();
        prop_assert_eq!(parsed.is_ok(), digests.is_match(&text));
        if let Ok(digest) = parsed {
            prop_assert_eq!(digest.to_string(), text);
        }
    }

    #[test]
    fn no_error_shows_what_a_terminal_obeys(text in "[a-z/:@\\x00-\\x1f\\u{202e}#]{0,60}") {
        let obeyed = |shown: String| shown.contains(|sign: char| sign.is_control() || sign == '\u{202e}');
        let errors = [
            text.parse::<Reference>().err().map(|error| error.to_string()),
            text.parse::<Digest>().err().map(|error| error.to_string()),
            text.parse::<Platform>().err().map(|error| error.to_string()),
        ];
        prop_assert!(!errors.into_iter().flatten().any(obeyed));
    }

    #[test]
    fn a_platform_matches_itself_and_both_ways(
        one in "(linux|windows|macos)/(amd64|x86_64|arm|arm64|aarch64|armhf|386)(/(v[5-9]|[5-9]|v1))?",
        other in "(linux|windows|darwin)/(amd64|x86_64|arm|arm64|aarch64|armel|386)(/(v[5-9]|[5-9]|v1))?",
    ) {
        let [first, second]: [Platform; 2] = [one.parse().unwrap(), other.parse().unwrap()];
        prop_assert_eq!(first.to_string(), one);
        prop_assert!(first.matches(&first));
        prop_assert_eq!(first.matches(&second), second.matches(&first));
    }
}
