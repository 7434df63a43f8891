//! Logins that are made from whatever identity there is.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{APP, HOST, World};
use crate::support::brands::google::{
    ACCOUNT, EMAIL, Google, Keys, PROVIDER, REFRESH_TOKEN, assertion,
};
use crate::support::installed;
use crate::support::vendor::{Answer, Local, shared};

const OAUTH: &str = "POST oauth2.googleapis.com/token 200";
const STS: &str = "POST sts.googleapis.com/v1/token 200";

impl World {
    /// The user and the password that are stored, after a login that succeeds.
    fn logged_in(&self) -> String {
        let (code, _, said) = self.run(&["login", "--oidc", HOST]);
        assert_eq!(code, 0, "{said}");
        let config = fs::read(self.home.path().join(".docker/config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        let auth = config["auths"][HOST]["auth"].as_str().unwrap();
        String::from_utf8(BASE64_STANDARD.decode(auth).unwrap()).unwrap()
    }

    /// Lets a variable name a file with this text.
    fn file(&mut self, variable: &str, text: &str) {
        let file = self.home.path().join(format!("{variable}.json"));
        fs::write(&file, text).unwrap();
        self.set(variable, file.to_str().unwrap());
    }

    /// The requests that made a login; how it is checked is not the matter here.
    fn made_by(&self) -> Vec<String> {
        let seen = self.network.seen().into_iter();
        seen.filter(|line| !line.contains(HOST)).collect()
    }
}

#[test]
fn login_by_a_key_of_a_service_account() {
    if !installed("openssl") {
        return;
    }
    let mut world = World::without_login();
    let keys = Keys::new(world.home.path());
    world.file("GOOGLE_APPLICATION_CREDENTIALS", &keys.json());
    world.google().keys = Some(keys);
    assert_eq!(world.logged_in(), "oauth2accesstoken:ya29.account-1");
    assert_eq!(world.made_by(), [OAUTH]);
}

/// The key itself may be in the docker config; Google's API takes a token that is had for it.
#[test]
fn untag_by_a_key_in_the_docker_config() {
    if !installed("openssl") {
        return;
    }
    let world = World::without_login();
    let keys = Keys::new(world.home.path());
    world.log_in("_json_key", &keys.json());
    world.google().keys = Some(keys);
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let tag = "v1".parse().unwrap();
    let done = world.with(APP, async |brand| brand.untag(&tag).await);
    assert_eq!(done, Ok(true));
    assert_eq!(world.seen()[0], OAUTH);
}

#[test]
fn login_by_a_person_of_gcloud() {
    let mut world = World::without_login();
    let directory = world.home.path().join("gcloud");
    fs::create_dir(&directory).unwrap();
    let file = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "secret",
        "refresh_token": REFRESH_TOKEN,
    });
    let path = directory.join("application_default_credentials.json");
    fs::write(path, file.to_string()).unwrap();
    world.set("CLOUDSDK_CONFIG", directory.to_str().unwrap());
    assert_eq!(world.logged_in(), "oauth2accesstoken:ya29.person-1");
    assert_eq!(world.made_by(), [OAUTH]);
}

/// What the action `google-github-actions/auth` writes.
#[test]
fn login_by_the_file_of_githubs_action() {
    let mut world = World::without_login();
    world.network.answer("token.example.com", |request| {
        assert_eq!(
            request.header("authorization"),
            Some("Bearer request-secret")
        );
        Answer::new(200).json(&json!({"value": assertion(request.parameter("audience").unwrap())}))
    });
    let audience = format!("https%3A%2F%2Fiam.googleapis.com%2F{PROVIDER}");
    let file = json!({
        "type": "external_account",
        "audience": format!("//iam.googleapis.com/{PROVIDER}"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": ACCOUNT,
        "credential_source": {
            "url": format!("https://token.example.com/?audience={audience}"),
            "headers": {"Authorization": "Bearer request-secret"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
    });
    world.file("GOOGLE_GHA_CREDS_PATH", &file.to_string());
    assert_eq!(world.logged_in(), "oauth2accesstoken:ya29.impersonated-2");
    let iam = format!("POST {} 200", ACCOUNT.strip_prefix("https://").unwrap());
    let source = format!("GET token.example.com/?audience={audience} 200");
    assert_eq!(world.made_by(), [source.as_str(), STS, &iam]);
}

/// Without a file: the job's ID token for the provider.
#[test]
fn login_by_the_jobs_id_token() {
    let mut world = World::without_login();
    world.network.answer("token.example.com", |request| {
        Answer::new(200).json(&json!({"value": assertion(request.parameter("audience").unwrap())}))
    });
    world.set(
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "https://token.example.com/?v=1",
    );
    world.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-secret");
    world.set("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", PROVIDER);
    assert_eq!(world.logged_in(), "oauth2accesstoken:ya29.job-1");
    world.set("GOOGLE_SERVICE_ACCOUNT", EMAIL);
    assert_eq!(world.logged_in(), "oauth2accesstoken:ya29.impersonated-3");
}

#[test]
fn login_by_the_metadata_server() {
    let machine = shared(Google::new());
    let server = Local::start(&machine);
    let mut world = World::without_login();
    world.set("GCE_METADATA_HOST", &server.host());
    let (code, _, said) = world.run(&["login", "--oidc", "--no-verify", HOST]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        server.seen(),
        ["GET /computeMetadata/v1/instance/service-accounts/default/token 200"]
    );
    assert!(world.network.seen().is_empty());
}

/// The login is checked at the registry before it is stored.
#[test]
fn login_is_checked() {
    let mut world = World::without_login();
    world.set("CLOUDSDK_AUTH_ACCESS_TOKEN", super::TOKEN);
    let expected = format!("oauth2accesstoken:{}", super::TOKEN);
    assert_eq!(world.logged_in(), expected);
    let token = "service=us-docker.pkg.dev&account=oauth2accesstoken&client_id=dockside\
                 &offline_token=true";
    assert_eq!(
        world.network.seen(),
        [
            format!("GET {HOST}/v2/ 401"),
            format!("GET {HOST}/v2/token?{token} 200"),
        ]
    );
}

/// Nothing that was sent is repeated, and what the token says of itself is shown.
#[test]
fn login_that_is_refused() {
    let mut world = World::without_login();
    let subject = assertion("somebody else");
    let path = world.home.path().join("token");
    fs::write(&path, &subject).unwrap();
    let file = json!({
        "type": "external_account",
        "audience": format!("//iam.googleapis.com/{PROVIDER}"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": path},
    });
    world.file("GOOGLE_APPLICATION_CREDENTIALS", &file.to_string());
    let (code, output, said) = world.run(&["login", "--oidc", HOST]);
    let expected = "dockside: error: Google's security token service refused (status 400): The \
                    audience in ID Token [***] does not match\n\
                    dockside: hint: compare the ID token's issuer, audience and subject (iss \
                    https://token.example.com, sub repo:octo/app, aud somebody else) with the \
                    conditions of the workload identity provider\n";
    assert_eq!((code, output.as_str(), said.as_str()), (4, "", expected));
}

#[test]
fn login_by_files_that_cannot_be_used() {
    let external = |more: Value| {
        let mut file = json!({
            "type": "external_account", "audience": "a", "subject_token_type": "t",
            "token_url": "https://sts.googleapis.com/v1/token",
        });
        file.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        file.to_string()
    };
    for (text, reason) in [
        ("{}".to_owned(), "is not a credentials file (line 1)"),
        (
            r#"{"type":"gdch"}"#.to_owned(),
            "has credentials of a type that is not known",
        ),
        (
            external(json!({"credential_source": {"executable": {"command": "/bin/sh"}}})),
            "wants a program to be run for a token: a login runs no programs that a file names",
        ),
        (
            external(json!({
                "credential_source": {"file": "/nowhere"},
                "token_url": "https://sts.googleapis.com.example.com/",
            })),
            "names \"https://sts.googleapis.com.example.com/\", which is no service of \
             googleapis.com",
        ),
    ] {
        let mut world = World::without_login();
        world.file("GOOGLE_APPLICATION_CREDENTIALS", &text);
        let (code, _, said) = world.run(&["login", "--oidc", HOST]);
        let file = world
            .home
            .path()
            .join("GOOGLE_APPLICATION_CREDENTIALS.json");
        let expected = format!(
            "dockside: error: there is no identity to log in to {HOST} with: {} \
             (GOOGLE_APPLICATION_CREDENTIALS) {reason}\n\
             dockside: hint: let GOOGLE_APPLICATION_CREDENTIALS name a credentials file of \
             Google's\n",
            file.display()
        );
        assert_eq!((code, said), (4, expected));
        assert!(world.network.seen().is_empty());
    }
}

#[test]
fn login_without_any_identity() {
    let world = World::without_login();
    let (code, _, said) = world.run(&["login", "--oidc", HOST]);
    let file = ".config/gcloud/application_default_credentials.json";
    let expected = format!(
        "dockside: error: there is no identity to log in to {HOST} with: \
         GOOGLE_WORKLOAD_IDENTITY_PROVIDER is not set; GOOGLE_APPLICATION_CREDENTIALS is not set; \
         there is no {}; this is no machine of Google Cloud\n\
         dockside: hint: name a workload identity provider by GOOGLE_WORKLOAD_IDENTITY_PROVIDER, \
         or a credentials file by GOOGLE_APPLICATION_CREDENTIALS\n",
        world.home.path().join(file).display()
    );
    assert_eq!((code, said), (4, expected));
}

/// A token that ends in the middle of the work is made anew.
#[test]
fn untag_after_the_token_has_ended() {
    let mut world = World::without_login();
    let file = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "secret",
        "refresh_token": REFRESH_TOKEN,
    });
    world.file("GOOGLE_APPLICATION_CREDENTIALS", &file.to_string());
    {
        let store = &mut world.google().store;
        store.push_image("p/r/app", Some("v1"), "one");
        store.push_image("p/r/app", Some("v2"), "two");
    }
    let tags = ["v1", "v2"].map(|tag| tag.parse().unwrap());
    let done = world.with(APP, async |brand| {
        let first = brand.untag(&tags[0]).await?;
        world.google().expire();
        Ok((first, brand.untag(&tags[1]).await?))
    });
    assert_eq!(done, Ok((true, true)));
    let path = format!("DELETE {}/repositories/r/packages/app/tags", super::REST);
    assert_eq!(
        world.seen(),
        [
            OAUTH.to_owned(),
            format!("{path}/v1 200"),
            format!("{path}/v2 401"),
            OAUTH.to_owned(),
            format!("{path}/v2 200"),
        ]
    );
}
