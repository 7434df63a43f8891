//! `man`: manual pages, from the definitions of the commands.

use std::path::{Path, PathBuf};

use clap_mangen::Man;

use super::stdout::print;
use crate::error::{Exit, Explain, Failure};

/// Print a manual page, or write all of them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside man | man -l -
  dockside man copy | man -l -
  dockside man repository create | man -l -
  dockside man --dir /usr/local/share/man/man1")]
pub struct Args {
    /// The page of this command (default: that of the program)
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,

    /// Write all pages into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("there is no command `{0}`")]
    NoCommand(String),
    #[error("cannot make the page {0}")]
    Render(String, #[source] std::io::Error),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoCommand(_) => Some("`dockside --help` lists all commands".to_owned()),
            Self::Render(..) | Self::Write(..) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoCommand(_) => Exit::Usage,
            Self::Render(..) | Self::Write(..) => Exit::Failed,
        }
    }
}

/// Prints or writes them.
pub fn run(args: &Args, mut program: clap::Command) -> Result<(), Failure> {
    // Names the pages of commands `dockside-COMMAND`.
    program.build();
    if let Some(directory) = &args.dir {
        return Ok(write_all(program, directory)?);
    }
    let mut command = program;
    for name in &args.command {
        let below = command.find_subcommand(name);
        command = below
            .ok_or_else(|| Error::NoCommand(args.command.join(" ")))?
            .clone();
    }
    let (_, page) = page(command)?;
    print(&page)
}

/// The page of a command, and those of the commands below it.
fn write_all(command: clap::Command, directory: &Path) -> Result<(), Error> {
    let write_error = |path: &Path, source| Error::Write(path.to_owned(), source);
    std::fs::create_dir_all(directory).map_err(|error| write_error(directory, error))?;
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    for one in below {
        write_all(one.clone(), directory)?;
    }
    let (name, page) = page(command)?;
    let path = directory.join(name);
    std::fs::write(&path, page).map_err(|error| write_error(&path, error))
}

/// The file's name and the page in roff.
fn page(command: clap::Command) -> Result<(String, Vec<u8>), Error> {
    let examples = command.get_after_help().map(ToString::to_string);
    let man = Man::new(command.after_help(None::<&str>)).source(SOURCE);
    let name = man.get_filename();
    let mut page = Vec::new();
    match man.render(&mut page) {
        Ok(()) => {}
        Err(source) => return Err(Error::Render(name, source)),
    }
    if let Some(examples) = examples {
        page.extend(section(&examples).into_bytes());
    }
    Ok((name, page))
}

/// What the footer of each page names.
const SOURCE: &str = concat!("dockside ", env!("CARGO_PKG_VERSION"));

/// Examples as they are written: filled lines would break commands.
fn section(examples: &str) -> String {
    let lines = examples.lines().filter(|line| *line != "Examples:");
    let lines = lines.map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        // A line that begins with a point or an apostrophe would be a request.
        match line.starts_with(['.', '\'']) {
            true => format!("\\&{line}\n"),
            false => format!("{line}\n"),
        }
    });
    format!(".SH EXAMPLES\n.nf\n{}.fi\n", lines.collect::<String>())
}
