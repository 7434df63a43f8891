//! How names of references are written in tags of images, which may not have slashes.

use std::collections::BTreeSet;

/// The longest slug of GitLab's, in characters (`CI_COMMIT_REF_SLUG`).
const GITLAB_LENGTH: usize = 63;

/// All the ways in which builders write the name of a branch or tag: as it is, without a leading
/// `v`, with `-` for what a tag may not have (one by one, or a run at once, as docker's
/// metadata-action does), and as GitLab's `CI_COMMIT_REF_SLUG`; each in lower case, too.
pub(super) fn forms(name: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    let bare = name.strip_prefix('v').filter(|rest| !rest.is_empty());
    for name in [Some(name), bare].into_iter().flatten() {
        let single: String = name.chars().map(allowed).collect();
        for form in [name.to_owned(), single, runs(name)] {
            forms.insert(form.to_ascii_lowercase());
            forms.insert(form);
        }
        forms.insert(gitlab(name));
    }
    forms.remove("");
    forms
}

/// `CI_COMMIT_REF_SLUG`: in lower case, `-` for all but letters and digits, at most 63 characters,
/// no `-` at either end.
fn gitlab(name: &str) -> String {
    let plain = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        _ => '-',
    };
    let lower = name.to_lowercase();
    let slug: String = lower.chars().map(plain).take(GITLAB_LENGTH).collect();
    slug.trim_matches('-').to_owned()
}

/// One `-` for each run of what a tag may not have.
fn runs(name: &str) -> String {
    let is_bad = |c: char| allowed(c) != c;
    let mut slug = String::with_capacity(name.len());
    let mut in_run = false;
    for c in name.chars() {
        if !is_bad(c) {
            slug.push(c);
        } else if !in_run {
            slug.push('-');
        }
        in_run = is_bad(c);
    }
    slug
}

/// The character itself, or `-` where a tag may not have it.
fn allowed(c: char) -> char {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '-',
    }
}

#[cfg(test)]
mod tests {
    use super::{forms, gitlab};

    #[test]
    fn slugs_of_gitlab() {
        for (name, slug) in [
            ("main", "main"),
            ("Feature/ABC_1.2", "feature-abc-1-2"),
            ("--x--", "x"),
            ("v1-$(id)", "v1---id"),
            ("ветка-1", "1"),
            (&"a/".repeat(40), &format!("{}a", "a-".repeat(31))),
        ] {
            assert_eq!(gitlab(name), slug, "{name}");
        }
        // What the cut leaves at the end goes, too.
        assert_eq!(gitlab(&format!("{}/b", "a".repeat(62))), "a".repeat(62));
    }

    #[test]
    fn all_forms_of_a_name() {
        let forms = |name| forms(name).into_iter().collect::<Vec<_>>();
        assert_eq!(forms("main"), ["main"]);
        assert_eq!(forms("v1.2"), ["1-2", "1.2", "v1-2", "v1.2"]);
        assert_eq!(
            forms("Fix/a+é"),
            [
                "Fix-a-", "Fix-a--", "Fix/a+é", "fix-a", "fix-a-", "fix-a--", "fix/a+é"
            ]
        );
        assert_eq!(forms("v"), ["v"]);
    }
}
