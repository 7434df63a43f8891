//! `Link`: where a list goes on (RFC 8288, section 3).

use url::Url;

use super::location::at_origin;
use crate::text::printable;

/// A `Link` that may name a next page and cannot be understood. Where a list goes on is not known
/// then, and it must not be taken for complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("where the list goes on cannot be understood: {}", printable(.0))]
pub struct BadLink(String);

/// How much of a link is shown, in characters.
const MAX_SHOWN: usize = 200;

/// The address of the next page, by the `Link` headers of the answer from `asked`; `None` when
/// no link has the relation `next`.
///
/// A list stays at the registry: of an address elsewhere, as registries behind a proxy give it,
/// path and query are taken. Takes time in proportion to the length of the headers.
///
/// # Errors
/// A link with that relation to what is no address, or a header that breaks off before it can be
/// told that it has none.
pub fn next<'a>(
    headers: impl IntoIterator<Item = &'a [u8]>,
    asked: &Url,
) -> Result<Option<Url>, BadLink> {
    for header in headers {
        let bad = || BadLink(shown(header));
        // What cannot be read is looked at all the same: bytes that are not UTF-8 stay one sign.
        let text = String::from_utf8_lossy(header);
        let mut cursor = Cursor { rest: &text };
        let mut links = std::iter::from_fn(|| cursor.link());
        if let Some(link) = links.find(|link| link.is_next) {
            return at_home(link.target, asked).map(Some).ok_or_else(bad);
        }
        if cursor.rest.to_ascii_lowercase().contains("next") {
            return Err(bad());
        }
    }
    Ok(None)
}

/// Without a query, which may hold a signature.
fn shown(header: &[u8]) -> String {
    let text = String::from_utf8_lossy(header);
    let text = text.split('?').next().unwrap_or_default();
    text.chars().take(MAX_SHOWN).collect()
}

/// A target's path and query, at the origin that was asked.
fn at_home(target: &str, asked: &Url) -> Option<Url> {
    if target.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let next = asked.join(target).ok()?;
    matches!(next.scheme(), "http" | "https").then(|| at_origin(asked, &next))
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
    /// The next link; `None` at the end, and before what is no link.
    fn link(&mut self) -> Option<Link<'a>> {
        let mut ahead = Cursor { rest: self.rest };
        let link = ahead.read()?;
        self.rest = ahead.rest;
        Some(link)
    }

    fn read(&mut self) -> Option<Link<'a>> {
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
        // Another link follows, or nothing.
        let rest = self.rest.trim_start_matches([' ', '\t']);
        let is_whole = rest.is_empty() || rest.starts_with(',');
        is_whole.then_some(Link { target, is_next })
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

    use super::{BadLink, next};

    fn bytes(header: &[u8]) -> Result<Option<Url>, BadLink> {
        let asked = Url::parse("https://r.example.com:5000/v2/a/tags/list?n=2").unwrap();
        next([header], &asked)
    }

    fn link(headers: &[&str]) -> Option<String> {
        let asked = Url::parse("https://r.example.com:5000/v2/a/tags/list?n=2").unwrap();
        let headers = headers.iter().map(|header| header.as_bytes());
        next(headers, &asked).unwrap().map(|url| url.to_string())
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
    fn without_a_next_page_the_list_ends() {
        for header in [
            "",
            ",",
            "<",
            "<>",
            "</x>",
            "</x>; rel",
            "</x>; rel=",
            "</x>; rel=\"prev\"",
            "</x>; rel=nextpage",
            "</x>; rel=prev; rel=next",
            "</x>; title=\"rel=next\"",
            "</x>; rel=next; anchor=\"/other\"",
            "nonsense",
            "</x> rel=prev",
        ] {
            assert_eq!(link(&[header]), None, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_no_end() {
        for header in [
            "/v2/; rel=next",
            "</x>; rel=\"next",
            "</x>; rel=\"next\\",
            "<mailto:a@b>; rel=next",
            "<javascript:alert(1)>; rel=next",
            "<https://>; rel=next",
            "</x> rel=next",
            "x </x>; rel=next",
            "</first>; rel=first, x </x>; REL=NEXT",
            "</x>; title=\"</y>; rel=next",
        ] {
            let error = bytes(header.as_bytes()).unwrap_err();
            assert_eq!(error, BadLink(header.to_owned()));
        }
        assert!(bytes(b"<?last=\xff>; rel=next").is_err());
        let error = bytes(b"x </x?signature=secret\x1b>; rel=next").unwrap_err();
        assert_eq!(
            error.to_string(),
            "where the list goes on cannot be understood: x </x"
        );
    }
}
