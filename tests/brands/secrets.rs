//! Secrets of one brand never reach another host: all secrets are there, every host answers and
//! asks for a login, and one of them says that it is of each brand.

mod complete;
mod inventory;
mod logins;
mod machine;
mod reach;
mod traces;
mod world;

use logins::LOGINS;
use machine::Machine;
use world::{MASKS, host, network};

/// Every command that speaks to registries; about a repository and its host.
const COMMANDS: &[&str] = &[
    "detect --repo {repo}",
    "tags --retry-timeout 0 --long {repo}",
    "inspect --retry-timeout 0 {repo}:v1",
    "pull --retry-timeout 0 {repo}:v1 oci:{home}/pulled",
    "copy --retry-timeout 0 {repo}:v1 {repo}:v3",
    "copy --retry-timeout 0 {repo}:v1 other.example.com/acme/app:v1",
    "copy --retry-timeout 0 own.example.com/acme/app:v1 {repo}:v4",
    "push --retry-timeout 0 oci:{home}/layout:v2 {repo}:v2",
    "tag --retry-timeout 0 {repo}:v1 v5",
    "login --retry-timeout 0 --docker-config {home}/a -u acme --password-file {password} {host}",
    "login --retry-timeout 0 --docker-config {home}/b --oidc {host}",
    "ci-env gitlab --retry-timeout 0 --tmp-dir {home} --repo {repo} --login {host}",
    "ci-env github --retry-timeout 0 --tmp-dir {home} --repo {repo} --oidc",
    "repository create --retry-timeout 0 {repo}",
    "untag --retry-timeout 0 {repo}:v1",
    "delete --retry-timeout 0 {repo}:v1",
    "repository delete --retry-timeout 0 --with-images {repo}",
    "doctor --for delete {repo}",
];

/// Of those, the ones that differ most from brand to brand.
const OWN: [usize; 4] = [1, 13, 14, 16];

/// Runs a command about a registry.
fn tell(machine: &Machine, command: &str, registry: &str) {
    let command = command
        .replace("{repo}", &format!("{registry}/acme/app"))
        .replace("{host}", registry)
        .replace("{password}", &machine.password(registry))
        .replace("{home}", &machine.path(""));
    machine.run(&command);
}

#[test]
fn secrets_stay_with_their_brand() {
    for (registry, _, _) in LOGINS {
        let machine = Machine::new(network());
        for command in COMMANDS {
            tell(&machine, command, registry);
        }
        machine.check(registry);
        assert_ne!(machine.seen(registry), [""; 0], "{registry}");
    }
}

/// What a registry says of itself brings it no secret but its own, and none where it has none.
#[test]
fn secrets_are_not_for_whoever_claims_to_be_of_a_brand() {
    let (hostile, stranger) = ("hostile.example.com", "stranger.example.com");
    for mask in MASKS {
        let machine = Machine::new(network());
        machine.network.answer(hostile, host(*mask));
        machine.network.answer(stranger, host(*mask));
        for command in COMMANDS {
            tell(&machine, command, hostile);
        }
        for at in OWN {
            tell(&machine, COMMANDS[at], stranger);
        }
        machine.check(mask.0);
        assert_ne!(machine.seen(hostile), [""; 0], "{}", mask.0);
        let mut seen = machine.network.requests().into_iter();
        assert!(seen.any(|one| one.host == stranger), "{}", mask.0);
    }
}

/// A brand and an API that are said of `WERF_REPO` are of no other registry.
#[test]
fn what_is_said_of_one_registry_is_not_for_another() {
    for brand in ["harbor", "quay", "ecr", "github", "dockerhub", "gcr"] {
        let mut machine = Machine::new(network());
        machine.set("WERF_REPO_CONTAINER_REGISTRY", brand);
        machine.set("DOCKSIDE_REPO_API", "https://harbor.example.com/api");
        for (registry, _, _) in LOGINS {
            if *registry != "harbor.example.com" {
                for at in OWN {
                    tell(&machine, COMMANDS[at], registry);
                }
            }
        }
        machine.check(brand);
        let mut seen = machine.network.requests().into_iter();
        assert!(!seen.any(|one| one.host == "harbor.example.com"), "{brand}");
    }
}
