//! Java properties files, as `java.util.Properties` writes them.

use std::collections::HashMap;
use std::path::Path;

use bstr::{BString, ByteSlice, ByteVec};

use super::side_file;

/// The pairs of a properties file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Properties(HashMap<BString, BString>);

impl Properties {
    /// Reads a file; empty when that cannot be read.
    pub fn read(path: &Path) -> Self {
        side_file::read(path).map_or_else(Self::default, |content| Self::parse(&content))
    }

    /// The value of a key, unless it is absent or empty.
    pub fn get(&self, key: &str) -> Option<BString> {
        self.0
            .get(key.as_bytes().as_bstr())
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// Adds the pairs of another file; where both have a key, this file's value stays.
    pub fn or(mut self, other: Self) -> Self {
        for (key, value) in other.0 {
            self.0.entry(key).or_insert(value);
        }
        self
    }

    /// Takes the text apart by the rules of `java.util.Properties.load`. Bytes above ASCII are
    /// kept as they are: Java writes those characters as `\uXXXX`.
    fn parse(content: &[u8]) -> Self {
        let mut rest = content;
        let mut pairs = HashMap::new();
        while !rest.is_empty() {
            let line;
            (line, rest) = logical_line(rest);
            let end = key_length(&line);
            let (key, value) = line.split_at(end);
            if !key.is_empty() || !value.is_empty() {
                pairs.insert(unescape(key), unescape(after_separator(value)));
            }
        }
        Self(pairs)
    }
}

/// The next line, joined with those that it continues on, and what follows. Comments and blank
/// lines are empty.
fn logical_line(content: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut line = Vec::new();
    let mut rest = content;
    let mut continued = false;
    loop {
        let end = rest.find_byteset(b"\r\n").unwrap_or(rest.len());
        let (natural, tail) = rest.split_at(end);
        rest = tail
            .strip_prefix(b"\r\n")
            .unwrap_or_else(|| tail.get(1..).unwrap_or_default());
        let natural = natural.trim_start_with(is_blank);
        if !continued && matches!(natural.first(), Some(b'#' | b'!')) {
            return (line, rest);
        }
        // A backslash at the end continues the line, unless it is itself escaped.
        let backslashes = natural.len() - natural.trim_end_with(|c| c == '\\').len();
        match natural.strip_suffix(b"\\") {
            Some(start) if backslashes % 2 == 1 => {
                line.push_str(start);
                continued = true;
            }
            _ => {
                line.push_str(natural);
                return (line, rest);
            }
        }
        if rest.is_empty() {
            return (line, rest);
        }
    }
}

/// Where the key ends: at the first `=`, `:` or blank that is not escaped.
fn key_length(line: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'=' | b':' | b' ' | b'\t' | b'\x0c' => return at,
            _ => {}
        }
    }
    line.len()
}

/// The value without what separates it from its key.
fn after_separator(value: &[u8]) -> &[u8] {
    let value = value.trim_start_with(is_blank);
    value
        .strip_prefix(b"=")
        .or_else(|| value.strip_prefix(b":"))
        .unwrap_or(value)
        .trim_start_with(is_blank)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c')
}

fn unescape(text: &[u8]) -> BString {
    let mut out = BString::default();
    let mut units = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push_byte(byte);
            continue;
        }
        while let Some((unit, tail)) = utf16_unit(rest) {
            units.push(unit);
            // A character beyond the first plane is written as two escapes in a row.
            match tail.strip_prefix(b"\\") {
                Some(next) if utf16_unit(next).is_some() => rest = next,
                _ => {
                    rest = tail;
                    break;
                }
            }
        }
        if !units.is_empty() {
            out.push_str(String::from_utf16_lossy(&units));
            units.clear();
        } else if let Some((&escaped, tail)) = rest.split_first() {
            rest = tail;
            out.push_byte(match escaped {
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                b'f' => b'\x0c',
                other => other,
            });
        }
    }
    out
}

/// The UTF-16 unit of a `uXXXX`, and what follows it.
fn utf16_unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (hex, rest) = text.strip_prefix(b"u")?.split_at_checked(4)?;
    if !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let unit = u16::from_str_radix(hex.to_str().ok()?, 16).ok()?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(content: &[u8]) -> Vec<(BString, BString)> {
        let mut pairs: Vec<_> = Properties::parse(content).0.into_iter().collect();
        pairs.sort();
        pairs
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(BString, BString)> {
        expected
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn separators_comments_and_line_ends() {
        let content = b"# comment \\\n! another\n\na=1\r\nb:2\rc   3\n \t d = : 4\ne\n=f\ng==h\n";
        let expected = [
            ("", "f"),
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d", ": 4"),
            ("e", ""),
            ("g", "=h"),
        ];
        assert_eq!(parsed(content), pairs(&expected));
    }

    #[test]
    fn escapes() {
        let content = br"url=https\://host\:8111/
a\ b\=c=\u0066\u00fc\ud83d\ude00\t\\n\q\u12
lone=\ud83d!";
        let expected = [
            ("a b=c", "f\u{fc}\u{1f600}\t\\nqu12"),
            ("lone", "\u{fffd}!"),
            ("url", "https://host:8111/"),
        ];
        assert_eq!(parsed(content), pairs(&expected));
    }

    #[test]
    fn continued_lines() {
        let content =
            b"\\\n#key=1\na=one,\\\n    two,\\\r\n\tthree\nb=back\\\\\nc=\\\n# no comment\nd=end\\";
        let expected = [
            ("#key", "1"),
            ("a", "one,two,three"),
            ("b", "back\\"),
            ("c", "# no comment"),
            ("d", "end"),
        ];
        assert_eq!(parsed(content), pairs(&expected));
    }

    #[test]
    fn any_bytes_are_taken() {
        assert_eq!(
            parsed(b"a=\xff\xfe\nb=1"),
            [("a".into(), b"\xff\xfe".into()), ("b".into(), "1".into())]
        );
        for content in [
            b"".as_slice(),
            b"\\",
            b"\\u",
            b"=\\",
            b"\r",
            b"\\\n",
            b"a\\\n",
        ] {
            parsed(content);
        }
    }

    #[test]
    fn the_first_file_wins() {
        let first = Properties::parse(b"a=1\ne=");
        let second = Properties::parse(b"a=2\nb=3\ne=4");
        let both = first.or(second);
        assert_eq!(both.get("a"), Some("1".into()));
        assert_eq!(both.get("b"), Some("3".into()));
        assert_eq!(both.get("e"), None);
    }
}
