//! What each tag names, a line or an object for each, printed as soon as it is known.

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};

use super::Args;
use crate::cli::size;
use crate::cli::stdout::print_part;
use crate::error::{Exit, Explain, Failure};
use crate::http::Cause;
use crate::oci::{self, Remote, Tag};
use crate::registry::{self, Facts, Inventory};
use crate::text::printable;

/// Some tags name what cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the tags name what cannot be read")]
struct Unreadable(usize);

impl Explain for Unreadable {
    fn exit(&self) -> Exit {
        Exit::Partly
    }
}

/// Prints all of `tags`, in their order. One that has been removed meanwhile is left out.
pub(super) async fn print(args: &Args, remote: Remote, tags: Vec<Tag>) -> Result<(), Failure> {
    let repository = remote.repository().to_string();
    let mut form: Box<dyn Form> = if args.is_json() {
        Box::new(Json { first: true })
    } else {
        Box::new(Table {
            tag_width: tags.iter().map(|tag| tag.as_str().len()).max().unwrap_or(0),
        })
    };
    let inventory = Inventory::new(remote, args.registries.jobs());
    let head = form.head(&repository);
    let mut read_on = print_part(move |out| out.write_all(head.as_bytes())).await?;
    let mut unreadable = 0;
    let found = stream::iter(tags).map(|tag| async {
        let facts = inventory.tagged(&tag).await;
        (tag, facts)
    });
    let mut found = found.buffered(args.registries.jobs());
    while let Some((tag, facts)) = found.next().await {
        let facts = match facts {
            Ok(None) => continue,
            Ok(Some(facts)) => Some(facts),
            Err(error) if is_of_one(&error) => {
                unreadable += 1;
                let report = args.registries.report();
                report.note(Failure::from(error).message());
                None
            }
            Err(error) => return Err(error.into()),
        };
        let part = form.entry(&tag, facts.as_ref());
        if !read_on {
            return Ok(());
        }
        read_on = print_part(move |out| out.write_all(part.as_bytes())).await?;
    }
    let foot = form.foot();
    print_part(move |out| out.write_all(foot.as_bytes())).await?;
    match unreadable {
        0 => Ok(()),
        count => Err(Unreadable(count).into()),
    }
}

/// Whether it is this one manifest that is bad, and not the way to the registry.
fn is_of_one(error: &registry::Error) -> bool {
    match error {
        registry::Error::Read(_)
        | registry::Error::Oci(oci::Error::Content { .. } | oci::Error::Refused { .. }) => true,
        registry::Error::Oci(oci::Error::Http { source, .. }) => {
            matches!(*source.cause, Cause::Status { status: 500.., .. })
        }
        _ => false,
    }
}

/// A form of output.
trait Form {
    fn head(&self, repository: &str) -> String;
    fn entry(&mut self, tag: &Tag, facts: Option<&Facts>) -> String;
    fn foot(&self) -> String;
}

/// Aligned columns; all but the last have a known width.
struct Table {
    tag_width: usize,
}

/// What stands in for what is not known.
const UNKNOWN: &str = "-";

impl Table {
    fn line(&self, [tag, digest, created, size, content]: [&str; 5]) -> String {
        let width = self.tag_width.max("TAG".len());
        format!("{tag:width$}  {digest:71}  {created:20}  {size:>7}  {content}\n")
    }
}

impl Form for Table {
    fn head(&self, _: &str) -> String {
        self.line(["TAG", "DIGEST", "CREATED", "SIZE", "CONTENT"])
    }

    fn entry(&mut self, tag: &Tag, facts: Option<&Facts>) -> String {
        let Some(facts) = facts else {
            return self.line([tag.as_str(), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
        };
        let created = facts.created.as_deref().map(to_the_second);
        self.line([
            tag.as_str(),
            &facts.digest.to_string(),
            created.as_deref().unwrap_or(UNKNOWN),
            &size::human(facts.size),
            &content(facts),
        ])
    }

    fn foot(&self) -> String {
        String::new()
    }
}

/// The date without fractions of a second.
fn to_the_second(date: &str) -> String {
    match date.split_once('.') {
        Some((date, rest)) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{date}{zone}")
        }
        None => date.to_owned(),
    }
}

fn content(facts: &Facts) -> String {
    match (&facts.artifact_type, facts.platforms.as_deref()) {
        (Some(artifact), _) => printable(artifact),
        (None, Some([platform])) => printable(platform.to_string()),
        (None, Some(platforms)) => format!("{} platforms", platforms.len()),
        (None, None) => "image".to_owned(),
    }
}

/// One document, written object by object as `serde_json` writes it prettily.
struct Json {
    first: bool,
}

impl Form for Json {
    fn head(&self, repository: &str) -> String {
        format!(
            "{{\n  \"repository\": {},\n  \"tags\": [",
            json!(repository)
        )
    }

    fn entry(&mut self, tag: &Tag, facts: Option<&Facts>) -> String {
        let mut entry = Map::new();
        entry.insert("tag".to_owned(), tag.as_str().into());
        if let Some(facts) = facts {
            entry.extend(fields(facts));
        }
        let separator = if self.first { "" } else { "," };
        self.first = false;
        let entry = format!("{:#}", Value::Object(entry)).replace('\n', "\n    ");
        format!("{separator}\n    {entry}")
    }

    fn foot(&self) -> String {
        let end = if self.first { "" } else { "\n  " };
        format!("{end}]\n}}\n")
    }
}

fn fields(facts: &Facts) -> Map<String, Value> {
    let platforms = facts.platforms.as_deref().unwrap_or_default();
    let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    let fields = [
        ("digest", json!(facts.digest)),
        ("media_type", json!(facts.media_type)),
        ("artifact_type", json!(facts.artifact_type)),
        ("created", json!(facts.created)),
        ("size", json!(facts.size)),
        ("platforms", json!(facts.platforms.as_ref().map(|_| names))),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}
