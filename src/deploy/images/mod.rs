//! Images that manifests name, and their digests in place of what they are called.
//!
//! A text is read as YAML for where its names are, and changed as text: nothing but the names
//! becomes different.

mod find;
mod tree;

use std::ops::Range;

use saphyr_parser::ScalarStyle;

pub use self::find::Left;
use self::find::{Form, Found, Search};

pub use self::tree::Unreadable;
use crate::oci::{BadReference, Digest, Reference};
use crate::pattern::Pattern;

/// The names of images in a text.
#[derive(Debug)]
pub struct Images<'t> {
    text: &'t str,
    /// In the order of the text.
    pub images: Vec<Image>,
    /// What was left out, with its line.
    pub left: Vec<(usize, Left)>,
}

/// A name of an image in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The line, from 1.
    pub line: usize,
    /// As it is written.
    pub text: String,
    /// What it says.
    pub says: Says,
    place: Range<usize>,
    quote: &'static str,
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// What is at the end of a tag, whatever that is by then.
    Moving(Reference),
    /// A digest.
    Pinned,
    /// Something that is put in later: by a template or from a variable.
    Later,
    /// Nothing that can be understood.
    Bad(BadReference),
}

/// What the digest of a name is.
pub trait Digests {
    /// The name with its digest; `None` if it is to stay as it is.
    fn pinned(&self, reference: &Reference) -> Option<String>;
}

impl<F: Fn(&Reference) -> Option<String>> Digests for F {
    fn pinned(&self, reference: &Reference) -> Option<String> {
        self(reference)
    }
}

impl<'t> Images<'t> {
    /// Finds the images of all documents of a text: what stands under the key `image`, and under
    /// keys that match, or in the `value` beside a `name` that matches.
    ///
    /// # Errors
    /// The text is no YAML.
    pub fn find(text: &'t str, keys: &[Pattern]) -> Result<Self, Unreadable> {
        let documents = tree::parse(text)?;
        let Search {
            mut found, left, ..
        } = Search::run(&documents, keys);
        found.sort_by_key(|found| found.start);
        let mut offsets = Offsets::new(text);
        let mut images = Vec::with_capacity(found.len());
        for found in found {
            let span = offsets.at(found.start)..offsets.at(found.end);
            let written = text.get(span.clone()).unwrap_or_default();
            let place = place(written, &found).ok_or_else(|| Unreadable {
                line: found.line,
                column: 1,
                what: "this way of writing a name is not understood".to_owned(),
            })?;
            let is_alias = found.form == Form::Alias;
            images.push(Image {
                line: found.line,
                says: says(found.text.trim()),
                text: found.text.trim().to_owned(),
                place: span.start + place.start..span.start + place.end,
                quote: if is_alias { "\"" } else { "" },
            });
        }
        Ok(Self { text, images, left })
    }

    /// The text with other names.
    pub fn with(&self, digests: &impl Digests) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for image in &self.images {
            let Says::Moving(reference) = &image.says else {
                continue;
            };
            let Some(pinned) = digests.pinned(reference) else {
                continue;
            };
            let Range { start, end } = image.place;
            out.push_str(self.text.get(done..start).unwrap_or_default());
            for part in [image.quote, &pinned, image.quote] {
                out.push_str(part);
            }
            done = end;
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
        out
    }
}

/// What a deployment pins: the name with a digest. Tags are left out unless they are to be kept,
/// since some readers refuse a name that has both (containers/image, where it is not told what to do
/// with them: "Docker references with both a tag and digest are currently not supported").
pub fn pinned(reference: &Reference, digest: &Digest, keep_tag: bool) -> Reference {
    Reference {
        repository: reference.repository.clone(),
        tag: reference.tag.clone().filter(|_| keep_tag),
        digest: Some(digest.clone()),
    }
}

fn says(text: &str) -> Says {
    // Templates of Helm and Go; variables of shells, of docker compose and of CI systems.
    if text.contains("{{") || text.contains('$') {
        return Says::Later;
    }
    // The ID of an image: it is what it is.
    if text.parse::<Digest>().is_ok() {
        return Says::Pinned;
    }
    match text.parse::<Reference>() {
        Ok(reference) if reference.digest.is_some() => Says::Pinned,
        Ok(reference) => Says::Moving(reference),
        Err(error) => Says::Bad(error),
    }
}

/// Where in what is written the name is.
fn place(written: &str, found: &Found) -> Option<Range<usize>> {
    let name = found.text.trim();
    let bare = without_properties(written);
    let begin = written.len() - bare.len();
    let within = |quote: char| {
        let inner = quoted(bare.strip_prefix(quote)?, quote)?;
        Some(begin + 1..begin + 1 + inner.len())
    };
    match found.form {
        Form::Alias => written.starts_with('*').then_some(0..written.len()),
        Form::Scalar(ScalarStyle::Plain) => {
            (bare.trim_end() == name).then_some(begin..begin + name.len())
        }
        Form::Scalar(ScalarStyle::SingleQuoted) => within('\''),
        Form::Scalar(ScalarStyle::DoubleQuoted) => within('"'),
        Form::Scalar(ScalarStyle::Literal | ScalarStyle::Folded) => {
            let mut places = bare.match_indices(name);
            let (start, _) = places.next()?;
            let is_only = places.next().is_none();
            is_only.then_some(begin + start..begin + start + name.len())
        }
    }
}

/// What stands before the quote that ends it: the parser's span may go on behind that. A quote of a
/// pair (`''`), or after a backslash, ends nothing.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == quote {
            match characters.next_if(|(_, next)| *next == quote && quote == '\'') {
                Some(_) => continue,
                None => return text.get(..at),
            }
        }
        if character == '\\' && quote == '"' {
            characters.next();
        }
    }
    None
}

/// What follows an anchor and a tag.
fn without_properties(mut written: &str) -> &str {
    while written.starts_with(['&', '!'])
        && let Some((_, rest)) = written.split_once(char::is_whitespace)
    {
        written = rest.trim_start();
    }
    written
}

/// Turns places that are counted in characters into such that are counted in bytes. They must come
/// in order.
struct Offsets<'t> {
    rest: std::str::Chars<'t>,
    characters: usize,
    bytes: usize,
}

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text.chars(),
            characters: 0,
            bytes: 0,
        }
    }

    fn at(&mut self, characters: usize) -> usize {
        while self.characters < characters
            && let Some(character) = self.rest.next()
        {
            self.characters += 1;
            self.bytes += character.len_utf8();
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests;
