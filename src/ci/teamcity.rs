//! TeamCity, which hands most facts to its builds in properties files.

use bstr::{BStr, BString, ByteSlice};

use super::job::{Identity, Job, TempDir};
use super::properties::Properties;
use super::refs::{Refs, digits, only_commit};
use super::web::{slug, url, without_user};
use super::{Edge, Group, System, present};
use crate::env::Env;

/// TeamCity.
pub struct TeamCity;

impl System for TeamCity {
    fn name(&self) -> &'static str {
        "teamcity"
    }

    fn title(&self) -> &'static str {
        "TeamCity"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "TEAMCITY_VERSION")
    }

    fn group(&self, edge: Edge, group: Group) -> Option<String> {
        let title = group.title;
        let kind = match edge {
            Edge::Open => "blockOpened",
            Edge::Close => "blockClosed",
        };
        Some(format!("##teamcity[{kind} name='{title}']\n"))
    }

    fn job(&self, env: &Env) -> Job {
        let properties = properties(env);
        let repository = address(&properties, "vcsroot.url");
        let branch = properties
            .get("teamcity.build.branch")
            .filter(|branch| branch != "<default>");
        Job {
            slug: repository
                .as_ref()
                .and_then(|address| slug(address.as_ref())),
            repository_url: repository,
            sha: only_commit(env, "BUILD_VCS_NUMBER"),
            pipeline_url: url(env, "BUILD_URL"),
            job_id: properties.get("teamcity.build.id"),
            server_url: address(&properties, "teamcity.serverUrl"),
            server_version: env.text("TEAMCITY_VERSION"),
            workspace: path(properties.get("teamcity.build.checkoutDir")),
            temp_dir: path(properties.get("teamcity.build.tempDir")).map(|path| TempDir {
                path,
                cleaned: true,
            }),
            // Of variables only, since a step in a container may not see the files. The
            // build's address has its id.
            identity: Identity::new(
                env,
                &["TEAMCITY_BUILDCONF_NAME", "BUILD_NUMBER"],
                &[
                    "BUILD_URL",
                    "TEAMCITY_PROJECT_NAME",
                    "TEAMCITY_BUILDCONF_NAME",
                    "BUILD_NUMBER",
                ],
            ),
            ..Refs {
                change: properties
                    .get("teamcity.pullRequest.number")
                    .and_then(digits),
                source: properties.get("teamcity.pullRequest.source.branch"),
                target: properties.get("teamcity.pullRequest.target.branch"),
                full: branch.clone(),
                branch,
                ..Refs::default()
            }
            .into()
        }
    }
}

/// The build's properties, and the configuration's in the file that they name.
fn properties(env: &Env) -> Properties {
    let Some(file) = env.path("TEAMCITY_BUILD_PROPERTIES_FILE") else {
        return Properties::default();
    };
    let build = Properties::read(&file);
    match path(build.get("teamcity.configuration.properties.file")) {
        Some(file) => build.or(Properties::read(&file)),
        None => build,
    }
}

fn path(value: Option<BString>) -> Option<std::path::PathBuf> {
    Some(value?.to_path().ok()?.to_owned())
}

fn address(properties: &Properties, key: &str) -> Option<BString> {
    let address = without_user(properties.get(key)?.as_ref());
    let address: &BStr = address.as_ref();
    Some(address.trim_end_with(|c| c == '/').into())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, change, identity, text};
    use super::*;

    const CONFIGURATION: &str = r"
teamcity.serverUrl=https\://teamcity.example.com/
vcsroot.url=https\://user\:tok@github.com/octocat/app.git
teamcity.build.id=991
teamcity.build.checkoutDir=/wrong
";

    /// The job of a build whose configuration file ends in `more`.
    fn job(more: &str) -> Job {
        let directory = tempfile::tempdir().unwrap();
        let build = directory.path().join("build.properties");
        let configuration = directory.path().join("configuration properties");
        let name = configuration.to_str().unwrap().replace(' ', "\\ ");
        std::fs::write(
            &build,
            format!(
                "teamcity.build.tempDir=/agent/temp/buildTmp\n\
                 teamcity.build.checkoutDir=/agent/work/app\n\
                 teamcity.auth.password=never\n\
                 teamcity.configuration.properties.file={name}\n"
            ),
        )
        .unwrap();
        std::fs::write(&configuration, format!("{CONFIGURATION}{more}")).unwrap();
        TeamCity.job(&env(build.to_str().unwrap()))
    }

    fn env(build: &str) -> Env {
        Env::from_iter([
            ("TEAMCITY_VERSION", "2024.07 (build 160162)"),
            ("TEAMCITY_PROJECT_NAME", "App"),
            ("TEAMCITY_BUILDCONF_NAME", "Build"),
            ("BUILD_NUMBER", "42"),
            ("BUILD_URL", "https://teamcity.example.com/build/991"),
            ("BUILD_VCS_NUMBER", SHA),
            ("TEAMCITY_BUILD_PROPERTIES_FILE", build),
        ])
    }

    fn without_files() -> Job {
        Job {
            sha: text(SHA),
            pipeline_url: text("https://teamcity.example.com/build/991"),
            server_version: text("2024.07 (build 160162)"),
            identity: identity(&[
                ("BUILD_URL", "https://teamcity.example.com/build/991"),
                ("TEAMCITY_PROJECT_NAME", "App"),
                ("TEAMCITY_BUILDCONF_NAME", "Build"),
                ("BUILD_NUMBER", "42"),
            ]),
            ..Job::default()
        }
    }

    fn common() -> Job {
        Job {
            slug: text("octocat/app"),
            repository_url: text("https://github.com/octocat/app.git"),
            job_id: text("991"),
            server_url: text("https://teamcity.example.com"),
            workspace: Some("/agent/work/app".into()),
            temp_dir: Some(TempDir {
                path: "/agent/temp/buildTmp".into(),
                cleaned: true,
            }),
            ..without_files()
        }
    }

    #[test]
    fn branch() {
        let expected = Job {
            branch: text("main"),
            ..common()
        };
        assert_eq!(job("teamcity.build.branch=main"), expected);
        assert_eq!(job("teamcity.build.branch=refs/heads/main"), expected);
        assert_eq!(job("teamcity.build.branch=<default>"), common());
    }

    #[test]
    fn tag() {
        let expected = Job {
            tag: text("v1"),
            ..common()
        };
        assert_eq!(job("teamcity.build.branch=refs/tags/v1"), expected);
    }

    #[test]
    fn pull_request() {
        let found = job("teamcity.build.branch=pull/17\n\
            teamcity.pullRequest.number=17\n\
            teamcity.pullRequest.source.branch=fix\n\
            teamcity.pullRequest.target.branch=refs/heads/main\n");
        let expected = Job {
            source_branch: text("fix"),
            change: change("17", "main"),
            ..common()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn without_the_files_the_rest_is_known() {
        assert_eq!(
            TeamCity.job(&env("/nowhere/build.properties")),
            without_files()
        );
        assert_eq!(TeamCity.job(&env("/dev/zero")), without_files());
    }
}
