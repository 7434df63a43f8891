//! What checks of one registry find out together, each thing once.

use reqwest::Method;
use tokio::sync::OnceCell;

use super::contact::Contact;
use super::login::refusal;
use crate::auth::{self, Found, api_host};
use crate::ci;
use crate::doctor::{Patient, Purpose, Ward};
use crate::http::{self, Budget, Call, Client};
use crate::oci::{self, Extension, Remote, Repository};
use crate::registry::{
    Advice, Brand, Brands, Case, Family, Recognised, SecretKind, Settings, Trouble, advice,
};

/// The path that stands for a repository where none is named; nothing is asked about it.
const ANY: &str = "library/any";

/// One registry, as far as it is known yet.
pub(super) struct Visit<'a> {
    pub(super) ward: &'a Ward,
    pub(super) patient: &'a Patient,
    pub(super) client: Client,
    /// The repository that is named, or one that stands for any.
    repository: Repository,
    brands: Brands,
    contact: OnceCell<Result<Contact, http::Error>>,
    remote: OnceCell<Option<Result<Remote, oci::Error>>>,
    brand: OnceCell<Option<Recognised>>,
    admission: OnceCell<Result<(), oci::Error>>,
    pull: OnceCell<Pull>,
}

/// What became of reading.
pub(super) enum Pull {
    /// It works.
    Works,
    /// The repository is not there, or cannot be seen.
    NoRepository,
    /// The repository is there, and what was named of it is not.
    NoTarget,
    /// Who asks may not read; how that was said.
    Denied(String),
    /// Something else went wrong.
    Failed(oci::Error),
}

impl<'a> Visit<'a> {
    /// Nobody has been asked anything yet.
    pub(super) fn new(ward: &'a Ward, patient: &'a Patient) -> Result<Self, auth::Error> {
        let registries = &ward.registries;
        let host = api_host(&patient.registry)?;
        let any = || format!("{}/{ANY}", patient.registry).parse();
        let repository = match &patient.repository {
            Some(repository) => repository.clone(),
            None => any().map_err(|_| auth::Error::NoRegistry {
                address: patient.registry.clone(),
                status: 0,
            })?,
        };
        Ok(Self {
            ward,
            patient,
            client: registries.context().http.client(host),
            repository,
            brands: Brands::new(registries.clone(), settings(ward), None),
            contact: OnceCell::new(),
            remote: OnceCell::new(),
            brand: OnceCell::new(),
            admission: OnceCell::new(),
            pull: OnceCell::new(),
        })
    }

    /// What the registry answers to those whom it does not know.
    pub(super) async fn contact(&self) -> &Result<Contact, http::Error> {
        let ask = || async {
            let call = Call::new(Method::GET, self.client.url("/v2/"));
            let budget = Budget::of_retries(std::time::Duration::ZERO);
            self.client.persist(&call, &budget).await.map(Contact::of)
        };
        self.contact.get_or_init(ask).await
    }

    /// The same where a registry answers.
    pub(super) async fn registry(&self) -> Option<&Contact> {
        let contact = self.contact().await.as_ref().ok()?;
        contact.is_registry().then_some(contact)
    }

    /// The repository as whoever the docker config says; `None` when that cannot be found out.
    pub(super) async fn remote(&self) -> Option<&Result<Remote, oci::Error>> {
        let ask = || async {
            let (registries, repository) = (self.ward.registries.clone(), self.repository.clone());
            // A helper is waited for.
            let found = tokio::task::spawn_blocking(move || registries.at(&repository));
            found.await.ok()
        };
        self.remote.get_or_init(ask).await.as_ref()
    }

    /// Who one is there, if that could be found out.
    pub(super) async fn found(&self) -> Option<&Found> {
        let remote = self.remote().await?.as_ref().ok()?;
        Some(remote.found())
    }

    /// The brand, if the registry answers.
    pub(super) async fn brand(&self) -> Option<&Recognised> {
        let ask = || async {
            self.registry().await?;
            match self.remote().await {
                Some(Ok(remote)) => self.brands.recognise(remote).await.ok(),
                _ => self.brands.known(&self.patient.registry).ok().flatten(),
            }
        };
        self.brand.get_or_init(ask).await.as_ref()
    }

    /// The brand as a family, where it is known.
    pub(super) async fn family(&self) -> Option<&'static dyn Family> {
        self.brand().await.map(|brand| brand.family)
    }

    /// Why something is refused, and what to change.
    pub(super) async fn advice(&self, trouble: Trouble) -> Advice {
        advice(self.family().await, &self.case().await, trouble)
    }

    /// The repository as its brand does it.
    pub(super) async fn opened(&self) -> Option<Box<dyn Brand>> {
        self.brands.at(&self.repository).await.ok()
    }

    /// Whether the registry lets in whoever the docker config says; `None` where there is nobody
    /// to let in, or nowhere.
    pub(super) async fn admission(&self) -> Option<&Result<(), oci::Error>> {
        self.registry().await?;
        let remote = self.remote().await?.as_ref().ok()?;
        remote.found().credential.as_ref()?;
        let ask = || async {
            remote.ping().await?;
            remote.admission().await
        };
        Some(self.admission.get_or_init(ask).await)
    }

    /// The repository, where one is named and nothing is in the way to it.
    pub(super) async fn ready(&self) -> Option<&Remote> {
        self.patient.repository.as_ref()?;
        self.registry().await?;
        if let Some(Err(_)) = self.admission().await {
            return None;
        }
        self.remote().await?.as_ref().ok()
    }

    /// What became of reading the repository, where nothing is in the way to it.
    pub(super) async fn pull(&self) -> Option<&Pull> {
        let remote = self.ready().await?;
        Some(self.pull.get_or_init(|| self.try_pull(remote)).await)
    }

    async fn try_pull(&self, remote: &Remote) -> Pull {
        if remote.found().credential.is_none()
            && let Err(error) = remote.ping().await
        {
            return Pull::Failed(error);
        }
        if let Some(target) = &self.patient.target {
            match remote.head(target).await {
                Ok(Some(_)) => return Pull::Works,
                Ok(None) => {}
                Err(error) => return sorted(error),
            }
        }
        let path = format!("/v2/{}/tags/list", remote.repository().path());
        let mut url = remote.url(&path);
        url.set_query(Some("n=1"));
        let answer = match remote.extension(&Extension::get(url, &["pull"])).await {
            Ok(answer) => answer,
            Err(error) => return sorted(error),
        };
        match (answer.status, &self.patient.target) {
            (200, Some(_)) => Pull::NoTarget,
            (200, None) => Pull::Works,
            (404, _) => Pull::NoRepository,
            // Zot says so to an unknown repository.
            (400, _)
                if answer
                    .said
                    .codes
                    .iter()
                    .any(|code| code == oci::code::NAME_UNKNOWN) =>
            {
                Pull::NoRepository
            }
            _ => Pull::Failed(answer.refused()),
        }
    }

    /// What advice depends on.
    pub(super) async fn case(&self) -> Case<'_> {
        let credential = self
            .found()
            .await
            .and_then(|found| found.credential.as_ref());
        let env = &self.ward.env;
        Case {
            env,
            system: ci::detect(env).map(|(system, _)| system.name()),
            registry: &self.patient.registry,
            repository: self.patient.repository.as_ref(),
            user: credential.map(|credential| credential.username.as_str()),
            secret: credential.map(|credential| SecretKind::of(credential, env)),
        }
    }

    /// What the job is going to do, if that is known.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        self.ward.purpose
    }
}

/// A refusal, or another failure.
fn sorted(error: oci::Error) -> Pull {
    match refusal(&error) {
        Some(refusal) => Pull::Denied(refusal),
        None => Pull::Failed(error),
    }
}

/// What the variables say of brands. No API of a vendor's is asked, so no secret is needed.
fn settings(ward: &Ward) -> Settings {
    let env = &ward.env;
    let brand = env.utf8("WERF_REPO_CONTAINER_REGISTRY");
    let brand = brand.or_else(|| env.utf8("WERF_REPO_IMPLEMENTATION"));
    let repo = env.utf8("WERF_REPO").and_then(crate::address::registry_of);
    Settings {
        // One that there is not is a finding of its own.
        brand: brand
            .filter(|name| crate::registry::family(name).is_some() && repo.is_some())
            .map(str::to_owned),
        brand_is_option: false,
        registry: repo,
        api: None,
        docker_hub_username: None,
        docker_hub_password: None,
        docker_hub_token: None,
        github_token: None,
        harbor_username: None,
        harbor_password: None,
        quay_token: None,
        context: ward.registries.context().clone(),
    }
}
