//! The page, in a real browser.

use std::fs;
use std::path::Path;

use dockside::cleanup::report::{Report, write_html};

use super::browser::{dom, rows};
use super::fixture;

/// What a hostile text of the fixture would make if it were HTML.
const HOSTILE: &str = "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; | `x`\\n::set-output::; \
                       HTTP 500: \\x23#vso[task.complete]";

fn page(report: &Report, home: &Path) -> std::path::PathBuf {
    let path = home.join("report.html");
    write_html(report, &path).unwrap();
    path
}

/// The first cells of each row.
fn first(dom: &str) -> Vec<String> {
    rows(dom).into_iter().map(|row| row[0].clone()).collect()
}

#[test]
fn the_list_shows_every_image() {
    let home = tempfile::tempdir().unwrap();
    let page = page(&fixture::report(false), home.path());
    let Some(dom) = dom(&page, "") else { return };
    let stage = format!("{}-1611836746968", "ab".repeat(28));
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let row = |tags: &str, letter: &str, state: &str, why: &str, bytes: &str, created: &str| {
        let repository = "registry.example/team/app";
        [
            tags,
            &digest(letter),
            state,
            why,
            bytes,
            created,
            repository,
        ]
        .map(str::to_owned)
    };
    let (no_rule, date) = ("no rule keeps it", "2026-01-02");
    let moved = "no rule keeps it; the tag names another image now";
    let expected = [
        row("old", "9", "untagged", no_rule, "5 B", date),
        row("v1 v1.0", "1", "deleted", no_rule, "31.0 MB", date),
        row(
            "",
            "2",
            "was gone",
            "belongs to v1, which goes",
            "1.00 kB",
            date,
        ),
        row(&stage, "3", "skipped", moved, "", date),
        row("late", "4", "failed", HOSTILE, "7 B", date),
        row("last", "9", "not begun", no_rule, "5 B", date),
        row("main v2", "9", "kept", "newest 2: number 1", "50.0 MB", ""),
        row("", "8", "kept", "needed: belongs to main", "", ""),
    ];
    assert_eq!(rows(&dom), expected);
    assert!(dom.contains(">8 of 8 images, shown: 1 to 8</p>"), "{dom}");
}

#[test]
fn hostile_text_makes_no_element() {
    let home = tempfile::tempdir().unwrap();
    let page = page(&fixture::several(), home.path());
    let Some(dom) = dom(&page, "q=<img src=x onerror=alert(1)>") else {
        return;
    };
    assert_eq!(first(&dom), ["late"]);
    assert!(!dom.contains("<img"), "{dom}");
    assert!(!dom.contains("<b>"), "{dom}");
    // Of scripts there are the three of the page.
    assert_eq!(dom.matches("</script>").count(), 3, "{dom}");
}

#[test]
fn the_list_is_searched_and_sorted() {
    let home = tempfile::tempdir().unwrap();
    let page = page(&fixture::several(), home.path());
    for (hash, expected) in [
        ("q=v1&is=deleted", &["v1 v1.0"][..]),
        ("q=NEWEST%202", &["main v2"]),
        ("q=team/refused%20old", &["old"]),
        ("q=nothing-of-this-name", &[]),
        ("is=kept&sort=bytes", &["main v2", ""]),
        (
            "is=not%20begun&sort=tags&dir=desc",
            &["v1 v1.0", "old", "last"],
        ),
        (
            "is=not%20begun&sort=tags&page=77",
            &["last", "old", "v1 v1.0"],
        ),
    ] {
        let Some(dom) = dom(&page, hash) else { return };
        assert_eq!(first(&dom), expected, "{hash}");
    }
}

#[test]
fn totals_are_readable_without_scripts() {
    let home = tempfile::tempdir().unwrap();
    let page = page(&fixture::report(true), home.path());
    let text = fs::read_to_string(page).unwrap();
    let (static_part, _) = text
        .split_once("<script type=\"application/json\" id=\"data\">")
        .unwrap();
    for expected in [
        "4 manifests and 6 tags would go, 2 manifests and 2 tags stay; 40.0 MB of 90.0 MB freed.",
        "<th scope=\"row\">newest 2<svg",
        "could not be read: &lt;b&gt;no|pe&lt;/b&gt;</li>",
    ] {
        assert!(static_part.contains(expected), "{expected}: {static_part}");
    }
    assert!(
        !text.contains("http://") && !text.contains("https://"),
        "{text}"
    );
}

#[test]
fn each_run_adds_a_point_to_the_line() {
    let home = tempfile::tempdir().unwrap();
    let mut report = fixture::report(true);
    page(&report, home.path());
    // A run that was done as a whole.
    report.dry_run = false;
    report.ended = fixture::time("2026-03-02T00:00:00Z");
    report.runs[0].outcomes = (0..6)
        .map(|_| dockside::cleanup::apply::Outcome::Done)
        .collect();
    let path = page(&report, home.path());
    let text = fs::read_to_string(&path).unwrap();
    let label = "Bytes over time of registry.example/team/app: \
                 90.0 MB on 2026-03-01, 50.0 MB on 2026-03-02";
    assert!(text.contains(label), "{text}");
    // What is left after a run that was done in part is not known.
    let part = fixture::report(false);
    write_html(&part, &path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("Bytes over time"),
        "the second run is in the future of the third"
    );
}

#[test]
fn a_long_list_has_pages() {
    let home = tempfile::tempdir().unwrap();
    let mut report = fixture::report(true);
    let plan = report.runs[0].plan.as_mut().unwrap();
    let step = plan.steps[1].clone();
    plan.steps = (0..250)
        .map(|at| {
            let mut step = step.clone();
            step.tags = vec![format!("n{at}").parse().unwrap()];
            step
        })
        .collect();
    let page = page(&report, home.path());
    let Some(dom) = dom(&page, "q=n&is=would%20be%20deleted&page=3") else {
        return;
    };
    let expected: Vec<String> = (200..250).map(|at| format!("n{at}")).collect();
    assert_eq!(first(&dom), expected);
    assert!(dom.contains(">Page 3 of 3</span>"), "{dom}");
}

/// What a person does, at the end of a copy of the page, which lets no other script run.
fn done_by_hand(page: &Path, script: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(page).unwrap();
    let (before, rest) = text
        .split_once("<meta http-equiv=\"Content-Security-Policy\"")
        .unwrap();
    let (_, after) = rest.split_once('>').unwrap();
    let copy = page.with_file_name("copy.html");
    let script = format!("<script>{script}</script></body>");
    let after = after.replace("</body>", &script);
    assert!(after.contains(&script));
    fs::write(&copy, format!("{before}{after}")).unwrap();
    copy
}

#[test]
fn typing_filters_and_clicks_open_and_sort() {
    let home = tempfile::tempdir().unwrap();
    // Two runs make a line, with a table below it.
    let mut report = fixture::report(true);
    page(&report, home.path());
    report.dry_run = false;
    report.ended = fixture::time("2026-03-02T00:00:00Z");
    report.runs[0].outcomes = (0..6)
        .map(|_| dockside::cleanup::apply::Outcome::Done)
        .collect();
    let page = page(&report, home.path());
    let typed = done_by_hand(
        &page,
        "const query = document.getElementById('query'); query.value = 'LATE'; \
         query.dispatchEvent(new Event('input', {bubbles: true}));",
    );
    let Some(found) = dom(&typed, "") else { return };
    assert_eq!(first(&found), ["late"]);
    let before = dom(&page, "").unwrap();
    assert!(
        before.contains("<details>") && !before.contains("<details open"),
        "{before}"
    );
    let clicked = done_by_hand(
        &page,
        "document.querySelector('details > summary').click(); \
         for (const _ of [1, 2]) document.querySelector('#rows th button').click();",
    );
    let after = dom(&clicked, "").unwrap();
    assert!(after.contains("<details open"));
    let tagged = |dom: &str| {
        let mut tags = first(dom);
        tags.retain(|tags| !tags.is_empty());
        tags
    };
    let mut backwards = tagged(&before);
    backwards.sort();
    backwards.reverse();
    assert_eq!(tagged(&after), backwards);
}
