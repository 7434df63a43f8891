//! `Link`: where a list goes on (RFC 8288, section 3).

use url::Url;

/// The address of the next page, by the `Link` headers of the answer from `asked`.
///
/// A list stays at the registry: of an address elsewhere, as registries behind a proxy give it,
/// path and query are taken. `None` when there is no link with the relation `next`, or none that
/// can be understood. Takes time in proportion to the length of the headers.
pub fn next<'a>(headers: impl IntoIterator<Item = &'a str>, asked: &Url) -> Option<Url> {
    let mut headers = headers.into_iter();
    let target = headers.find_map(|header| {
        let mut cursor = Cursor { rest: header };
        std::iter::from_fn(|| cursor.link())
            .find(|link| link.is_next)
            .map(|link| link.target)
    })?;
    let next = asked.join(target).ok()?;
    if !matches!(next.scheme(), "http" | "https") {
        return None;
    }
    let mut here = asked.clone();
    here.set_path(next.path());
    here.set_query(next.query());
    here.set_fragment(None);
    Some(here)
}

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

/// What has not been read yet.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// The next link; `None` at the end, and at what is no link.
    fn link(&mut self) -> Option<Link<'a>> {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
        let (target, rest) = self.rest.strip_prefix('<')?.split_once('>')?;
        self.rest = rest;
        let mut relation = None;
        let mut is_about_this = true;
        while self.separator(';') {
            let name = self.word().to_ascii_lowercase();
            let value = if self.separator('=') {
                self.value()?
            } else {
                String::new()
            };
            match name.as_str() {
                // Of several the first counts (section 3.3).
                "rel" => relation = relation.or(Some(value)),
                // The link is one of something else (section 3.2).
                "anchor" => is_about_this = false,
                _ => {}
            }
        }
        let relations = relation.unwrap_or_default();
        let mut relations = relations.split_ascii_whitespace();
        let is_next = is_about_this && relations.any(|one| one.eq_ignore_ascii_case("next"));
        Some(Link { target, is_next })
    }

    /// Passes over a separator and the white space around it.
    fn separator(&mut self, separator: char) -> bool {
        let blank = [' ', '\t'];
        let Some(rest) = self.rest.trim_start_matches(blank).strip_prefix(separator) else {
            return false;
        };
        self.rest = rest.trim_start_matches(blank);
        true
    }

    /// Everything up to a separator.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find([' ', '\t', ';', ',', '=', '"']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    /// A parameter's value, quoted or not; `None` when a quote does not end.
    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            return Some(self.word().to_owned());
        };
        let mut value = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => value.push(characters.next()?),
                other => value.push(other),
            }
        }
        self.rest = characters.as_str();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::next;

    fn link(headers: &[&str]) -> Option<String> {
        let asked = Url::parse("https://r.example.com:5000/v2/a/tags/list?n=2").unwrap();
        next(headers.iter().copied(), &asked).map(|url| url.to_string())
    }

    #[test]
    fn lists_go_on_at_the_same_registry() {
        let expected = "https://r.example.com:5000/v2/a/tags/list?last=x&n=2";
        for header in [
            r#"</v2/a/tags/list?last=x&n=2>; rel="next""#,
            "<?last=x&n=2>;rel=next",
            "<list?last=x&n=2> ; rel = next",
            "<//r.example.com:5000/v2/a/tags/list?last=x&n=2>; rel=next",
            r#"<https://r.example.com:5000/v2/a/tags/list?last=x&n=2>; title="t"; REL="prev NEXT""#,
            r#"</v2/a/tags/list?last=x&n=2#top>; hreflang=de; x; rel=next; rel=prev,"#,
            r#"<http://internal/v2/a/tags/list?last=x&n=2>; rel="next""#,
            r#"<http://user:secret@internal/v2/a/tags/list?last=x&n=2>; rel="next""#,
            r#"</first>; rel="first", </v2/a/tags/list?last=x&n=2>; rel="next""#,
            r#"</a,b;c>; title="\",<x>; rel=next"; rel=prev,, <?last=x&n=2>; rel=next, </z>; rel=next"#,
            r#"<?last=z>; rel=next; anchor="/other", <?last=x&n=2>; rel=next"#,
        ] {
            assert_eq!(link(&[header]).as_deref(), Some(expected), "{header}");
        }
        let first = r#"</v2/>; rel="first""#;
        let headers = ["nonsense", first, "<?last=x&n=2>; rel=next"];
        assert_eq!(link(&headers).as_deref(), Some(expected));
        assert_eq!(
            link(&["<?last=a,b%3B&n=é>; rel=next"]).as_deref(),
            Some("https://r.example.com:5000/v2/a/tags/list?last=a,b%3B&n=%C3%A9")
        );
    }

    #[test]
    fn what_is_no_link_is_the_end() {
        for header in [
            "",
            ",",
            "/v2/; rel=next",
            "<",
            "<>",
            "</x>",
            "</x>; rel",
            "</x>; rel=",
            "</x>; rel=\"next",
            "</x>; rel=\"next\\",
            "</x>; rel=nextpage",
            "</x>; rel=\"prev\"",
            "</x>; rel=prev; rel=next",
            "</x>; title=\"rel=next\"",
            "<mailto:a@b>; rel=next",
            "<javascript:alert(1)>; rel=next",
            "<https://>; rel=next",
            "</x> rel=next",
            "x </x>; rel=next",
        ] {
            assert_eq!(link(&[header]), None, "{header}");
        }
    }
}
