//! What `push`, `pull` and `copy` have in common: their options, the run, and what is said of it.

mod args;
mod counts;
mod digest_file;
mod misuse;
mod names;
mod results;

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

pub(super) use self::args::MoveArgs;
pub(super) use self::misuse::Misuse;
pub(super) use self::names::{distinct, local_target, name_of, named, tag_of, with_tag};
use self::results::Results;
use super::brand_args::BrandArgs;
use super::progress::{self, Watch};
use super::runtime;
use crate::env::Env;
use crate::error::Failure;
use crate::oci::Registries;
use crate::report::Report;
use crate::transfer::{Engine, Image, Place, Wishes, memory_directory};

/// How many images the engine is given at once where they need not be together. The images of a
/// repository may be any number, and each of them takes memory.
const AT_ONCE: usize = 1_000;

/// The images to move.
pub(super) struct Plan {
    images: Box<dyn Iterator<Item = Image> + Send>,
    /// Whether they end up in one file or directory, which is finished with the last of them.
    together: bool,
}

impl Plan {
    /// These images.
    pub(super) fn new(images: Vec<Image>) -> Self {
        let is_local = |place: &Place| !matches!(place, Place::Registry(_));
        let together = images
            .iter()
            .any(|image| image.targets.iter().any(is_local));
        Self {
            images: Box::new(images.into_iter()),
            together,
        }
    }

    /// These, as they are needed.
    pub(super) fn lazy(
        images: impl Iterator<Item = Image> + Send + 'static,
        together: bool,
    ) -> Self {
        Self {
            images: Box::new(images),
            together,
        }
    }
}

/// One run of a command.
pub(super) struct Run<'a> {
    args: &'a MoveArgs,
    env: &'a Env,
    title: &'static str,
    report: Report,
    /// The registries of the run.
    pub(super) registries: Registries,
    /// What is known of the brands of those that are written to.
    brand: Option<&'a BrandArgs>,
}

impl<'a> Run<'a> {
    /// Nothing has begun yet. `title` is what a log shows of it.
    pub(super) fn new(title: &'static str, args: &'a MoveArgs, env: &'a Env) -> Self {
        Self {
            args,
            env,
            title,
            report: args.registry.report(),
            registries: args.registry.registries(env),
            brand: None,
        }
    }

    /// The same that makes repositories where the brand of a registry wants that.
    pub(super) fn creating(mut self, brand: &'a BrandArgs) -> Self {
        self.brand = Some(brand);
        self
    }

    /// Makes the plan, and does it or only shows it.
    pub(super) fn go(
        &self,
        plan: impl Future<Output = Result<Plan, Failure>>,
    ) -> Result<(), Failure> {
        let mut results = Results::new(self.args, self.report);
        if self.args.dry_run {
            let images = runtime::run(&self.registries, plan)?.images;
            for image in images {
                results::pairs(&image).try_for_each(|pair| results.planned(pair))?;
            }
            return results.end();
        }
        let watch = self.watch();
        let started = Instant::now();
        let done = runtime::run(&self.registries, async {
            self.move_all(plan.await?, &watch, &mut results).await
        });
        watch.finish();
        results.end()?;
        done?;
        if !self.args.quiet {
            results.summary(started.elapsed());
        }
        results.outcome()
    }

    async fn move_all(
        &self,
        plan: Plan,
        watch: &Arc<dyn Watch>,
        results: &mut Results<'_>,
    ) -> Result<(), Failure> {
        let (registries, wishes) = (self.registries.clone(), self.wishes());
        let engine = match self.brand {
            None => Engine::new(registries, wishes, watch.clone()),
            Some(brand) => {
                let brands = brand.brands(&self.args.registry, &registries, self.env)?;
                Engine::creating(registries, wishes, watch.clone(), brands)
            }
        };
        let at_once = if plan.together { usize::MAX } else { AT_ONCE };
        let mut images = plan.images;
        loop {
            let some: Vec<Image> = images.by_ref().take(at_once).collect();
            if some.is_empty() {
                return Ok(());
            }
            let pairs: Vec<_> = some.iter().flat_map(results::pairs).collect();
            let moved = progress::watched(&**watch, engine.run(some)).await;
            let mut ended = pairs.into_iter().zip(moved);
            let mut said = Ok(());
            watch.pause(&mut || {
                said = ended.try_for_each(|(pair, result)| results.moved(pair, result));
            });
            said?;
        }
    }

    fn watch(&self) -> Arc<dyn Watch> {
        let mode = if self.args.quiet {
            progress::Mode::None
        } else {
            self.args.progress
        };
        let verbose = self.args.registry.is_verbose();
        progress::watch(mode, self.title, self.report, verbose, self.env)
    }

    fn wishes(&self) -> Wishes {
        Wishes {
            referrers: self.args.referrers,
            platform: self.args.platform.clone(),
            no_clobber: self.args.no_clobber,
            jobs: self.args.registry.jobs(),
            memory: memory_directory(self.args.registry.docker_config(), self.env),
        }
    }
}
