//! Digests of the images that the command line names.

use super::digests::{Digests, all};
use super::{Args, print, runtime};
use crate::cli::record::{self, Record};
use crate::deploy::images::pinned;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Reference;

/// Prints what to pin, in the order of the command line.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let references: Vec<Reference> = args
        .references
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let registries = args.registries.registries(env);
    let digests = runtime::run(&registries, async {
        let jobs = args.registries.jobs();
        Ok(Digests::ask(&registries, references.iter(), jobs).await)
    });
    let mut digests = digests?;
    let mut lines = String::new();
    let mut records = Vec::new();
    let known: Vec<_> = references
        .iter()
        .map(|reference| match digests.get(reference) {
            Some(Ok(digest)) => Some(pinned(reference, digest, args.keep_tag)),
            _ => None,
        })
        .collect();
    let failures = digests.failures(references.iter());
    let mut failed = failures.iter();
    for (source, known) in args.references.iter().zip(known) {
        match known {
            Some(pinned) => {
                lines.push_str(&format!("{pinned}\n"));
                let mut record = Record::new(&pinned, "resolved").from(source);
                record.digest = pinned.digest.map(|digest| digest.to_string());
                records.push(record);
            }
            None => {
                // The same name again has failed for the reason that it failed for.
                if let Some(failure) = failed.next() {
                    records.push(Record::failed(source, failure));
                }
            }
        }
    }
    if args.output == "json" {
        let mut text = String::new();
        for (before, record) in records.iter().enumerate() {
            text.push_str(&record.json(before == 0));
        }
        text.push_str(record::end(records.is_empty()));
        print(text.as_bytes())?;
    } else if failures.is_empty() {
        print(lines.as_bytes())?;
    }
    all(failures, &args.registries.report())
}
