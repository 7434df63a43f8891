//! Digests in files.

use super::digests::{Digests, all};
use super::document::{Error, STDIN, read, write};
use super::{Args, print, runtime};
use crate::deploy::images::{Image, Images, Left, Says, pinned};
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Reference;
use crate::report::Report;

/// Writes digests into the files, or lists what has none.
pub(super) fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    if args.in_place && args.files.iter().any(|name| name == STDIN) {
        return Err(Error::Stdin.into());
    }
    if !args.in_place && !args.check && args.files.len() > 1 {
        return Err(Error::Several.into());
    }
    let texts: Vec<String> = args
        .files
        .iter()
        .map(|name| read(name))
        .collect::<Result<_, _>>()?;
    let mut files = Vec::with_capacity(texts.len());
    for (name, text) in args.files.iter().zip(&texts) {
        let images = Images::find(text, &args.keys).map_err(|source| Error::Form {
            name: name.clone(),
            source,
            is_template: text.contains("{{"),
        })?;
        files.push((name.as_str(), images));
    }
    let report = args.registries.report();
    notes(&files, args.check, &report);
    if args.check {
        return check(&files);
    }
    all(bad(&files), &report)?;
    let references = || files.iter().flat_map(|(_, images)| moving(images));
    let registries = args.registries.registries(env);
    let digests = runtime::run(&registries, async {
        let jobs = args.registries.jobs();
        Ok(Digests::ask(&registries, references(), jobs).await)
    });
    let mut digests = digests?;
    all(digests.failures(references()), &report)?;
    let of = |reference: &Reference| match digests.get(reference) {
        Some(Ok(digest)) => Some(pinned(reference, digest, args.keep_tag).to_string()),
        _ => None,
    };
    for ((name, images), before) in files.iter().zip(&texts) {
        let after = images.with(&of);
        if !args.in_place {
            print(after.as_bytes())?;
        } else if after != *before {
            write(name, &after)?;
            report.tell(format!("{name}: {} images pinned", moving(images).count()));
        }
    }
    Ok(())
}

fn moving<'i>(images: &'i Images<'_>) -> impl Iterator<Item = &'i Reference> {
    images.images.iter().filter_map(|image| match &image.says {
        Says::Moving(reference) => Some(reference),
        _ => None,
    })
}

/// The names that nobody understands.
fn bad(files: &[(&str, Images<'_>)]) -> Vec<Failure> {
    let images = files
        .iter()
        .flat_map(|(name, images)| images.images.iter().map(move |image| (*name, image)));
    images
        .filter_map(|(name, image)| match &image.says {
            Says::Bad(source) => Some(Failure::from(Error::Name {
                name: name.to_owned(),
                line: image.line,
                source: source.clone(),
            })),
            _ => None,
        })
        .collect()
}

/// Says what is left as it is, and why.
fn notes(files: &[(&str, Images<'_>)], is_check: bool, report: &Report) {
    for (name, images) in files {
        for (line, left) in &images.left {
            let why = match left {
                Left::Parts => "its repository and tag are apart",
                Left::Built => "it is built here",
            };
            report.note(format!("{name}:{line}: this image stays as it is: {why}"));
        }
        let later = |image: &&Image| image.says == Says::Later && !is_check;
        for Image { line, text, .. } in images.images.iter().filter(later) {
            report.note(format!(
                "{name}:{line}: `{text}` stays as it is: a template or a variable makes it"
            ));
        }
    }
}

/// Lists what has no digest.
fn check(files: &[(&str, Images<'_>)]) -> Result<(), Failure> {
    let mut lines = String::new();
    let mut count = 0;
    for (name, images) in files {
        for image in images
            .images
            .iter()
            .filter(|image| image.says != Says::Pinned)
        {
            let line = format!("{name}:{}: {}", image.line, image.text);
            lines.push_str(&crate::text::printable(line));
            lines.push('\n');
            count += 1;
        }
    }
    print(lines.as_bytes())?;
    match count {
        0 => Ok(()),
        count => Err(Error::Unpinned(count).into()),
    }
}
