//! Each brand with a repository in it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use dockside::registry::Brand;

use crate::brands::library::{at, log_in};
use crate::cleanup::scene::Scene;
use crate::support::brands::acr::{self, Acr};
use crate::support::brands::artifactory::{self, Artifactory};
use crate::support::brands::dockerhub::{self, Hub};
use crate::support::brands::ecr::{Aws, PRIVATE};
use crate::support::brands::gitea::{self, Gitea};
use crate::support::brands::github::{self, Github};
use crate::support::brands::gitlab::{self, Gitlab, Version};
use crate::support::brands::google::{API, Google, TOKEN};
use crate::support::brands::harbor::{self, Harbor};
use crate::support::brands::nexus::{self, Nexus};
use crate::support::brands::quay::{self, Quay};
use crate::support::brands::zot::Zot;
use crate::support::vendor::{Fault, Local, Network, Vendor, shared};

/// A brand, and what it is reached by.
pub struct Bench {
    pub brand: Box<dyn Brand>,
    servers: Vec<Server>,
    _home: tempfile::TempDir,
}

enum Server {
    Local(Local),
    Network(Box<Network>),
}

impl Bench {
    /// The requests so far, without the hosts of servers of one's own, and without what gets in.
    pub fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for server in &self.servers {
            match server {
                Server::Local(local) => {
                    let lines = local.seen().into_iter();
                    seen.extend(lines.map(|line| line.replace(&local.host(), "")));
                }
                Server::Network(network) => seen.extend(network.seen()),
            }
        }
        seen.retain(|line| {
            let gets_in = ["oauth2", "/token", "/jwt/", "CONNECT", "/v2/ ", "/auth"];
            !line.ends_with(" 401") && !gets_in.iter().any(|part| line.contains(part))
        });
        seen
    }

    pub fn forget(&self) {
        for server in &self.servers {
            match server {
                Server::Local(local) => local.forget(),
                Server::Network(network) => network.forget(),
            }
        }
    }

    /// Lets the first of these requests go wrong.
    pub fn fault(&self, which: &'static str, status: u16) {
        for server in &self.servers {
            let fault = Fault::status(status, &[]);
            match server {
                Server::Local(local) => local.fault(1, which, fault),
                Server::Network(network) => network.fault(1, which, fault),
            }
        }
    }
}

type User = (&'static str, &'static str);

/// A brand on the network.
fn on<V: Vendor + 'static>(
    vendor: &Arc<Mutex<V>>,
    hosts: &[&str],
    user: User,
    name: &str,
) -> Bench {
    let network = Network::start();
    for host in hosts {
        network.host(host, vendor);
    }
    within(network, &[], hosts[0], user, name)
}

fn within(
    network: Network,
    variables: &[(&str, &str)],
    host: &str,
    (user, password): User,
    name: &str,
) -> Bench {
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), host, (user, password));
    let mut environment = network.environment();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    environment.extend(variables.iter().map(owned));
    let path = home.path().to_str().unwrap().to_owned();
    environment.push(("HOME".to_owned(), path));
    Bench {
        brand: at(home.path(), &environment, name, |_| {}),
        servers: vec![Server::Network(Box::new(network))],
        _home: home,
    }
}

/// A brand at a port of its own.
fn at_port(local: Local, user: Option<User>, path: &str) -> Bench {
    let home = tempfile::tempdir().unwrap();
    if let Some(user) = user {
        log_in(home.path(), &local.host(), user);
    }
    let name = format!("{}/{path}", local.host());
    Bench {
        brand: brand(home.path(), &name),
        servers: vec![Server::Local(local)],
        _home: home,
    }
}

fn brand(home: &Path, name: &str) -> Box<dyn Brand> {
    at(home, &[], name, |_| {})
}

pub fn ecr(scene: &Scene) -> Bench {
    let network = Network::start();
    let aws = Aws::new().on(&network);
    scene.store(&mut aws.lock().unwrap().store, "app");
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAJOB"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let name = format!("{PRIVATE}/app");
    within(network, &variables, PRIVATE, ("AWS", "stored"), &name)
}

pub fn acr(scene: &Scene) -> Bench {
    let vendor = shared(Acr::new());
    scene.store(&mut vendor.lock().unwrap().store, "team/app");
    let name = format!("{}/team/app", acr::HOST);
    on(&vendor, &[acr::HOST], (acr::USER, acr::PASSWORD), &name)
}

pub fn dockerhub(scene: &Scene) -> Bench {
    let vendor = shared(Hub::new());
    scene.store(&mut vendor.lock().unwrap().store, "acme/app");
    let network = Network::start();
    for host in ["hub.docker.com", "registry-1.docker.io", "auth.docker.io"] {
        network.host(host, &vendor);
    }
    let user = (dockerhub::USER, dockerhub::ADMIN);
    within(
        network,
        &[],
        "https://index.docker.io/v1/",
        user,
        "docker.io/acme/app",
    )
}

pub fn google(scene: &Scene) -> Bench {
    let vendor = shared(Google::new());
    scene.store(&mut vendor.lock().unwrap().store, "p/r/app");
    let network = Network::start();
    let host = "us-docker.pkg.dev";
    for host in [API, host, "oauth2.googleapis.com"] {
        network.host(host, &vendor);
    }
    let variables = [("NO_GCE_CHECK", "true")];
    let name = format!("{host}/p/r/app");
    within(
        network,
        &variables,
        host,
        ("oauth2accesstoken", TOKEN),
        &name,
    )
}

pub fn github(scene: &Scene) -> Bench {
    let mut vendor = Github::new();
    vendor.user_has(github::CLASSIC);
    scene.store(&mut vendor.store, "octo/app");
    let user = (github::USER, github::CLASSIC);
    let vendor = shared(vendor);
    on(
        &vendor,
        &["ghcr.io", "api.github.com"],
        user,
        "ghcr.io/octo/app",
    )
}

pub fn gitlab(scene: &Scene) -> Bench {
    let host = "registry.gitlab.com";
    let vendor = shared(Gitlab::new(host, "gitlab.com", Version::Modern));
    let path = format!("{}/app", gitlab::PROJECT);
    scene.store(&mut vendor.lock().unwrap().store, &path);
    let name = format!("{host}/{path}");
    on(&vendor, &[host, "gitlab.com"], gitlab::JOB, &name)
}

pub fn harbor(scene: &Scene) -> Bench {
    let vendor = shared(Harbor::new());
    scene.store(&mut vendor.lock().unwrap().store, "team/app");
    at_port(Local::start(&vendor), Some(harbor::ROBOT), "team/app")
}

pub fn quay(scene: &Scene) -> Bench {
    let vendor = shared(Quay::new("quay.io"));
    scene.store(&mut vendor.lock().unwrap().store, "acme/app");
    on(
        &vendor,
        &["quay.io"],
        ("$oauthtoken", quay::OAUTH),
        "quay.io/acme/app",
    )
}

pub fn artifactory(scene: &Scene) -> Bench {
    let vendor = shared(Artifactory::new());
    {
        let mut vendor = vendor.lock().unwrap();
        scene.store(&mut vendor.store, "images/team/app");
        vendor.settle();
    }
    at_port(
        Local::start(&vendor),
        Some(artifactory::USER),
        "images/team/app",
    )
}

pub fn nexus(scene: &Scene) -> Bench {
    let vendor = shared(Nexus::new(90));
    scene.store(&mut vendor.lock().unwrap().store, "images/team/app");
    let (pages, connector) = (Local::start(&vendor), Local::start(&vendor));
    let port = connector
        .host()
        .rsplit_once(':')
        .unwrap()
        .1
        .parse()
        .unwrap();
    let mut state = vendor.lock().unwrap();
    state.repositories.get_mut("images").unwrap().port = Some(port);
    drop(state);
    let mut bench = at_port(pages, Some(nexus::USER), "images/team/app");
    bench.servers.push(Server::Local(connector));
    bench
}

pub fn gitea(scene: &Scene) -> Bench {
    let vendor = shared(Gitea::new());
    scene.store(&mut vendor.lock().unwrap().store, "team/app");
    let user = (gitea::USER, gitea::PASSWORD);
    at_port(Local::start(&vendor), Some(user), "team/app")
}

pub fn zot(scene: &Scene) -> Bench {
    let vendor = shared(Zot::new());
    scene.store(&mut vendor.lock().unwrap().store, "team/app");
    at_port(Local::start(&vendor), None, "team/app")
}
