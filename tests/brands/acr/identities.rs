//! Logins without a stored secret: whom Entra ID knows, and what the registry gives for it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dockside::auth::{Error, Exchange, Made, exchange_for};
use dockside::env::Env;
use dockside::error::{Explain as _, Failure};
use dockside::oci::{Options, Registries};
use dockside::report::Report;
use jiff::{SignedDuration, Timestamp};

use super::log_in;
use crate::brands::run;
use crate::support::brands::acr::entra::{
    self, CLIENT, Entra, ISSUER, SECRET, SUBJECT, TENANT, id_token,
};
use crate::support::brands::acr::{Acr, HOST};
use crate::support::job::auths;
use crate::support::vendor::{Network, shared};

const USER: &str = "00000000-0000-0000-0000-000000000000";
pub const AUDIENCE: &str = "api://AzureADTokenExchange";
const RESOURCE: &str = "resource=https%3A%2F%2Fcontainerregistry.azure.net";

/// A registry and Entra ID.
pub struct Cloud {
    pub acr: Arc<Mutex<Acr>>,
    pub network: Network,
}

impl Cloud {
    pub fn start() -> Self {
        Self::at(HOST, entra::HOST, Entra::new())
    }

    fn at(registry: &str, authority: &str, entra: Entra) -> Self {
        let network = Network::start();
        let acr = shared(Acr::new());
        acr.lock().unwrap().host = registry.to_owned();
        network.host(registry, &acr);
        network.host(authority, &shared(entra));
        Self { acr, network }
    }

    fn registries(&self, variables: &[(&str, &str)]) -> Registries {
        let more = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let machine = (
            "AZURE_POD_IDENTITY_AUTHORITY_HOST".to_owned(),
            format!("http://{MACHINE}"),
        );
        let environment = self.network.environment().into_iter().chain([machine]);
        let env = Env::from_iter(environment.chain(more));
        let options = Options {
            docker_config: None,
            insecure: Vec::new(),
            jobs: 4,
            retry_timeout: Duration::from_secs(30),
        };
        Registries::new(&options, &env, Report::default())
    }

    pub fn make(&self, registry: &str, variables: &[(&str, &str)]) -> Result<Made, Error> {
        let registries = self.registries(variables);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let context = registries.context();
        let exchange = exchange_for(registry, context).unwrap();
        assert_eq!(exchange.name(), "azure");
        runtime.unwrap().block_on(exchange.make(registry, context))
    }

    /// What is found in the environment without asking anybody.
    fn ready(&self, variables: &[(&str, &str)]) -> Option<String> {
        let registries = self.registries(variables);
        let context = registries.context();
        let ready = exchange_for(HOST, context).unwrap().is_ready(HOST, context);
        assert!(self.network.seen().is_empty());
        ready
    }
}

const APPLICATION: [(&str, &str); 2] = [("AZURE_CLIENT_ID", CLIENT), ("AZURE_TENANT_ID", TENANT)];

/// These variables and those of the application.
pub fn application<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    APPLICATION.iter().chain(more).copied().collect()
}

/// Message and hint, which hold no secret.
pub fn shown(made: Result<Made, Error>, secrets: &[&str]) -> (String, String) {
    let error = made.unwrap_err();
    let debug = format!("{error:?}");
    let hint = error.hint().unwrap_or_default();
    let message = Failure::from(error).message();
    for secret in secrets {
        assert!(
            ![&debug, &hint, &message]
                .iter()
                .any(|text| text.contains(secret)),
            "{debug}"
        );
    }
    (message, hint)
}

#[test]
fn login_by_a_secret_of_the_application() {
    let cloud = Cloud::start();
    let variables = application(&[("AZURE_CLIENT_SECRET", SECRET)]);
    let origin = format!("the application {CLIENT} by AZURE_CLIENT_SECRET");
    assert_eq!(cloud.ready(&variables).as_deref(), Some(origin.as_str()));
    let made = cloud.make(HOST, &variables).unwrap();
    assert_eq!(
        (made.credential.username.as_str(), made.origin),
        (USER, origin)
    );
    let left = made.expires.unwrap().duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_mins(170) && left <= SignedDuration::from_hours(3));
    assert_eq!(
        cloud.network.seen(),
        [
            format!("POST login.microsoftonline.com/{TENANT}/oauth2/v2.0/token 200"),
            "GET contoso.azurecr.io/v2/ 401".to_owned(),
            "POST contoso.azurecr.io/oauth2/exchange 200".to_owned(),
        ]
    );

    // What was made gets in, also at a registry with permissions by repository.
    let mut acr = cloud.acr.lock().unwrap();
    acr.by_repository = true;
    acr.store.push_image("team/app", Some("v1"), "one");
    drop(acr);
    let home = tempfile::tempdir().unwrap();
    log_in(home.path(), HOST, USER, made.credential.secret.expose());
    let app = format!("{HOST}/team/app:v1");
    let (code, output, said) = run(home.path(), &cloud.network.environment(), &["untag", &app]);
    assert_eq!(
        (code, output, said.as_str()),
        (0, format!("untagged {app}\n"), "")
    );
}

#[test]
fn login_by_an_id_token_of_the_job() {
    let cloud = Cloud::start();
    let token = id_token(ISSUER, SUBJECT, AUDIENCE);
    let variables = application(&[("DOCKSIDE_ID_TOKEN", &token)]);
    let origin = format!("the application {CLIENT} by the job's ID token");
    assert_eq!(cloud.ready(&variables).as_deref(), Some(origin.as_str()));
    assert_eq!(cloud.make(HOST, &variables).unwrap().origin, origin);
}

#[test]
fn login_by_the_file_of_a_kubernetes_cluster() {
    let cloud = Cloud::at(HOST, "login.example", Entra::new());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, id_token(ISSUER, SUBJECT, AUDIENCE) + "\n").unwrap();
    let file = file.to_str().unwrap();
    let more = [
        ("AZURE_FEDERATED_TOKEN_FILE", file),
        ("AZURE_AUTHORITY_HOST", "https://login.example/"),
    ];
    let made = cloud.make(HOST, &application(&more)).unwrap();
    let origin = format!("the application {CLIENT} by AZURE_FEDERATED_TOKEN_FILE");
    assert_eq!(made.origin, origin);

    let none = [("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")];
    let (message, _) = shown(cloud.make(HOST, &application(&none)), &[]);
    assert_eq!(
        message,
        "AZURE_FEDERATED_TOKEN_FILE does not hold the name of a file with a token"
    );
    for bad in ["http://login.example/", "https://user@login.example/", "::"] {
        let more = [
            ("AZURE_CLIENT_SECRET", SECRET),
            ("AZURE_AUTHORITY_HOST", bad),
        ];
        let (message, _) = shown(cloud.make(HOST, &application(&more)), &[SECRET]);
        assert_eq!(
            message,
            "AZURE_AUTHORITY_HOST does not hold an https address"
        );
    }
}

#[test]
fn login_in_a_sovereign_cloud() {
    let registry = "contoso.azurecr.us";
    let federation = "api://AzureADTokenExchangeUSGov";
    let entra = Entra {
        federation: federation.to_owned(),
    };
    let cloud = Cloud::at(registry, "login.microsoftonline.us", entra);
    let token = id_token(ISSUER, SUBJECT, federation);
    let variables = application(&[("DOCKSIDE_ID_TOKEN", &token)]);
    assert_eq!(
        cloud
            .make(registry, &variables)
            .unwrap()
            .credential
            .username,
        USER
    );
}

#[test]
fn login_by_a_managed_identity_of_a_machine() {
    let cloud = Cloud::start();
    cloud
        .network
        .answer(MACHINE, entra::machine(&["first", "second"]));
    assert_eq!(cloud.ready(&[]), None);
    let made = cloud.make(HOST, &[("AZURE_CLIENT_ID", "second")]).unwrap();
    assert_eq!(made.origin, "the managed identity of this machine");
    let endpoint = "GET machine.internal/metadata/identity/oauth2/token";
    assert_eq!(
        cloud.network.seen()[..2],
        [
            format!("{endpoint} 400"),
            format!("{endpoint}?api-version=2018-02-01&{RESOURCE}&client_id=second 200"),
        ]
    );
}

#[test]
fn login_by_a_managed_identity_of_a_service() {
    let cloud = Cloud::start();
    cloud
        .network
        .answer("service.internal:8081", entra::service("header-secret"));
    let endpoint = (
        "IDENTITY_ENDPOINT",
        "http://service.internal:8081/msi/token",
    );
    let variables = [endpoint, ("IDENTITY_HEADER", "header-secret")];
    let origin = "the managed identity of IDENTITY_ENDPOINT";
    assert_eq!(cloud.ready(&variables).as_deref(), Some(origin));
    assert_eq!(cloud.make(HOST, &variables).unwrap().origin, origin);

    let wrong = [endpoint, ("IDENTITY_HEADER", "another-secret")];
    let (message, hint) = shown(cloud.make(HOST, &wrong), &["another-secret"]);
    let refused = "Azure's managed identity endpoint refused (status 401)";
    assert_eq!(message, refused);
    assert!(hint.starts_with("give the machine or service a managed identity"));
}

/// Where machines ask who they are: the address that they have by themselves is on no proxy's way.
pub const MACHINE: &str = "machine.internal";

/// Puts a program named `az` on a path of its own. A shell writes it: were it open for writing
/// in this process, another test that starts a program would keep it busy.
pub fn install_az(directory: &Path, script: &str) -> String {
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"";
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        .args(["-c", write, "sh", script])
        .arg(directory.join("az"));
    assert!(shell.status().unwrap().success());
    format!("{}:/usr/bin:/bin", directory.display())
}

#[cfg(unix)]
#[test]
fn login_by_that_of_az() {
    let cloud = Cloud::start();
    let directory = tempfile::tempdir().unwrap();
    let token = entra::access_token("person", "https://containerregistry.azure.net");
    let expected = "account get-access-token --resource https://containerregistry.azure.net \
                    --query accessToken --output tsv --tenant t";
    let path = install_az(
        directory.path(),
        &format!("[ \"$*\" = '{expected}' ] && echo {token}"),
    );
    let made = cloud
        .make(HOST, &[("PATH", &path), ("AZURE_TENANT_ID", "t")])
        .unwrap();
    assert_eq!(made.origin, "the login of `az`");
}

#[test]
fn what_is_made_says_when_it_ends() {
    let cloud = Cloud::start();
    cloud.acr.lock().unwrap().refresh_lives = 600;
    let variables = application(&[("AZURE_CLIENT_SECRET", SECRET)]);
    let made = cloud.make(HOST, &variables).unwrap();
    let left = made.expires.unwrap().duration_since(Timestamp::now());
    assert!(left <= SignedDuration::from_secs(600), "{left}");
}

#[test]
fn login_command_stores_what_was_made() {
    let cloud = Cloud::start();
    let token = id_token(ISSUER, SUBJECT, AUDIENCE);
    let more = application(&[("DOCKSIDE_ID_TOKEN", &token)]);
    let mut environment = cloud.network.environment();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    environment.extend(more.into_iter().map(owned));
    let home = tempfile::tempdir().unwrap();
    let (code, _, said) = run(home.path(), &environment, &["login", "--oidc", HOST]);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains(&token));
    let auths = auths(&home.path().join(".docker"));
    let auth = BASE64_STANDARD.decode(auths[HOST]["auth"].as_str().unwrap());
    let auth = String::from_utf8(auth.unwrap()).unwrap();
    assert!(auth.starts_with(&format!("{USER}:e30.")), "{auth}");
}

#[test]
fn a_domain_of_ones_own_is_azures_when_the_user_says_so() {
    let cloud = Cloud::at("registry.contoso.example", entra::HOST, Entra::new());
    let found = |variables: &[(&str, &str)]| {
        let registries = cloud.registries(variables);
        let exchange = exchange_for("registry.contoso.example", registries.context());
        exchange.map(Exchange::name)
    };
    let repo = ("WERF_REPO", "registry.contoso.example/app");
    let brand = ("WERF_REPO_CONTAINER_REGISTRY", "acr");
    assert_eq!(found(&[repo]), None);
    assert_eq!(found(&[("WERF_REPO", "other.example/app"), brand]), None);
    assert_eq!(found(&[repo, brand]), Some("azure"));
    let variables = application(&[repo, brand, ("AZURE_CLIENT_SECRET", SECRET)]);
    let made = cloud.make("registry.contoso.example", &variables).unwrap();
    assert_eq!(made.credential.username, USER);
}
