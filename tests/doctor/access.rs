//! Faults of logins and of what they may do.

use serde_json::json;

use super::office::{OPEN, Office};
use super::{Machine, assert_diagnoses};
use crate::brands::proof::stand::Stand;
use crate::support::answer::Answer;
use crate::support::brands::{gitlab, jwt};
use crate::support::http::{HttpServer, Reply, Step};
use crate::support::installed;
use crate::support::registry::{Options, PROGRAM};
use crate::support::scripted_registry::{Auth, Behaviour, ScriptedRegistry};
use crate::support::token_server::TokenServer;
use crate::support::vendor::Network;

const USER: (&str, &str) = ("user", "secret");

/// What is said of somebody at a host of this network.
fn at(network: &Network, host: &str, (user, secret): (&str, &str), words: &[&str]) -> String {
    let key = match host {
        "registry-1.docker.io" => "https://index.docker.io/v1/",
        other => other,
    };
    Machine::new()
        .login(key, user, secret)
        .also(network.environment())
        .doctor(words)
}

/// The same of the user of an office, in a job with these variables.
fn of(office: Office, host: &'static str, job: &[(&str, &str)], words: &[&str]) -> String {
    let (user, secret) = office.user;
    let network = office.open(host);
    let key = match host {
        "registry-1.docker.io" => "https://index.docker.io/v1/",
        other => other,
    };
    Machine::new()
        .login(key, user, secret)
        .also(network.environment())
        .with(job)
        .doctor(words)
}

const FAR: &str = "registry.example.com";
const APP: &str = "registry.example.com/acme/app";
const HUB: &str = "registry-1.docker.io";
const GITLAB: &str = "registry.gitlab.com";

/// A job of GitLab, of another project than `acme/app`.
const JOB: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_PROJECT_PATH", "Acme/Other"),
    ("CI_JOB_TOKEN", "glcbt-64_x"),
];

/// A job of GitHub.
const ACTIONS: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "acme/app"),
    ("GITHUB_TOKEN", "ghs_job"),
];

const READER: Office = Office {
    grants: &["pull"],
    ..OPEN
};

const WRITER: Office = Office {
    grants: &["pull", "push"],
    ..OPEN
};

#[test]
fn faults() {
    assert_diagnoses(
        "access",
        &[
            ("a wrong password", || {
                let network = OPEN.open(FAR);
                at(&network, FAR, ("user", "wrong"), &[APP])
            }),
            ("a wrong password, sent with each request", || {
                let registry = ScriptedRegistry::start(Behaviour {
                    auth: Auth::Basic {
                        username: USER.0,
                        password: USER.1,
                    },
                    ..Behaviour::default()
                });
                let machine = Machine::new().login(&registry.host(), USER.0, "wrong");
                let machine = machine.naming(&registry.host(), "{registry}");
                machine.doctor(&[&format!("{}/acme/app", registry.host())])
            }),
            ("nobody, where a login is needed", || {
                let network = OPEN.open(FAR);
                Machine::new().also(network.environment()).doctor(&[APP])
            }),
            ("a read-only login", || of(READER, FAR, &[], &[APP])),
            ("a read-only login, for a job that pushes", || {
                of(READER, FAR, &[], &[APP, "--for", "push"])
            }),
            ("a login that may not delete, for a job that does", || {
                of(WRITER, FAR, &[], &[APP, "--for", "delete"])
            }),
            ("a login that may not even read", || {
                of(
                    Office {
                        grants: &[],
                        ..OPEN
                    },
                    FAR,
                    &[],
                    &[APP],
                )
            }),
            ("no such repository", || {
                of(OPEN, FAR, &[], &["registry.example.com/acme/none"])
            }),
            ("no such tag, for a job that pulls", || {
                of(
                    OPEN,
                    FAR,
                    &[],
                    &["registry.example.com/acme/app:v2", "--for", "pull"],
                )
            }),
            ("the robot of Harbor, eaten by a shell", || {
                let network = OPEN.open(FAR);
                at(&network, FAR, ("robot", "robot-secret"), &[APP])
            }),
            ("an empty password", || {
                at(&OPEN.open(FAR), FAR, ("user", ""), &[FAR])
            }),
            ("a line end in the password", || {
                at(&OPEN.open(FAR), FAR, ("user", "secret\n"), &[FAR])
            }),
            ("a token that has ended", || {
                let token = jwt::token(json!({}), 0);
                let token = token.replace(&jwt_claims(&token), &claims(1_577_836_800));
                at(&OPEN.open(FAR), FAR, ("user", &token), &[FAR])
            }),
            ("the token service fails", || {
                let network = OPEN.open(FAR);
                let fault = crate::support::vendor::Fault::status(500, &[]);
                network.fault_always("/token", fault);
                at(&network, FAR, USER, &[APP])
            }),
            ("the token service is in plain HTTP", || {
                let network = Network::start();
                network.answer(FAR, |_| {
                    let realm = "Bearer realm=\"http://tokens.example.com/\",service=\"x\"";
                    Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", realm)
                });
                at(&network, FAR, USER, &[APP])
            }),
            ("the registry lets in, and fails", || {
                let network = OPEN.open(FAR);
                let fault = crate::support::vendor::Fault::status(500, &[]);
                network.fault_always("/tags/list", fault);
                at(&network, FAR, USER, &[APP])
            }),
            ("Docker Hub: a password in place of a token", || {
                at(
                    &OPEN.open(HUB),
                    HUB,
                    ("user", "correct horse"),
                    &["acme/app"],
                )
            }),
            ("Docker Hub: a token that was removed", || {
                at(
                    &OPEN.open(HUB),
                    HUB,
                    ("user", "dckr_pat_gone"),
                    &["docker.io"],
                )
            }),
            ("Docker Hub: a read-only token", || {
                of(
                    Office {
                        user: ("user", "dckr_pat_x"),
                        ..READER
                    },
                    HUB,
                    &[],
                    &["acme/app"],
                )
            }),
            ("Docker Hub: no pulls are left", || {
                of(Office { left: 0, ..OPEN }, HUB, &[], &["acme/app"])
            }),
            (
                "GitLab: the job token of another project, for a job that pushes",
                || {
                    let office = Office {
                        user: ("gitlab-ci-token", "glcbt-64_x"),
                        ..READER
                    };
                    of(
                        office,
                        GITLAB,
                        JOB,
                        &["registry.gitlab.com/acme/app", "--for", "push"],
                    )
                },
            ),
            ("GitLab: the job token of another project", || {
                let office = Office {
                    user: ("gitlab-ci-token", "glcbt-64_x"),
                    grants: &[],
                    ..OPEN
                };
                of(office, GITLAB, JOB, &["registry.gitlab.com/acme/app"])
            }),
            ("GitLab: the token of an earlier job", || {
                let network = OPEN.open(GITLAB);
                let machine = Machine::new()
                    .login(GITLAB, "gitlab-ci-token", "glcbt-64_x")
                    .also(network.environment())
                    .with(JOB);
                machine.doctor(&["registry.gitlab.com/acme/app"])
            }),
            ("GitLab: a deploy token does not delete", || {
                let office = Office {
                    user: ("gitlab+deploy-token-1", "gldt-x"),
                    ..WRITER
                };
                of(
                    office,
                    GITLAB,
                    &[],
                    &["registry.gitlab.com/acme/app", "--for", "delete"],
                )
            }),
            ("GitHub: no packages: write", || {
                let office = Office {
                    user: ("octocat", "ghs_job"),
                    strict: true,
                    ..READER
                };
                of(
                    office,
                    "ghcr.io",
                    ACTIONS,
                    &["ghcr.io/acme/app", "--for", "push"],
                )
            }),
            (
                "GitHub: the package is not linked to the repository",
                || {
                    let office = Office {
                        user: ("octocat", "ghs_job"),
                        grants: &[],
                        strict: true,
                        ..OPEN
                    };
                    of(office, "ghcr.io", ACTIONS, &["ghcr.io/acme/app"])
                },
            ),
            ("GitHub: a fine-grained token", || {
                let network = OPEN.open("ghcr.io");
                at(
                    &network,
                    "ghcr.io",
                    ("octocat", "github_pat_x"),
                    &["ghcr.io/acme/app"],
                )
            }),
            ("GitHub: nobody has logged in", || {
                let network = OPEN.open("ghcr.io");
                let machine = Machine::new().also(network.environment()).with(ACTIONS);
                machine.doctor(&["ghcr.io/acme/app"])
            }),
            ("GitHub: no id-token: write", || {
                let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
                let network = Network::start();
                network.answer(host, |_| {
                    Answer::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")
                });
                let machine = Machine::new().also(network.environment()).with(ACTIONS);
                machine.doctor(&[&format!("{host}/app")])
            }),
            ("Amazon: a policy lacks an action", || {
                let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
                let network = Network::start();
                network.answer(host, |request| {
                    let said = "User: arn:aws:sts::123456789012:assumed-role/ci/job is not \
                                authorized to perform: ecr:ListImages";
                    match (request.basic(), request.path.as_str()) {
                        (None, _) => Answer::new(401)
                            .header("WWW-Authenticate", "Basic realm=\"https://x/\""),
                        (Some(_), "/v2/") => Answer::new(200),
                        _ => Answer::new(403)
                            .json(&json!({"errors": [{"code": "DENIED", "message": said}]})),
                    }
                });
                at(&network, host, ("AWS", "secret"), &[&format!("{host}/app")])
            }),
            ("Amazon: no such repository", || {
                let stand = Stand::of("ecr");
                let name = stand.name.replace("/app", "/none");
                let (code, said, _) = stand.run(&["doctor", "--quiet", &name]);
                format!("{said}exit {code}\n")
            }),
            ("Harbor: a member who may only read", || {
                let host = "harbor.example.com";
                let job = [
                    ("WERF_REPO", "harbor.example.com/acme/app"),
                    ("WERF_REPO_CONTAINER_REGISTRY", "harbor"),
                ];
                of(
                    READER,
                    host,
                    &job,
                    &["harbor.example.com/acme/app", "--for", "push"],
                )
            }),
            ("Quay: a robot that may only read", || {
                of(
                    READER,
                    "quay.io",
                    &[],
                    &["quay.io/acme/app", "--for", "push"],
                )
            }),
            ("Azure: an identity without a role", || {
                of(
                    READER,
                    "acme.azurecr.io",
                    &[],
                    &["acme.azurecr.io/acme/app", "--for", "push"],
                )
            }),
            ("Google: an identity without a role", || {
                let job = [("NO_GCE_CHECK", "true")];
                of(
                    READER,
                    "europe-docker.pkg.dev",
                    &job,
                    &["europe-docker.pkg.dev/acme/app", "--for", "push"],
                )
            }),
            ("Gitea: a job token that may not push", || {
                let host = "git.example.com";
                let job = [
                    ("GITEA_TOKEN", "gitea-job"),
                    ("WERF_REPO", "git.example.com/acme/app"),
                    ("WERF_REPO_CONTAINER_REGISTRY", "gitea"),
                ];
                let office = Office {
                    user: ("octocat", "gitea-job"),
                    ..READER
                };
                of(
                    office,
                    host,
                    &job,
                    &["git.example.com/acme/app", "--for", "push"],
                )
            }),
        ],
    );
}

fn jwt_claims(token: &str) -> String {
    token.split('.').nth(1).unwrap().to_owned()
}

/// The claims of a token that ended at this time.
fn claims(end: u64) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    BASE64_URL_SAFE_NO_PAD.encode(json!({"iat": end - 300, "exp": end}).to_string())
}

/// Asking for a token to push would make a record of the repository.
#[test]
fn nothing_is_made_at_gitlab() {
    let stand = Stand::of("gitlab");
    let name = format!("registry.gitlab.com/{}/none", gitlab::PROJECT);
    let (code, said, _) = stand.run(&["doctor", "--quiet", &name]);
    assert_eq!(
        (code, said),
        (
            0,
            format!(
                "{name}\n  warning  repository     the repository does not exist, or may not be \
                 seen\n                   cause  nothing was pushed there yet, or this login may not \
                 see it\n                    cure  check the name; the first push makes the repository \
                 at most registries\n"
            )
        )
    );
    let asked = stand.seen();
    assert!(!asked.iter().any(|one| one.contains("push")), "{asked:?}");
}

/// A registry as it is: by passwords, by tokens, and with deletion switched off.
#[test]
fn real_registries() {
    if !installed(PROGRAM) || !installed("htpasswd") {
        return;
    }
    let service = TokenServer::start(USER.0, USER.1);
    let by_token = Options::default().token(&service).start();
    let by_password = Options::default()
        .htpasswd(USER.0, USER.1)
        .without_deletes()
        .start();
    for registry in [&by_token, &by_password] {
        let name = format!("{}/acme/app", registry.host());
        let machine = |password| {
            Machine::new()
                .login(registry.host(), USER.0, password)
                .naming(registry.host(), "{registry}")
        };
        let said = machine(USER.1).doctor(&[&name]);
        assert_eq!(
            said,
            "{registry}/acme/app\n  warning  repository     the repository does not exist, or may not \
             be seen\n                   cause  nothing was pushed there yet, or this login may not \
             see it\n                    cure  check the name; the first push makes the repository at \
             most registries\nexit 0\n"
        );
        let said = machine("wrong").doctor(&[registry.host()]);
        assert!(said.contains("\n  problem  login "), "{said}");
        assert!(said.ends_with("exit 1\n"), "{said}");
    }
    let log = by_password.requests(4);
    assert!(log.iter().all(|line| line.starts_with("GET ")), "{log:?}");
}

/// Deletion that is switched off is found out by a DELETE, which is sent where the user says so, and
/// only there.
#[test]
fn deletion_switched_off() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Options::default().without_deletes().start();
    let machine = Machine::new().naming(registry.host(), "{registry}");
    let mut layout = crate::support::layout::Layout::create(machine.path("build"));
    layout.image("", &[b"words"]);
    let name = format!("{}/acme/app:v1", registry.host());
    let pushed = crate::support::dockside(machine.home.path())
        .args([
            "push",
            &format!("oci:{}", machine.path("build").display()),
            &name,
        ])
        .output()
        .unwrap();
    assert!(pushed.status.success());
    assert_eq!(machine.doctor(&[&name]), super::WELL);
    assert_eq!(
        machine.doctor(&[&name, "--for", "delete"]),
        "{registry}/acme/app\n  note     deletion       it is not known whether deletion is switched \
         on\n                   cause  distribution says it only to a DELETE, and nothing is sent that is \
         more than a look\n                    cure  add --try-delete, which sends one DELETE of a digest \
         that nothing has, or look for `storage.delete.enabled` in the configuration of {registry}\n\
         exit 0\n"
    );
    assert!(!registry.log().contains("DELETE"));
    assert_eq!(
        machine.doctor(&[&name, "--for", "delete", "--try-delete"]),
        "{registry}/acme/app\n  problem  deletion       deletion is switched off (status 405)\n        \
         \u{20}          cause  distribution deletes only where its operator allows it, and mirrors never \
         do\n                    cure  set `storage.delete.enabled: true` in the registry's \
         configuration\nexit 1\n"
    );
}

/// A server that takes every login, and says nothing of itself.
#[test]
fn a_registry_that_stalls_is_waited_for_once() {
    let server = HttpServer::start(None, |request| match request.path.as_str() {
        "/v2/" => Reply::new(200)
            .header("docker-distribution-api-version", "registry/2.0")
            .into(),
        _ => Step::Stall,
    });
    let machine = Machine::new().naming(&server.host(), "{registry}");
    let said = machine.doctor(&["--timeout", "1s", &format!("{}/acme/app", server.host())]);
    assert!(
        said.starts_with("{registry}/acme/app\n  problem  repository "),
        "{said}"
    );
    assert_eq!(said.matches("problem").count(), 1, "{said}");
}
