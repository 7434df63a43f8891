//! A final repository: copies of stages.

use super::project::{FREELY, Project};
use crate::cleanup::whole::ended;

/// A project with a stage that stays, one that goes, and copies of both.
fn copied() -> Option<(Project, String, String)> {
    let project = Project::new()?;
    let c1 = project.commit("c1", 50);
    let kept = project.build("app", &c1, 50);
    let gone = project.repo.stage("gone", 60, &[]);
    for stage in [&kept, &gone] {
        project.repo.copy(stage, &project.finals);
    }
    Some((project, kept, gone))
}

fn finals(project: &Project) -> [String; 2] {
    ["--final-repo".to_owned(), project.finals.address()]
}

#[test]
fn copies_stay_with_their_stages() {
    let Some((project, kept, gone)) = copied() else {
        return;
    };
    let (repo, to) = (&project.repo, &project.finals);
    repo.custom("v1", &gone, to);
    repo.custom("v2", &kept, to);
    let lost = repo.stage("lost", 60, &[]);
    repo.copy(&lost, to);
    let (amd, arm) = (repo.stage("amd", 60, &[]), repo.stage("arm", 60, &[]));
    let index = repo.index("index", &[&amd, &arm]);
    repo.metadata("app", &project.commit("c2", 40), &index);
    repo.copy(&index, to);
    // Of the stages that are used, one is known there alone.
    let used = to.stage("used", 60, &[]);
    to.stage("new", 0, &[]);
    to.tag(&kept, "latest");
    let list = project.in_use(&[format!("{}:{used}", to.address())]);
    let [option, address] = finals(&project);
    project.clean("", &[&option, &address, "--in-use", &list]);
    let expected = [
        "amd", "app@c1", "arm", "index", "latest", "new", "used", "v2",
    ];
    assert_eq!(to.left(), expected);
    let expected = [
        "amd",
        "app@c1",
        "arm",
        "custom-tag-meta-v2",
        "index",
        "managed-image-app",
        "meta app c1 app@c1",
        "meta app c2 index",
    ];
    assert_eq!(repo.left(), expected);
}

/// Nobody knows then what stays.
#[test]
fn nothing_goes_where_the_repository_cannot_be_cleaned() {
    let Some((project, ..)) = copied() else {
        return;
    };
    let [option, address] = finals(&project);
    let more = [&option, &address, "--without-kube", "--max-delete", "10%"];
    let (code, out, errors) = project.run("cleanup", "", &more);
    assert_eq!(code, 3, "{out}{errors}");
    assert!(errors.contains("final is left as it is, since"), "{errors}");
    assert_eq!(project.finals.left(), ["app@c1", "gone"]);
    let mut left = project.repo.left();
    left.retain(|name| !name.contains("app"));
    assert_eq!(left, ["gone"]);
}

#[test]
fn a_final_repository_is_another_one() {
    let Some((project, ..)) = copied() else {
        return;
    };
    let address = project.repo.address();
    let (code, _, errors) = project.run("cleanup", "", &["--final-repo", &address]);
    let expected = format!(
        "dockside: note: the policy is werf.yaml\ndockside: error: {address} cannot be both the repository and \
         its final repository\n"
    );
    assert_eq!((code, errors), (2, expected));
}

/// What is said of the final repository's registry is not said of the other one's.
#[test]
fn a_brand_of_its_own() {
    let Some((project, ..)) = copied() else {
        return;
    };
    let [option, address] = finals(&project);
    let options = [&*option, &*address];
    let mut command = project.command("cleanup", "", &[&FREELY, &options[..]].concat());
    command.env("WERF_FINAL_REPO_CONTAINER_REGISTRY", "nobodys");
    let (code, out, errors) = ended(&mut command);
    assert_eq!(code, 5, "{out}{errors}");
    assert!(errors.contains("nobodys"), "{errors}");
    assert!(!project.repo.left().contains(&"gone".to_owned()));
    assert_eq!(project.finals.left(), ["app@c1", "gone"]);

    let brand = ["--final-repo-container-registry", "default"];
    project.clean("", &[&options[..], &brand].concat());
    assert_eq!(project.finals.left(), ["app@c1"]);
}

/// A plan that is gone on with knows which of its repositories is the final one.
#[test]
fn a_plan_gone_on_with_is_of_both() {
    let Some((project, ..)) = copied() else {
        return;
    };
    let [option, address] = finals(&project);
    let plan = project.place.root.path().join("plan.json");
    let plan = ["--plan", plan.to_str().unwrap(), &option, &address];
    project.clean("", &[&plan[..], &["--dry-run"]].concat());
    let out = project.clean("", &[&plan[..], &["--resume", "--output", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["repo"], project.repo.address().as_str());
    assert_eq!(report["finalRepo"], address.as_str(), "{out}");
    assert!(!project.repo.left().contains(&"gone".to_owned()));
    assert_eq!(project.finals.left(), ["app@c1"]);
}

/// A plan of before does not take what lives in git by now.
#[test]
fn what_git_has_got_meanwhile_stays() {
    let Some((project, _, gone)) = copied() else {
        return;
    };
    let [option, address] = finals(&project);
    let plan = project.place.root.path().join("plan.json");
    let words = ["--plan", plan.to_str().unwrap(), &option, &address];
    project.clean("", &[&words[..], &["--dry-run"]].concat());
    let c2 = project.commit("c2", 40);
    project.repo.metadata("app", &c2, &gone);
    let words = [&FREELY, &words[..], &["--resume"]].concat();
    let (code, out, errors) = ended(&mut project.command("cleanup", "", &words));
    assert_eq!(code, 0, "{out}{errors}");
    let note = "git has changed since the plan was made: a new one is made\n";
    assert!(errors.contains(note), "{errors}");
    assert_eq!(project.finals.left(), ["app@c1", "gone"]);
    assert!(project.repo.left().contains(&"gone".to_owned()));
}
