//! Who gets in to the scripted registry.

use serde_json::Value;

use crate::support::client::ask;
use crate::support::scripted_registry::{Auth, Behaviour, Fault, Kind, ScriptedRegistry, When};

#[test]
fn a_token_is_for_what_was_asked() {
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Bearer {
            username: "robot",
            password: "secret",
            lives: Some(1),
            grants: &["pull", "push"],
            anonymous: true,
        },
        ..Behaviour::default()
    });
    let host = registry.host();
    let challenge = |line: &str, token: &str| {
        let header = format!("Authorization: Bearer {token}");
        let came = ask(
            &host,
            line,
            &[header.as_str()][..usize::from(!token.is_empty())],
            b"",
        );
        let shown = came.header("www-authenticate").replace(&host, "HOST");
        (
            came.status,
            shown.replace(
                "Bearer realm=\"http://HOST/token\",service=\"scripted\"",
                "~",
            ),
        )
    };
    let token = |user: &[&str], scope: &str| {
        let came = ask(&host, &format!("GET /token?scope={scope}"), user, b"");
        let body: Value = serde_json::from_slice(&came.body).unwrap();
        body["token"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(challenge("GET /v2/", ""), (401, "~".to_owned()));
    let scope = |scope: &str| format!("~,scope=\"repository:{scope}\"");
    let mount = "POST /v2/a/blobs/uploads/?mount=sha256:00&from=b";
    assert_eq!(
        challenge(mount, ""),
        (401, scope("a:pull,push repository:b:pull"))
    );
    let list = "GET /v2/a/tags/list";
    let pull = token(&[], "repository:a:pull,push");
    assert_eq!(challenge(list, &pull), (404, String::new()));
    let error = |error: &str| format!("{},error=\"{error}\"", scope("a:pull"));
    assert_eq!(challenge(list, &pull), (401, error("invalid_token")));
    let robot = ["Authorization: Basic cm9ib3Q6c2VjcmV0"];
    let other = token(&robot, "repository:b:pull");
    assert_eq!(challenge(list, &other), (401, error("insufficient_scope")));
    let both = token(&robot, "repository:a:pull,push%20repository:b:pull");
    assert_eq!(challenge(mount, &both).0, 202);
    let delete = token(&robot, "repository:a:delete");
    let expected = format!("{},error=\"insufficient_scope\"", scope("a:delete"));
    assert_eq!(
        challenge("DELETE /v2/a/manifests/v1", &delete),
        (401, expected)
    );
    assert_eq!(
        token(&["Authorization: Basic eDp5"], "repository:a:pull"),
        ""
    );
    assert_eq!(ask(&host, "POST /token", &[], b"").status, 405);

    registry.behave(|behaviour| {
        behaviour.auth = Auth::Basic {
            username: "robot",
            password: "secret",
        };
    });
    assert_eq!(ask(&host, "GET /v2/", &[], b"").status, 401);
    assert_eq!(ask(&host, "GET /v2/", &robot, b"").status, 200);
}

#[test]
fn tokens_expire() {
    let registry = ScriptedRegistry::start(Behaviour {
        auth: Auth::Bearer {
            username: "robot",
            password: "secret",
            lives: None,
            grants: &["pull"],
            anonymous: true,
        },
        ..Behaviour::default()
    });
    let host = registry.host();
    assert_eq!(ask(&host, "GET /token", &[], b"").status, 200);
    let token = ["Authorization: Bearer token-1"];
    let status = || ask(&host, "GET /v2/", &token, b"").status;
    assert_eq!([status(), status()], [200, 200]);
    registry.fault(When::nth(Kind::Ping, 1), Fault::ExpireTokens);
    assert_eq!([status(), status()], [401, 401]);
}
