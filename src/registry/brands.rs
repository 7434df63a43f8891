//! Which brand a repository has.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::brand::{Brand, Family};
use super::default::Plain;
use super::error::Error;
use super::named::Named;
use super::place::{Place, Settings};
use super::shown::Shown;
use super::{FAMILIES, family, family_of_host, remembered};
use crate::oci::{Registries, Remote, Repository};

/// The brands of a run. What a registry shows is asked for once, and remembered in a file.
pub struct Brands {
    registries: Registries,
    settings: Arc<Settings>,
    /// A repository of which other things are said.
    other: Option<(Repository, Arc<Settings>)>,
    /// Where what registries show is remembered from run to run, if anywhere.
    memory: Option<PathBuf>,
    asked: Mutex<HashMap<String, Arc<OnceCell<Shown>>>>,
}

/// A brand, and how it was recognised.
#[derive(Clone)]
pub struct Recognised {
    /// The brand.
    pub family: &'static dyn Family,
    /// How.
    pub by: By,
    /// What the registry showed, if it was asked.
    pub shown: Option<Shown>,
}

/// How a brand was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The user named it.
    Name,
    /// By the registry's host.
    Host,
    /// By what the registry answers; what that was, for people.
    Answer(String),
    /// Nothing says anything else than that it is a registry.
    Nothing,
    /// Its answer, of this status, does not show what it is: it may be any brand.
    Unclear(u16),
}

impl Brands {
    /// Nobody has been asked anything yet. `memory` is a directory, which need not exist.
    pub fn new(registries: Registries, settings: Settings, memory: Option<PathBuf>) -> Self {
        Self {
            registries,
            settings: Arc::new(settings),
            other: None,
            memory,
            asked: Mutex::default(),
        }
    }

    /// The same, with other things said of one repository, in place of what is said of the others.
    pub fn with(mut self, repository: Repository, settings: Settings) -> Self {
        self.other = Some((repository, Arc::new(settings)));
        self
    }

    /// What is said of a repository.
    fn settings(&self, repository: &Repository) -> &Arc<Settings> {
        match &self.other {
            Some((other, settings)) if other == repository => settings,
            _ => &self.settings,
        }
    }

    /// A repository as its brand does it. To a registry whose brand neither the user nor its
    /// host tells this costs one request, unless a run before has made it.
    ///
    /// # Errors
    /// No credential, no answer, or what the brand needs is missing.
    pub async fn at(&self, repository: &Repository) -> Result<Box<dyn Brand>, Error> {
        let remote = self.registries.at(repository)?;
        let recognised = self.recognise(&remote).await?;
        self.open(remote, recognised)
    }

    /// The same, to remove something there or to plan that: a registry that is taken for another
    /// brand than it has loses what should stay.
    ///
    /// # Errors
    /// As [`Self::at`]; and nothing shows the brand, for the registry did not answer as one does.
    pub async fn certain_at(&self, repository: &Repository) -> Result<Box<dyn Brand>, Error> {
        let remote = self.registries.at(repository)?;
        let recognised = self.recognise(&remote).await?;
        if let By::Unclear(status) = recognised.by {
            return Err(Error::Unrecognised {
                registry: repository.registry().to_owned(),
                status,
            });
        }
        self.open(remote, recognised)
    }

    fn open(&self, remote: Remote, recognised: Recognised) -> Result<Box<dyn Brand>, Error> {
        let repository = remote.repository().clone();
        let registry = repository.registry();
        let settings = self.settings(&repository);
        let named = settings.registry.as_deref();
        let is_trusted = match recognised.by {
            By::Host => true,
            By::Name => speaks_of(settings, registry),
            By::Answer(_) | By::Nothing | By::Unclear(_) => named == Some(registry),
        };
        let family = recognised.family;
        let brand = family.open(Place {
            remote,
            settings: Arc::clone(settings),
            shown: recognised.shown,
            is_trusted,
        })?;
        // `default` is what remains when there is no API of a vendor.
        let has_api = family.name() != Plain.name();
        let is_only_named = recognised.by == By::Name && has_api && !family.is_host(registry);
        Ok(match is_only_named {
            true => Box::new(Named {
                brand,
                title: family.title(),
            }),
            false => brand,
        })
    }

    /// The brand of a repository as far as that is known without a request.
    ///
    /// # Errors
    /// The user named one that there is not.
    pub fn known(&self, registry: &str) -> Result<Option<Recognised>, Error> {
        known(&self.settings, registry)
    }

    /// The brand of a repository, and how that is known.
    ///
    /// # Errors
    /// The user named one that there is not; no answer.
    pub async fn recognise(&self, remote: &Remote) -> Result<Recognised, Error> {
        let registry = remote.repository().registry();
        let settings = self.settings(remote.repository());
        if let Some(known) = known(settings, registry)? {
            return Ok(known);
        }
        let shown = self.shown(remote).await?;
        for family in FAMILIES {
            if let Some(why) = family.is_shown(registry, &shown) {
                return Ok(Recognised {
                    family: *family,
                    by: By::Answer(why),
                    shown: Some(shown),
                });
            }
        }
        Ok(Recognised {
            family: &Plain,
            by: match shown.is_plain() {
                true => By::Nothing,
                false => By::Unclear(shown.status),
            },
            shown: Some(shown),
        })
    }

    async fn shown(&self, remote: &Remote) -> Result<Shown, Error> {
        let registry = remote.repository().registry();
        let cell = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(asked.entry(registry.to_owned()).or_default())
        };
        let ask = || async {
            let memory = self.memory.as_deref();
            let recalled = memory.and_then(|memory| remembered::recall(memory, registry));
            if let Some(shown) = recalled.filter(Shown::is_plain) {
                return Ok::<_, Error>(shown);
            }
            let shown = Shown::of(&remote.ping().await?);
            if let Some(memory) = memory.filter(|_| shown.is_plain()) {
                remembered::keep(memory, registry, &shown);
            }
            Ok(shown)
        };
        cell.get_or_try_init(ask).await.cloned()
    }
}

/// The brand of a registry of which this is said.
fn known(settings: &Settings, registry: &str) -> Result<Option<Recognised>, Error> {
    let recognised = |family, by| Recognised {
        family,
        by,
        shown: None,
    };
    let by_host = family_of_host(registry);
    if let Some(name) = &settings.brand {
        let family = family(name).ok_or_else(|| Error::UnknownBrand(name.clone()))?;
        if settings.brand_is_option || (speaks_of(settings, registry) && by_host.is_none()) {
            return Ok(Some(recognised(family, By::Name)));
        }
    }
    Ok(by_host.map(|family| recognised(family, By::Host)))
}

/// Whether what is said is about this registry: a brand said of one would do to another what is
/// right for the first.
fn speaks_of(settings: &Settings, registry: &str) -> bool {
    let named = settings.registry.as_deref();
    named.is_none_or(|named| named == registry)
}
