//! Asking credential helpers: programs named `docker-credential-NAME`.
//!
//! The protocol is that of docker-credential-helpers (`client/client.go`, `credentials/error.go`):
//! one verb, the request on standard input, the answer or the fault on standard output.

mod error;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::credential::{Credential, Kind};
use crate::env::Env;
use crate::secret::Secret;
use crate::subprocess::{self, Fault};

pub use error::Error;

/// Helpers of clouds ask a server over the network, with retries of their own; one that takes
/// longer waits for somebody to unlock a keychain, and in a job there is nobody.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Listing reads a local store, and is done before every job: what is slow counts as broken.
const LIST_TIME_LIMIT: Duration = Duration::from_secs(10);

/// A list of ten thousand registries fits; no credential comes near it.
const OUTPUT_LIMIT: u64 = 1024 * 1024;

/// What fits into an error message.
const MESSAGE_LIMIT: usize = 1000;

/// The whole answer of a helper that has no credential for a server.
pub const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user name by which helpers mark an identity token.
pub const TOKEN_USER: &str = "<token>";

/// A credential helper that is installed.
#[derive(Debug, Clone)]
pub struct Helper {
    name: String,
    program: PathBuf,
    path: OsString,
    time_limit: Duration,
    list_time_limit: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Helper {
    /// Finds the helper with this name on `PATH`.
    ///
    /// # Errors
    /// [`Error::BadName`] or [`Error::Missing`].
    pub fn find(name: &str, env: &Env) -> Result<Self, Error> {
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(Error::BadName {
                name: name.to_owned(),
            });
        }
        let path = env.os("PATH").unwrap_or_default().to_owned();
        let file = format!("docker-credential-{name}{}", std::env::consts::EXE_SUFFIX);
        // Relative directories are left out, as Go's exec.LookPath does: the current directory
        // is the checkout, which is not ours.
        let program = std::env::split_paths(&path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(&file))
            .find(|candidate| candidate.is_file())
            .ok_or_else(|| Error::Missing {
                name: name.to_owned(),
            })?;
        Ok(Self {
            name: name.to_owned(),
            program,
            path,
            time_limit: TIME_LIMIT,
            list_time_limit: LIST_TIME_LIMIT,
        })
    }

    /// The same helper with one time limit for everything.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self.list_time_limit = limit;
        self
    }

    /// The credential for a server, named as in the config file; `None` when it has none.
    ///
    /// # Errors
    /// The helper failed, or its answer is not of the protocol.
    pub fn get(&self, server: &str) -> Result<Option<Credential>, Error> {
        let Some(output) = self.run("get", server.into(), self.time_limit)? else {
            return Ok(None);
        };
        let answer: Answer = serde_json::from_slice(&output).map_err(|_| self.strange("get"))?;
        let token = answer.username == TOKEN_USER;
        Ok(Some(Credential {
            username: if token {
                String::new()
            } else {
                answer.username
            },
            secret: Secret::new(answer.secret),
            kind: if token {
                Kind::IdentityToken
            } else {
                Kind::Password
            },
        }))
    }

    /// Hands a credential over.
    ///
    /// # Errors
    /// The helper failed.
    pub fn store(&self, server: &str, credential: &Credential) -> Result<(), Error> {
        let username = match credential.kind {
            Kind::Password => credential.username.as_str(),
            Kind::IdentityToken => TOKEN_USER,
            Kind::RegistryToken => {
                return Err(Error::RegistryToken {
                    name: self.name.clone(),
                });
            }
        };
        let request = json!({
            "ServerURL": server,
            "Username": username,
            "Secret": credential.secret.expose(),
        });
        self.run("store", request.to_string().into(), self.time_limit)?;
        Ok(())
    }

    /// Makes the helper forget a server; one that it does not know is no error.
    ///
    /// # Errors
    /// The helper failed.
    pub fn erase(&self, server: &str) -> Result<(), Error> {
        self.run("erase", server.into(), self.time_limit)?;
        Ok(())
    }

    /// The servers that the helper has credentials for, as they were stored, with user names.
    ///
    /// # Errors
    /// The helper failed, or its answer is not of the protocol.
    pub fn list(&self) -> Result<BTreeMap<String, String>, Error> {
        // Docker sends this word as well; some helpers wait for a line.
        let output = self.run("list", "unused".into(), self.list_time_limit)?;
        serde_json::from_slice::<Option<_>>(output.as_deref().unwrap_or(b"null"))
            .map(Option::unwrap_or_default)
            .map_err(|_| self.strange("list"))
    }

    /// Runs one verb; `None` when there is no such credential.
    fn run(
        &self,
        verb: &'static str,
        input: Vec<u8>,
        limit: Duration,
    ) -> Result<Option<Vec<u8>>, Error> {
        let name = || self.name.clone();
        let mut command = Command::new(&self.program);
        command.arg(verb).env("PATH", &self.path);
        let ended = subprocess::run(command, input, limit, OUTPUT_LIMIT);
        let ended = ended.map_err(|fault| match fault {
            Fault::Start(source) => Error::Start {
                name: name(),
                source,
            },
            Fault::TimedOut => Error::TimedOut {
                name: name(),
                verb,
                limit,
            },
            Fault::TooMuch => Error::TooMuch { name: name(), verb },
        })?;
        if ended.status.success() {
            return Ok(Some(ended.stdout));
        }
        if ended.stdout.trim_ascii() == NOT_FOUND.as_bytes() {
            return Ok(None);
        }
        Err(Error::Failed {
            name: name(),
            verb,
            status: ended.status,
            message: message(&ended.stdout, &ended.stderr),
        })
    }

    fn strange(&self, verb: &'static str) -> Error {
        Error::Answer {
            name: self.name.clone(),
            verb,
        }
    }
}

/// What the helper said. An answer in JSON is left out: it may hold a secret.
fn message(stdout: &[u8], stderr: &[u8]) -> String {
    let said = [stdout, stderr].map(|text| String::from_utf8_lossy(text.trim_ascii()).into_owned());
    let said: Vec<&str> = said
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty() && !text.starts_with('{'))
        .collect();
    if said.is_empty() {
        return "it said nothing".to_owned();
    }
    said.join("; ").chars().take(MESSAGE_LIMIT).collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use super::{Error, Helper};
    use crate::docker::{Credential, Kind};
    use crate::env::Env;
    use crate::secret::Secret;

    /// Installs a script as a helper. A shell writes the file: were it open for writing in this
    /// process, a test that starts a program at that moment would keep it busy.
    fn install(directory: &Path, name: &str, script: &str) -> Env {
        let file = directory.join(format!("docker-credential-{name}"));
        let written = Command::new("/bin/sh")
            .args([
                "-c",
                "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"",
                "sh",
            ])
            .arg(script)
            .arg(file)
            .status()
            .unwrap();
        assert!(written.success());
        path(directory)
    }

    fn path(directory: &Path) -> Env {
        let path = format!("{}:/usr/bin:/bin", directory.display());
        Env::from_iter([("PATH", path)])
    }

    fn helper(directory: &Path, script: &str) -> Helper {
        Helper::find("fake", &install(directory, "fake", script)).unwrap()
    }

    #[test]
    fn the_protocol() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let fake = helper(
            directory.path(),
            &format!(
                r#"request=$(cat); printf '%s %s\n' "$1" "$request" >>'{}'
                case "$1 $request" in
                    "get user.example") echo '{{"ServerURL":"user.example","Username":"u","Secret":"p"}}';;
                    "get token.example") echo '{{"ServerURL":"token.example","Username":"<token>","Secret":"t"}}';;
                    "list "*) echo '{{"https://b.example":"u","a.example":"v"}}';;
                    "store "*) ;;
                    *) echo 'credentials not found in native keychain'; exit 1;;
                esac"#,
                log.display()
            ),
        );
        assert_eq!(
            fake.get("user.example").unwrap(),
            Some(Credential::password("u", "p"))
        );
        let token = Credential {
            username: String::new(),
            secret: Secret::new("t"),
            kind: Kind::IdentityToken,
        };
        assert_eq!(fake.get("token.example").unwrap(), Some(token.clone()));
        assert_eq!(fake.get("none.example").unwrap(), None);
        fake.store("new.example", &Credential::password("u", "p\"\n"))
            .unwrap();
        fake.store("new.example", &token).unwrap();
        fake.erase("none.example").unwrap();
        assert_eq!(
            fake.list().unwrap().into_iter().collect::<Vec<_>>(),
            [
                ("a.example".to_owned(), "v".to_owned()),
                ("https://b.example".to_owned(), "u".to_owned())
            ]
        );
        assert_eq!(
            std::fs::read_to_string(log).unwrap(),
            "get user.example\nget token.example\nget none.example\n\
             store {\"ServerURL\":\"new.example\",\"Username\":\"u\",\"Secret\":\"p\\\"\\n\"}\n\
             store {\"ServerURL\":\"new.example\",\"Username\":\"<token>\",\"Secret\":\"t\"}\n\
             erase none.example\nlist unused\n"
        );
    }

    #[test]
    fn a_failure_says_what_the_helper_said_but_no_answer() {
        let directory = tempfile::tempdir().unwrap();
        let fake = helper(
            directory.path(),
            r#"if [ "$1" = list ]; then echo '{"Secret":"hunter2"}'; echo broken >&2; exit 3; fi
            echo 'no keychain'; echo 'on stderr' >&2; exit 1"#,
        );
        assert_eq!(
            fake.get("a.example").unwrap_err().to_string(),
            "docker-credential-fake get failed (exit status: 1): no keychain; on stderr"
        );
        assert_eq!(
            fake.list().unwrap_err().to_string(),
            "docker-credential-fake list failed (exit status: 3): broken"
        );
        let odd = helper(
            directory.path(),
            "echo '{\"Username\": \"u\", \"Secret\": [\"hunter2\"]}'",
        );
        assert_eq!(
            odd.get("a.example").unwrap_err().to_string(),
            "docker-credential-fake get gave an answer that is not of the protocol"
        );
    }

    #[test]
    fn a_helper_that_hangs_or_floods_is_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let hanging =
            helper(directory.path(), "exec sleep 1000").within(Duration::from_millis(200));
        assert!(matches!(hanging.list(), Err(Error::TimedOut { .. })));
        let closing = helper(directory.path(), "exec >&- 2>&-; sleep 1000")
            .within(Duration::from_millis(200));
        assert!(matches!(closing.get("a"), Err(Error::TimedOut { .. })));
        let flooding = helper(directory.path(), "exec yes");
        assert!(matches!(flooding.list(), Err(Error::TooMuch { .. })));
        let shouting = helper(directory.path(), "yes | head -c 3000000 >&2; echo '{}'");
        assert!(shouting.list().unwrap().is_empty());
    }

    #[test]
    fn only_programs_on_path_are_helpers() {
        let directory = tempfile::tempdir().unwrap();
        let env = path(directory.path());
        for name in ["../evil", "/bin/sh", "", "a\\b"] {
            assert!(matches!(
                Helper::find(name, &env),
                Err(Error::BadName { .. })
            ));
        }
        assert!(matches!(
            Helper::find("none", &env),
            Err(Error::Missing { .. })
        ));
        let relative = Env::from_iter([("PATH", ".:relative")]);
        assert!(matches!(
            Helper::find("none", &relative),
            Err(Error::Missing { .. })
        ));
    }
}
