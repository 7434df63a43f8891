//! Options of `werf ci-env` that have no meaning here, so that a script needs only the
//! program's name changed.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::brand_secrets::{self, BrandSecrets};
use crate::error::{Exit, Explain};

/// Options with a value that change nothing here.
const WITH_VALUE: &[&str] = &[
    "config-templates-dir",
    "dev-branch",
    "dev-ignore",
    "env",
    "git-work-tree",
    "giterminism-config",
    "home-dir",
    "log-color-mode",
    "log-terminal-width",
    "log-time-format",
    "platform",
    "tagging-strategy",
];

/// Switches that change nothing here.
const SWITCHES: &[&str] = &[
    "allow-includes-update",
    "debug-templates",
    "dev",
    "log-debug",
    "log-pretty",
    "log-project-dir",
    "log-quiet",
    "log-time",
    "loose-giterminism",
];

/// Options that ask for something that is not done here, and what to do instead.
const REFUSED: &[(&str, &str)] = &[(
    "config-render-path",
    "werf.yaml is not rendered here: leave the option out",
)];

/// What was found of werf's options.
#[derive(Clone, Default)]
pub(super) struct WerfOptions {
    refused: Option<Refused>,
    /// Secrets, which are taken as werf takes them.
    pub(super) secrets: BrandSecrets,
}

impl WerfOptions {
    /// # Errors
    /// An option was given that cannot be honoured.
    pub(super) fn check(&self) -> Result<(), Refused> {
        self.refused.clone().map_or(Ok(()), Err)
    }
}

/// An option that cannot be honoured.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the option --{option} is refused")]
pub(super) struct Refused {
    option: &'static str,
    instead: &'static str,
}

impl Explain for Refused {
    fn hint(&self) -> Option<String> {
        Some(self.instead.to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl clap::FromArgMatches for WerfOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let refused = REFUSED
            .iter()
            .find(|(option, _)| matches.contains_id(option))
            .map(|&(option, instead)| Refused { option, instead });
        let secrets = BrandSecrets::given(|option| {
            let values = matches.get_many::<String>(option)?;
            values.last().cloned()
        });
        Ok(Self { refused, secrets })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for WerfOptions {
    fn augment_args(command: Command) -> Command {
        let with_value = WITH_VALUE.iter().copied();
        let refused = REFUSED.iter().map(|(option, _)| *option);
        let secrets = brand_secrets::OPTIONS.iter().map(|(option, _)| *option);
        let hidden = |name| {
            Arg::new(name)
                .long(name)
                .hide(true)
                .action(ArgAction::Append)
        };
        let valued = with_value.chain(refused).chain(secrets).map(hidden);
        let switches = SWITCHES.iter().map(|name| {
            hidden(name)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
        });
        command.args(valued.chain(switches))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
