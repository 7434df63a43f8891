//! Variables that contradict each other.

use super::Check;
use crate::address::registry_of;
use crate::doctor::Ward;
use crate::doctor::finding::Remark;
use crate::env::Env;
use crate::registry::{self, family, family_of_host};

/// Variables of werf and dockside, and what earlier steps left of them.
pub(super) struct Variables;

impl Check for Variables {
    fn name(&self) -> &'static str {
        "variables"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let env = &ward.env;
        let mut remarks = Vec::new();
        remarks.extend(directories(ward));
        remarks.extend(brands(env));
        remarks.extend(registries(env));
        remarks
    }
}

fn directories(ward: &Ward) -> Option<Remark> {
    let (werf, docker) = (
        ward.env.path("WERF_DOCKER_CONFIG")?,
        ward.env.path("DOCKER_CONFIG")?,
    );
    if werf == docker || ward.docker_config.is_some() {
        return None;
    }
    Some(
        Remark::warning(format!(
            "WERF_DOCKER_CONFIG names {}, and DOCKER_CONFIG {}",
            werf.display(),
            docker.display()
        ))
        .because("werf and dockside use the first, docker the second, so they log in separately")
        .cure("unset the one that an earlier step left, or run `dockside ci-env` again"),
    )
}

fn brands(env: &Env) -> Vec<Remark> {
    let variables = ["WERF_REPO_CONTAINER_REGISTRY", "WERF_REPO_IMPLEMENTATION"];
    let given: Vec<_> = variables
        .into_iter()
        .filter_map(|variable| Some((variable, env.utf8(variable)?)))
        .collect();
    let mut remarks = Vec::new();
    for (variable, brand) in &given {
        if family(brand).is_none() {
            remarks.push(
                Remark::problem(format!("{variable} names the brand {brand:?}"))
                    .because("there is no such brand, so every command on WERF_REPO fails")
                    .cure(format!("set it to one of {}", registry::names().join(", "))),
            );
        }
    }
    if let [(one, first), (other, second)] = given.as_slice()
        && first != second
    {
        remarks.push(
            Remark::warning(format!("{one} is {first}, and {other} is {second}"))
                .because(format!(
                    "the second is the older name of the first, and {first} counts"
                ))
                .cure(format!("unset {other}")),
        );
    }
    let host = env.utf8("WERF_REPO").and_then(registry_of);
    let by_host = host.as_deref().and_then(family_of_host);
    if let (Some((variable, brand)), Some(host), Some(by_host)) = (given.first(), host, by_host)
        && family(brand).is_some()
        && *brand != by_host.name()
    {
        remarks.push(
            Remark::warning(format!(
                "{variable} is {brand}, and the registry of WERF_REPO, {host}, is {}",
                by_host.title()
            ))
            .because("werf speaks to the registry as the variable says, and may fail to delete")
            .cure(format!("unset {variable}: the host says enough")),
        );
    }
    remarks
}

/// What `dockside ci-env` reads: `DOCKSIDE_REGISTRY_NAME`, and its credentials.
const PREFIX: &str = "DOCKSIDE_REGISTRY_";
const USER: &str = "_USERNAME";
const SECRETS: [&str; 2] = ["_PASSWORD", "_PASSWORD_FILE"];

fn registries(env: &Env) -> Vec<Remark> {
    let mut names: Vec<&str> = env
        .utf8_pairs()
        .map(|(name, _)| name)
        .filter(|name| name.len() > PREFIX.len() && name.starts_with(PREFIX))
        .collect();
    names.sort_unstable();
    let ends = SECRETS.into_iter().chain([USER]);
    let base = |name: &'_ str| {
        ends.clone()
            .find_map(|end| name.strip_suffix(end).map(str::to_owned))
    };
    let mut remarks = Vec::new();
    for name in names {
        if let Some(base) = base(name) {
            if !env.has(&base) {
                remarks.push(
                    Remark::warning(format!("{name} is set, and {base} is not"))
                        .because("a credential without the name of its registry is not used")
                        .cure(format!(
                            "set {base} to the registry's host, or unset {name}"
                        )),
                );
            }
            continue;
        }
        let secrets: Vec<String> = SECRETS
            .iter()
            .map(|end| format!("{name}{end}"))
            .filter(|variable| env.has(variable))
            .collect();
        let user = format!("{name}{USER}");
        let missing = match (env.has(&user), secrets.as_slice()) {
            // Without any of them a login is made from the job's identity.
            (true, []) => format!("{name}_PASSWORD"),
            (false, [_, ..]) => user,
            (true, [one, other]) => {
                remarks.push(
                    Remark::warning(format!("{one} and {other} are both set"))
                        .because("only one of them is used, and they may hold different secrets")
                        .cure("unset the one that an earlier step left"),
                );
                continue;
            }
            _ => continue,
        };
        remarks.push(
            Remark::problem(format!("{name} is set, and {missing} is not"))
                .because("`dockside ci-env` needs user and password of a registry that is named so")
                .cure(format!("set {missing}, or unset {name}")),
        );
    }
    remarks
}
