//! Which clusters there are, and who one is there, by werf's options and variables.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::switch;
use crate::cleanup::in_use::Settings;
use crate::cluster::Server;
use crate::env::Env;
use crate::error::{Exit, Explain};
use crate::report::Report;
use crate::secret::Secret;

/// Where the text of a kube config is, the first that is set.
const TEXTS: [&str; 3] = [
    "WERF_KUBE_CONFIG_BASE64",
    "WERF_KUBECONFIG_BASE64",
    "KUBECONFIG_BASE64",
];

/// What says where clusters are.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Images in use")]
pub(in crate::cli) struct KubeArgs {
    /// The kube config [env: WERF_KUBE_CONFIG, WERF_KUBECONFIG, KUBECONFIG] [default:
    /// ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    kube_config: Option<PathBuf>,

    /// The kube config itself, in base64; better in WERF_KUBE_CONFIG_BASE64,
    /// WERF_KUBECONFIG_BASE64 or KUBECONFIG_BASE64
    #[arg(
        long,
        value_name = "SECRET",
        conflicts_with = "kube_config",
        hide_short_help = true
    )]
    kube_config_base64: Option<String>,

    /// The API server of a cluster that is asked, too [env: WERF_KUBE_API_SERVER]
    #[arg(long, value_name = "URL", hide_short_help = true)]
    kube_api_server: Option<String>,

    /// The token for it; better in WERF_KUBE_TOKEN
    #[arg(long, value_name = "SECRET", hide_short_help = true)]
    kube_token: Option<String>,

    /// A file with the token for it [env: WERF_KUBE_TOKEN_PATH]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    kube_token_path: Option<PathBuf>,

    /// The certificates of its authority, PEM in base64 [env: WERF_KUBE_CA_DATA]
    #[arg(long, value_name = "BASE64", hide_short_help = true)]
    kube_ca_data: Option<String>,

    /// Believe any certificate of a cluster [env: WERF_SKIP_TLS_VERIFY_KUBE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse, hide_short_help = true)]
    skip_tls_verify_kube: Option<bool>,
}

/// Why it is not known which clusters are meant.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error("{0} is no kube config in base64")]
    NoText(&'static str),
    #[error("--kube-api-server and a token for it belong together, and one is missing")]
    Half,
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoText(_) => Some("`base64 <~/.kube/config` writes one".to_owned()),
            Self::Half => Some(
                "a token comes from --kube-token-path, WERF_KUBE_TOKEN or WERF_KUBE_TOKEN_PATH"
                    .to_owned(),
            ),
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl KubeArgs {
    /// Whether any option asks for clusters.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.kube_config.is_some() || self.kube_config_base64.is_some() || self.names_server()
    }

    fn names_server(&self) -> bool {
        self.kube_api_server.is_some()
            || self.kube_token.is_some()
            || self.kube_token_path.is_some()
            || self.kube_ca_data.is_some()
    }

    /// Adds what is said here to what a policy says.
    ///
    /// # Errors
    /// A text is no kube config, or half of a server is missing.
    pub(in crate::cli) fn add_to(&self, settings: &mut Settings, env: &Env) -> Result<(), Error> {
        if let Some(config) = &self.kube_config {
            settings.kube_config = Some(config.clone());
        } else if settings.kube_config.is_none() || self.kube_config_base64.is_some() {
            settings.given.config = self.text(env)?;
            let file = ["WERF_KUBE_CONFIG", "WERF_KUBECONFIG"];
            let file = file.into_iter().find_map(|name| env.path(name));
            settings.kube_config = settings.kube_config.take().or(file);
        }
        settings.given.server = self.server(env)?;
        let insecure = self.skip_tls_verify_kube;
        settings.given.insecure =
            switch::resolve(insecure, env, "WERF_SKIP_TLS_VERIFY_KUBE", false);
        Ok(())
    }

    /// The text of a kube config.
    fn text(&self, env: &Env) -> Result<Option<Secret>, Error> {
        const OPTION: &str = "--kube-config-base64";
        let variables = || {
            TEXTS
                .into_iter()
                .find_map(|name| Some((name, env.utf8(name)?)))
        };
        let (name, text) = match &self.kube_config_base64 {
            Some(text) => {
                visible(OPTION, TEXTS[0]);
                (OPTION, text.as_str())
            }
            None => match variables() {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let text: String = text.split_ascii_whitespace().collect();
        let bytes = BASE64_STANDARD.decode(text).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.filter(|text| !text.trim().is_empty());
        text.map(|text| Some(Secret::new(text)))
            .ok_or(Error::NoText(name))
    }

    /// The cluster that is named by its address. Half of one in variables is meant for others, as
    /// with werf.
    fn server(&self, env: &Env) -> Result<Option<Server>, Error> {
        let text = |given: &Option<String>, variable: &str| {
            let given = given.clone().filter(|given| !given.is_empty());
            given.or_else(|| env.utf8(variable).map(str::to_owned))
        };
        if self.kube_token.is_some() {
            visible("--kube-token", "WERF_KUBE_TOKEN");
        }
        let path = self.kube_token_path.clone();
        let token_file = path.or_else(|| env.path("WERF_KUBE_TOKEN_PATH"));
        let token = match (&self.kube_token, &self.kube_token_path) {
            (None, Some(_)) => None,
            (given, _) => text(given, "WERF_KUBE_TOKEN").map(Secret::new),
        };
        let address = text(&self.kube_api_server, "WERF_KUBE_API_SERVER");
        match address {
            Some(address) if token.is_some() || token_file.is_some() => Ok(Some(Server {
                address,
                token,
                token_file,
                authority: text(&self.kube_ca_data, "WERF_KUBE_CA_DATA"),
            })),
            _ if self.names_server() => Err(Error::Half),
            _ => Ok(None),
        }
    }
}

/// Says that a secret is better given in another way.
fn visible(option: &str, variable: &str) {
    Report::default().note(format!(
        "{option} is visible to every user of the host: set {variable} instead"
    ));
}
