//! Several named images below one repository, named as werf names them (werf 1.1, "Images
//! naming": `--images-repo-mode`).

use super::{Args, source, target};
use crate::address::DOCKER_HUB;
use crate::cli::moving::Misuse;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::{Repository, Tag};
use crate::transfer::{Image, Place};

/// How an image's name becomes a part of its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Mode {
    /// As the registry allows
    Auto,
    /// REPO/NAME:TAG
    Multirepo,
    /// REPO:NAME-TAG
    Monorepo,
}

/// Where named images go.
pub(super) struct Naming {
    repository: String,
    mode: Mode,
    tags: Vec<Tag>,
}

impl Naming {
    /// As the options say; `None` when none of them is given, since `WERF_REPO` is there in every
    /// job and does not change what arguments mean.
    pub(super) fn of(args: &Args, env: &Env) -> Result<Option<Self>, Failure> {
        if args.repo.is_none() && args.images_repo_mode.is_none() && args.tag.is_empty() {
            return Ok(None);
        }
        let given = args.repo.as_deref().filter(|repo| !repo.is_empty());
        let Some(repository) = given.or_else(|| env.utf8("WERF_REPO")) else {
            return Err(Misuse::new(
                "no repository for the named images is given",
                "give --repo, or set WERF_REPO",
            )
            .into());
        };
        let mode = match args.images_repo_mode {
            Some(mode) => mode,
            None => of_variable(env)?,
        };
        Ok(Some(Self::new(repository, mode, args.tag.clone())?))
    }

    fn new(text: &str, mode: Mode, tags: Vec<Tag>) -> Result<Self, Failure> {
        let repository: Repository = text.parse()?;
        let mode = match mode {
            // ACCOUNT alone gets a repository for each image.
            Mode::Auto
                if repository.registry() == DOCKER_HUB
                    && !repository.path().starts_with("library/") =>
            {
                Mode::Monorepo
            }
            Mode::Auto => Mode::Multirepo,
            mode => mode,
        };
        Ok(Self {
            repository: text.to_owned(),
            mode,
            tags,
        })
    }

    /// The image of an argument `[NAME=]SOURCE`.
    pub(super) fn image(&self, argument: &str) -> Result<Image, Failure> {
        let (name, text) = match argument.split_once('=') {
            Some((name, text)) if is_name(name) => (name, text),
            _ => ("", argument),
        };
        let targets = match self.tags.as_slice() {
            [] => vec![self.target(name, "latest")?],
            tags => tags
                .iter()
                .map(|tag| self.target(name, tag.as_str()))
                .collect::<Result<_, _>>()?,
        };
        Ok(Image::new(source::parse(text)?, targets))
    }

    fn target(&self, name: &str, tag: &str) -> Result<Place, Failure> {
        let repository = &self.repository;
        target(&match (name, self.mode) {
            ("", _) => format!("{repository}:{tag}"),
            (_, Mode::Monorepo) => format!("{repository}:{name}-{tag}"),
            _ => format!("{repository}/{name}:{tag}"),
        })
    }
}

fn of_variable(env: &Env) -> Result<Mode, Misuse> {
    match env.utf8("WERF_IMAGES_REPO_MODE") {
        None | Some("auto") => Ok(Mode::Auto),
        Some("multirepo") => Ok(Mode::Multirepo),
        Some("monorepo") => Ok(Mode::Monorepo),
        Some(_) => Err(Misuse::new(
            "WERF_IMAGES_REPO_MODE is no mode",
            "set it to auto, multirepo or monorepo",
        )),
    }
}

/// Whether what stands before `=` can be an image's name, and not the beginning of a path.
fn is_name(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    text.is_empty() || parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{Mode, Naming};

    fn targets(repo: &str, mode: Mode, tags: &[&str], argument: &str) -> Vec<String> {
        let tags = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        let naming = Naming::new(repo, mode, tags).unwrap();
        let image = naming.image(argument).unwrap();
        let target = |target: &super::Place| format!("{} {target}", image.source);
        image.targets.iter().map(target).collect()
    }

    #[test]
    fn names_make_references() {
        let repo = "registry.example.com/shop";
        for (mode, argument, expected) in [
            (
                Mode::Multirepo,
                "api=oci:x",
                "oci:x registry.example.com/shop/api:v1",
            ),
            (
                Mode::Monorepo,
                "api=oci:x",
                "oci:x registry.example.com/shop:api-v1",
            ),
            (
                Mode::Auto,
                "back/api=oci:x",
                "oci:x registry.example.com/shop/back/api:v1",
            ),
            (
                Mode::Multirepo,
                "oci:x",
                "oci:x registry.example.com/shop:v1",
            ),
            (
                Mode::Monorepo,
                "=oci:x",
                "oci:x registry.example.com/shop:v1",
            ),
            (
                Mode::Multirepo,
                "oci:a=b",
                "oci:a=b registry.example.com/shop:v1",
            ),
            (
                Mode::Multirepo,
                "api=oci:a=b",
                "oci:a=b registry.example.com/shop/api:v1",
            ),
        ] {
            assert_eq!(
                targets(repo, mode, &["v1"], argument),
                [expected],
                "{argument}"
            );
        }
    }

    #[test]
    fn each_tag_is_a_target() {
        assert_eq!(
            targets("localhost:5000/a", Mode::Monorepo, &["v1", "v2"], "b=oci:x"),
            ["oci:x localhost:5000/a:b-v1", "oci:x localhost:5000/a:b-v2"]
        );
        assert_eq!(
            targets("localhost:5000/a", Mode::Multirepo, &[], "b=oci:x"),
            ["oci:x localhost:5000/a/b:latest"]
        );
    }

    #[test]
    fn docker_hub_has_no_nested_repositories() {
        for (repo, expected) in [
            ("company/shop", "oci:x docker.io/company/shop:api-v1"),
            ("company", "oci:x docker.io/company/api:v1"),
        ] {
            assert_eq!(targets(repo, Mode::Auto, &["v1"], "api=oci:x"), [expected]);
        }
    }

    #[test]
    fn names_that_make_no_reference_are_refused() {
        for (mode, argument) in [
            (Mode::Multirepo, "Api=oci:x"),
            (Mode::Monorepo, "back/api=oci:x"),
        ] {
            let naming = Naming::new("localhost:5000/a", mode, Vec::new()).unwrap();
            assert!(naming.image(argument).is_err(), "{argument}");
        }
        assert!(Naming::new("localhost:5000/a:v1", Mode::Auto, Vec::new()).is_err());
    }
}
