//! `tag`: more names for what is in a registry.

use futures_util::{StreamExt as _, stream};

use super::outcomes::Outcomes;
use super::record::Record;
use super::registry_args::RegistryArgs;
use super::runtime;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{self, BadReference, Digest, Manifest, Reference, Remote, Tag, Target};

/// Give more tags to an image in a registry
///
/// Nothing is copied: the manifest is read once and put under each tag, byte for byte, so the
/// digest is the same.
///
/// JSON is one document: {"results": [...]}, for each tag "source", "target", "digest", "outcome"
/// (tagged, unchanged, kept or failed), "error" and "hint". What does not apply is left out.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside tag registry.example.com/app:v1.2.3 v1.2 v1 latest
  dockside tag registry.example.com/app@sha256:... stable --no-clobber")]
pub struct Args {
    /// The image: REGISTRY/REPO:TAG or REGISTRY/REPO@DIGEST
    #[arg(value_name = "REF")]
    reference: String,

    /// The new tags, in the same repository
    #[arg(value_name = "TAG", required = true)]
    tags: Vec<String>,

    /// Leave tags that are there already as they are
    #[arg(long)]
    no_clobber: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("`{0}` is a reference; new names are tags in the same repository")]
    Elsewhere(String),
    #[error("{0} does not exist")]
    NoSource(Reference),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Elsewhere(_) => "use `dockside copy` to name it in another repository".to_owned(),
            Self::NoSource(reference) => format!(
                "`dockside tags {}` lists what there is",
                reference.repository
            ),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Elsewhere(_) => Exit::Usage,
            Self::NoSource(_) => Exit::Failed,
        }
    }
}

/// Puts the manifest under the new tags.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let reference: Reference = args.reference.parse()?;
    let tags = tags(&args.tags)?;
    let registries = args.registries.registries(env);
    runtime::run(&registries, async {
        let remote = registries.at(&reference.repository)?;
        let Some(manifest) = remote.manifest(&reference.target()).await? else {
            return Err(Error::NoSource(reference.clone()).into());
        };
        let puts = stream::iter(tags).map(async |tag| {
            let done = put(&remote, &manifest, &tag, args.no_clobber).await;
            (remote.repository().tagged(tag), done)
        });
        let mut puts = Box::pin(puts.buffered(args.registries.jobs()));
        let mut outcomes = Outcomes::new(args.registries.report(), args.output == "json");
        while let Some((name, done)) = puts.next().await {
            match done {
                Ok((outcome, digest)) => {
                    let record = Record::new(name, outcome).from(&reference).at(digest);
                    outcomes.done(record);
                }
                Err(error) => outcomes.failed(name, error.into()),
            }
        }
        outcomes.finish()
    })
}

/// Each tag once, in order.
fn tags(written: &[String]) -> Result<Vec<Tag>, Failure> {
    let mut tags: Vec<Tag> = Vec::new();
    for text in written {
        let tag = text.parse().map_err(|bad: BadReference| {
            if text.contains(['/', ':', '@']) {
                Failure::from(Error::Elsewhere(text.clone()))
            } else {
                bad.into()
            }
        })?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// What became of one tag, and what it names now.
async fn put(
    remote: &Remote,
    manifest: &Manifest,
    tag: &Tag,
    no_clobber: bool,
) -> Result<(&'static str, Digest), oci::Error> {
    let target = Target::Tag(tag.clone());
    if no_clobber && let Some(head) = remote.head(&target).await? {
        let same = head.digest == *manifest.digest();
        return Ok((if same { "unchanged" } else { "kept" }, head.digest));
    }
    let stored = remote.put_manifest(&target, manifest).await?;
    let outcome = if stored.unchanged {
        "unchanged"
    } else {
        "tagged"
    };
    Ok((outcome, manifest.digest().clone()))
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn new_names_are_tags() {
        let read = |written: &[&str]| {
            let written: Vec<String> = written.iter().map(|&tag| tag.to_owned()).collect();
            tags(&written)
        };
        let names: Vec<String> = read(&["b", "a", "b"])
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["b", "a"]);
        for elsewhere in ["other:v1", "example.com/a", "a@sha256:0"] {
            let failure = read(&["v1", elsewhere]).unwrap_err();
            assert_eq!(failure.exit() as u8, 2);
            assert_eq!(
                failure.hint().unwrap(),
                "use `dockside copy` to name it in another repository"
            );
        }
        assert_eq!(read(&["-x"]).unwrap_err().exit() as u8, 2);
    }
}
