//! Where the variables go: text for a shell, a file, or a CI system's own format.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::Args;
use super::files;
use super::named::given;
use crate::cli::{print, switch};
use crate::docker::{self, JobDirectory};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::report::Report;
use crate::shell::{
    self, Assignment, Destination, Dialect, Form, Format, Input, PathRoute, Rendered, Script,
};

/// Where the variables go.
pub(super) struct Output {
    kind: Kind,
    /// From `-o`, or the one that the CI system named for the format.
    file: Option<PathBuf>,
    env: Env,
}

enum Kind {
    Evaluated(&'static dyn Dialect),
    Script(&'static dyn Dialect),
    EnvFile,
    Format(&'static dyn Format),
}

#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("unknown shell `{0}`")]
    Shell(String),
    #[error("unknown format `{0}`")]
    Format(String),
    #[error(
        "--format {format} appends to the file that {variable} names, but {variable} is not set"
    )]
    Unnamed {
        format: &'static str,
        variable: &'static str,
    },
    #[error("--cleanup-on-exit needs a script, and {0} is none")]
    NoScript(&'static str),
}

impl Explain for Unknown {
    fn hint(&self) -> Option<String> {
        let names = match self {
            Self::Shell(_) => shell::DIALECTS.iter().map(|shell| shell.name()).collect(),
            Self::Format(_) => shell::FORMATS.iter().map(|format| format.name()).collect(),
            Self::Unnamed { .. } => vec!["give the file with -o FILE"],
            Self::NoScript(_) => vec!["run `dockside logout --job` at the end of the job"],
        };
        Some(names.join(", "))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Output {
    /// Reads it from the command line and werf's variables.
    pub(super) fn of(args: &Args, env: &Env, report: &Report) -> Result<Self, Failure> {
        let mut file = args
            .output_file_path
            .clone()
            .or_else(|| env.path("WERF_OUTPUT_FILE_PATH"));
        let kind = if let Some(name) = &args.format {
            let format = shell::format(name).ok_or_else(|| Unknown::Format(name.clone()))?;
            if let (None, Destination::FileNamedBy(variable)) = (&file, format.destination()) {
                let named = env.path(variable).ok_or(Unknown::Unnamed {
                    format: format.name(),
                    variable,
                })?;
                file = Some(named);
            }
            Kind::Format(format)
        } else if switch::resolve(args.as_env_file, env, "WERF_AS_ENV_FILE", false) {
            Kind::EnvFile
        } else {
            let name = given(args.shell.as_deref()).or_else(|| env.utf8("WERF_SHELL"));
            let dialect = match name {
                Some(name) => {
                    shell::dialect(name).ok_or_else(|| Unknown::Shell(name.to_owned()))?
                }
                None => shell::calling(),
            };
            if switch::resolve(args.as_file, env, "WERF_AS_FILE", false) {
                Kind::Script(dialect)
            } else {
                if args.output_file_path.is_some() {
                    report.note("-o is ignored without --as-file, --as-env-file or --format");
                }
                Kind::Evaluated(dialect)
            }
        };
        match kind {
            Kind::EnvFile if args.cleanup_on_exit => Err(Unknown::NoScript("an env file").into()),
            Kind::Format(format) if args.cleanup_on_exit => {
                Err(Unknown::NoScript(format.name()).into())
            }
            kind => Ok(Self {
                kind,
                file,
                env: env.clone(),
            }),
        }
    }

    /// Writes the variables there, and that a directory is to be the first of `PATH`, if one is.
    pub(super) fn write(
        &self,
        mut assignments: Vec<Assignment>,
        first_on_path: Option<&Path>,
        directory: &JobDirectory,
        args: &Args,
        report: &Report,
    ) -> Result<(), Failure> {
        if let Some(first) = first_on_path {
            assignments.extend(self.path(first, report)?);
        }
        let writer = Writer {
            assignments: &assignments,
            directory,
            args,
            file: self.file.as_deref(),
        };
        match self.kind {
            Kind::Evaluated(dialect) => print(&writer.evaluated(dialect)?),
            Kind::Script(dialect) => {
                let script = writer.script(dialect, Form::Sourced)?;
                writer.file(&script_name(dialect), &script)
            }
            Kind::EnvFile => {
                let rendered = shell::EnvFile.render(&writer.input(None))?;
                for note in rendered.notes {
                    report.note(note);
                }
                writer.file("ci-env.env", &rendered.text)
            }
            Kind::Format(format) => writer.format(format, report),
        }
    }
}

impl Output {
    /// Puts a directory first on `PATH`: by the variable, unless the CI system has a file for it,
    /// or the variables are for other machines.
    fn path(&self, first: &Path, report: &Report) -> Result<Option<Assignment>, Failure> {
        let route = match self.kind {
            Kind::Evaluated(_) | Kind::Script(_) => PathRoute::Variable,
            Kind::EnvFile => shell::EnvFile.path_route(),
            Kind::Format(format) => format.path_route(),
        };
        let path = match route {
            PathRoute::FileNamedBy(variable) => {
                if let Some(file) = self.env.path(variable) {
                    let mut line = first.as_os_str().as_encoded_bytes().to_vec();
                    line.push(b'\n');
                    files::append(&file, &line)?;
                    return Ok(None);
                }
                docker::path_with(first, &self.env)
            }
            PathRoute::None => None,
            PathRoute::Variable => docker::path_with(first, &self.env),
        };
        if path.is_none() {
            report.note(format!(
                "put {} first on PATH where docker and podman run: there is the helper that gives \
                 them the logins",
                first.display()
            ));
        }
        let path = shell::Name::new("PATH").zip(path);
        Ok(path.map(|(name, path)| Assignment {
            name,
            value: Some(path.into_encoded_bytes().into()),
            secret: false,
        }))
    }
}

struct Writer<'a> {
    assignments: &'a [Assignment],
    directory: &'a JobDirectory,
    args: &'a Args,
    file: Option<&'a Path>,
}

fn script_name(dialect: &dyn Dialect) -> String {
    format!("ci-env.{}", dialect.extension())
}

impl Writer<'_> {
    /// The text for a command substitution. On a terminal nobody evaluates it, and somebody
    /// reads it.
    fn evaluated(&self, dialect: &dyn Dialect) -> Result<Vec<u8>, Failure> {
        if std::io::stdout().is_terminal() {
            return self.script(dialect, Form::Sourced);
        }
        if !dialect.evaluates_through_file() {
            return self.script(dialect, Form::Evaluated);
        }
        let script = self.script(dialect, Form::Sourced)?;
        let path = self
            .directory
            .write_private(&script_name(dialect), &script)?;
        Ok(dialect.source(&path, Form::Evaluated)?)
    }

    fn script(&self, dialect: &dyn Dialect, form: Form) -> Result<Vec<u8>, Failure> {
        let (secret, open): (Vec<_>, Vec<_>) = self
            .assignments
            .iter()
            .cloned()
            .partition(|assignment| assignment.secret);
        let secrets = self.secrets(dialect, &secret)?;
        let script = Script {
            assignments: &open,
            secrets: secrets.as_deref(),
            remove_on_exit: self.args.cleanup_on_exit.then(|| self.directory.path()),
        };
        Ok(dialect.script(&script, form)?)
    }

    /// Secrets go into a private file of the job's directory, which the text then sources.
    fn secrets(
        &self,
        dialect: &dyn Dialect,
        secret: &[Assignment],
    ) -> Result<Option<PathBuf>, Failure> {
        if secret.is_empty() {
            return Ok(None);
        }
        let name = format!("secrets.{}", dialect.extension());
        let content = dialect.secrets(secret)?;
        Ok(Some(self.directory.write_private(&name, &content)?))
    }

    fn input<'a>(&'a self, secrets: Option<&'a Path>) -> Input<'a> {
        Input {
            assignments: self.assignments,
            secrets,
            show_secrets: self.args.show_secrets,
        }
    }

    /// Writes to `-o`, else into the job's directory, and then says where.
    fn file(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        if let Some(file) = self.file {
            return Ok(files::replace(file, content)?);
        }
        let path = self.directory.write_private(name, content)?;
        files::print_path(&path)
    }

    fn format(&self, format: &dyn Format, report: &Report) -> Result<(), Failure> {
        let secret: Vec<_> = self
            .assignments
            .iter()
            .filter(|assignment| assignment.secret)
            .cloned()
            .collect();
        let secrets = match format.sources_secrets() {
            Some(dialect) => self.secrets(dialect, &secret)?,
            None => None,
        };
        let Rendered {
            commands,
            text,
            notes,
        } = format.render(&self.input(secrets.as_deref()))?;
        report.commands(&commands);
        for note in notes {
            report.note(note);
        }
        match (self.file, format.destination()) {
            (Some(file), Destination::Stdout) => Ok(files::replace(file, &text)?),
            (Some(file), Destination::FileNamedBy(_)) => Ok(files::append(file, &text)?),
            (None, _) => print(&text),
        }
    }
}
