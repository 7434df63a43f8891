//! Login: a password for the registry, by an identity at AWS.

use std::time::Duration;

use dockside::auth::{Context, exchange_for};
use dockside::env::Env;
use dockside::http::Http;
use dockside::report::Report;
use jiff::Timestamp;

use super::World;
use crate::support::brands::ecr::{PRIVATE, PUBLIC};

/// User, password, end and origin; or the error.
fn login(world: &World, registry: &str) -> Result<[String; 4], String> {
    let env: Env = world.environment.iter().cloned().collect();
    let context = Context {
        http: Http::from_env(&env),
        env,
        report: Report::default(),
        retry_timeout: Duration::ZERO,
    };
    let exchange = exchange_for(registry, &context).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let made = runtime.unwrap().block_on(exchange.make(registry, &context));
    match made {
        Ok(made) => Ok([
            made.credential.username,
            made.credential.secret.expose().to_owned(),
            made.expires.unwrap().to_string(),
            made.origin,
        ]),
        Err(error) => Err(dockside::error::Failure::from(error).message()),
    }
}

#[test]
fn login_at_a_private_registry() {
    let world = World::new();
    let before = Timestamp::now();
    let [user, password, end, origin] = login(&world, PRIVATE).unwrap();
    assert_eq!(
        [user, password, origin],
        ["AWS", "made", "AWS_ACCESS_KEY_ID"]
    );
    // What the answer says is later: the clocks differ.
    let lasts = end.parse::<Timestamp>().unwrap().duration_since(before);
    assert_eq!(lasts.as_hours(), 12, "{end}");
    assert_eq!(world.seen(), ["GetAuthorizationToken {} 200"]);
}

/// There the answer has an object in place of a list.
#[test]
fn login_at_ecr_public() {
    let world = World::new();
    let made = login(&world, PUBLIC).unwrap();
    assert_eq!(made[..2], ["AWS", "made"]);
    let requests = world.network.requests();
    let target = requests[0].header("x-amz-target");
    assert_eq!(target, Some("SpencerFrontendService.GetAuthorizationToken"));
}

#[test]
fn login_needs_the_right() {
    let world = World::new();
    world
        .aws()
        .denied
        .insert("ecr:GetAuthorizationToken".to_owned());
    let refused = login(&world, PRIVATE).unwrap_err();
    assert!(
        refused.starts_with("Amazon ECR refused (status 400): AccessDeniedException: User: "),
        "{refused}"
    );
}

/// Whether there is an identity is told by the environment alone.
#[test]
fn presence_asks_nobody() {
    let ready = |pairs: &[(&str, &str)]| {
        let env: Env = pairs.iter().copied().collect();
        let context = Context {
            http: Http::from_env(&env),
            env,
            report: Report::default(),
            retry_timeout: Duration::ZERO,
        };
        let exchange = exchange_for(PRIVATE, &context).unwrap();
        exchange.is_ready(PRIVATE, &context)
    };
    assert_eq!(ready(&[]), None);
    assert_eq!(
        ready(&[("AWS_ROLE_ARN", "arn:r"), ("AWS_ACCESS_KEY_ID", "")]),
        None
    );
    for variable in [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        assert_eq!(ready(&[(variable, "x")]).as_deref(), Some(variable));
    }
    let github = [
        ("AWS_ROLE_ARN", "arn:r"),
        ("GITHUB_ACTIONS", "true"),
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "https://github.example/token",
        ),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ];
    let found = ready(&github);
    assert_eq!(
        found.as_deref(),
        Some("AWS_ROLE_ARN and an ID token of the job")
    );
}

#[test]
fn login_by_the_command() {
    let world = World::new();
    let (code, output, said) = world.run(&["login", "--oidc", PRIVATE]);
    let note = format!("dockside: note: the login to {PRIVATE} ends at ");
    assert_eq!((code, output.as_str()), (0, "Login Succeeded\n"), "{said}");
    // Twelve hours from now, by the machine's clock, whatever that of Amazon says.
    let end = said.strip_prefix(&note).unwrap().split(',').next().unwrap();
    let left = end.parse::<jiff::Timestamp>().unwrap() - jiff::Timestamp::now();
    assert!((11..=12).contains(&(left.get_seconds() / 3600)), "{end}");
    let config = std::fs::read(world.home.path().join(".docker/config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    // `AWS:made`.
    assert_eq!(config["auths"][PRIVATE]["auth"], "QVdTOm1hZGU=");
}
