//! Credentials for Artifactory: an ID token for an access token of the JFrog platform, by an OIDC
//! provider that is set up there (jfrog/jfrog-client-go, `access/services/accesstoken.go`).

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{Exchange, Made, after, sendable};
use crate::address::without_port;
use crate::auth::id_token::Claims;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error, api_host};
use crate::docker::Credential;
use crate::env::Env;
use crate::http::{Body, Call};
use crate::secret::Secret;

/// The platform's address, the provider, the audience that it wants, the project and the user, as
/// JFrog's own tools name them (jfrog/frogbot, jfrog/setup-jfrog-cli).
const URL: &str = "JF_URL";
const PROVIDER: &str = "JF_OIDC_PROVIDER_NAME";
const AUDIENCE: &str = "JF_OIDC_AUDIENCE";
const PROJECT: &str = "JF_PROJECT";
const USER: &str = "JF_USER";

/// The ID token itself, and what kind of provider it is for, as JFrog's command line reads them.
const TOKEN: &str = "JFROG_CLI_OIDC_EXCHANGE_TOKEN_ID";
const KIND: &str = "JFROG_CLI_OIDC_PROVIDER_TYPE";

/// The registries of the platform, separated by commas, whose hosts do not tell so.
const REGISTRIES: &str = "DOCKSIDE_ARTIFACTORY_REGISTRY";

const PATH: &str = "/access/api/v1/oidc/token";

/// Where JFrog hosts platforms.
const HOSTED: &str = ".jfrog.io";

/// Artifactory.
pub struct Artifactory;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

/// The platform that the environment names.
fn platform(env: &Env) -> Result<Option<Url>, Error> {
    let Some(text) = env.utf8(URL) else {
        return Ok(None);
    };
    let url = text.parse().ok();
    let url = url.filter(|url: &Url| url.host_str().is_some_and(|host| !host.is_empty()));
    url.map(Some).ok_or(Error::BadVariable {
        variable: URL,
        what: "an address",
    })
}

/// Whether a registry belongs to a platform: by path or port (the same host), by subdomain
/// (`REPOKEY.HOST`), or because the environment says so. `INSTANCE-REPOKEY.jfrog.io` alone does
/// not tell: `acme-x.jfrog.io` may be an instance of somebody else's, `acme-x`.
fn belongs(registry: &str, platform: &Url, env: &Env) -> bool {
    let named = env.utf8(REGISTRIES).unwrap_or_default();
    let mut named = named.split(',').map(str::trim);
    let host = platform.host_str().unwrap_or_default();
    let subdomain = without_port(registry).strip_suffix(host);
    named.any(|named| named.eq_ignore_ascii_case(registry))
        || subdomain.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The user of an access token: its `sub` is `jfrt@ID/users/NAME`.
fn user(token: &Secret) -> Option<String> {
    let claims = Claims::of(token)?;
    let (_, name) = claims.subject().rsplit_once('/')?;
    let is_name = !name.is_empty() && !name.contains(':');
    is_name.then(|| name.to_owned())
}

impl Exchange for Artifactory {
    fn name(&self) -> &'static str {
        "artifactory"
    }

    fn is_for(&self, registry: &str, context: &Context) -> bool {
        let is_hosted = without_port(registry).ends_with(HOSTED);
        match platform(&context.env) {
            Ok(Some(platform)) => is_hosted || belongs(registry, &platform, &context.env),
            Ok(None) => is_hosted,
            Err(_) => false,
        }
    }

    fn is_ready(&self, registry: &str, context: &Context) -> Option<String> {
        let env = &context.env;
        let platform = platform(env).ok()?;
        let belongs = platform.is_none_or(|platform| belongs(registry, &platform, env));
        let ready =
            belongs && env.has(PROVIDER) && (env.has(TOKEN) || context.id_tokens().are_present());
        ready.then(|| format!("{PROVIDER} and an ID token"))
    }

    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            let env = &context.env;
            let missing = |looked: String, advice| Error::NoIdentity {
                registry: registry.to_owned(),
                looked,
                advice,
            };
            let provider = env.utf8(PROVIDER).ok_or_else(|| {
                missing(
                    format!("{PROVIDER} is not set"),
                    "set JF_OIDC_PROVIDER_NAME to the OIDC provider's name in the JFrog platform",
                )
            })?;
            let url = match platform(env)? {
                Some(platform) if belongs(registry, &platform, env) => {
                    let mut url = platform;
                    url.set_path(PATH);
                    url.set_query(None);
                    url
                }
                Some(_) => {
                    return Err(missing(
                        format!("the host does not tell that it belongs to the platform at {URL}"),
                        "set DOCKSIDE_ARTIFACTORY_REGISTRY to the registry's host if it belongs to \
                         the platform at JF_URL, or JF_URL to the address of the one that it \
                         belongs to",
                    ));
                }
                None => context.http.client(api_host(registry)?).url(PATH),
            };
            let audience = env.utf8(AUDIENCE).unwrap_or_default();
            let token = match env.utf8(TOKEN) {
                Some(token) => Secret::from(token.trim()),
                None => context.id_tokens().get(audience).await?.ok_or_else(|| {
                    missing(
                        context.id_tokens().missing(audience),
                        "set JF_OIDC_AUDIENCE to the audience of the job's ID token, or \
                         DOCKSIDE_ID_TOKEN to the token",
                    )
                })?,
            };
            let mut call = Call::new(Method::POST, url);
            let json = HeaderValue::from_static("application/json");
            call.headers.insert(CONTENT_TYPE, json);
            call.body = Body::Bytes(request(&token, provider, env).into());
            let asked = Timestamp::now();
            let advice = Claims::of(&token).map(|claims| claims.rule());
            let service = IdentityService::new(context, "the JFrog platform");
            let answer: Answer = service.advising(advice).ask(call, &[&token]).await?;
            let password = sendable(answer.access_token, registry)?;
            let lasts = answer.expires_in.and_then(|lasts| after(asked, lasts));
            let said = || Claims::of(&password)?.expires(asked);
            let user = env.utf8(USER).map(str::to_owned);
            let user = user.or_else(|| self::user(&password)).ok_or_else(|| {
                missing(
                    "the access token names no user".to_owned(),
                    "set JF_USER to the user that the provider's identity mapping names",
                )
            })?;
            Ok(Made {
                credential: Credential::password(user, password.expose()),
                expires: lasts.or_else(said),
                origin: format!("the OIDC provider {provider} by the job's ID token"),
            })
        })
    }
}

/// What is sent; optional fields only where the environment has something for them.
fn request(token: &Secret, provider: &str, env: &Env) -> String {
    let fields = [
        (
            "grant_type",
            Some("urn:ietf:params:oauth:grant-type:token-exchange"),
        ),
        (
            "subject_token_type",
            Some("urn:ietf:params:oauth:token-type:id_token"),
        ),
        ("subject_token", Some(token.expose())),
        ("provider_name", Some(provider)),
        ("provider_type", env.utf8(KIND)),
        ("project_key", env.utf8(PROJECT)),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| {
        let value: Value = value?.into();
        Some((name.to_owned(), value))
    });
    Value::Object(fields.collect::<Map<_, _>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::{belongs, user};
    use crate::auth::id_token::fixture::token;
    use crate::env::Env;

    #[test]
    fn a_registry_belongs_to_the_platform_of_its_host() {
        let of = |platform: &str, registry: &str| {
            belongs(registry, &platform.parse().unwrap(), &Env::default())
        };
        let hosted = "https://acme.jfrog.io";
        assert!(of(hosted, "acme.jfrog.io"));
        for other in [
            "evil.jfrog.io",
            "acmeevil.jfrog.io",
            "acme-evil.jfrog.io",
            "evil-acme.jfrog.io",
            "acme.jfrog.io.evil.example",
        ] {
            assert!(!of(hosted, other), "{other}");
        }
        let own = "http://jfrog.example:8082/ui/";
        assert!(of(own, "jfrog.example:5001") && of(own, "docker.jfrog.example"));
        assert!(!of(own, "evil-jfrog.example") && !of(own, "example"));
    }

    #[test]
    fn a_registry_belongs_to_the_platform_if_it_is_named() {
        let named = "acme-docker.jfrog.io, Registry.Example:5000";
        let env = Env::from_iter([("DOCKSIDE_ARTIFACTORY_REGISTRY", named)]);
        let platform = "https://acme.jfrog.io".parse().unwrap();
        let of = |registry: &str| belongs(registry, &platform, &env);
        assert!(of("acme-docker.jfrog.io") && of("registry.example:5000"));
        assert!(of("acme.jfrog.io"));
        for other in ["acme-evil.jfrog.io", "registry.example", "docker.jfrog.io"] {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn the_user_is_the_last_part_of_the_subject() {
        let of = |claims: &str| user(&token(claims));
        assert_eq!(of(r#"{"sub": "jfrt@01/users/ci"}"#), Some("ci".to_owned()));
        for odd in [
            r#"{"sub": "ci"}"#,
            r#"{"sub": "a/users/"}"#,
            r#"{"sub": "a/b:c"}"#,
        ] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
