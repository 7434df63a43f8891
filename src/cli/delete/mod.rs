//! `delete`: removes manifests, and takes care that nothing goes with them that should stay.

mod guard;
mod survey;

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt as _, stream};

use self::guard::{Guard, judge};
use self::survey::{Survey, Target};
use super::brand_args::BrandArgs;
use super::outcomes::{NotBegun, Outcomes};
use super::record::{PLANNED, Record};
use super::registry_args::RegistryArgs;
use super::runtime::{self, Stop};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Reference, Repository, Tag};
use crate::registry::{self, Brand, Brands, Takes};

/// Delete images from registries, with all their tags
///
/// What is deleted is the manifest, so all of its tags go: when it has others than those named
/// here, nothing is done (exit code 3) unless --with-siblings is given. A manifest that a tagged
/// index lists is only deleted together with that index. Use `dockside untag` to remove a tag
/// alone. What is gone already is no failure.
///
/// What refers to an image (signatures, SBOMs) is named before. At most registries it stays;
/// Harbor removes it with the image, and Quay does so with what cosign keeps under tags.
///
/// To know all this, each tag of the repository is looked at, and each index.
///
/// JSON is one document: {"results": [...]}, for each tag and each manifest "target", "digest",
/// "outcome" (untagged, deleted, gone, planned, refused or failed), "reason" (of a failure, one of not-authenticated, not-allowed,
/// protected, in-use, rate-limited, not-found, unsupported and refused, if it is known), "error"
/// and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside delete registry.example.com/app:branch-x --dry-run
  dockside delete registry.example.com/app:v1 registry.example.com/app:v1-debug
  dockside delete registry.example.com/app@sha256:... --with-siblings")]
pub struct Args {
    /// The images: REGISTRY/REPO:TAG or REGISTRY/REPO@DIGEST
    #[arg(value_name = "REF", required = true)]
    references: Vec<String>,

    /// Also delete what has other tags than those named
    #[arg(long)]
    with_siblings: bool,

    /// Remove nothing, only say what would be done, as far as the registry tells beforehand
    #[arg(long)]
    dry_run: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` names neither a tag nor a digest")]
struct TooLittle(Reference);

impl Explain for TooLittle {
    fn hint(&self) -> Option<String> {
        Some("write the tag that is to be deleted, also if it is `latest`".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// How many deletions of one repository are under way at most. A registry that looks through all
/// tags for each of them (distribution) is not faster with more.
const MAX_DELETIONS: usize = 8;

/// Deletes them, repository after repository.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let mut wanted: BTreeMap<Repository, Vec<Reference>> = BTreeMap::new();
    for text in &args.references {
        let reference: Reference = text.parse()?;
        if reference.tag.is_none() && reference.digest.is_none() {
            return Err(TooLittle(reference).into());
        }
        let here = wanted.entry(reference.repository.clone()).or_default();
        if !here.contains(&reference) {
            here.push(reference);
        }
    }
    let registries = args.registries.registries(env);
    runtime::run_steps(&registries, async |stop| {
        let brands = args.brand.brands(&args.registries, &registries, env)?;
        let mut outcomes = Outcomes::new(args.registries.report(), args.output == "json");
        for (repository, references) in wanted {
            let here = delete(
                &args,
                &brands,
                &repository,
                &references,
                &stop,
                &mut outcomes,
            );
            if let Err(failure) = here.await {
                outcomes.failed(repository, failure);
            }
        }
        outcomes.finish()
    })
}

/// Deletes what is wanted of one repository.
async fn delete(
    args: &Args,
    brands: &Brands,
    repository: &Repository,
    references: &[Reference],
    stop: &Stop,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    let brand = brands.certain_at(repository).await?;
    let remote = brand.remote();
    let survey = Survey::of(&*brand, references, args.registries.jobs()).await?;
    for gone in &survey.gone {
        outcomes.gone(gone);
    }
    let mut removed: HashSet<Digest> = HashSet::new();
    let mut unlisted: Vec<(Tag, Digest)> = Vec::new();
    for rank in survey.ranks() {
        let verdict = |target| judge(repository, target, &survey, &removed, args.with_siblings);
        let judged: Vec<_> = rank.iter().map(|one| (*one, verdict(one))).collect();
        let mut judged = judged.into_iter().peekable();
        let batches = std::iter::from_fn(|| {
            judged.peek()?;
            let batch = judged.by_ref().take(brand.deletes_at_once().max(1));
            Some(batch.collect::<Vec<_>>())
        });
        let batches: Vec<_> = batches.collect();
        let steps: Vec<_> = stream::iter(batches)
            .map(|batch| remove(args, &*brand, &survey, batch, stop))
            .buffered(MAX_DELETIONS.min(args.registries.jobs()))
            .collect()
            .await;
        for (target, done) in steps.into_iter().flatten() {
            let subject = repository.at(target.digest.clone());
            match done {
                Ok(true) => {
                    let tags = target.tags.iter();
                    let tags = tags.map(|tag| repository.tagged(tag.clone()));
                    for (thing, verb, done) in tags
                        .map(|tag| (tag, "untag", "untagged"))
                        .chain([(subject, "delete", "deleted")])
                    {
                        if args.dry_run {
                            let record = Record::new(thing, PLANNED).at(&target.digest);
                            outcomes.planned(verb, record);
                        } else {
                            outcomes.done(Record::new(thing, done).at(&target.digest));
                        }
                    }
                }
                Ok(false) => outcomes.gone(subject),
                Err(failure) => {
                    outcomes.failed_at(target.asked(repository), &target.digest, failure);
                    continue;
                }
            }
            let lists = survey.lists_of(&target.digest);
            unlisted.extend(lists.map(|list| (list.clone(), target.digest.clone())));
            removed.insert(target.digest.clone());
        }
    }
    // A list of referrers names what has been deleted, and is the client's to keep.
    for (list, digest) in unlisted.into_iter().filter(|_| !args.dry_run) {
        registry::unlist(remote, &list, &digest).await?;
    }
    Ok(())
}

/// Removes, by one request if the brand can, those of some manifests whose verdict allows it.
async fn remove<'t>(
    args: &Args,
    brand: &dyn Brand,
    survey: &Survey,
    batch: Vec<(&'t Target, Result<(), Guard>)>,
    stop: &Stop,
) -> Vec<(&'t Target, Result<bool, Failure>)> {
    let repository = brand.remote().repository();
    let (mut steps, mut digests) = (Vec::new(), Vec::new());
    for (target, verdict) in batch {
        let step = match verdict {
            Err(guard) => Err(guard.into()),
            Ok(()) if stop.is_set() => {
                Err(NotBegun(repository.at(target.digest.clone()).to_string()).into())
            }
            Ok(()) => match foresee(args, brand, target).await {
                Ok(()) => {
                    name_referrers(args, brand, target, survey).await;
                    digests.push(target.digest.clone());
                    Ok(true)
                }
                Err(failure) => Err(failure),
            },
        };
        steps.push((target, step));
    }
    if args.dry_run {
        return steps;
    }
    for (digest, done) in brand.delete_all(&digests).await {
        let asked = steps.iter_mut().find(|(target, _)| target.digest == digest);
        if let Some((_, step)) = asked {
            *step = done.map_err(Failure::from);
        }
    }
    steps
}

/// That nothing which can be known right before a removal forbids it: rules of the registry in a
/// dry run, in which nothing else tells of them; else tags that came after the survey.
async fn foresee(args: &Args, brand: &dyn Brand, target: &Target) -> Result<(), Failure> {
    if args.dry_run {
        return Ok(brand.foresee_delete(&target.digest).await?);
    }
    if args.with_siblings {
        return Ok(());
    }
    let now = brand.tags_now(&target.digest).await?.unwrap_or_default();
    Ok(guard::late(brand.remote().repository(), target, now)?)
}

/// Says what will be left without its subject, or go with it.
async fn name_referrers(args: &Args, brand: &dyn Brand, target: &Target, survey: &Survey) {
    let (report, remote) = (args.registries.report(), brand.remote());
    let subject = remote.repository().at(target.digest.clone());
    let listed = remote.referrers(&target.digest).await;
    let names: Vec<String> = match listed {
        Ok(referrers) => referrers.iter().map(|one| one.digest.to_string()).collect(),
        Err(error) => {
            let message = Failure::from(error).message();
            report.note(format!(
                "what refers to {subject} could not be listed: {message}"
            ));
            Vec::new()
        }
    };
    let cosign = survey.cosign_tags(&target.digest).map(ToString::to_string);
    let (mut stays, mut goes) = (Vec::new(), Vec::new());
    match brand.takes() {
        Takes::Nothing => stays.extend(names.into_iter().chain(cosign)),
        Takes::CosignTags => (stays, goes) = (names, cosign.collect()),
        Takes::All => goes.extend(names.into_iter().chain(cosign)),
    }
    for (what, names) in [("goes with it", goes), ("stays", stays)] {
        if !names.is_empty() {
            let names = guard::some_of(&names);
            report.note(format!("what refers to {subject} {what}: {names}"));
        }
    }
}
