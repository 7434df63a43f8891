//! A machine on which all secrets are.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::run;
use super::inventory::{SECRETS, mark};
use super::logins::{self, LOGINS};
use super::traces::{Traces, text};
use crate::support::layout::Layout;
use crate::support::vendor::Network;

/// What is no secret: what the identities of clouds and the jobs of CI systems need beside them.
const BESIDE: &[(&str, &str)] = &[
    ("WERF_REPO", "harbor.example.com/acme/app"),
    ("WERF_REPO_DOCKER_HUB_USERNAME", "acme"),
    ("WERF_REPO_HARBOR_USERNAME", "acme"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "https://container.example.com/creds",
    ),
    ("AZURE_CLIENT_ID", "11111111-1111-1111-1111-111111111111"),
    ("AZURE_TENANT_ID", "22222222-2222-2222-2222-222222222222"),
    ("IDENTITY_ENDPOINT", "https://identity.example.com/token"),
    ("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "projects/1/p"),
    ("GOOGLE_WORKLOAD_IDENTITY_AUDIENCE", "acme"),
    ("DOCKERHUB_OIDC_CONNECTIONID", "a-connection"),
    ("DOCKSIDE_QUAY_ROBOT", "acme+ci"),
    ("DOCKSIDE_QUAY_AUDIENCE", "acme"),
    ("JF_URL", "https://acme.jfrog.io"),
    ("JF_OIDC_PROVIDER_NAME", "ci"),
    ("JF_OIDC_AUDIENCE", "acme"),
    ("JF_USER", "acme"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_ACTOR", "acme"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    (
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "https://actions.example.com/token",
    ),
    ("GITLAB_CI", "true"),
    ("CI_SERVER_URL", "https://gitlab.com"),
    ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
    ("CI_REGISTRY", "registry.gitlab.com"),
    ("CI_REGISTRY_USER", "acme"),
    ("CI_DEPLOY_USER", "acme"),
    ("CI_DEPENDENCY_PROXY_SERVER", "gitlab.com:443"),
    ("CI_DEPENDENCY_PROXY_USER", "acme"),
    ("HARBOR_HOST", "harbor.example.com"),
    ("HARBOR_USERNAME", "acme"),
    ("TF_BUILD", "True"),
    ("SYSTEM_OIDCREQUESTURI", "https://azure.example.com/token"),
    ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "a-connection"),
    ("BITBUCKET_BUILD_NUMBER", "1"),
    ("CIRCLECI", "true"),
    ("CIRRUS_CI", "true"),
    ("SEMAPHORE_REGISTRY_URL", "semaphore.example.com"),
    ("SEMAPHORE_REGISTRY_USERNAME", "acme"),
    ("DOCKSIDE_REGISTRY_OWN", "own.example.com"),
    ("DOCKSIDE_REGISTRY_OWN_USERNAME", "acme"),
    ("DOCKSIDE_REGISTRY_FILE", "file.example.com"),
    ("DOCKSIDE_REGISTRY_FILE_USERNAME", "acme"),
];

/// It, with what it speaks to.
pub struct Machine {
    pub home: TempDir,
    pub network: Network,
    pub environment: Vec<(String, String)>,
}

impl Machine {
    /// With all secrets in the environment, and all logins in the docker config.
    pub fn new(network: Network) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".docker")).unwrap();
        fs::write(home.path().join(".docker/config.json"), logins::config()).unwrap();
        let mut layout = Layout::create(home.path().join("layout"));
        layout.image("v2", &[b"one"]);
        let mut machine = Self {
            environment: network.environment(),
            home,
            network,
        };
        for secret in SECRETS {
            let value = secret.value(machine.home.path());
            machine.set(secret.variable, &value);
        }
        for (name, value) in BESIDE {
            machine.set(name, value);
        }
        machine
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(found, _)| found != name);
    }

    /// A path below the home directory.
    pub fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }

    /// The docker config of the job, if `ci-env` has made it.
    pub fn job(&self) -> String {
        let directories = |path: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(path).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let users = directories(self.home.path()).into_iter();
        let mut users = users.filter(|path| path.to_string_lossy().contains("/dockside-"));
        let job = users.next().and_then(|user| directories(&user).pop());
        job.map_or_else(String::new, |job| job.join("docker").display().to_string())
    }

    /// Runs a command, words that are separated by spaces; its standard output. No secret may be
    /// in what it prints.
    pub fn run(&self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let (_, output, said) = run(self.home.path(), &self.environment, &words);
        for name in names() {
            let traces = Traces::of(name);
            let shown = [&output, &said].into_iter().any(|text| traces.are_in(text));
            assert!(!shown, "{name} is shown by {command}:\n{output}{said}");
        }
        output
    }

    /// The requests in which the secret of a variable or registry was.
    pub fn seen(&self, name: &str) -> Vec<String> {
        let traces = Traces::of(name);
        let seen = self.network.requests().into_iter();
        let sent = seen.filter(|one| traces.are_in(&text(one)));
        sent.map(|one| one.to_string()).collect()
    }

    /// That no secret was anywhere else than where it may be.
    pub fn check(&self, when: &str) {
        let variables = SECRETS.iter().map(|one| (one.variable, one.hosts));
        let logins = LOGINS
            .iter()
            .map(|(registry, _, hosts)| (*registry, *hosts));
        let seen = self.network.requests();
        let seen: Vec<_> = seen.iter().map(|one| (one, text(one))).collect();
        for (name, hosts) in variables.chain(logins) {
            let traces = Traces::of(name);
            let strayed = seen
                .iter()
                .filter(|(one, _)| !hosts.contains(&one.host.as_str()))
                .filter(|(_, text)| traces.are_in(text))
                .map(|(one, _)| one.to_string());
            assert_eq!(strayed.collect::<Vec<_>>(), [""; 0], "{name}, {when}");
        }
    }

    /// Writes a password into a file; the file's path.
    pub fn password(&self, registry: &str) -> String {
        let path = self.path("password");
        fs::write(&path, mark(registry)).unwrap();
        path
    }
}

/// The names of all secrets.
fn names() -> impl Iterator<Item = &'static str> {
    let variables = SECRETS.iter().map(|secret| secret.variable);
    variables.chain(LOGINS.iter().map(|(registry, _, _)| *registry))
}
