//! All staged faults in one place: what `doctor` has to say, the check that says it, and the faults
//! by which that is shown. That no secret is in it, its JSON and its exit code are in `forms`.

use std::collections::BTreeSet;

/// The diagnoses of all faults.
const SAID: &[&str] = &[
    include_str!("../snapshots/doctor-access.txt"),
    include_str!("../snapshots/doctor-facts.txt"),
    include_str!("../snapshots/doctor-machine.txt"),
    include_str!("../snapshots/doctor-network.txt"),
    include_str!("../snapshots/doctor-vendors.txt"),
];

const GITLAB: &str = "a job of GitLab, with a token that ends";
const HUB: &str = "Docker Hub";

const TABLE: &[(&str, &str, &[&str])] = &[
    ("which CI and by which marker", "ci", &[GITLAB, HUB]),
    (
        "which config directory, its modes",
        "config",
        &[
            GITLAB,
            "config.json is not JSON",
            "config.json has values of other types",
            "DOCKER_CONFIG names a file",
            "config.json can be read by everybody",
        ],
    ),
    (
        "a helper over a login",
        "hidden-logins",
        &["a helper hides a login"],
    ),
    (
        "DOCKER_AUTH_CONFIG over the file",
        "auth-variable",
        &[
            "DOCKER_AUTH_CONFIG is broken",
            "DOCKER_AUTH_CONFIG hides a login",
        ],
    ),
    (
        "a stale auth.json in XDG_RUNTIME_DIR",
        "auth-files",
        &[
            "auth.json of podman is stale",
            "REGISTRY_AUTH_FILE names nothing",
        ],
    ),
    (
        "credsStore without its binary",
        "helpers",
        &["credsStore without its program"],
    ),
    (
        "logins that docker does not read",
        "keys",
        &[
            "the key docker.io",
            "the key registry-1.docker.io",
            "the key index.docker.io",
            "Docker Hub, with the login under docker.io",
        ],
    ),
    (
        "variables that contradict each other",
        "variables",
        &[
            "two docker configs",
            "variables of werf contradict each other",
            "variables of dockside contradict each other",
        ],
    ),
    (
        "which identity answers, the kind and remaining life of the token",
        "login",
        &[
            GITLAB,
            "a wrong password",
            "a wrong password, sent with each request",
            "an empty password",
            "a line end in the password",
            "a token that has ended",
            "the token service fails",
            "the token service is in plain HTTP",
            "a helper fails",
            "a helper hangs",
            "a helper speaks garbage",
            "Docker Hub: a password in place of a token",
            "Docker Hub: a token that was removed",
            "GitLab: the token of an earlier job",
            "GitHub: a fine-grained token",
            "GitHub: no id-token: write",
        ],
    ),
    (
        "Harbor's robot$ name eaten by a shell",
        "login",
        &["the robot of Harbor, eaten by a shell"],
    ),
    (
        "scopes or actions asked and granted for pull, push and delete",
        "rights",
        &[
            GITLAB,
            "nobody, where a login is needed",
            "a read-only login",
            "a read-only login, for a job that pushes",
            "a login that may not delete, for a job that does",
            "a login that may not even read",
            "Docker Hub: a read-only token",
            "GitLab: a deploy token does not delete",
            "GitHub: nobody has logged in",
            "Harbor: a member who may only read",
            "Quay: a robot that may only read",
            "Azure: an identity without a role",
            "Google: an identity without a role",
            "Gitea: a job token that may not push",
        ],
    ),
    (
        "GitLab job-token permissions",
        "rights",
        &[
            "GitLab: the job token of another project",
            "GitLab: the job token of another project, for a job that pushes",
        ],
    ),
    (
        "GitHub `packages: write` and the package's link to the repository",
        "rights",
        &[
            "GitHub: no packages: write",
            "GitHub: the package is not linked to the repository",
        ],
    ),
    (
        "the missing ECR policy action",
        "rights",
        &["Amazon: a policy lacks an action"],
    ),
    (
        "brand and version with the reason for the guess",
        "brand",
        &[GITLAB, HUB, "a registry that says its version"],
    ),
    (
        "whether the repository is there",
        "repository",
        &[
            "no such repository",
            "no such tag, for a job that pulls",
            "the registry lets in, and fails",
            "Amazon: no such repository",
        ],
    ),
    (
        "tag-deletion support",
        "deletion",
        &[GITLAB, "a login that may not delete, for a job that does"],
    ),
    ("referrers support", "referrers", &[GITLAB, HUB]),
    (
        "rate limits left",
        "limits",
        &[
            HUB,
            "Docker Hub: no pulls are left",
            "no requests are left",
            "few requests are left",
        ],
    ),
    (
        "TLS chain",
        "tls",
        &[
            GITLAB,
            "an unknown issuer",
            "a self-signed certificate",
            "an expired certificate",
            "a certificate that is not valid yet",
            "a certificate of another host",
        ],
    ),
    ("proxy in use", "proxy", &[GITLAB, "the proxy is none"]),
    (
        "clock skew",
        "clock",
        &["this clock is ahead", "this clock is behind"],
    ),
    (
        "why nothing is reached",
        "reach",
        &[
            "no such host",
            "nothing listens",
            "no answer in time",
            "the proxy refuses CONNECT",
            "the proxy wants a login",
            "the proxy is not there",
            "NO_PROXY takes the registry out",
            "plain HTTP where TLS is meant",
            "a file of issuers that is none",
            "no registry, but a web page",
            "no registry at all",
            "a firewall before the registry",
            "read-only mode",
            "maintenance",
            "too many requests",
            "hostile words",
        ],
    ),
];

#[test]
fn every_fault_is_listed_and_said_by_its_check() {
    let sections = SAID.iter().flat_map(|said| said.split("## ").skip(1));
    let sections: Vec<(&str, &str)> = sections
        .map(|section| section.split_once('\n').unwrap())
        .collect();
    let staged: BTreeSet<&str> = sections.iter().map(|(name, _)| *name).collect();
    let listed: BTreeSet<&str> = TABLE
        .iter()
        .flat_map(|(_, _, faults)| *faults)
        .copied()
        .collect();
    assert_eq!(listed, staged);
    assert_eq!(sections.len(), staged.len(), "a name is there twice");
    for (fact, check, faults) in TABLE {
        for fault in *faults {
            let (_, said) = sections.iter().find(|(name, _)| name == fault).unwrap();
            let is_said = said.lines().any(|line| {
                line.starts_with("  ") && line.split_whitespace().nth(1) == Some(check)
            });
            assert!(is_said, "{fact}: {fault}: {said}");
        }
    }
    let wrong = sections
        .iter()
        .filter(|(_, said)| said.contains("\n  problem "));
    assert!(wrong.count() >= 25);
}
