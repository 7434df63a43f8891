//! Stages go before what is said of them: a run that is cut short leaves no stage without it.

use serde_json::Value;

use super::project::Project;

/// Two stages that go, and records about them.
fn going() -> Option<(Project, String, String)> {
    let project = Project::new()?;
    let c1 = project.commit("c1", 50);
    project.build("app", &c1, 50);
    let mut stages = Vec::new();
    for name in ["one", "two"] {
        let stage = project.repo.stage(name, 60, &[]);
        project.repo.metadata("app", &"0".repeat(40), &stage);
        project.repo.import(name, &stage, name);
        project
            .repo
            .custom(&format!("v-{name}"), &stage, &project.repo);
        stages.push(stage);
    }
    let two = stages.pop().unwrap();
    Some((project, stages.pop().unwrap(), two))
}

/// Saves a plan; its path.
fn plan(project: &Project) -> String {
    let path = project.place.root.path().join("plan.json");
    let path = path.to_str().unwrap().to_owned();
    project.clean("", &["--dry-run", "--plan", &path]);
    path
}

#[test]
fn records_come_after_their_stages() {
    let Some((project, ..)) = going() else { return };
    let text = std::fs::read_to_string(plan(&project)).unwrap();
    let plans: Value = serde_json::from_str(&text).unwrap();
    let mut lines = Vec::new();
    for step in plans["plans"][0]["steps"].as_array().unwrap() {
        let mut tags: Vec<&str> = step["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag.as_str().unwrap())
            .collect();
        tags.sort_unstable();
        let after = step["after"].as_str().unwrap_or("nothing");
        let line = format!("{} {} after {after}", step["rank"], tags.join("+"));
        lines.push(project.repo.named(&line));
    }
    lines.sort();
    let commit = "0".repeat(40);
    let expected = [
        "0 one+v-one after nothing".to_owned(),
        "0 two+v-two after nothing".to_owned(),
        "1 custom-tag-meta-v-one after one".to_owned(),
        "1 custom-tag-meta-v-two after two".to_owned(),
        "1 import one after one".to_owned(),
        "1 import two after two".to_owned(),
        format!("1 meta app {commit} one after one"),
        format!("1 meta app {commit} two after two"),
    ];
    assert_eq!(lines, expected);
}

/// Somebody gives a tag to a stage that was to go: it stays, and what is said of it.
#[test]
fn records_stay_with_a_stage_that_stays_after_all() {
    let Some((project, one, _)) = going() else {
        return;
    };
    let path = plan(&project);
    project.repo.tag(&one, "wanted");
    let mut command = crate::support::dockside(project.place.root.path());
    let limits = ["--max-delete", "100%", "--progress=none"];
    let status = command
        .args(["cleanup", "apply", &path])
        .args(limits)
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    let commit = "0".repeat(40);
    let expected = [
        "app@c1".to_owned(),
        "custom-tag-meta-v-one".to_owned(),
        "import one".to_owned(),
        "managed-image-app".to_owned(),
        format!("meta app {commit} one"),
        "meta app c1 app@c1".to_owned(),
        "one".to_owned(),
        "v-one".to_owned(),
        "wanted".to_owned(),
    ];
    assert_eq!(project.repo.left(), expected);
}
