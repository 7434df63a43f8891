//! Reading a list of tags while it comes: `{"name": ..., "tags": [...]}` of any length, of which
//! only the tags that have come are kept.

use super::reference::Tag;

/// The longest string of JSON that is kept, in bytes: a tag has 128 characters, of which each may
/// be written as an escape of six.
const MAX_STRING: usize = 1024;

/// The deepest nesting of what stands beside the tags.
const MAX_DEPTH: usize = 32;

/// A list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadList {
    /// Not JSON, or not an object with `tags`.
    #[error("it is not a list of tags")]
    Shape,
    /// A name in the list that is no tag.
    #[error("it lists {0:?}, which is no tag")]
    Tag(String),
}

/// A reader that is given the text piece by piece.
#[derive(Debug, Default)]
pub(super) struct TagScan {
    /// The brackets that are open.
    open: Vec<u8>,
    /// The string that is being read, with its quotation marks.
    string: Option<Vec<u8>>,
    /// Whether the last character of the string was an escaping `\`.
    escaped: bool,
    /// Whether the next string of the outer object is a key.
    key: bool,
    /// Whether the last key of the outer object was `tags`.
    in_tags: bool,
    /// Whether `tags` was seen, with a value that can be a list.
    found: bool,
    /// Whether the outer object has ended.
    ended: bool,
}

impl TagScan {
    /// The tags of the next piece of text.
    pub(super) fn feed(&mut self, text: &[u8], tags: &mut Vec<Tag>) -> Result<(), BadList> {
        for byte in text {
            if self.string.is_some() {
                if let Some(string) = self.inside(*byte)? {
                    self.string_ended(&string, tags)?;
                }
            } else {
                self.between(*byte)?;
            }
        }
        Ok(())
    }

    /// The verdict, when there is no more text.
    pub(super) fn finish(&self) -> Result<(), BadList> {
        (self.ended && self.found)
            .then_some(())
            .ok_or(BadList::Shape)
    }

    /// One more character of a string; the string, when that ends it.
    fn inside(&mut self, byte: u8) -> Result<Option<Vec<u8>>, BadList> {
        let Some(string) = &mut self.string else {
            return Ok(None);
        };
        if string.len() >= MAX_STRING {
            let shown = String::from_utf8_lossy(string).into_owned();
            return Err(BadList::Tag(shown.chars().take(MAX_SHOWN).collect()));
        }
        string.push(byte);
        let ends = byte == b'"' && !self.escaped;
        self.escaped = byte == b'\\' && !self.escaped;
        Ok(if ends { self.string.take() } else { None })
    }

    fn string_ended(&mut self, string: &[u8], tags: &mut Vec<Tag>) -> Result<(), BadList> {
        let text = || serde_json::from_slice::<String>(string).map_err(|_| BadList::Shape);
        if self.in_tags && self.open == b"{[" {
            let text = text()?;
            tags.push(text.parse().map_err(|_| BadList::Tag(text))?);
        } else if self.key && self.open == b"{" {
            self.in_tags = text()? == "tags";
            self.found |= self.in_tags;
        }
        Ok(())
    }

    /// A character between strings. Numbers and words are passed over.
    fn between(&mut self, byte: u8) -> Result<(), BadList> {
        let white = byte.is_ascii_whitespace();
        if self.ended || (self.open.is_empty() && byte != b'{') {
            return white.then_some(()).ok_or(BadList::Shape);
        }
        if self.in_tags && !white && !self.may_be_in_tags(byte) {
            return Err(BadList::Shape);
        }
        match byte {
            b'"' => self.string = Some(vec![byte]),
            b'{' | b'[' if self.open.len() >= MAX_DEPTH => return Err(BadList::Shape),
            b'{' | b'[' => {
                self.open.push(byte);
                self.key = self.open == b"{";
            }
            b'}' | b']' => {
                let opening = if byte == b'}' { b'{' } else { b'[' };
                if self.open.pop() != Some(opening) {
                    return Err(BadList::Shape);
                }
                self.ended = self.open.is_empty();
            }
            b',' => {
                self.key = self.open == b"{";
                self.in_tags &= !self.key;
            }
            b':' => self.key = false,
            _ => {}
        }
        Ok(())
    }
}

impl TagScan {
    /// Whether a character between strings can stand in the value of `tags`: nothing but a list of
    /// strings, or `null`. Anything else passed over would make the list shorter than it is.
    fn may_be_in_tags(&self, byte: u8) -> bool {
        match self.open.as_slice() {
            b"{" => b":[nul,}".contains(&byte),
            _ => b"\",]".contains(&byte),
        }
    }
}

/// How much of what is no tag is shown, in characters.
const MAX_SHOWN: usize = 160;

#[cfg(test)]
mod tests {
    use super::{BadList, TagScan};

    fn scan(text: &str, step: usize) -> Result<Vec<String>, BadList> {
        let (mut scan, mut tags) = (TagScan::default(), Vec::new());
        for piece in text.as_bytes().chunks(step) {
            scan.feed(piece, &mut tags)?;
        }
        scan.finish()?;
        Ok(tags.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lists_are_read_however_they_are_cut() {
        let lists: [(&str, &[&str]); 8] = [
            (r#"{"name":"a/b","tags":["1","v2.0-x"]}"#, &["1", "v2.0-x"]),
            (r#" {"tags":["1"],"name":"tags"} "#, &["1"]),
            (r#"{"name":"a","tags":null}"#, &[]),
            (r#"{"tags":[]}"#, &[]),
            (
                r#"{"x":{"tags":["no"]},"y":[["no"],{"tags":["no"]}],"tags":["1"]}"#,
                &["1"],
            ),
            (
                r#"{"tags":["\u0061\u002db"],"e":"\"tags\":[\"no\"]\\"}"#,
                &["a-b"],
            ),
            (r#"{"n":-1.5e3,"t":true,"tags":["1"],"z":[1,2]}"#, &["1"]),
            (
                r#"{"child":[],"manifest":{"sha256:1":{"tag":["no"]}},"name":"a","tags":["1"]}"#,
                &["1"],
            ),
        ];
        for (list, expected) in lists {
            for step in [1, 2, 7, 1000] {
                assert_eq!(scan(list, step).unwrap(), expected, "{list}");
            }
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for list in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"name":"a"}"#,
            r#"{"tags":["1"]"#,
            r#"{"tags":["1"}]"#,
            r#"{"tags":["1"]}}"#,
            r#"{"tags":["1"]} x"#,
            r#"["tags"]"#,
            r#"{"tags":"1"}"#,
            r#"{"tags":1}"#,
            r#"{"tags":{"1":"2"}}"#,
            r#"{"tags":["1",2]}"#,
            r#"{"tags":["1",null]}"#,
            r#"{"tags":[["1"]]}"#,
            r#"{"tags":["1",{"name":"2"}]}"#,
        ] {
            assert_eq!(scan(list, 3), Err(BadList::Shape), "{list}");
        }
        assert_eq!(
            scan(r#"{"tags":["a b"]}"#, 3),
            Err(BadList::Tag("a b".into()))
        );
        let long = format!(r#"{{"tags":["{}"]}}"#, "x".repeat(2000));
        assert!(matches!(scan(&long, 9), Err(BadList::Tag(_))));
        let deep = format!(r#"{{"x":{}"#, "[".repeat(100_000));
        assert_eq!(scan(&deep, 100), Err(BadList::Shape));
    }
}
