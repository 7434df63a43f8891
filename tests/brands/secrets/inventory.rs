//! All secrets that the program may find in the environment.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

/// In which form a variable has its secret.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// The value is the secret.
    Text,
    /// An ID token of this issuer for this audience; for all, if it is empty.
    IdToken(&'static str, &'static str),
    /// A docker config with a login to this registry.
    Login(&'static str),
    /// A credentials file of Google's with a refresh token.
    Google,
    /// The value names a file that has the secret in this form.
    File(&'static Form),
}

use Form::{File, Google, IdToken, Login, Text};

/// A variable with a secret.
pub struct Secret {
    /// Its name.
    pub variable: &'static str,
    form: Form,
    /// The hosts that may see it; nobody may, if there are none.
    pub hosts: &'static [&'static str],
}

const fn secret(variable: &'static str, form: Form, hosts: &'static [&'static str]) -> Secret {
    Secret {
        variable,
        form,
        hosts,
    }
}

/// An ID token for all audiences.
const ANY: Form = IdToken("https://ci.example.com", "");

/// Who exchanges ID tokens.
const EXCHANGES: &[&str] = &[
    "identity.docker.com",
    "sts.eu-central-1.amazonaws.com",
    "login.microsoftonline.com",
    "sts.googleapis.com",
    "acme.jfrog.io",
    "quay.io",
];

/// Amazon's API and its token service.
const AWS: &[&str] = &["api.ecr.eu-central-1.amazonaws.com", EXCHANGES[1]];
const ENTRA: &[&str] = &[EXCHANGES[2]];
const GITHUB: &[&str] = &["api.github.com", "ghcr.io"];
const GITLAB: &[&str] = &["gitlab.com", "registry.gitlab.com"];
const GOOGLE: &[&str] = &["europe-docker.pkg.dev", "artifactregistry.googleapis.com"];
const HARBOR: &[&str] = &["harbor.example.com"];
const HUB: &[&str] = &["hub.docker.com", "auth.docker.io", "registry-1.docker.io"];

/// All of them.
pub const SECRETS: &[Secret] = &[
    secret("WERF_REPO_DOCKER_HUB_PASSWORD", Text, HUB),
    secret("WERF_REPO_DOCKER_HUB_TOKEN", Text, &["hub.docker.com"]),
    secret("WERF_REPO_GITHUB_TOKEN", Text, GITHUB),
    secret("WERF_REPO_QUAY_TOKEN", Text, &["quay.io"]),
    secret("WERF_REPO_HARBOR_PASSWORD", Text, HARBOR),
    // No command here has a final repository, or asks a cluster by its address.
    secret("WERF_FINAL_REPO_DOCKER_HUB_PASSWORD", Text, &[]),
    secret("WERF_FINAL_REPO_DOCKER_HUB_TOKEN", Text, &[]),
    secret("WERF_FINAL_REPO_GITHUB_TOKEN", Text, &[]),
    secret("WERF_FINAL_REPO_QUAY_TOKEN", Text, &[]),
    secret("WERF_FINAL_REPO_HARBOR_PASSWORD", Text, &[]),
    secret("WERF_KUBE_TOKEN", Text, &[]),
    secret("WERF_KUBE_TOKEN_PATH", File(&Text), &[]),
    secret("WERF_KUBE_CONFIG_BASE64", Text, &[]),
    // CI systems.
    secret("GITHUB_TOKEN", Text, GITHUB),
    secret("GITEA_TOKEN", Text, &["git.example.com"]),
    secret("FORGEJO_TOKEN", Text, &["git.example.com"]),
    // Cleanups ask forges for open change requests with these; nothing else uses them.
    secret("GH_TOKEN", Text, &[]),
    secret("GITLAB_TOKEN", Text, &[]),
    secret("DOCKSIDE_GITLAB_TOKEN", Text, &[]),
    secret("DOCKSIDE_BITBUCKET_TOKEN", Text, &[]),
    secret("CI_JOB_TOKEN", Text, GITLAB),
    secret("CI_REGISTRY_PASSWORD", Text, GITLAB),
    secret("CI_DEPLOY_PASSWORD", Text, GITLAB),
    secret("CI_DEPENDENCY_PROXY_PASSWORD", Text, &["gitlab.com"]),
    secret("HARBOR_PASSWORD", Text, HARBOR),
    secret(
        "SEMAPHORE_REGISTRY_PASSWORD",
        Text,
        &["semaphore.example.com"],
    ),
    // Logins.
    secret("DOCKSIDE_REGISTRY_OWN_PASSWORD", Text, &["own.example.com"]),
    secret(
        "DOCKSIDE_REGISTRY_FILE_PASSWORD_FILE",
        File(&Text),
        &["file.example.com"],
    ),
    secret(
        "DOCKER_AUTH_CONFIG",
        Login("auths.example.com"),
        &["auths.example.com"],
    ),
    secret(
        "REGISTRY_AUTH_FILE",
        File(&Login("podman.example.com")),
        &["podman.example.com"],
    ),
    secret(
        "HELM_REGISTRY_CONFIG",
        File(&Login("helm.example.com")),
        &["helm.example.com"],
    ),
    // Identities of clouds.
    secret("AWS_SECRET_ACCESS_KEY", Text, &[]),
    secret("AWS_SESSION_TOKEN", Text, AWS),
    secret("AWS_WEB_IDENTITY_TOKEN_FILE", File(&ANY), AWS),
    secret(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        Text,
        &["container.example.com"],
    ),
    secret("AZURE_CLIENT_SECRET", Text, ENTRA),
    secret("AZURE_FEDERATED_TOKEN_FILE", File(&ANY), ENTRA),
    secret("IDENTITY_HEADER", Text, &["identity.example.com"]),
    secret("CLOUDSDK_AUTH_ACCESS_TOKEN", Text, GOOGLE),
    secret(
        "GOOGLE_APPLICATION_CREDENTIALS",
        File(&Google),
        &["oauth2.googleapis.com"],
    ),
    secret(
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        File(&Google),
        &["oauth2.googleapis.com"],
    ),
    secret(
        "GOOGLE_GHA_CREDS_PATH",
        File(&Google),
        &["oauth2.googleapis.com"],
    ),
    // ID tokens, and what they are asked for with.
    secret("DOCKSIDE_ID_TOKEN", ANY, EXCHANGES),
    secret(
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        Text,
        &["actions.example.com"],
    ),
    secret("SYSTEM_ACCESSTOKEN", Text, &["azure.example.com"]),
    secret("BUILDKITE_AGENT_ACCESS_TOKEN", Text, &[]),
    secret("BITBUCKET_STEP_OIDC_TOKEN", ANY, EXCHANGES),
    secret("CIRCLE_OIDC_TOKEN", ANY, EXCHANGES),
    secret("CIRCLE_OIDC_TOKEN_V2", ANY, EXCHANGES),
    secret("CIRRUS_OIDC_TOKEN", ANY, EXCHANGES),
    secret("JFROG_CLI_OIDC_EXCHANGE_TOKEN_ID", ANY, &["acme.jfrog.io"]),
    secret(
        "ANY_NAME_AT_GITLAB",
        IdToken("https://gitlab.com", ""),
        EXCHANGES,
    ),
    secret(
        "SIGSTORE_ID_TOKEN",
        IdToken("https://gitlab.com", "sigstore"),
        &[],
    ),
];

/// The audiences of those who exchange tokens, and the one that a test asks for by itself.
const AUDIENCES: [&str; 4] = [
    "https://identity.docker.com",
    "sts.amazonaws.com",
    "api://AzureADTokenExchange",
    "acme",
];

/// What of a secret tells it from all others: characters that are encoded in a URL among it.
pub fn mark(of: &str) -> String {
    format!("zz+{}=9", of.to_lowercase().replace(['_', '.'], "-"))
}

impl Secret {
    /// The value of the variable; files are made in `home`.
    pub fn value(&self, home: &Path) -> String {
        self.form.of(self.variable, home)
    }
}

impl Form {
    fn of(self, name: &str, home: &Path) -> String {
        match self {
            Text => mark(name),
            IdToken(issuer, audience) => {
                let audience = match audience {
                    "" => json!(AUDIENCES),
                    one => json!(one),
                };
                let claims = json!({"iss": issuer, "sub": "a-job", "aud": audience});
                let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
                format!("eyJhbGciOiJub25lIn0.{claims}.{}", mark(name))
            }
            Login(registry) => {
                let pair = BASE64_STANDARD.encode(format!("acme:{}", mark(name)));
                json!({"auths": {registry: {"auth": pair}}}).to_string()
            }
            Google => {
                let refresh = mark(name);
                json!({"type": "authorized_user", "client_id": "id", "client_secret": "s",
                       "refresh_token": refresh})
                .to_string()
            }
            File(form) => {
                let path = home.join(name);
                std::fs::write(&path, form.of(name, home)).unwrap();
                path.display().to_string()
            }
        }
    }
}
