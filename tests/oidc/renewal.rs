//! Logins that end while the job runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use serde_json::json;

use dockside::oci::{Extension, Options, Registries, Repository};
use dockside::report::Report;

use super::job::{ask, secret};
use super::quay::{EXCHANGE, IMAGE, Quay, ROBOT};
use crate::support::job::text;
use crate::support::vendor::Fault;

/// The requests for passwords so far.
fn exchanges(seen: &[String]) -> usize {
    seen.iter().filter(|line| *line == EXCHANGE).count()
}

#[test]
fn the_helper_gives_what_is_good_and_makes_anew_what_has_ended() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    let made = |number: usize| quay.lock().unwrap().made[number].clone();
    let answer = |number: usize| {
        json!({"ServerURL": host, "Username": ROBOT, "Secret": made(number)}).to_string() + "\n"
    };
    server.forget();
    assert_eq!(text(&job.get(&host).stdout), answer(0));
    assert_eq!(server.seen(), [""; 0]);

    for (age, left) in [(-3600, 0), (-3400, 200), (-3_000_000, -2_996_400)] {
        job.age(&host, age, left);
        let number = quay.lock().unwrap().made.len();
        assert_eq!(text(&job.get(&host).stdout), answer(number));
        assert_eq!(text(&job.get(&host).stdout), answer(number));
        assert_eq!(server.seen(), [EXCHANGE]);
        server.forget();
    }
    let mode = job.record(&host).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(job.is_only_in_record(&host, &made(3)));
}

#[test]
fn of_many_who_ask_at_once_one_makes_it() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    job.age(&host, -3600, 0);
    server.forget();
    server.fault(
        1,
        "/oauth2/federation/robot/token",
        Fault::Delay(Duration::from_millis(300)),
    );
    let answers: Vec<String> = thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| secret(&job.get(&host))))
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let newest = quay.lock().unwrap().made.last().unwrap().clone();
    assert_eq!(answers, vec![newest; 8]);
    assert_eq!(server.seen(), [EXCHANGE]);
}

#[test]
fn a_login_that_cannot_be_made_anew_is_given_only_while_it_lasts() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    let first = quay.lock().unwrap().made[0].clone();
    server.fault_always("/oauth2/federation/robot/token", Fault::status(403, &[]));
    job.age(&host, -3400, 200);
    let output = job.get(&host);
    assert_eq!(secret(&output), first);
    let claims = "iss https://gitlab.example.com, sub \
                  project_path:group/project:ref_type:branch:ref:main, aud quay";
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: note: the login to {host} ends soon and cannot be made anew: Quay's robot \
             federation refused (status 403)\n"
        )
    );
    job.age(&host, -3600, -1);
    let output = job.get(&host);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        format!(
            "the login to {host} has ended and cannot be made anew: Quay's robot federation \
             refused (status 403)\n"
        )
    );
    assert_eq!(text(&output.stderr), "");

    // Our own commands say more.
    let image = format!("{host}/{IMAGE}");
    let mut tags = job.command(&["tags", &image]);
    let output = tags.env("DOCKER_CONFIG", job.docker_config());
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: error: the login to {host} has ended and cannot be made anew: Quay's \
             robot federation refused (status 403)\n\
             dockside: hint: its trust rule must fit the job's ID token: {claims}\n"
        )
    );
}

#[test]
fn a_step_without_the_identity_is_told_what_is_missing() {
    let (server, _quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    job.age(&host, -3600, -1);
    server.forget();
    for (variable, missing) in [
        (
            "DOCKSIDE_QUAY_ROBOT",
            "the environment does not say that quay makes its logins",
        ),
        (
            "DOCKSIDE_ID_TOKEN",
            "this job of gitlab has no ID token (the job needs `id_tokens: NAME: aud: AUDIENCE`; \
             where the audience is not fixed, call it DOCKSIDE_ID_TOKEN)",
        ),
    ] {
        let mut helper = job.helper();
        helper.env_remove(variable);
        let output = ask(helper, &host);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            text(&output.stdout),
            format!(
                "the login to {host} has ended and cannot be made anew: there is no identity to \
                 log in to {host} with: {missing}\n"
            )
        );
    }
    assert_eq!(server.seen(), [""; 0]);
}

#[test]
fn a_kill_in_the_middle_leaves_the_old_login_and_no_lock() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    job.age(&host, -3600, -1);
    let before = fs::read(job.record(&host)).unwrap();
    server.forget();
    let forever = Fault::Delay(Duration::from_secs(20));
    server.fault(1, "/oauth2/federation/robot/token", forever);
    let mut helper = job.helper();
    let request = job.home.path().join("request");
    fs::write(&request, &host).unwrap();
    let mut child = helper
        .stdin(fs::File::open(&request).unwrap())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while server.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read(job.record(&host)).unwrap(), before);
    let found = secret(&job.get(&host));
    assert_eq!(found, *quay.lock().unwrap().made.last().unwrap());
}

#[test]
fn a_hostile_record_is_an_error_and_sends_nothing() {
    let (server, _quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    job.age(&host, -3600, -1);
    server.forget();
    let record = job.record(&host);
    let whole = fs::read_to_string(&record).unwrap();
    let ended = format!("the login to {host} has ended and cannot be made anew: ");
    let strange = format!(
        "cannot read {}: it is not a login of this registry that this program has made\n",
        record.display()
    );
    let no_identity = format!("{ended}there is no identity to log in to {host} with: ");
    let cases = [
        ("{".to_owned(), strange.clone()),
        (whole.replace(&host, "evil.example"), strange),
        (
            whole.replace("\"exchange\":\"quay\"", "\"exchange\":\"a\\u001b[31m\\nb\""),
            format!("{no_identity}nothing here is called \"a\\u{{1b}}[31m\\nb\"\n"),
        ),
        (
            whole.replace("\"exchange\":\"quay\"", "\"exchange\":\"dockerhub\""),
            format!("{no_identity}the environment does not say that dockerhub makes its logins\n"),
        ),
    ];
    for (text_of_record, expected) in cases {
        fs::write(&record, text_of_record).unwrap();
        let output = job.get(&host);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stdout), expected);
    }
    assert_eq!(server.seen(), [""; 0]);
}

#[test]
fn later_runs_keep_it_and_a_login_by_hand_replaces_it() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    let helped = json!({"credHelpers": {host.clone(): "dockside"}});
    assert_eq!(job.config(), helped);

    // A step that has no identity any more.
    let mut again = job.command(&["ci-env", "gitlab", "--login", &host]);
    again
        .env_remove("DOCKSIDE_ID_TOKEN")
        .env("DOCKER_CONFIG", job.docker_config());
    let output = again.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(job.config(), helped);
    assert_eq!(exchanges(&server.seen()), 1);

    let password = quay.lock().unwrap().made[0].clone();
    let file = job.home.path().join("password");
    fs::write(&file, password).unwrap();
    let file = file.to_str().unwrap();
    let directory = job.docker_config();
    let docker_config = directory.to_str().unwrap();
    let output = job.run(&[
        "login",
        "-u",
        ROBOT,
        "--password-file",
        file,
        "--docker-config",
        docker_config,
        &host,
    ]);
    assert!(output.status.success(), "{output:?}");
    assert!(!job.record(&host).exists());
    let logins = job.config()["auths"].clone();
    assert!(logins.get(&host).is_some(), "{logins}");
    assert_eq!(job.config().get("credHelpers"), None);
}

/// A run that lasts longer than the login it began with.
#[test]
fn a_long_run_goes_on_with_the_next_login() {
    let (server, quay, job) = Quay::start();
    quay.lock().unwrap().lifetime = 2;
    let host = server.host();
    job.ci_env(&["--login", &host]);
    quay.lock().unwrap().lifetime = 3600;
    let mut env = job.variables.clone();
    let directory = job.docker_config();
    env.push((
        "DOCKER_CONFIG".to_owned(),
        directory.to_str().unwrap().to_owned(),
    ));
    let options = Options {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 1,
        retry_timeout: Duration::ZERO,
    };
    let registries = Registries::new(&options, &env.into_iter().collect(), Report::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let repository: Repository = format!("{host}/{IMAGE}").parse().unwrap();
    let remote = registries.at(&repository).unwrap();
    let extension = |actions| Extension::get(remote.url("/v2/acme/app/tags/list"), actions);
    let (pull, push) = (extension(&["pull"]), extension(&["pull", "push"]));
    runtime.block_on(async {
        assert_eq!(remote.extension(&pull).await.unwrap().status, 200);
        // Two seconds later the first login is over.
        tokio::time::sleep(Duration::from_millis(2100)).await;
        quay.lock().unwrap().revoke();
        assert_eq!(remote.extension(&push).await.unwrap().status, 200);
    });
    assert!(quay.lock().unwrap().made.len() >= 2);
}

#[test]
fn our_own_commands_need_no_helper_on_path() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    job.age(&host, -3600, -1);
    let image = format!("{host}/{IMAGE}");
    let mut tags = job.command(&["tags", &image]);
    tags.env("DOCKER_CONFIG", job.docker_config())
        .env("PATH", "/nonexistent");
    let output = tags.output().unwrap();
    assert_eq!(text(&output.stdout), "v1\n", "{}", text(&output.stderr));
    assert_eq!(quay.lock().unwrap().made.len(), 2);
}
