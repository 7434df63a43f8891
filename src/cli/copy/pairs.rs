//! Sources and targets, as arguments or as lines of a file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::moving::{Misuse, local_target, name_of, named, with_tag};
use crate::error::{Exit, Explain, Failure};
use crate::transfer::{BadPlace, Image, Place};

/// A source and its target.
pub(super) type Pair = (Place, Place);

/// The longest file that is read, in bytes: 100,000 pairs.
const LONGEST: u64 = 32 << 20;

/// A file of pairs that cannot be used.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read {}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: longer than 32 MiB", .0.display())]
    TooLong(PathBuf),
    #[error("{}, line {line}: expected a source and a target", path.display())]
    Words { path: PathBuf, line: usize },
    #[error("{}, line {line}", path.display())]
    Place {
        path: PathBuf,
        line: usize,
        source: BadPlace,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Words { .. } => Some("write one pair a line, with a space between".to_owned()),
            Self::Place { source, .. } => source.hint(),
            Self::Unreadable { .. } | Self::TooLong(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

/// The pairs of the command line.
pub(super) fn of_arguments(places: &[String]) -> Result<Vec<Pair>, Failure> {
    let pair = |pair: &[String]| match pair {
        [source, target] => Ok((source.parse()?, target.parse()?)),
        rest => Err(Failure::from(Misuse::new(
            format!("{} has no target", rest.join(" ")),
            "write dockside copy SOURCE TARGET [SOURCE TARGET]...",
        ))),
    };
    places.chunks(2).map(pair).collect()
}

/// The pairs of a file.
pub(super) fn of_file(path: &Path) -> Result<Vec<Pair>, Failure> {
    Ok(parse(path, &read(path)?)?)
}

fn read(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let length = if path == Path::new("-") {
        std::io::stdin().take(LONGEST).read_to_string(&mut text)
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(LONGEST).read_to_string(&mut text)
    };
    if length.map_err(unreadable)? as u64 == LONGEST {
        return Err(Error::TooLong(path.to_owned()));
    }
    Ok(text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let place = |word: &str| {
            word.parse().map_err(|source| Error::Place {
                path: path.to_owned(),
                line,
                source,
            })
        };
        let words = text.split_whitespace();
        let words: Vec<&str> = words.take_while(|word| !word.starts_with('#')).collect();
        match words.as_slice() {
            [] => {}
            [source, target] => pairs.push((place(source)?, place(target)?)),
            _ => {
                let path = path.to_owned();
                return Err(Error::Words { path, line });
            }
        }
    }
    Ok(pairs)
}

/// One image, with the names that are not written.
pub(super) fn image((source, target): Pair) -> Image {
    let target = match (&source, target) {
        (_, Place::Registry(reference)) => Place::Registry(with_tag(reference)),
        (Place::Registry(source), target) => local_target(&target, source, false),
        (source, target) => {
            let name = name_of(&target).or(name_of(source)).map(str::to_owned);
            named(target, name)
        }
    };
    Image::new(source, vec![target])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{image, of_arguments, parse};
    use crate::error::Failure;

    fn moved(source: &str, target: &str) -> String {
        let image = image((source.parse().unwrap(), target.parse().unwrap()));
        format!("{} {}", image.source, image.targets[0])
    }

    #[test]
    fn targets_are_named() {
        for (source, target, expected) in [
            ("a.io/x:v1", "b.io/y", "b.io/y:latest"),
            ("a.io/x:v1", "b.io/y:v2", "b.io/y:v2"),
            ("oci:d:v1", "b.io/y", "b.io/y:latest"),
            ("a.io/x:v1", "oci:d", "oci:d:v1"),
            ("a.io/x", "oci:d", "oci:d:latest"),
            (
                "a.io/x:v1",
                "docker-archive:f",
                "docker-archive:f:a.io/x:v1",
            ),
            ("a.io/x:v1", "oci-archive:f:w", "oci-archive:f:w"),
            ("oci:d:v1", "oci-archive:f", "oci-archive:f:v1"),
            ("oci:d", "oci-archive:f", "oci-archive:f"),
        ] {
            assert_eq!(moved(source, target), format!("{source} {expected}"));
        }
        let digest = format!("a.io/x@sha256:{}", "a".repeat(64));
        assert_eq!(moved(&digest, "oci:d"), format!("{digest} oci:d"));
    }

    #[test]
    fn files_have_a_pair_a_line() {
        let text = "# mirrors\n\na.io/x:v1 b.io/x:v1\n  a.io/y\toci:d # a copy\r\n";
        let pairs = parse(Path::new("f"), text).unwrap();
        let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(pairs, ["a.io/x:v1 b.io/x:v1", "a.io/y oci:d"]);
        for (bad, message) in [
            ("\na.io/x", "f, line 2: expected a source and a target"),
            ("a b c", "f, line 1: expected a source and a target"),
            ("oci: a.io/x", "f, line 1: `oci:` names no file"),
        ] {
            let failure = Failure::from(parse(Path::new("f"), bad).unwrap_err());
            assert_eq!(failure.message(), message);
        }
    }

    #[test]
    fn arguments_come_in_pairs() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of_arguments(&words("a b c d")).unwrap().len(), 2);
        let failure = of_arguments(&words("a b c")).unwrap_err();
        assert_eq!(failure.message(), "c has no target");
    }
}
