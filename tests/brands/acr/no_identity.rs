//! Logins that cannot be made, and what is said about them.

use super::identities::{AUDIENCE, Cloud, MACHINE, application, install_az, shown};
use crate::support::brands::acr::HOST;
use crate::support::brands::acr::entra::{self, CLIENT, ISSUER, SUBJECT, id_token};

#[cfg(unix)]
#[test]
fn an_error_says_what_was_looked_for() {
    let cloud = Cloud::start();
    let directory = tempfile::tempdir().unwrap();
    let path = install_az(
        directory.path(),
        "echo \"Please run 'az login'\" >&2; exit 1",
    );
    cloud.network.answer(MACHINE, entra::machine(&[]));
    let (message, hint) = shown(cloud.make(HOST, &[("PATH", &path)]), &[]);
    assert_eq!(
        message,
        "there is no identity to log in to contoso.azurecr.io with: AZURE_CLIENT_ID and \
         AZURE_TENANT_ID are not both set; an ID token needs them; AZURE_FEDERATED_TOKEN_FILE \
         needs them too; IDENTITY_ENDPOINT and IDENTITY_HEADER are not set; Azure's managed \
         identity endpoint refused (status 400): invalid_client happened; no token from `az`: \
         exit status: 1: Please run 'az login'"
    );
    assert!(
        hint.starts_with("set AZURE_CLIENT_ID and AZURE_TENANT_ID, "),
        "{hint}"
    );
}

#[test]
fn refusals_of_entra_id_say_what_to_change() {
    let cloud = Cloud::start();
    let refused = |more: &[(&str, &str)]| {
        let made = cloud.make(HOST, &application(more));
        shown(
            made,
            &more.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        )
    };
    let (message, hint) = refused(&[("AZURE_CLIENT_SECRET", "wrong~secret")]);
    assert_eq!(
        message,
        "Microsoft Entra ID refused (status 401): AADSTS7000215: refused [***]"
    );
    assert!(hint.starts_with("AZURE_CLIENT_SECRET is no secret of the application"));

    for (issuer, subject) in [
        ("https://other.example", SUBJECT),
        (ISSUER, "repo:other/app"),
    ] {
        let token = id_token(issuer, subject, AUDIENCE);
        let (_, hint) = refused(&[("DOCKSIDE_ID_TOKEN", &token)]);
        assert_eq!(
            hint,
            format!(
                "give the application {CLIENT} a federated credential with exactly the issuer, \
                 subject and audience of the job's ID token: iss {issuer}, sub {subject}, aud \
                 {AUDIENCE}"
            )
        );
    }
    // Nobody asked for the identity of the machine in its place.
    let seen = cloud.network.seen();
    assert!(seen.iter().all(|one| one.contains(entra::HOST)), "{seen:?}");
}

#[test]
fn what_is_configured_twice_is_tried_twice() {
    let cloud = Cloud::start();
    let token = id_token(ISSUER, SUBJECT, AUDIENCE);
    let good = [
        ("AZURE_CLIENT_SECRET", "wrong~secret"),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let made = cloud.make(HOST, &application(&good)).unwrap();
    assert_eq!(
        made.origin,
        format!("the application {CLIENT} by the job's ID token")
    );

    let token = id_token(ISSUER, "other", AUDIENCE);
    let bad = [
        ("AZURE_CLIENT_SECRET", "wrong~secret"),
        ("DOCKSIDE_ID_TOKEN", &token),
    ];
    let (message, _) = shown(
        cloud.make(HOST, &application(&bad)),
        &["wrong~secret", &token],
    );
    for part in ["AADSTS7000215", "AADSTS700213", "sub other"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_registry_that_refuses_the_identity_says_which_roles_there_are() {
    let cloud = Cloud::start();
    cloud.acr.lock().unwrap().takes_arm = false;
    cloud.network.answer(MACHINE, |request| {
        let arm = entra::access_token("vm", "https://management.azure.com");
        let answer = crate::support::vendor::Answer::new(200);
        match request.header("metadata") {
            Some(_) => answer.json(&serde_json::json!({"access_token": arm})),
            None => crate::support::vendor::Answer::new(400),
        }
    });
    let (message, hint) = shown(cloud.make(HOST, &[]), &[]);
    assert_eq!(
        message,
        "Azure Container Registry refused (status 401): the access token is not for this registry"
    );
    assert!(
        hint.starts_with("the identity needs a role at the registry (AcrPull"),
        "{hint}"
    );
}

/// An ID token is there, but none for Entra ID. Outside of Azure asking the machine would take
/// seconds, and inside it would lead to somebody else.
#[test]
fn the_machine_is_not_asked_where_something_else_is_configured() {
    let cloud = Cloud::start();
    let token = id_token(ISSUER, SUBJECT, "another");
    let variables = application(&[("DOCKSIDE_ID_TOKEN", &token)]);
    let (message, _) = shown(cloud.make(HOST, &variables), &[&token]);
    assert!(
        message.contains("the token in DOCKSIDE_ID_TOKEN is for the audience another"),
        "{message}"
    );
    assert_eq!(cloud.network.seen(), [""; 0]);
}

#[test]
fn secrets_are_not_sent_over_the_internet_without_tls() {
    let cloud = Cloud::start();
    for endpoint in ["http://service.example.com/token", "http://8.8.8.8/token"] {
        let variables = [
            ("IDENTITY_ENDPOINT", endpoint),
            ("IDENTITY_HEADER", "header-secret"),
        ];
        let (message, hint) = shown(cloud.make(HOST, &variables), &["header-secret"]);
        assert_eq!(
            message,
            format!(
                "{endpoint} is not within this network, and no secret is sent there without TLS"
            )
        );
        assert_eq!(hint, "it must have an https address");
    }
    let bad = [
        ("IDENTITY_ENDPOINT", "no address"),
        ("IDENTITY_HEADER", "header-secret"),
    ];
    let (message, _) = shown(cloud.make(HOST, &bad), &["header-secret"]);
    assert_eq!(message, "IDENTITY_ENDPOINT does not hold an address");
    assert_eq!(cloud.network.seen(), [""; 0]);
}
