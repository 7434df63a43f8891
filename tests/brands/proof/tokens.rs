//! Tokens that die in the middle of a list.

use super::pages::shorten;
use super::stand::Stand;

/// The brands whose lists are read with tokens that can be had anew, and whether the long list is
/// one of these too.
const RENEWABLE: [(&str, bool); 8] = [
    ("acr", true),
    ("artifactory", false),
    ("dockerhub", true),
    ("gitea", true),
    ("github", false),
    ("gitlab", true),
    ("harbor", false),
    ("quay", false),
];

#[test]
fn list_goes_on_with_a_new_token() {
    for (brand, is_long) in RENEWABLE {
        for words in [&["tags"][..], &["tags", "--long"]] {
            if words.len() > 1 && !is_long {
                continue;
            }
            let stand = Stand::of(brand);
            stand.with(|store, path| {
                for at in 0..10 {
                    store.push_image(path, Some(&format!("t{at}")), &format!("image {at}"));
                }
            });
            let mut pages = 0;
            stand.ask(move |request, _| {
                shorten(request);
                let lists = ["/tags/list", "/tags/list/", "/_tags", "/tags", "/tags/"];
                let is_page = lists.iter().any(|end| request.path.ends_with(end));
                if !is_page || request.bearer().is_none() {
                    return;
                }
                pages += 1;
                // What the second page is asked for with has just expired.
                if pages == 2 {
                    for (name, value) in &mut request.headers {
                        if name == "authorization" {
                            "Bearer dead".clone_into(value);
                        }
                    }
                }
            });
            let (code, output, said) = stand.run(&[words, &[stand.name.as_str()]].concat());
            assert_eq!((code, said.as_str()), (0, ""), "{brand} {words:?}");
            let rows = output.lines().filter(|line| line.starts_with('t')).count();
            assert_eq!(rows, 10, "{brand} {words:?}: {output}");
            let refused = stand
                .requests()
                .into_iter()
                .filter(|one| one.status == Some(401));
            let refused = refused.filter(|one| one.header("authorization").is_some());
            assert_eq!(refused.count(), 1, "{brand} {words:?}");
        }
    }
}
