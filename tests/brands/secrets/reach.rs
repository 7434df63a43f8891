//! That each secret reaches a host that may see it: were nothing sent, nothing could stray.

use super::inventory::SECRETS;
use super::machine::Machine;
use super::world::network;

/// Changes of variables (`NAME` removes one), and a command that then finds the next secret: what
/// goes first hides what comes after it.
type Steps = &'static [(&'static [&'static str], &'static str)];

/// Where the program looks for secrets, in its order. The first step has all of them.
const WAYS: &[Steps] = &[
    // The APIs of brands.
    &[
        (&[], "tags --long quay.io/acme/app"),
        (&[], "tags --long harbor.example.com/acme/app"),
        (&[], "tags --long docker.io/acme/app"),
        (
            &["WERF_REPO_DOCKER_HUB_TOKEN"],
            "tags --long docker.io/acme/app",
        ),
        (&[], "tags --long ghcr.io/acme/app"),
        (&["WERF_REPO_GITHUB_TOKEN"], "tags --long ghcr.io/acme/app"),
    ],
    // The logins of jobs, and what the job's docker config is made from.
    &[
        (&[], "tags auths.example.com/acme/app"),
        (&[], "ci-env gitlab"),
        (
            &[],
            "tags --docker-config {job} podman.example.com/acme/app",
        ),
        (&[], "tags --docker-config {job} helm.example.com/acme/app"),
        (&["CI_REGISTRY_PASSWORD"], "ci-env gitlab"),
        (&["CI_JOB_TOKEN"], "ci-env gitlab"),
        (&[], "ci-env semaphore"),
        (
            &["GITHUB_SERVER_URL=https://git.example.com"],
            "ci-env gitea",
        ),
        (&[], "ci-env forgejo"),
    ],
    // The ID tokens of CI systems, and then the other identities at Azure.
    &[
        (&[], "login --oidc acme.jfrog.io"),
        (&[], "login --oidc quay.io"),
        (&["DOCKSIDE_ID_TOKEN"], "login --oidc quay.io"),
        (
            &["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "DOCKSIDE_QUAY_AUDIENCE"],
            "login --oidc quay.io",
        ),
        (&["DOCKSIDE_QUAY_AUDIENCE=acme"], "login --oidc quay.io"),
        (&[], "login --oidc acme.azurecr.io"),
        (
            &["AZURE_CLIENT_SECRET", "GITLAB_CI"],
            "login --oidc acme.azurecr.io",
        ),
        (&["SYSTEM_ACCESSTOKEN"], "login --oidc quay.io"),
        (&["BITBUCKET_STEP_OIDC_TOKEN"], "login --oidc quay.io"),
        (&["CIRCLE_OIDC_TOKEN_V2"], "login --oidc quay.io"),
        (&["CIRCLE_OIDC_TOKEN"], "login --oidc quay.io"),
        (&["CIRRUS_OIDC_TOKEN"], "login --oidc acme.azurecr.io"),
        (
            &["AZURE_FEDERATED_TOKEN_FILE"],
            "login --oidc acme.azurecr.io",
        ),
    ],
    // Google.
    &[
        (
            &["GOOGLE_WORKLOAD_IDENTITY_PROVIDER"],
            "login --oidc europe-docker.pkg.dev",
        ),
        (
            &["CLOUDSDK_AUTH_ACCESS_TOKEN"],
            "login --oidc europe-docker.pkg.dev",
        ),
        (
            &["GOOGLE_APPLICATION_CREDENTIALS"],
            "login --oidc europe-docker.pkg.dev",
        ),
        (
            &["CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"],
            "login --oidc europe-docker.pkg.dev",
        ),
    ],
    // Amazon.
    &[
        (&[], "login --oidc {ecr}"),
        (
            &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            "login --oidc {ecr}",
        ),
        (
            &["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"],
            "login --oidc {ecr}",
        ),
    ],
];

/// An address of Amazon ECR.
const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

#[test]
fn each_secret_reaches_its_own_host() {
    let for_somebody = SECRETS.iter().filter(|secret| !secret.hosts.is_empty());
    let mut unseen: Vec<&str> = for_somebody.map(|secret| secret.variable).collect();
    for steps in WAYS {
        let mut machine = Machine::new(network());
        for (changes, command) in *steps {
            for change in *changes {
                match change.split_once('=') {
                    Some((name, value)) => machine.set(name, value),
                    None => machine.unset(change),
                }
            }
            machine.run(
                &command
                    .replace("{ecr}", ECR)
                    .replace("{job}", &machine.job()),
            );
        }
        machine.check(steps[0].1);
        unseen.retain(|variable| machine.seen(variable).is_empty());
    }
    assert_eq!(unseen, [""; 0], "never sent");
}
