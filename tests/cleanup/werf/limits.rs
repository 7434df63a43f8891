//! Limits of references, and of images of each.

use super::project::Project;

/// Which of four stages, of commits 400, 300, 2 and 1 hours ago on one branch, a policy keeps.
fn images(policy: &str) -> Option<Vec<String>> {
    let project = Project::new()?;
    for (name, hours) in [("1", 400), ("2", 300), ("3", 2), ("4", 1)] {
        let commit = project.commit(name, hours);
        project.build("app", &commit, 400);
    }
    let policy = format!(
        "cleanup: {{keepPolicies: [{{references: {{branch: main}}, imagesPerReference: {policy}}}]}}"
    );
    Some(stages(&project.left(&policy)))
}

/// Which of three stages, of branches last changed 400, 300 and 1 hours ago, a policy keeps.
fn references(limit: &str) -> Option<Vec<String>> {
    let project = Project::new()?;
    project.commit("0", 500);
    for (name, hours) in [("1", 400), ("2", 300), ("3", 1)] {
        project.origin.checkout("main");
        project.origin.branch(&format!("b{name}"));
        let commit = project.commit(name, hours);
        project.build("app", &commit, 400);
    }
    project.origin.checkout("main");
    let policy =
        format!("cleanup: {{keepPolicies: [{{references: {{branch: '/b.*/', limit: {limit}}}}}]}}");
    Some(stages(&project.left(&policy)))
}

/// The numbers of the stages that are left; exactly these have metadata.
fn stages(left: &[String]) -> Vec<String> {
    let named = |prefix: &str| {
        let found = left.iter().filter_map(|name| name.strip_prefix(prefix));
        let found = found.map(|name| name.split(' ').next().unwrap().to_owned());
        found.collect::<Vec<String>>()
    };
    assert_eq!(named("meta app "), named("app@"));
    named("app@")
}

#[test]
fn images_per_reference() {
    for (policy, expected) in [
        ("{}", vec!["4"]),
        ("{last: 3}", vec!["2", "3", "4"]),
        ("{last: -1}", vec!["1", "2", "3", "4"]),
        ("{last: 0}", vec![]),
        ("{in: 168h, last: -1}", vec!["3", "4"]),
        ("{in: 168h}", vec!["4"]),
        ("{in: 168h, last: 3, operator: And}", vec!["3", "4"]),
        ("{in: 168h, last: 1, operator: Or}", vec!["3", "4"]),
        ("{in: 168h, last: 3, operator: Or}", vec!["2", "3", "4"]),
    ] {
        let Some(found) = images(policy) else { return };
        assert_eq!(found, expected, "{policy}");
    }
}

#[test]
fn limits_of_references() {
    for (limit, expected) in [
        ("{last: 1}", vec!["3"]),
        ("{last: 2}", vec!["2", "3"]),
        ("{in: 168h}", vec!["3"]),
        ("{in: 168h, last: 2, operator: And}", vec!["3"]),
        ("{in: 168h, last: 2, operator: Or}", vec!["2", "3"]),
        // A part that is missing stands for all.
        ("{in: 168h, operator: Or}", vec!["1", "2", "3"]),
    ] {
        let Some(found) = references(limit) else {
            return;
        };
        assert_eq!(found, expected, "{limit}");
    }
}
