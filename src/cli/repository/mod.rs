//! `repository`: makes and removes repositories.

mod create;
mod delete;

use super::brand_args::BrandArgs;
use super::registry_args::RegistryArgs;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Repository;

/// Create and delete repositories
///
/// What a repository is differs: at Amazon ECR and Docker Hub it must be there before a push; at
/// most registries the first push makes it, and the last deletion may leave its name.
#[derive(clap::Args)]
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
    brand: BrandArgs,

    #[command(flatten)]
    registries: RegistryArgs,
}

impl Common {
    /// Each of them once.
    fn repositories(&self) -> Result<Vec<Repository>, Failure> {
        let mut all: Vec<Repository> = Vec::new();
        for text in &self.repositories {
            let repository = text.parse()?;
            if !all.contains(&repository) {
                all.push(repository);
            }
        }
        Ok(all)
    }
}

/// Does it.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    match args.verb {
        Verb::Create(args) => create::run(&args, env),
        Verb::Delete(args) => delete::run(&args, env),
    }
}
