//! A policy in one form, whatever it was written as.

use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};

use super::keep::{Clock, Each, Keep};
use super::{Policy, git};
use crate::cleanup::git::{Limit, Operator, Others, References};
use crate::cleanup::rule::Untagged;
use crate::cleanup::werf::Settings;
use crate::oci::Digest;

/// The digest of that form.
pub(super) fn digest(policy: &Policy) -> Digest {
    Digest::of(form(policy).to_string().as_bytes())
}

/// Whose order says nothing is sorted. The guards' limits are no part of it: they do not decide what
/// goes, and hold when it goes.
fn form(policy: &Policy) -> Value {
    let list = &policy.keep_list;
    let in_use = &policy.in_use;
    json!({
        "version": 1,
        "only": sorted(&policy.scope.only),
        "untagged": match policy.scope.untagged {
            Untagged::Stay => Value::Null,
            Untagged::OlderThan(age) => seconds(age),
            Untagged::Go => json!("all"),
        },
        "keep": values(policy.keep.iter().map(keep)),
        "keep-list": {
            "tags": sorted(&list.tags),
            "patterns": sorted(&list.patterns),
            "digests": sorted(&list.digests),
        },
        "git": policy.git.as_ref().map(git),
        "kubernetes": in_use.clusters.then(|| json!({
            "kube-config": in_use.kube_config.as_ref().map(|path| path.to_string_lossy()),
            "contexts": sorted(&in_use.contexts),
            "namespaces": sorted(&in_use.namespaces),
        })),
        "in-use": sorted(in_use.files.iter().map(|path| path.to_string_lossy())),
        "same-as": sorted(in_use.same_as.iter().map(|(theirs, ours)| format!("{theirs}={ours}"))),
        "werf": policy.werf.as_ref().map(werf),
    })
}

fn keep(keep: &Keep) -> Value {
    json!({
        "name": keep.name,
        "tags": sorted(&keep.tags),
        "except": sorted(&keep.except),
        "last": keep.last,
        "within": keep.within.map(seconds),
        "semver": keep.semver,
        "of-each": keep.of_each.map(|each| match each {
            Each::Major => "major",
            Each::Minor => "minor",
        }),
        "pre-releases": keep.pre_releases,
        "pulled-within": keep.pulled_within.map(seconds),
        "operator": operator(keep.operator),
        "by": keep.by.map(|clock| match clock {
            Clock::Created => "created",
            Clock::Pushed => "pushed",
            Clock::Pulled => "pulled",
        }),
    })
}

/// The order of what git keeps counts: the last that selects a reference does.
fn git(settings: &git::Settings) -> Value {
    let keep = settings.keep.iter().map(|keep| {
        let (kind, names) = match &keep.references {
            References::Tags(names) => ("tags", Some(names)),
            References::Branches(names) => ("branches", Some(names)),
            References::ChangeRequests => ("change-requests", None),
        };
        json!({
            "references": [kind, names.map(Regex::as_str)],
            "limit": limit(keep.limit),
            "images": limit(keep.images),
        })
    });
    json!({
        "templates": sorted(&settings.templates),
        "keep": keep.collect::<Vec<_>>(),
        "others": match settings.others {
            Others::Keep => "keep",
            Others::Drop => "drop",
        },
    })
}

fn werf(settings: &Settings) -> Value {
    json!({
        "project": settings.project.as_ref().ok(),
        "images": sorted(&settings.images.names),
        "disable": settings.is_off,
        "without-git": settings.without_git,
        "hours": settings.hours(),
    })
}

fn limit(limit: Limit) -> Value {
    json!([
        limit.last,
        limit.within.map(seconds),
        operator(limit.operator)
    ])
}

fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::And => "and",
        Operator::Or => "or",
    }
}

fn seconds(time: Duration) -> Value {
    json!(time.as_secs_f64())
}

fn sorted<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    texts.sort_unstable();
    texts
}

fn values(items: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = items.collect();
    values.sort_by_key(Value::to_string);
    values
}
