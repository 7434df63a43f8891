//! Pages of tags.

use serde_json::{Value, json};

use super::behaviour::Pages;
use super::request::Request;
use super::state::State;
use crate::support::answer::Answer;

/// A page of tags.
pub fn list(state: &mut State, request: &Request) -> Answer {
    let (pages, page) = (state.behaviour.pages, state.behaviour.page);
    let null_tags = state.behaviour.null_tags;
    let name = &request.repository;
    let repository = state.repository(name);
    if repository.is_new() {
        return Answer::error(404, "NAME_UNKNOWN");
    }
    let asked = request.parameter("n").and_then(|n| n.parse().ok());
    let size = asked.into_iter().chain(page).min().unwrap_or(usize::MAX);
    let last = request.parameter("last").unwrap_or_default();
    let mut rest = repository.tags.keys().filter(|tag| **tag > last);
    let mut found: Vec<&String> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let end = found.last().map(|tag| (*tag).clone());
    if pages == Pages::Overlapping && repository.tags.contains_key(&last) {
        found.insert(0, &last);
    }
    let next = match (pages, end) {
        (Pages::Looping, _) => Some(String::new()),
        (Pages::LastLinked, Some(end)) => Some(end),
        (_, Some(end)) if more => Some(end),
        _ => None,
    };
    let tags = if found.is_empty() && null_tags {
        Value::Null
    } else {
        json!(found)
    };
    let answer = Answer::new(200)
        .header("Content-Type", "application/json")
        .body(json!({"name": name, "tags": tags}).to_string());
    match next {
        None => answer,
        Some(last) => {
            let link = format!("</v2/{name}/tags/list?last={last}&n={size}>; rel=\"next\"");
            answer.header("Link", link)
        }
    }
}
