//! What is told of a cleanup, and where.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

pub(in crate::cli) use crate::cleanup::report::{Command, Report, Run};

use super::verdict::verdict;
use crate::cleanup::plan::script;
use crate::cleanup::report::{
    CannotWrite, check_writable, json_path, publish, render_json, steps, table, write_html,
    write_json,
};
use crate::cli::{print, switch};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::Repository;
use crate::report;

/// How wide a table is where nobody says how wide a line may be.
const WIDTH: usize = 120;

/// A report of nothing yet.
pub(in crate::cli) fn begin(command: Command, dry_run: bool) -> Report {
    let now = Timestamp::now();
    Report {
        command,
        dry_run,
        began: now,
        ended: now,
        runs: Vec::new(),
    }
}

/// Reports, beside what is printed.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Reports")]
pub(in crate::cli) struct ReportArgs {
    /// The form of what is printed: `sh` is a script of what a dry run would do
    #[arg(long, value_name = "FORM", default_value = "text")]
    output: Form,

    /// Write a report for programs [env: WERF_SAVE_CLEANUP_REPORT]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    save_cleanup_report: Option<bool>,

    /// Where to [default: .werf-cleanup-report.json] [env: WERF_CLEANUP_REPORT_PATH]
    #[arg(long, value_name = "FILE")]
    cleanup_report_path: Option<PathBuf>,

    /// Write a page for people, which also shows the runs before, if it is there already
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Sh,
}

/// Arguments that do not go together, or cannot be used.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("a script is only written of a dry run")]
    ScriptOfRun,
    #[error("a report has the extension .json, not .{0}")]
    Extension(String),
}

impl Explain for Wrong {
    fn hint(&self) -> Option<String> {
        match self {
            Self::ScriptOfRun => Some("give --dry-run too".to_owned()),
            Self::Extension(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Where reports go.
#[derive(Clone)]
pub(in crate::cli) struct Reports {
    form: Form,
    width: usize,
    json: Option<PathBuf>,
    html: Option<PathBuf>,
    env: Env,
    said: report::Report,
}

impl ReportArgs {
    /// Where they go, all of which can be written to.
    ///
    /// # Errors
    /// One cannot, or the arguments do not go together.
    pub(in crate::cli) fn open(
        &self,
        dry_run: bool,
        env: &Env,
        said: report::Report,
    ) -> Result<Reports, Failure> {
        if self.output == Form::Sh && !dry_run {
            return Err(Wrong::ScriptOfRun.into());
        }
        let path = self.cleanup_report_path.clone();
        let path = path.or_else(|| env.path("WERF_CLEANUP_REPORT_PATH"));
        // Who names the option wants the report.
        let wanted = self.cleanup_report_path.is_some();
        let given = self.save_cleanup_report;
        let json = match switch::resolve(given, env, "WERF_SAVE_CLEANUP_REPORT", wanted) {
            true => Some(json_path(path.as_deref()).map_err(Wrong::Extension)?),
            false => None,
        };
        for path in json.iter().chain(&self.html) {
            check_writable(path)?;
        }
        let columns = env.utf8("COLUMNS").and_then(|text| text.parse().ok());
        Ok(Reports {
            form: self.output,
            width: columns.unwrap_or(WIDTH),
            json,
            html: self.html.clone(),
            env: env.clone(),
            said,
        })
    }
}

impl Reports {
    /// Tells what was done, and ends the command accordingly.
    ///
    /// # Errors
    /// A report could not be written, or not all was done.
    pub(in crate::cli) fn finish(&self, mut report: Report) -> Result<(), Failure> {
        report.ended = Timestamp::now();
        // What was done is worth telling in each of the ways that can be told in.
        let written = self.files(&report);
        publish(&report, &self.env, &self.said);
        let printed = self.print(&report);
        let verdict = verdict(report, self.said);
        for result in written.into_iter().flatten() {
            result?;
        }
        printed?;
        verdict
    }

    /// Tells that nothing was begun, and why; gives that why.
    pub(in crate::cli) fn stopped(
        &self,
        mut report: Report,
        repositories: Vec<Repository>,
        failure: Failure,
    ) -> Failure {
        report.ended = Timestamp::now();
        let why = |repository| {
            let mut run = Run::new(repository);
            run.refusal = Some(Stopped::by(&failure).into());
            run
        };
        report.runs = repositories.into_iter().map(why).collect();
        for written in self.files(&report).into_iter().flatten() {
            if let Err(error) = written {
                self.said.failure(&error.into());
            }
        }
        publish(&report, &self.env, &self.said);
        failure
    }

    /// Writes the files that are asked for.
    fn files(&self, report: &Report) -> [Option<Result<(), CannotWrite>>; 2] {
        [
            self.json.as_ref().map(|path| write_json(report, path)),
            self.html.as_ref().map(|path| write_html(report, path)),
        ]
    }

    fn print(&self, report: &Report) -> Result<(), Failure> {
        let mut text = Vec::new();
        self.write(report, &mut text).map_err(Unprintable)?;
        print(&text)
    }

    fn write(&self, report: &Report, out: &mut Vec<u8>) -> io::Result<()> {
        match self.form {
            Form::Json => render_json(report, out),
            Form::Sh => {
                let plans = report.runs.iter().filter(|run| run.refusal.is_none());
                plans
                    .filter_map(|run| run.plan.as_ref())
                    .try_for_each(|plan| script(plan, &mut *out))
            }
            Form::Text => {
                if report.dry_run {
                    steps(report, out)?;
                    out.push(b'\n');
                }
                table(report, self.width, out)
            }
        }
    }
}

/// What stopped the work on all repositories, said of each.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Stopped {
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Stopped {
    fn by(failure: &Failure) -> Self {
        Self {
            message: failure.message(),
            hint: failure.hint(),
            exit: failure.exit(),
        }
    }
}

impl Explain for Stopped {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

/// A report that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be made")]
struct Unprintable(#[source] io::Error);

impl Explain for Unprintable {}
