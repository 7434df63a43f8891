//! `inspect`: what a reference names.

mod description;
mod source;
mod text;

use bytes::Bytes;

use self::description::Description;
use self::source::{Source, missing};
use super::registry_args::RegistryArgs;
use super::runtime;
use super::stdout::print_part;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Descriptor, Manifest, ManifestContent, Platform};
use crate::registry::{MAX_CONFIG, is_image_config};
use crate::transfer::Place;

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
        let source = Source::open(&place, &registries).await?;
        let mut manifest = source.named(&place).await?;
        if let Some(platform) = &args.platform {
            manifest = of_platform(&place, &source, manifest, platform).await?;
        }
        let bytes = if args.raw {
            manifest.bytes().clone()
        } else if args.config {
            config(&place, &source, &manifest).await?
        } else {
            let jobs = args.registries.jobs();
            let description = Description::of(&place, &source, &manifest, jobs).await?;
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

async fn config(place: &Place, source: &Source, manifest: &Manifest) -> Result<Bytes, Failure> {
    let ManifestContent::Image { config, .. } = &manifest.content else {
        return Err(Error::OfIndex(place.clone()).into());
    };
    let Some(config) = config else {
        return Err(Error::Absent(place.clone()).into());
    };
    let bytes = source.config(config).await?;
    bytes.ok_or_else(|| Error::TooLong(place.clone()).into())
}

/// The image of one platform: the child of an index, or an image itself when it is of that
/// platform.
async fn of_platform(
    place: &Place,
    source: &Source,
    manifest: Manifest,
    wanted: &Platform,
) -> Result<Manifest, Failure> {
    let has: Vec<String> = match &manifest.content {
        ManifestContent::Index(children) => {
            let fits =
                |child: &&Descriptor| child.platform.as_ref().is_some_and(|p| fit(wanted, p));
            if let Some(child) = children.iter().find(fits) {
                let found = source.manifest(child).await?;
                return Ok(found.ok_or_else(|| missing(place, &wanted.to_string(), Vec::new()))?);
            }
            let platforms = children.iter().filter_map(|child| child.platform.as_ref());
            platforms.map(ToString::to_string).collect()
        }
        ManifestContent::Image { config, .. } => {
            let config = config.as_deref();
            let own = match config.filter(|config| is_image_config(&config.media_type)) {
                Some(config) => source.config(config).await?,
                None => None,
            };
            let own = own.and_then(|bytes| crate::registry::Config::parse(&bytes).platform());
            if own.as_ref().is_some_and(|own| fit(wanted, own)) {
                return Ok(manifest);
            }
            own.iter().map(ToString::to_string).collect()
        }
    };
    Err(missing(place, &wanted.to_string(), has).into())
}

/// Whether a platform is the one that is wanted. Without a variant any is.
fn fit(wanted: &Platform, found: &Platform) -> bool {
    let variant = wanted.variant.is_none() || wanted.variant == found.variant;
    wanted.os == found.os && wanted.architecture == found.architecture && variant
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_variant_is_only_asked_for_when_it_is_named() {
        for (wanted, found, expected) in [
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm64/v8", "linux/arm64", false),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/amd64", "linux/amd64", true),
            ("linux/amd64", "windows/amd64", false),
        ] {
            let (wanted, found) = (wanted.parse().unwrap(), found.parse().unwrap());
            assert_eq!(fit(&wanted, &found), expected, "{wanted} {found}");
        }
    }
}
