//! What each tag names, a line or an object for each, printed as soon as it is known.

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};

use super::Args;
use super::row::{Clock, Known, Row};
use crate::cli::stdout::print_part;
use crate::error::{Exit, Explain, Failure};
use crate::http::Cause;
use crate::oci::{self, Remote, Repository, Tag};
use crate::registry::{self, Inventory, Listing};
use crate::size;

/// Some tags name what cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the tags name what cannot be read")]
struct Unreadable(usize);

impl Explain for Unreadable {
    fn exit(&self) -> Exit {
        Exit::Partly
    }
}

/// Prints what the registry's own API lists, as far as it is meant.
pub(super) async fn print_listing(
    args: &Args,
    repository: &Repository,
    listing: Listing,
) -> Result<(), Failure> {
    let rows = listing.entries.into_iter().flat_map(Row::of_listed);
    let rows: Vec<Row> = rows.filter(|row| args.means(&row.tag)).collect();
    let has = |clock: &Clock| {
        let mut known = rows.iter().filter_map(|row| row.known.as_ref());
        known.any(|known| known.time(*clock).is_some())
    };
    let clocks = Clock::ALL.into_iter().filter(has).collect();
    let mut form = form(args, rows.iter().map(|row| &row.tag), clocks);
    let mut part = form.head(repository);
    for row in &rows {
        part.push_str(&form.entry(row));
        if part.len() > PART {
            let full = std::mem::take(&mut part);
            if !print_part(move |out| out.write_all(full.as_bytes())).await? {
                return Ok(());
            }
        }
    }
    part.push_str(&form.foot());
    print_part(move |out| out.write_all(part.as_bytes())).await?;
    Ok(())
}

/// How much is printed at once, in bytes.
const PART: usize = 64 * 1024;

/// Prints what the manifests of all `tags` say, in their order. One that has been removed
/// meanwhile is left out.
pub(super) async fn print(args: &Args, remote: Remote, tags: Vec<Tag>) -> Result<(), Failure> {
    let mut form = form(args, tags.iter(), vec![Clock::Created]);
    let head = form.head(remote.repository());
    let inventory = Inventory::new(remote, args.registries.jobs());
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
        let part = form.entry(&Row::of_facts(tag, facts));
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
trait Form: Send {
    fn head(&self, repository: &Repository) -> String;
    fn entry(&mut self, row: &Row) -> String;
    fn foot(&self) -> String;
}

/// That of the arguments, for these tags and with a column for each of the clocks.
fn form<'a>(args: &Args, tags: impl Iterator<Item = &'a Tag>, clocks: Vec<Clock>) -> Box<dyn Form> {
    if args.is_json() {
        return Box::new(Json { first: true });
    }
    Box::new(Table {
        tag_width: tags.map(|tag| tag.as_str().len()).max().unwrap_or(0),
        clocks,
    })
}

/// Aligned columns; all but the last have a known width.
struct Table {
    tag_width: usize,
    clocks: Vec<Clock>,
}

/// What stands in for what is not known.
const UNKNOWN: &str = "-";

impl Table {
    fn line(&self, tag: &str, digest: &str, times: &[String], size: &str, content: &str) -> String {
        let width = self.tag_width.max("TAG".len());
        let times: String = times.iter().map(|time| format!("{time:20}  ")).collect();
        format!("{tag:width$}  {digest:71}  {times}{size:>7}  {content}\n")
    }
}

impl Form for Table {
    fn head(&self, _: &Repository) -> String {
        let times = self.clocks.iter().map(|clock| clock.heading().to_owned());
        self.line(
            "TAG",
            "DIGEST",
            &times.collect::<Vec<_>>(),
            "SIZE",
            "CONTENT",
        )
    }

    fn entry(&mut self, row: &Row) -> String {
        let known = row.known.as_ref();
        let time = |clock: &Clock| {
            let time = known.and_then(|known| known.time(*clock));
            time.map_or_else(|| UNKNOWN.to_owned(), to_the_second)
        };
        let times: Vec<String> = self.clocks.iter().map(time).collect();
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
        self.line(
            row.tag.as_str(),
            &or_unknown(known.map(|known| known.digest.to_string())),
            &times,
            &or_unknown(known.and_then(|known| known.size).map(size::human)),
            &or_unknown(known.and_then(Known::content)),
        )
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

/// One document, written object by object as `serde_json` writes it prettily.
struct Json {
    first: bool,
}

impl Form for Json {
    fn head(&self, repository: &Repository) -> String {
        let repository = json!(repository.to_string());
        format!("{{\n  \"repository\": {repository},\n  \"tags\": [")
    }

    fn entry(&mut self, row: &Row) -> String {
        let mut entry = Map::new();
        entry.insert("tag".to_owned(), row.tag.as_str().into());
        if let Some(known) = &row.known {
            entry.extend(known.fields());
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
