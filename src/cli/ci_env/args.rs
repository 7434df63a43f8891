//! The arguments of `ci-env`. Options of `werf ci-env` keep their names and variables.

use std::path::PathBuf;
use std::time::Duration;

use super::werf_options::WerfOptions;
use crate::cli::switch;
use crate::duration;

const EXAMPLES: &str = "\
Examples:
  eval \"$(dockside ci-env)\"                        any CI system, and outside of CI
  eval \"$(dockside ci-env gitlab)\"                 GitLab, whether its marker is set or not
  dockside ci-env --format github-env              GitHub: for the steps that follow
  eval \"$(dockside ci-env --login quay.io)\"        with a login from DOCKSIDE_REGISTRY_*
  eval \"$(dockside ci-env --oidc --repo R)\"        with a login made from the job's ID token
  . \"$(dockside ci-env --as-file)\"                 through a file

Registries are also named by variables, each with a name of your choice:
  DOCKSIDE_REGISTRY_<NAME>=HOST with DOCKSIDE_REGISTRY_<NAME>_USERNAME and
  DOCKSIDE_REGISTRY_<NAME>_PASSWORD or _PASSWORD_FILE";

/// What `--oidc` needs, by registry.
const IDENTITIES: &str = "\
What --oidc makes a login from, the first that is there:
  Amazon ECR     AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY; AWS_ROLE_ARN and the job's ID token
                 (audience sts.amazonaws.com); all else that AWS's SDKs find: profiles, SSO,
                 AWS_WEB_IDENTITY_TOKEN_FILE, the container's or machine's role
  Azure          AZURE_CLIENT_ID and AZURE_TENANT_ID with AZURE_CLIENT_SECRET, with the job's ID
                 token (audience api://AzureADTokenExchange) or with AZURE_FEDERATED_TOKEN_FILE; a
                 managed identity; `az login`
  Google         GOOGLE_WORKLOAD_IDENTITY_PROVIDER, the provider's full name, and the job's ID token
                 (audience https://iam.googleapis.com/ and that name, or
                 GOOGLE_WORKLOAD_IDENTITY_AUDIENCE), as itself or as GOOGLE_SERVICE_ACCOUNT;
                 CLOUDSDK_AUTH_ACCESS_TOKEN; GOOGLE_APPLICATION_CREDENTIALS; gcloud's own file; the
                 machine's service account
  Docker Hub     DOCKERHUB_OIDC_CONNECTIONID, DOCKERHUB_USERNAME (the organisation) and the job's ID
                 token (audience https://identity.docker.com); DOCKERHUB_OIDC_EXPIREIN (seconds)
  Artifactory    JF_OIDC_PROVIDER_NAME and the job's ID token (audience JF_OIDC_AUDIENCE, or the CI
                 system's own); JF_URL, where the host is not *.jfrog.io, and
                 DOCKSIDE_ARTIFACTORY_REGISTRY, the hosts (separated by commas) that belong to it but
                 are neither its host nor below it; JF_PROJECT, JF_USER
  Quay           DOCKSIDE_QUAY_ROBOT ([HOST/]ORG+NAME) and the job's ID token (audience
                 DOCKSIDE_QUAY_AUDIENCE, or the CI system's own)

The job's ID token is that of DOCKSIDE_ID_TOKEN (a token, or the name of the variable with it), or
what the CI system gives: GitHub, Gitea, Forgejo (`permissions: id-token: write`), GitLab
(`id_tokens:`), Azure Pipelines (SYSTEM_ACCESSTOKEN and AZURESUBSCRIPTION_SERVICE_CONNECTION_ID),
Bitbucket (`oidc: true`), CircleCI, Buildkite, Cirrus.";

/// Give this job its own docker config directory, log in there, and print what the next
/// commands need as text for the shell.
///
/// Use it as `eval "$(dockside ci-env)"` in POSIX shells, `dockside ci-env | source` in fish,
/// `dockside ci-env | Out-String | Invoke-Expression` in PowerShell. When the command fails,
/// the printed text stops the script that evaluates it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{IDENTITIES}"))]
pub struct Args {
    /// The CI system (default: found from the environment)
    #[arg(value_name = "SYSTEM")]
    pub(super) system: Option<String>,

    /// Log in to this registry too; repeatable
    #[arg(long, value_name = "HOST")]
    pub(super) login: Vec<String>,

    /// Log in to the registry of the CI system and of `--repo` [env: WERF_LOGIN_TO_REGISTRY]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    pub(super) login_to_registry: Option<bool>,

    /// Make logins from the job's identity (an ID token, a cloud's identity) for the registries
    /// that are named and take one; without it that is done where no other credential is there
    /// [env: DOCKSIDE_OIDC]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    pub(super) oidc: Option<bool>,

    /// Store logins without asking the registry whether they are good
    #[arg(long)]
    pub(super) no_verify: bool,

    /// Allow plain HTTP and unverified TLS for this registry; repeatable
    #[arg(long, value_name = "HOST")]
    pub(super) insecure_registry: Vec<String>,

    /// How long to retry a registry that does not answer
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub(super) retry_timeout: Duration,

    /// The job's repository of images [env: WERF_REPO]
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,

    /// The brand of the repository's registry [env: WERF_REPO_CONTAINER_REGISTRY]
    #[arg(long, value_name = "BRAND", alias = "repo-implementation")]
    pub(super) repo_container_registry: Option<String>,

    /// The docker config directory to start from [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    pub(super) docker_config: Option<PathBuf>,

    /// Start from the content of DOCKER_AUTH_CONFIG, or of the file it names, instead
    /// [env: WERF_USE_DOCKER_AUTH_CONFIG]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    pub(super) use_docker_auth_config: Option<bool>,

    /// Make the job's directory in this one [env: WERF_TMP_DIR]
    #[arg(long, value_name = "DIR")]
    pub(super) tmp_dir: Option<PathBuf>,

    /// Remove the job's directory when the evaluating shell exits
    #[arg(long)]
    pub(super) cleanup_on_exit: bool,

    /// The language of the printed text: sh (any POSIX shell), fish, tcsh, nu, elvish,
    /// powershell, cmdexe (default: the calling shell's) [env: WERF_SHELL]
    #[arg(long, value_name = "SHELL")]
    pub(super) shell: Option<String>,

    /// Another form of output: json, github-env, azure, teamcity, circleci, gitlab-dotenv
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["as_file", "as_env_file", "shell"])]
    pub(super) format: Option<String>,

    /// Put secrets into the output of `--format json` and `teamcity`
    #[arg(long, requires = "format")]
    pub(super) show_secrets: bool,

    /// Write a script and print its path, for sourcing [env: WERF_AS_FILE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    pub(super) as_file: Option<bool>,

    /// Write a file of NAME=VALUE lines and print its path [env: WERF_AS_ENV_FILE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    pub(super) as_env_file: Option<bool>,

    /// Write to this file; the path is then not printed [env: WERF_OUTPUT_FILE_PATH]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(super) output_file_path: Option<PathBuf>,

    /// Explain on standard error what is set, what is kept, and why [env: WERF_LOG_VERBOSE]
    #[arg(long, visible_alias = "verbose", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", value_parser = switch::parse)]
    pub(super) log_verbose: Option<bool>,

    /// The project directory, where werf.yaml is [env: WERF_DIR]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,

    /// The werf configuration file [env: WERF_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The user of Docker Hub when `--repo` is there [env: WERF_REPO_DOCKER_HUB_USERNAME]
    #[arg(long, value_name = "USER")]
    pub(super) repo_docker_hub_username: Option<String>,

    /// The user of Harbor when `--repo` is there [env: WERF_REPO_HARBOR_USERNAME]
    #[arg(long, value_name = "USER")]
    pub(super) repo_harbor_username: Option<String>,

    #[command(flatten)]
    pub(super) werf: WerfOptions,
}
