//! The exchange of every brand, with logins that live seconds: when one has ended by the clock, the
//! registry refuses it, and the helper gives another that the registry takes.

use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::job::{Job, id_token, now, secret};
use super::short::{EXPIRES_IN, Short};
use crate::support::brands::acr::{self, Acr, HOST as ACR, entra};
use crate::support::brands::ecr::{Aws, PRIVATE, PUBLIC};
use crate::support::brands::google::{self, Google, PROVIDER, assertion};
use crate::support::vendor::{Network, Vendor, shared};

/// How many seconds the first login lives. It is made and checked in that time.
const SECONDS: u64 = 5;

/// How many the others live.
const HOUR: u64 = 3600;

/// What one has of a login.
struct Login {
    username: String,
    secret: String,
}

impl Login {
    /// The one that a job has for a registry now, and in how many seconds it ends.
    fn of(job: &Job, registry: &str) -> (Self, u64) {
        let record: Value =
            serde_json::from_slice(&fs::read(job.record(registry)).unwrap()).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        let username = match record["identity_token"].as_bool().unwrap() {
            true => "<token>".to_owned(),
            false => text("username"),
        };
        let login = Self {
            username,
            secret: text("secret"),
        };
        let ends = record["expires"].as_u64().unwrap().div_ceil(1000);
        (login, ends.saturating_sub(now()))
    }

    /// The exit code of a login with it, which is asked of the registry and stored for nobody.
    fn is_taken(&self, job: &Job, registry: &str) -> Option<i32> {
        let file = job.home.path().join("password");
        fs::write(&file, &self.secret).unwrap();
        let mut login = job.command(&["login", "-u", &self.username, "--password-file"]);
        let elsewhere = job.home.path().join("elsewhere");
        login
            .arg(file)
            .arg("--docker-config")
            .args([elsewhere.as_os_str(), registry.as_ref()]);
        login.output().unwrap().status.code()
    }
}

/// Goes through the life of a login that ends. `lives` says how many seconds those live that the
/// vendor makes from now on.
fn is_made_anew<V>(job: &Job, registry: &str, vendor: &Arc<Mutex<V>>, lives: fn(&mut V, u64)) {
    lives(&mut vendor.lock().unwrap(), SECONDS);
    job.ci_env(&["--login", registry]);
    let (first, left) = Login::of(job, registry);
    lives(&mut vendor.lock().unwrap(), HOUR);
    thread::sleep(Duration::from_secs(left + 1));
    assert_eq!(
        first.is_taken(job, registry),
        Some(4),
        "{registry}: it has ended"
    );

    let given = secret(&job.get(registry));
    assert_ne!(given, first.secret);
    let (second, left) = Login::of(job, registry);
    assert_eq!((given, left > 600), (second.secret.clone(), true));
    assert_eq!(
        second.is_taken(job, registry),
        Some(0),
        "{registry}: it is new"
    );
    assert_eq!(secret(&job.get(registry)), second.secret);
}

/// A vendor at these hosts, and a job with these variables that finds it.
fn world<V: Vendor + 'static>(
    vendor: V,
    hosts: &[&str],
    variables: &[(&str, &str)],
) -> (Network, Arc<Mutex<V>>, Job) {
    let network = Network::start();
    let vendor = shared(vendor);
    for host in hosts {
        network.host(host, &vendor);
    }
    let job = Job::new(variables).with(network.environment());
    (network, vendor, job)
}

/// All at once, since each waits for an end.
#[test]
fn every_brand_makes_its_logins_anew() {
    let brands: [(&str, fn()); 7] = [
        ("ECR", || ecr(PRIVATE)),
        ("ECR Public", || ecr(PUBLIC)),
        ("ACR", azure),
        ("Google", google_cloud),
        ("Docker Hub", docker_hub),
        ("Artifactory", artifactory),
        ("Quay", quay),
    ];
    let living = brands.map(|(name, life)| (name, thread::spawn(life)));
    let ended = living.map(|(name, life)| (name, life.join().is_ok()));
    assert_eq!(ended, brands.map(|(name, _)| (name, true)));
}

fn ecr(registry: &str) {
    let network = Network::start();
    let aws = Aws::new().on(&network);
    let job = Job::new(&[
        ("AWS_ACCESS_KEY_ID", "AKIAJOB"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let job = job.with(network.environment());
    is_made_anew(&job, registry, &aws, Aws::passwords_live);
}

fn azure() {
    let token = entra::id_token(entra::ISSUER, entra::SUBJECT, "api://AzureADTokenExchange");
    let variables = [
        ("AZURE_CLIENT_ID", entra::CLIENT),
        ("AZURE_TENANT_ID", entra::TENANT),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let (network, acr, job) = world(Acr::new(), &[ACR], &variables);
    network.host(entra::HOST, &shared(entra::Entra::new()));
    acr::describe(&network);
    is_made_anew(&job, ACR, &acr, |acr, seconds| acr.refresh_lives = seconds);
}

fn google_cloud() {
    let token = assertion(&format!("https://iam.googleapis.com/{PROVIDER}"));
    let variables = [
        ("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", PROVIDER),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let registry = "us-docker.pkg.dev";
    let hosts = [registry, "sts.googleapis.com"];
    let (network, google, job) = world(Google::new(), &hosts, &variables);
    google::describe(&network);
    is_made_anew(&job, registry, &google, |google, seconds| {
        google.lifetime = seconds
    });
}

fn docker_hub() {
    let token = id_token("https://identity.docker.com");
    let variables = [
        ("DOCKERHUB_OIDC_CONNECTIONID", "connection"),
        ("DOCKERHUB_USERNAME", "acme"),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let hub = Short::new("acme", ("POST", "/oauth/token"), EXPIRES_IN, {
        let token = token.clone();
        move |request| request.form("subject_token").as_ref() == Some(&token)
    });
    let hosts = ["identity.docker.com", "registry-1.docker.io"];
    let (_network, hub, job) = world(hub, &hosts, &variables);
    is_made_anew(&job, "docker.io", &hub, Short::passwords_live);
}

fn artifactory() {
    let token = id_token("jfrog");
    let variables = [
        ("JF_OIDC_PROVIDER_NAME", "gitlab"),
        ("DOCKSIDE_ID_TOKEN", &token),
        ("JF_USER", "ci"),
    ];
    let exchange = ("POST", "/access/api/v1/oidc/token");
    let artifactory = Short::new("ci", exchange, EXPIRES_IN, {
        let token = json!(token);
        move |request| request.json()["subject_token"] == token
    });
    let registry = "acme.jfrog.io";
    let (_network, artifactory, job) = world(artifactory, &[registry], &variables);
    is_made_anew(&job, registry, &artifactory, Short::passwords_live);
}

fn quay() {
    let token = id_token("quay");
    let variables = [
        ("DOCKSIDE_QUAY_ROBOT", "acme+ci"),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let exchange = ("GET", "/oauth2/federation/robot/token");
    let quay = Short::new("acme+ci", exchange, |token, _| json!({"token": token}), {
        let robot = Some(("acme+ci".to_owned(), token.clone()));
        move |request| request.basic() == robot
    });
    let (_network, quay, job) = world(quay, &["quay.io"], &variables);
    is_made_anew(&job, "quay.io", &quay, Short::passwords_live);
}
