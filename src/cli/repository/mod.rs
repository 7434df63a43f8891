//! `repository`: makes and removes repositories.

mod create;
mod delete;

use super::brand_args::BrandArgs;
use super::registry_args::RegistryArgs;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Reference, Repository};

/// Create and delete repositories
///
/// What a repository is differs from brand to brand. Mostly the first push makes it, and there is
/// nothing to create; a push that needs it to be there creates it too (Amazon ECR, Google).
#[derive(clap::Args)]
#[command(after_long_help = "\
What is created, and what is deleted:
  acr          created by a push; deleted with all its images
  artifactory  created: the local repository of Artifactory; deleted: the image
  dockerhub    created, private; deleted
  ecr          created; deleted
  gcr          created: the repository of Artifact Registry, which holds many images; deleted: the
               image, or the repository where REPO is no longer than its name
  gitea        created by a push; deleted: the package
  github       created by a push; deleted: the package
  gitlab       created by a push; deleted later, by GitLab itself
  harbor       created: the project, private; deleted: the repository
  nexus        created: the hosted repository, where paths name it; deleted: the image
  quay         created, private; deleted; both with an OAuth token
  zot, default created by a push; cannot be deleted: delete all its images")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Create(create::Args),
    Delete(delete::Args),
}

/// What both need.
#[derive(clap::Args)]
struct Common {
    /// The repositories
    #[arg(value_name = "REPO", required = true)]
    repositories: Vec<String>,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    #[command(flatten)]
    registries: RegistryArgs,

    #[command(flatten)]
    brand: BrandArgs,
}

impl Common {
    /// Each of them once.
    fn repositories(&self) -> Result<Vec<Repository>, Failure> {
        let mut all: Vec<Repository> = Vec::new();
        for text in &self.repositories {
            let repository = repository(text)?;
            if !all.contains(&repository) {
                all.push(repository);
            }
        }
        Ok(all)
    }
}

fn repository(text: &str) -> Result<Repository, Failure> {
    text.parse::<Repository>()
        .map_err(|bad| match text.parse::<Reference>() {
            Ok(image) => NotRepository(image).into(),
            Err(_) => bad.into(),
        })
}

/// What is in a repository, in place of one.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no repository but an image in one")]
struct NotRepository(Reference);

impl Explain for NotRepository {
    fn hint(&self) -> Option<String> {
        Some(format!("write the repository alone: {}", self.0.repository))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Does it.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    match args.verb {
        Verb::Create(args) => create::run(&args, env),
        Verb::Delete(args) => delete::run(&args, env),
    }
}
