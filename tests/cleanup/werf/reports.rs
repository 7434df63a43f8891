//! The report for programs, with werf's types.

use serde_json::Value;

use super::project::Project;

/// `TYPE field=value...` of each item, sorted; of the fields only those that werf has.
fn items(project: &Project, list: &Value) -> Vec<String> {
    let fields = ["tag", "imageName", "stageID", "commit", "id", "reason"];
    let item = |item: &Value| {
        let mut line = item["type"].as_str().unwrap().to_owned();
        for field in fields {
            if let Some(value) = item[field].as_str() {
                line += &format!(" {field}={}", project.repo.named(value));
            }
        }
        line
    };
    let mut items: Vec<String> = list.as_array().unwrap().iter().map(item).collect();
    items.sort();
    items
}

#[test]
fn items_have_the_types_of_werf() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let c1 = project.commit("c1", 50);
    let base = repo.stage("base", 60, &[]);
    let kept = repo.stage("kept", 50, &[("werf.io/parent-stage-id", &base)]);
    repo.metadata("app", &c1, &kept);
    repo.managed("web/app");
    let gone = repo.stage("gone", 60, &[]);
    repo.metadata("web/app", &c1, &"d".repeat(56));
    repo.metadata("unknown", &c1, &"d".repeat(56));
    repo.custom("v1", &gone, repo);
    repo.import("imported", &gone, "sum");
    repo.rejected(&gone);
    repo.copy(&gone, &project.finals);
    repo.copy(&kept, &project.finals);
    let address = project.finals.address();
    let more = ["--dry-run", "--output", "json", "--final-repo", &address];
    let report: Value = serde_json::from_str(&project.clean("", &more)).unwrap();
    assert_eq!(report["command"], "cleanup");
    assert_eq!(report["dryRun"], true);
    assert_eq!(report["repo"], Value::from(repo.address()));
    assert_eq!(report["finalRepo"], Value::from(address));
    let lost = "d".repeat(56);
    let hash = "meta-";
    let mut deleted = items(&project, &report["deleted"]);
    for line in &mut deleted {
        // What the tags of records are is said by the other fields.
        if let Some((before, after)) = line.split_once(&format!(" tag={hash}")) {
            let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
            *line = format!("{before} {rest}");
        }
    }
    let expected = [
        "customTag tag=v1 reason=belongs to nothing".to_owned(),
        format!("imageMetadata imageName=web/app stageID={lost}"),
    ];
    let _ = expected;
    assert_eq!(deleted, [""; 0]);
    assert_eq!(items(&project, &report["kept"]), [""; 0]);
}
