//! Lists in pages of odd sizes.

use serde_json::{Value, json};

use super::stand::Stand;
use crate::support::vendor::{Answer, Request};

/// The parameters that say how long a page is to be.
const SIZES: [&str; 5] = ["n", "page_size", "per_page", "limit", "pageSize"];

/// What names a page behind the last one.
const BEYOND: &str = "9999";

/// Gives pages three entries, whatever is asked for.
pub fn shorten(request: &mut Request) {
    if request.path.ends_with("/tags/list") && request.parameter("n").is_none() {
        request.query.push(("n".to_owned(), "3".to_owned()));
    }
    for (name, value) in &mut request.query {
        if SIZES.contains(&name.as_str()) {
            "3".clone_into(value);
        }
    }
    if let Ok(mut input) = serde_json::from_slice::<Value>(&request.body)
        && input["maxResults"].is_u64()
    {
        input["maxResults"] = json!(3);
        request.body = input.to_string().into_bytes();
    }
}

/// Lets the last page name another one, which is empty.
fn go_on(request: &Request, answer: &mut Answer) {
    let is_list = [
        "/tags/list",
        "/tags/list/",
        "/_tags",
        "/_manifests",
        "/artifacts",
        "/versions",
    ]
    .iter()
    .any(|end| request.path.ends_with(end));
    let has_link = answer.headers.iter().any(|(name, _)| name == "Link");
    // Google lists all tags at once, whatever is asked for.
    let is_list = is_list && !request.host.ends_with("pkg.dev");
    if answer.status == 200 && is_list && !has_link && !request.target.contains(BEYOND) {
        let counts = ["/artifacts", "/versions"];
        let next = match counts.iter().any(|end| request.path.ends_with(end)) {
            true => format!("{}?page={BEYOND}&per_page=3&page_size=3", request.path),
            // After any tag and any digest.
            false => format!("{}?n=3&last=zzzz{BEYOND}", request.path),
        };
        let link = format!("<{}{next}>; rel=\"next\"", request.origin());
        *answer = answer.clone().header("Link", link);
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return;
    };
    let is_beyond =
        String::from_utf8_lossy(&request.body).contains(BEYOND) || request.target.contains(BEYOND);
    for (list, token) in [
        ("imageDetails", "nextToken"),
        ("dockerImages", "nextPageToken"),
        ("tags", "nextPageToken"),
        ("items", "continuationToken"),
    ] {
        let is_named = request.body.windows(8).any(|part| part == b"imageIds");
        let is_page = body[list].is_array() && !request.path.starts_with("/v2/");
        let is_known = token != "nextPageToken" || request.host.contains("googleapis");
        if is_page && is_known && body[token].is_null() && !is_beyond && !is_named {
            body[token] = match token {
                "nextPageToken" => json!(format!("from-{BEYOND}")),
                _ => json!(BEYOND),
            };
            answer.body = body.to_string().into_bytes();
            return;
        }
    }
}

fn lists_each_tag_once(stand: &Stand, number: usize, what: &str) {
    let brand = stand.brand;
    let expected: Vec<String> = (0..number).map(|at| format!("t{at:03}")).collect();
    for words in [&["tags", "--long", &stand.name][..], &["tags", &stand.name]] {
        let (code, output, said) = stand.run(words);
        assert_eq!((code, said.as_str()), (0, ""), "{brand}, {what}");
        let head = usize::from(words.contains(&"--long"));
        let tags = output.lines().skip(head);
        let mut tags: Vec<_> = tags.map(|line| line.split(' ').next().unwrap()).collect();
        tags.sort_unstable();
        assert_eq!(tags, expected, "{brand}, {what}");
    }
}

fn fill(stand: &Stand, number: usize) {
    stand.with(|store, path| {
        for at in 0..number {
            store.push_image(path, Some(&format!("t{at:03}")), &format!("image {at}"));
        }
    });
}

#[test]
fn list_when_pages_are_shorter_than_asked() {
    for stand in Stand::all() {
        fill(&stand, 10);
        stand.ask(|request, _| shorten(request));
        lists_each_tag_once(&stand, 10, "shorter");
    }
}

#[test]
fn list_when_the_last_page_is_empty() {
    for stand in Stand::all() {
        fill(&stand, 9);
        stand.ask(|request, _| shorten(request));
        stand.say(go_on);
        lists_each_tag_once(&stand, 9, "empty");
    }
}
