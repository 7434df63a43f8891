//! The report for programs, with werf's types.

use dockside::oci::Digest;
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
    // Reasons name commits by their first digits.
    repo.call(&c1[..10], "c1");
    let (lost, id) = ("d".repeat(56), Digest::of(b"imported").hex().to_owned());
    let expected = [
        "customTag tag=v1 reason=no rule keeps it".to_owned(),
        "customTagMetadata tag=custom-tag-meta-v1 reason=belongs to gone, which goes".to_owned(),
        "finalStage tag=gone reason=no rule keeps it".to_owned(),
        format!(
            "imageMetadata tag=meta unknown c1 {lost} stageID={lost} commit=c1 id=224d4c3b \
             reason=no rule keeps it"
        ),
        format!(
            "imageMetadata tag=meta web/app c1 {lost} imageName=web/app stageID={lost} commit=c1 \
             reason=no rule keeps it"
        ),
        format!("importMetadata tag=import imported id={id} reason=belongs to gone, which goes"),
        "rejectedStage tag=gone reason=no rule keeps it".to_owned(),
        "rejectedStageMarker tag=rejected gone reason=belongs to gone, which goes".to_owned(),
    ];
    assert_eq!(items(&project, &report["deleted"]), expected);
    let expected = [
        "finalStage tag=kept reason=final repository: the stage stays",
        "imageMetadata tag=meta app c1 kept stageID=kept commit=c1 id=798e6f97 reason=werf: the \
         stage that it is about stays",
        "managedImage tag=managed-image-web__slash__app imageName=web/app reason=werf: werf needs \
         it, whatever is cleaned up",
        "stage tag=base reason=ancestor",
        "stage tag=kept reason=git policy: branch main, commit c1",
    ];
    assert_eq!(items(&project, &report["kept"]), expected);
}
