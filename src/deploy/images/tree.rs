//! YAML as a tree that knows where everything stands. JSON is YAML, too.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

/// Deeper than any manifest is; whoever walks the tree goes down as far.
const MAX_DEPTH: usize = 128;

/// A part of a document.
#[derive(Debug)]
pub(super) struct Node {
    /// The line that it begins on, from 1.
    pub(super) line: usize,
    /// Where it is, in characters. That of a list or a map ends where it begins.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The number of its anchor; 0 without one.
    pub(super) anchor: usize,
    pub(super) value: Value,
}

/// What a part of a document is.
#[derive(Debug)]
pub(super) enum Value {
    Scalar(String, ScalarStyle),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// The number of the anchor that it names. It is not followed, so that no tree is larger than
    /// its text.
    Alias(usize),
}

/// All documents of a text.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) roots: Vec<Node>,
    /// The texts that have an anchor.
    pub(super) anchored: HashMap<usize, String>,
}

/// Text that is no YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Unreadable {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl From<ScanError> for Unreadable {
    fn from(error: ScanError) -> Self {
        Self {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            what: error.info().to_owned(),
        }
    }
}

/// Reads all documents.
pub(super) fn parse(text: &str) -> Result<Documents, Unreadable> {
    // The parser takes it for the end of the text.
    if let Some(before) = text.split('\0').next().filter(|before| *before != text) {
        return Err(Unreadable {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|at| *at != '\n').count() + 1,
            what: "a NUL, which no text has".to_owned(),
        });
    }
    let text = without_surrogates(text);
    let mut building = Building::default();
    for event in Parser::new_from_str(&text) {
        let (event, span) = event?;
        building.take(event, &span)?;
    }
    Ok(building.documents)
}

/// The same text, character by character, with spaces for the halves of characters that JSON may
/// have (`\ud83d\ude00`) and YAML may not.
fn without_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split("\\u");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..4).filter(|code| {
            let value = u32::from_str_radix(code, 16);
            value.is_ok_and(|value| (0xd800..0xe000).contains(&value))
        });
        out.push_str("\\u");
        match code {
            Some(_) => {
                out.push_str("0020");
                out.push_str(piece.get(4..).unwrap_or_default());
            }
            None => out.push_str(piece),
        }
    }
    Cow::Owned(out)
}

/// What is built of the events so far.
#[derive(Default)]
struct Building {
    documents: Documents,
    /// The lists and maps that are not over, the outermost first.
    open: Vec<Open>,
}

enum Open {
    List(Node, Vec<Node>),
    /// With the key whose value comes next.
    Map(Node, Vec<(Node, Node)>, Option<Node>),
}

impl Building {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Unreadable> {
        let node = |value, anchor| Node {
            line: span.start.line(),
            start: span.start.index(),
            end: span.end.index(),
            anchor,
            value,
        };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                if anchor > 0 {
                    let text = text.clone().into_owned();
                    self.documents.anchored.insert(anchor, text);
                }
                self.put(node(Value::Scalar(text.into_owned(), style), anchor));
            }
            Event::Alias(anchor) => self.put(node(Value::Alias(anchor), 0)),
            Event::SequenceStart(anchor, _) => {
                let list = node(Value::List(Vec::new()), anchor);
                self.open.push(Open::List(list, Vec::new()));
            }
            Event::MappingStart(anchor, _) => {
                let map = node(Value::Map(Vec::new()), anchor);
                self.open.push(Open::Map(map, Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => {}
        }
        if self.open.len() > MAX_DEPTH {
            return Err(Unreadable {
                line: span.start.line(),
                column: span.start.col() + 1,
                what: "this is nested too deeply".to_owned(),
            });
        }
        Ok(())
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::List(mut node, items)) => {
                node.value = Value::List(items);
                self.put(node);
            }
            Some(Open::Map(mut node, entries, _)) => {
                node.value = Value::Map(entries);
                self.put(node);
            }
            None => {}
        }
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node),
            },
            None => self.documents.roots.push(node),
        }
    }
}
