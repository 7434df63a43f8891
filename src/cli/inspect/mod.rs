//! `inspect`: what a reference names.

mod description;
mod text;

use bytes::Bytes;

use self::description::Description;
use super::registry_args::RegistryArgs;
use super::runtime;
use super::stdout::print_part;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{ManifestContent, Platform};
use crate::registry::MAX_CONFIG;
use crate::transfer::{Look, Place};

/// Show what a reference names: manifest, config, sizes, platforms, referrers
///
/// Of an index all platforms are shown; --platform shows the image of one.
///
/// JSON is one document: "reference", "digest", "media_type", "artifact_type", "manifest_size",
/// "size" (of config and layers, summed over what an index lists), "annotations", "subject",
/// "platforms" (of an index: "platform", "digest", "media_type", "size"), "config" ("digest",
/// "media_type", "size", "created", "platform", "author", "user", "entrypoint", "cmd",
/// "working_dir", "env", "labels"), "layers" and "referrers" ("digest", "media_type", "size",
/// "artifact_type", "annotations"). Sizes are in bytes; what there is not is null.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside inspect registry.example.com/team/app:v1
  dockside inspect alpine --platform linux/arm64 --output json
  dockside inspect --raw registry.example.com/team/app:v1 | sha256sum
  dockside inspect oci:./layout:v1")]
pub struct Args {
    /// The image: REGISTRY/REPO[:TAG|@DIGEST], oci:DIR[:TAG], oci-archive:FILE or
    /// docker-archive:FILE
    #[arg(value_name = "REF")]
    place: String,

    /// The image of this platform (os/arch or os/arch/variant) of an index
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// Print the manifest, or index, byte for byte
    #[arg(long, conflicts_with_all = ["config", "output"])]
    raw: bool,

    /// Print the config byte for byte
    #[arg(long, conflicts_with = "output")]
    config: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0} is an index and has no config of its own")]
    OfIndex(Place),
    #[error("{0} has no config")]
    Absent(Place),
    #[error("the config of {0} is longer than {MAX_CONFIG} bytes")]
    TooLong(Place),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::OfIndex(_) => Some("choose an image of it with --platform".to_owned()),
            Self::Absent(_) | Self::TooLong(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// Prints it.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    let place: Place = args.place.parse()?;
    let registries = args.registries.registries(env);
    runtime::run(&registries, async {
        let look = Look::at(&place, args.platform.clone(), registries.clone()).await?;
        let bytes = if args.raw {
            look.manifest.bytes().clone()
        } else if args.config {
            config(&place, &look).await?
        } else {
            let jobs = args.registries.jobs();
            let description = Description::of(&place, &look, jobs).await?;
            if args.output == "json" {
                description.json()?
            } else {
                text::of(&description).into()
            }
        };
        print_part(move |out| out.write_all(&bytes)).await?;
        Ok(())
    })
}

async fn config(place: &Place, look: &Look) -> Result<Bytes, Failure> {
    let ManifestContent::Image { config, .. } = &look.manifest.content else {
        return Err(Error::OfIndex(place.clone()).into());
    };
    let Some(config) = config else {
        return Err(Error::Absent(place.clone()).into());
    };
    match look.blob(config, MAX_CONFIG).await? {
        Some(bytes) => Ok(bytes.into()),
        None => Err(Error::TooLong(place.clone()).into()),
    }
}
