//! `completions`: for shells, from the definitions of the commands.

use clap_complete::Shell;

use super::stdout::print;
use crate::error::Failure;

/// Print the completions of a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside completions bash > /etc/bash_completion.d/dockside
  dockside completions zsh > ~/.zfunc/_dockside
  dockside completions fish > ~/.config/fish/completions/dockside.fish")]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints them.
pub fn run(args: &Args, mut command: clap::Command) -> Result<(), Failure> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    print(&text)
}
