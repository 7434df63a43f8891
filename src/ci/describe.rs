//! What is known about a job, for people and for programs. Secrets are never shown.

use std::borrow::Cow;
use std::path::Path;

use bstr::BString;
use serde_json::{Map, Value, json};

use super::job::{Job, Login, Need};
use crate::text::printable;

/// The job as a JSON object, named as in [`Job`]. Facts that are absent are left out. Text
/// that is not UTF-8 has U+FFFD in place of what is not, and its path is in `not_utf8`.
pub fn json(job: &Job) -> Value {
    let mut root = Map::new();
    let mut not_utf8 = Vec::new();
    for (path, value) in texts(job) {
        let text = String::from_utf8_lossy(value);
        if matches!(text, Cow::Owned(_)) {
            not_utf8.push(path.join("."));
        }
        insert(&mut root, &path, text.into());
    }
    if let Some(directory) = &job.temp_dir {
        insert(
            &mut root,
            &["temp_dir", "cleaned"],
            directory.cleaned.into(),
        );
    }
    if let Some(repository) = &job.image_repository {
        let mut object = json!({
            "name": repository.name,
            "with_project": repository.with_project,
        });
        if let (Some(brand), Some(object)) = (repository.brand, object.as_object_mut()) {
            object.insert("brand".to_owned(), brand.into());
        }
        insert(&mut root, &["image_repository"], object);
    }
    if !job.logins.is_empty() {
        let logins = job.logins.iter().map(login_json).collect();
        insert(&mut root, &["logins"], logins);
    }
    if !not_utf8.is_empty() {
        insert(&mut root, &["not_utf8"], not_utf8.into());
    }
    Value::Object(root)
}

/// The job as aligned lines of a fact's name and its value.
pub fn text(job: &Job) -> String {
    let mut lines: Vec<(String, String)> = texts(job)
        .into_iter()
        .map(|(path, value)| (path.join("."), printable(value)))
        .collect();
    if let Some(repository) = &job.image_repository {
        let project = if repository.with_project {
            "/PROJECT"
        } else {
            ""
        };
        let name = format!("{}{project}", printable(&repository.name));
        lines.push(("image_repository".to_owned(), name));
    }
    for login in &job.logins {
        lines.push(("login".to_owned(), login_text(login)));
    }
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    lines
        .iter()
        .map(|(key, value)| format!("{key:width$}  {value}\n"))
        .collect()
}

fn login_json(login: &Login) -> Value {
    json!({
        "registry": login.registry,
        "username": login.username,
        "kind": login.kind,
        "variable": login.variable,
        "optional": login.need != Need::Required,
    })
}

fn login_text(login: &Login) -> String {
    let Login {
        registry,
        username,
        kind,
        variable,
        ..
    } = login;
    let optional = if login.need == Need::Required {
        ""
    } else {
        ", optional"
    };
    let registry = printable(registry);
    let username = printable(username);
    format!("{registry} as {username} ({kind} in {variable}{optional})")
}

/// All facts that are text, each with its path of names.
fn texts(job: &Job) -> Vec<(Vec<&str>, &[u8])> {
    let change = job.change.as_ref();
    let facts: [(&[&str], Option<&[u8]>); 17] = [
        (&["slug"], bytes(&job.slug)),
        (&["repository_url"], bytes(&job.repository_url)),
        (&["sha"], bytes(&job.sha)),
        (&["branch"], bytes(&job.branch)),
        (&["source_branch"], bytes(&job.source_branch)),
        (&["tag"], bytes(&job.tag)),
        (
            &["change", "number"],
            change.map(|change| change.number.as_slice()),
        ),
        (
            &["change", "target"],
            change.and_then(|change| bytes(&change.target)),
        ),
        (&["environment"], bytes(&job.environment)),
        (&["environment_slug"], bytes(&job.environment_slug)),
        (&["pipeline_url"], bytes(&job.pipeline_url)),
        (&["job_url"], bytes(&job.job_url)),
        (&["job_id"], bytes(&job.job_id)),
        (&["server_url"], bytes(&job.server_url)),
        (&["server_version"], bytes(&job.server_version)),
        (&["workspace"], job.workspace.as_deref().map(path_bytes)),
        (
            &["temp_dir", "path"],
            job.temp_dir
                .as_ref()
                .map(|directory| path_bytes(&directory.path)),
        ),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(path, value)| Some((path.to_vec(), value?)));
    let identity = job.identity.0.iter();
    facts
        .chain(identity.map(|(name, value)| (vec!["identity", name], value.as_slice())))
        .collect()
}

fn bytes(text: &Option<BString>) -> Option<&[u8]> {
    text.as_ref().map(|text| text.as_slice())
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// Puts a value at a path of names, making the objects on the way.
fn insert(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            object.insert((*name).to_owned(), value);
        }
        [name, below @ ..] => {
            let inner = object.entry(*name).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, below, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{change, text as fact};
    use super::super::job::{Identity, ImageRepository, TempDir};
    use super::*;

    fn job() -> Job {
        Job {
            slug: fact("group/app"),
            branch: Some(b"x\xff\x1b[31m".into()),
            change: change("17", "main"),
            workspace: Some("/src".into()),
            temp_dir: Some(TempDir {
                path: "/tmp/job".into(),
                cleaned: true,
            }),
            identity: Identity(vec![
                ("CI_JOB_ID".to_owned(), "99".into()),
                ("JOB_NAME".to_owned(), b"\xfe".into()),
            ]),
            image_repository: Some(ImageRepository {
                name: "ghcr.io/group/app".into(),
                with_project: true,
                brand: None,
            }),
            logins: vec![Login {
                registry: "ghcr.io".into(),
                username: "ann\n##vso[x]".into(),
                secret: "hidden-secret".into(),
                kind: "job token",
                variable: "GITHUB_TOKEN",
                need: Need::Optional,
            }],
            github_token: Some("hidden-token".into()),
            ..Job::default()
        }
    }

    #[test]
    fn as_json() {
        let expected = json!({
            "slug": "group/app",
            "branch": "x\u{fffd}\u{1b}[31m",
            "change": {"number": "17", "target": "main"},
            "workspace": "/src",
            "temp_dir": {"path": "/tmp/job", "cleaned": true},
            "identity": {"CI_JOB_ID": "99", "JOB_NAME": "\u{fffd}"},
            "image_repository": {"name": "ghcr.io/group/app", "with_project": true},
            "logins": [{
                "registry": "ghcr.io",
                "username": "ann\n##vso[x]",
                "kind": "job token",
                "variable": "GITHUB_TOKEN",
                "optional": true,
            }],
            "not_utf8": ["branch", "identity.JOB_NAME"],
        });
        assert_eq!(json(&job()).to_string(), expected.to_string());
        assert_eq!(json(&Job::default()), json!({}));
    }

    #[test]
    fn as_text() {
        let expected = "\
slug                group/app
branch              x\\xff\\u{1b}[31m
change.number       17
change.target       main
workspace           /src
temp_dir.path       /tmp/job
identity.CI_JOB_ID  99
identity.JOB_NAME   \\xfe
image_repository    ghcr.io/group/app/PROJECT
login               ghcr.io as ann\\n\\x23#vso[x] (job token in GITHUB_TOKEN, optional)
";
        assert_eq!(text(&job()), expected);
        assert_eq!(text(&Job::default()), "");
    }

    #[test]
    fn the_brand_is_shown_where_it_is_known() {
        let job = Job {
            image_repository: Some(ImageRepository {
                name: "registry.example.com/a".into(),
                with_project: false,
                brand: Some("gitlab"),
            }),
            ..Job::default()
        };
        let expected = json!({"image_repository": {
            "name": "registry.example.com/a",
            "with_project": false,
            "brand": "gitlab",
        }});
        assert_eq!(json(&job), expected);
    }
}
