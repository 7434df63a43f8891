//! What holds of any policy and any repository.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{graph, kept};
use super::keep::{Clock, Keep};
use super::{Policy, dockside};
use crate::cleanup::git::Operator;
use crate::cleanup::rule::Rule;

fn rules() -> impl Strategy<Value = Vec<Keep>> {
    let names = prop::sample::select(vec!["*", "v*", "/[0-4]$/", "main"]);
    let clocks = prop::sample::select(vec![
        None,
        Some(Clock::Created),
        Some(Clock::Pushed),
        Some(Clock::Pulled),
    ]);
    let days =
        || prop::option::of((1_u64..400).prop_map(|days| Duration::from_secs(days * 86_400)));
    let count = || prop::option::of(1_u32..5);
    let rule = (
        names,
        count(),
        days(),
        count(),
        days(),
        clocks,
        any::<bool>(),
    );
    let rule = rule.prop_map(
        |(name, last, within, semver, pulled_within, by, is_or)| Keep {
            tags: vec![name.parse().unwrap()],
            last,
            within,
            semver,
            pulled_within,
            by,
            operator: if is_or { Operator::Or } else { Operator::And },
            ..Keep::all("rule")
        },
    );
    prop::collection::vec(rule, 1..5)
}

/// A repository as cases write one.
fn images() -> impl Strategy<Value = Vec<String>> {
    let time = || {
        let known =
            (1_u8..=12, 1_u8..=28).prop_map(|(month, day)| format!("2026-{month:02}-{day:02}"));
        prop_oneof![4 => known.prop_map(Some), 1 => Just(Some("1970-01-01".to_owned())), 2 => Just(None)]
    };
    let tag = prop_oneof![
        (0_u8..3, 0_u8..6).prop_map(|(minor, patch)| format!("v1.{minor}.{patch}")),
        (0_u8..9).prop_map(|number| format!("build-{number}")),
        Just("main".to_owned()),
    ];
    let image = (tag, time(), time(), time()).prop_map(|(tag, created, pushed, pulled)| {
        let field =
            |key, time: Option<String>| time.map_or(String::new(), |at| format!(", {key}: {at}"));
        format!(
            "{{tags: [{tag}]{}{}{}}}",
            field("created", created),
            field("pushed", pushed),
            field("pulled", pulled)
        )
    });
    prop::collection::vec(image, 1..20)
}

fn kept_by(keeps: &[Keep], images: &[String]) -> BTreeSet<String> {
    let keep = keeps
        .iter()
        .cloned()
        .map(|keep| Box::new(keep) as Box<dyn Rule>);
    let rules: Vec<_> = keep.collect();
    let graph = graph(&format!("[{}]", images.join(", ")));
    kept(&rules, &graph).into_iter().collect()
}

proptest! {
    #[test]
    fn order_says_nothing_and_more_rules_keep_more(
        (rules, shuffled) in rules().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        images in images(),
    ) {
        let all = kept_by(&rules, &images);
        prop_assert_eq!(&all, &kept_by(&shuffled, &images));
        for less in 0..rules.len() {
            let fewer = kept_by(&rules[..less], &images);
            prop_assert!(fewer.is_subset(&all), "{fewer:?} {all:?}");
        }
    }

    #[test]
    fn longer_and_more_keep_more(rules in rules(), images in images()) {
        let more = rules.iter().map(|keep| Keep {
            last: keep.last.map(|count| count + 1),
            semver: keep.semver.map(|count| count + 1),
            within: keep.within.map(|time| time * 2),
            pulled_within: keep.pulled_within.map(|time| time * 2),
            ..keep.clone()
        });
        let more: Vec<Keep> = more.collect();
        let (less, more) = (kept_by(&rules, &images), kept_by(&more, &images));
        prop_assert!(less.is_subset(&more), "{less:?} {more:?}");
    }

    #[test]
    fn no_text_panics(text in "(version: 1\n)?[ -~\n]{0,200}") {
        let _ = dockside::policy(&text).map(|policy: Policy| policy.digest());
        let _ = super::werf::policy(&text);
    }
}
