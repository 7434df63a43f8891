//! A YAML document as a tree that knows its places.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use crate::cleanup::policy::error::{Fault, Problem};

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    line: usize,
    column: usize,
    /// What it is.
    pub value: Value,
}

/// What a part of a document is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, and whether it was written without quotes: it may be a number then.
    Scalar(String, bool),
    /// `- ...`
    List(Vec<Node>),
    /// `key: ...`
    Map(Vec<(Node, Node)>),
    /// `*name`: never followed, so that no document is longer than its text.
    Alias,
}

/// Deeper than any policy is.
const MAX_DEPTH: usize = 32;

/// More parts than any policy has.
const MAX_NODES: usize = 100_000;

impl Node {
    /// A problem here.
    pub fn fault(&self, problem: impl Into<Problem>) -> Fault {
        Fault {
            line: self.line,
            column: self.column,
            problem: problem.into(),
        }
    }
}

/// The only document of a text.
///
/// # Errors
/// It is no YAML, too much of it, or more or less than one document.
pub fn parse(text: &str) -> Result<Node, Fault> {
    let mut building = Building::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        building.take(event, span.start)?;
    }
    let document = building.document;
    document.ok_or_else(|| at(Marker::new(0, 1, 0)).fault(Problem::OneDocument))
}

fn syntax(error: &ScanError) -> Fault {
    let problem = Problem::Syntax(error.info().to_owned());
    at(*error.marker()).fault(problem)
}

/// A part of which nothing but its place is known yet.
fn at(marker: Marker) -> Node {
    Node {
        line: marker.line(),
        column: marker.col() + 1,
        value: Value::Alias,
    }
}

/// What is built of the events so far.
#[derive(Default)]
struct Building {
    document: Option<Node>,
    /// The lists and maps that are not over, the outermost first.
    open: Vec<Open>,
    nodes: usize,
}

enum Open {
    List(Node, Vec<Node>),
    /// With the key whose value comes next.
    Map(Node, Vec<(Node, Node)>, Option<Node>),
}

impl Building {
    fn take(&mut self, event: Event<'_>, start: Marker) -> Result<(), Fault> {
        let mut node = at(start);
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.open.len() > MAX_DEPTH {
            return Err(node.fault(Problem::TooMuch));
        }
        match event {
            Event::Scalar(text, style, ..) => {
                node.value = Value::Scalar(text.into_owned(), style == ScalarStyle::Plain);
                self.put(node)
            }
            Event::Alias(_) => self.put(node),
            Event::SequenceStart(..) => {
                self.open.push(Open::List(node, Vec::new()));
                Ok(())
            }
            Event::MappingStart(..) => {
                self.open.push(Open::Map(node, Vec::new(), None));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        match self.open.pop() {
            Some(Open::List(mut node, items)) => {
                node.value = Value::List(items);
                self.put(node)
            }
            Some(Open::Map(mut node, entries, _)) => {
                node.value = Value::Map(entries);
                self.put(node)
            }
            None => Ok(()),
        }
    }

    fn put(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node),
            },
            None if self.document.is_some() => return Err(node.fault(Problem::OneDocument)),
            None => self.document = Some(node),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    #[test]
    fn places_are_known() {
        let root = parse("a: 1\nb:\n  - 'x'\n").unwrap();
        let Value::Map(entries) = root.value else {
            panic!()
        };
        let (key, value) = &entries[1];
        assert_eq!((key.line, key.column), (2, 1));
        let Value::List(items) = &value.value else {
            panic!()
        };
        assert_eq!((items[0].line, items[0].column), (3, 5));
        assert_eq!(items[0].value, Value::Scalar("x".to_owned(), false));
    }

    #[test]
    fn what_is_no_document() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(message(""), "1:1: expected one document");
        assert_eq!(message("a: 1\n---\nb: 2\n"), "3:1: expected one document");
        assert!(
            message("a: [1\n").starts_with("2:1: "),
            "{}",
            message("a: [1\n")
        );
        assert_eq!(
            message(&"[".repeat(40)),
            "1:34: this is nested too deeply, or has too many parts"
        );
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(message(&"- a\n".repeat(200_000)).ends_with("too many parts"));
    }

    #[test]
    fn aliases_are_not_followed() {
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..100 {
            let item = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{item}, {item}, {item}]\n");
        }
        let Value::Map(entries) = parse(&bomb).unwrap().value else {
            panic!()
        };
        assert_eq!(entries.len(), 100);
    }
}
