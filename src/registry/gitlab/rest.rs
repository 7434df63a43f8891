//! GitLab's REST API: where it is, and as whom it is asked.

use reqwest::Method;
use reqwest::header::HeaderName;
use url::Url;

use super::TOKENS;
use crate::docker::Kind;
use crate::oci::Tag;
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::error::Error;
use crate::registry::place::Place;
use crate::registry::refusal::Why;
use crate::registry::shown::Shown;
use crate::secret::Secret;

/// Who it is, in errors.
const SERVICE: &str = "GitLab";

/// GitLab's own instance.
pub(super) struct Vendors {
    pub(super) registry: &'static str,
    api: &'static str,
}

/// gitlab.com.
pub(super) const VENDORS: Vendors = Vendors {
    registry: "registry.gitlab.com",
    api: "https://gitlab.com/api/v4/",
};

/// The user of a job's token.
const JOB_USER: &str = "gitlab-ci-token";

/// How the REST API is told who asks.
const JOB_TOKEN: HeaderName = HeaderName::from_static("job-token");
const PRIVATE_TOKEN: HeaderName = HeaderName::from_static("private-token");

/// GitLab's REST API, for one repository of the registry.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    place: &'a Place,
}

/// Who asks.
enum Identity {
    Job(Secret),
    Token(Secret),
}

impl<'a> Rest<'a> {
    /// Nobody is asked yet.
    pub(super) fn of(place: &'a Place) -> Self {
        Self { place }
    }

    /// What the docker config has for the registry. Deploy tokens are for the registry only.
    fn of_config(&self) -> Option<Identity> {
        let credential = self.place.remote.found().credential.as_ref();
        let credential = credential.filter(|found| found.kind == Kind::Password)?;
        let (username, secret) = (credential.username.as_str(), &credential.secret);
        let is_deploy =
            username.starts_with("gitlab+deploy-token") || secret.expose().starts_with("gldt-");
        match username {
            JOB_USER => Some(Identity::Job(secret.clone())),
            _ if is_deploy => None,
            _ => Some(Identity::Token(secret.clone())),
        }
    }

    /// The token of the job, if the API is that of the job's instance.
    fn of_job(&self, api: &Url) -> Option<Identity> {
        let env = &self.place.settings.context.env;
        let own: Url = env.utf8("CI_API_V4_URL")?.parse().ok()?;
        let token = env.utf8("CI_JOB_TOKEN")?;
        (own.origin() == api.origin()).then(|| Identity::Job(Secret::new(token)))
    }

    /// Where it is: gitlab.com's is known; else where the user says, or beside the service that
    /// gives out the registry's tokens, to which the password goes anyway.
    async fn address(&self) -> Result<Url, Error> {
        let place = self.place;
        if place.registry() == VENDORS.registry {
            return self.parsed(VENDORS.api);
        }
        if let Some(api) = place.api() {
            return self.parsed(&format!("{}/", api.as_str().trim_end_matches('/')));
        }
        let realm = match place.shown.as_ref().and_then(Shown::realm) {
            Some(realm) => Some(realm),
            None => Shown::of(&place.remote.ping().await?).realm(),
        };
        let mut api = realm
            .filter(|realm| realm.path().ends_with(TOKENS))
            .ok_or_else(|| Error::Missing {
                subject: self.subject(),
                what: "where GitLab's REST API is cannot be told from the registry".to_owned(),
                advice: "give it with --repo-api, such as https://HOST/api/v4".to_owned(),
            })?;
        let root = api.path().trim_end_matches(TOKENS).to_owned();
        api.set_query(None);
        api.set_fragment(None);
        api.set_path(&format!("{root}/api/v4/"));
        Ok(api)
    }

    fn parsed(&self, address: &str) -> Result<Url, Error> {
        address.parse().map_err(|_| Error::Address {
            service: SERVICE.to_owned(),
            address: address.to_owned(),
        })
    }

    /// The API as whoever there is a token of.
    pub(super) async fn api(&self) -> Result<Api, Error> {
        let address = self.address().await?;
        let identity = self.of_config().or_else(|| self.of_job(&address));
        let identity = identity.ok_or_else(|| Error::NoToken {
            subject: self.subject(),
            what: "GitLab's REST API needs a token".to_owned(),
            advice: "log in to the registry with the access token of a user, project or group \
                     that has the scope api, or with CI_JOB_TOKEN; deploy tokens are for the \
                     registry only"
                .to_owned(),
        })?;
        let place = self.place;
        let retry_timeout = place.settings.context.retry_timeout;
        let api = Api::below(place.remote.client(), address, SERVICE, retry_timeout)?;
        Ok(match identity {
            Identity::Job(secret) => api.header(JOB_TOKEN, secret.expose()),
            Identity::Token(secret) => api.header(PRIVATE_TOKEN, secret.expose()),
        })
    }

    pub(super) fn subject(&self) -> String {
        self.place.remote.repository().to_string()
    }

    pub(super) fn path(&self) -> &'a str {
        self.place.path()
    }

    /// Removes a tag, and nothing else; `false` when it was not there.
    pub(super) async fn untag(&self, tag: &Tag) -> Result<bool, Error> {
        let api = self.api().await?;
        let Some(repository) = self.repository(&api).await? else {
            return Ok(false);
        };
        let url = api.url(&repository.below(&["tags", tag.as_str()]));
        let subject = format!("{}:{tag}", self.subject());
        let answer = api.send(&Ask::new(Method::DELETE, url, subject)).await?;
        match answer.status {
            200..=204 => Ok(true),
            404 => Ok(false),
            _ => Err(refused(&answer)),
        }
    }

    /// Whether the repository is there.
    pub(super) async fn has_repository(&self) -> Result<bool, Error> {
        let api = self.api().await?;
        Ok(self.repository(&api).await?.is_some())
    }

    /// Removes the repository, which GitLab does later; `false` when it was not there.
    pub(super) async fn remove(&self) -> Result<bool, Error> {
        let api = self.api().await?;
        let Some(repository) = self.repository(&api).await? else {
            return Ok(false);
        };
        let url = api.url(&repository.below(&[]));
        let ask = Ask::new(Method::DELETE, url, self.subject());
        let answer = api.send(&ask).await?;
        match answer.status {
            202 => {
                let subject = self.subject();
                self.place.settings.context.report.note(format!(
                    "{subject}: GitLab has taken note, and deletes it in the background"
                ));
                Ok(true)
            }
            200 | 204 => Ok(true),
            404 => Ok(false),
            _ => Err(refused(&answer)),
        }
    }
}

/// The error of an answer that is no success, by its status.
pub(super) fn refused(answer: &Answer) -> Error {
    let (why, advice) = match answer.status {
        401 => (
            Why::NotAuthenticated,
            "the registry's login is no token of GitLab's REST API: this needs an access token \
             with the scope api, or CI_JOB_TOKEN",
        ),
        403 => (
            Why::NotAllowed { needs: None },
            "this needs the role Maintainer, or Developer where the project allows it, and no rule \
             that protects the tag or repository; a job's token can do what its user can, in its \
             own project",
        ),
        _ => return answer.refused(None),
    };
    match answer.refused(Some(why)) {
        Error::Refused(refusal) => refusal.advising(advice).into(),
        other => other,
    }
}
