//! Tokens of GitHub's API.

use url::Url;

use super::instance::Instance;
use crate::docker::Kind;
use crate::registry::place::Place;
use crate::secret::Secret;

/// A token of GitHub's API.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    /// Where it was found, for people.
    pub(super) origin: String,
}

impl Token {
    /// Whether it is a fine-grained one, which GitHub Packages does not take.
    pub(super) fn is_fine_grained(&self) -> bool {
        self.secret.expose().starts_with("github_pat_")
    }
}

/// The token for an instance: what the user gave, that of the job if the job belongs to the
/// instance, else what the docker config has for the registry.
pub(super) fn find(place: &Place, instance: &Instance) -> Option<Token> {
    let named = |secret: &Secret, origin: &str| Token {
        secret: secret.clone(),
        origin: origin.to_owned(),
    };
    if let Some(secret) = place.trusted(&place.settings.github_token) {
        return Some(named(secret, "--repo-github-token"));
    }
    if let Some(secret) = job(place, instance) {
        return Some(named(&secret, "GITHUB_TOKEN"));
    }
    let found = place.remote.found();
    let credential = found.credential.as_ref();
    let credential = credential.filter(|found| found.kind == Kind::Password)?;
    Some(named(&credential.secret, &found.origin))
}

/// The token of a job of the instance.
fn job(place: &Place, instance: &Instance) -> Option<Secret> {
    let env = &place.settings.context.env;
    let is_own = |name| {
        let url = env.utf8(name)?.parse::<Url>().ok()?;
        instance.has(&url).then_some(())
    };
    is_own("GITHUB_API_URL").or_else(|| is_own("GITHUB_SERVER_URL"))?;
    let api = instance.api.as_ref()?;
    let token = env.utf8("GITHUB_TOKEN")?;
    instance.has(api).then(|| Secret::new(token))
}
