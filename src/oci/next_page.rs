//! Where a list goes on (RFC 8288).

use url::Url;

use super::location::at_origin;

/// The address of the next page, by the `Link` headers of the answer from `asked`. A list stays at
/// the registry: of an address elsewhere path and query are taken.
pub(super) fn next<'a>(links: impl Iterator<Item = &'a str>, asked: &Url) -> Option<Url> {
    let target = links
        .flat_map(|header| header.split(','))
        .find_map(|link| {
            let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let mut parameters = parameters.split(';').filter_map(|one| one.split_once('='));
            let is_next = parameters.any(|(name, value)| {
                let relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations
                        .into_iter()
                        .any(|one| one.eq_ignore_ascii_case("next"))
            });
            is_next.then_some(target)
        })?;
    Some(at_origin(asked, &asked.join(target).ok()?))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::next;

    #[test]
    fn lists_go_on_at_the_same_registry() {
        let asked = Url::parse("https://r.example.com/v2/a/tags/list").unwrap();
        let link = |header: &str| next([header].into_iter(), &asked).map(|url| url.to_string());
        let expected = Some("https://r.example.com/v2/a/tags/list?last=x&n=2".to_owned());
        for header in [
            r#"</v2/a/tags/list?last=x&n=2>; rel="next""#,
            "<list?last=x&n=2>;rel=next",
            r#"<https://r.example.com/v2/a/tags/list?last=x&n=2>; title="t"; REL="prev next""#,
            r#"</first>; rel="first", </v2/a/tags/list?last=x&n=2>; rel="next""#,
            r#"<http://internal:5000/v2/a/tags/list?last=x&n=2>; rel="next""#,
        ] {
            assert_eq!(link(header), expected, "{header}");
        }
        for header in [
            "",
            "</x>",
            r#"</x>; rel="prev""#,
            "/x; rel=next",
            "<; rel=next",
        ] {
            assert_eq!(link(header), None, "{header}");
        }
    }
}
