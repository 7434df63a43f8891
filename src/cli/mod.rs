//! One file per command: its arguments, its run, its output.

mod brand_args;
mod ci_env;
mod cleanup;
mod completions;
mod copy;
mod credential;
mod delete;
mod detect;
mod doctor;
mod final_brand_args;
mod host_cleanup;
mod in_use;
mod inspect;
mod kube_args;
mod login;
mod logout;
mod man;
mod moving;
mod outcomes;
mod progress;
mod pull;
mod pull_secret;
mod purge;
mod push;
mod record;
mod registry_args;
mod repository;
mod resolve;
mod runtime;
mod stdout;
mod switch;
mod tag;
mod tags;
mod untag;
mod which_job;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use self::stdout::print;
use crate::address::without_login;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::report::Report;
use crate::text::printable;

/// What a CI job needs from container registries: its own docker config directory, its logins,
/// its images
#[derive(Parser)]
#[command(name = "dockside", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    CiEnv(Box<ci_env::Args>),
    Detect(detect::Args),
    Login(login::Args),
    Logout(logout::Args),
    Credential(credential::Args),
    HostCleanup(host_cleanup::Args),
    Doctor(doctor::Args),
    InUse(in_use::Args),
    Push(push::Args),
    Pull(pull::Args),
    Copy(copy::Args),
    Tags(tags::Args),
    Inspect(inspect::Args),
    Tag(tag::Args),
    Untag(untag::Args),
    Delete(delete::Args),
    Cleanup(Box<cleanup::Args>),
    Purge(Box<purge::Args>),
    Repository(repository::Args),
    PullSecret(pull_secret::Args),
    Resolve(resolve::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The commands whose output nobody evaluates.
const OTHERS: &[&str] = &[
    "detect",
    "login",
    "logout",
    "credential",
    "host-cleanup",
    "doctor",
    "in-use",
    "push",
    "pull",
    "copy",
    "tags",
    "inspect",
    "tag",
    "untag",
    "delete",
    "cleanup",
    "purge",
    "repository",
    "pull-secret",
    "resolve",
    "completions",
    "man",
];

/// Runs the program: parse, run, exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(words) = credential::called_as_helper(&arguments) {
        return code(credential::serve(words, &Env::current()));
    }
    let env = Env::current();
    let failing = ci_env::Failing::of(&arguments, OTHERS, &env);
    failing.also_on_panic();
    failing.also_on_signals();

    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let shown = error.print().is_ok();
            return code(if shown { Exit::Done } else { Exit::Failed });
        }
        Err(error) => {
            // Nothing can be done about a standard error that cannot be written to.
            let _ = showable(error, &arguments).print();
            failing.announce(Exit::Usage as u8);
            return code(Exit::Usage);
        }
    };
    match run(cli.command, &env) {
        Ok(exit) => code(exit),
        Err(failure) => {
            Report::default().failure(&failure);
            failing.announce(failure.exit() as u8);
            code(failure.exit())
        }
    }
}

/// The error as it is for arguments that are fit to be shown: an error quotes them.
fn showable(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let shown = arguments.iter().map(|argument| {
        let argument = printable(argument.as_encoded_bytes());
        match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                format!("{option}={}", without_login(value))
            }
            _ => without_login(&argument),
        }
    });
    let again = Cli::try_parse_from(shown).err();
    again.unwrap_or_else(|| clap::Error::new(error.kind()).with_cmd(&Cli::command()))
}

fn run(command: Command, env: &Env) -> Result<Exit, Failure> {
    match command {
        Command::Credential(args) => return Ok(credential::run(&args, env)),
        Command::CiEnv(args) => ci_env::run(&args, env),
        Command::Detect(args) => detect::run(&args, env),
        Command::Login(args) => login::run(args, env),
        Command::Logout(args) => logout::run(args, env),
        Command::HostCleanup(args) => host_cleanup::run(args, env),
        Command::Doctor(args) => doctor::run(&args, env),
        Command::InUse(args) => in_use::run(&args, env),
        Command::Push(args) => push::run(args, env),
        Command::Pull(args) => pull::run(args, env),
        Command::Copy(args) => copy::run(args, env),
        Command::Tags(args) => tags::run(args, env),
        Command::Inspect(args) => inspect::run(args, env),
        Command::Tag(args) => tag::run(args, env),
        Command::Untag(args) => untag::run(args, env),
        Command::Delete(args) => delete::run(args, env),
        Command::Cleanup(args) => cleanup::run(*args, env),
        Command::Purge(args) => purge::run(*args, env),
        Command::Repository(args) => repository::run(args, env),
        Command::PullSecret(args) => pull_secret::run(args, env),
        Command::Resolve(args) => resolve::run(args, env),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    }?;
    Ok(Exit::Done)
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// The text without one line ending at its end (CRLF, LF or CR), as `docker login` reads a
/// password.
fn one_line(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, OTHERS};

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    /// A command that is not among them would print text that stops an evaluating script.
    #[test]
    fn all_commands_but_one_are_not_evaluated() {
        let command = Cli::command();
        let commands = command.get_subcommands().map(clap::Command::get_name);
        let others: Vec<&str> = commands.filter(|name| *name != "ci-env").collect();
        assert_eq!(others, OTHERS);
    }
}
