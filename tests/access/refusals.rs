//! Who is not let in is told so: once, and without secrets.

use std::time::Duration;

use dockside::error::{Exit, Explain};
use futures_util::future::join_all;

use super::issuer::{Issuer, headers};
use super::{PASSWORD, PULL, PUSH, access, budget, run, scope, sent, shown, user};
use crate::support::http::{Reply, Step};

#[test]
fn a_push_without_a_login_is_never_anonymous() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), None);
    let bearer = issuer.challenge("repository:a:pull,push");
    let basic = headers(&["Basic realm=r"]);
    let (message, hint) = run(async move {
        let (budget, push, pull) = (budget(), [scope("a", PUSH)], [scope("a", PULL)]);
        let refused = access.challenged(&bearer, &push, None, &budget).await;
        assert_eq!(refused.as_ref().unwrap_err().exit(), Exit::NotAuthorised);
        // Where passwords are asked for, a pull needs one as well.
        let pull = access.challenged(&basic, &pull, None, &budget).await;
        assert_eq!(pull.unwrap_err().exit(), Exit::NotAuthorised);
        shown(refused)
    });
    let host = issuer.host();
    assert_eq!(
        message,
        format!("not logged in to {host}: auths of /config.json (key k)")
    );
    assert_eq!(
        hint,
        format!("log in with `dockside login {host}`, or in a job with `dockside ci-env`")
    );
    assert_eq!(issuer.asked(), [""; 0]);
}

#[test]
fn a_wrong_password_is_tried_once() {
    let echo = format!(r#"{{"errors":[{{"message":"wrong: {PASSWORD}"}}]}}"#);
    let issuer = Issuer::start(move |_, _| Reply::new(401).body(echo.clone()).into());
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge("");
    let (message, _) = run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let many = (0..24).map(|_| access.challenged(&challenge, &a, None, &budget));
        for refused in join_all(many).await {
            assert_eq!(refused.unwrap_err().exit(), Exit::NotAuthorised);
        }
        shown(access.authorization(&a, &budget).await)
    });
    assert_eq!(
        message,
        format!(
            "{} refused the password of user \"robot$ci\" from auths of /config.json (key k) \
             (status 401): wrong: ***",
            issuer.host()
        )
    );
    assert_eq!(issuer.asked().len(), 1);
}

#[test]
fn a_service_that_lets_nobody_in() {
    let issuer = Issuer::start(|_, _| Reply::new(403).body(r#"{"details":"sign in"}"#).into());
    let access = access(&issuer.host(), None);
    let challenge = issuer.challenge("");
    let (message, _) = run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let refused = access.challenged(&challenge, &a, None, &budget).await;
        assert_eq!(refused.as_ref().unwrap_err().exit(), Exit::NotAuthorised);
        shown(refused)
    });
    assert_eq!(
        message,
        format!(
            "not logged in to {}: auths of /config.json (key k): sign in",
            issuer.host()
        )
    );
}

#[test]
fn who_waited_for_a_failure_does_not_repeat_it() {
    let issuer = Issuer::start(|_, number| match number {
        1 => Reply::new(400).into(),
        _ => super::issuer::token("t").into(),
    });
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge("");
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let many = (0..24).map(|_| access.challenged(&challenge, &a, None, &budget));
        for failed in join_all(many).await {
            assert_eq!(failed.unwrap_err().exit(), Exit::Failed);
        }
        // A later request may have more luck.
        assert_eq!(sent(access.authorization(&a, &budget).await), "t");
    });
    assert_eq!(issuer.asked().len(), 2);
}

#[test]
fn a_request_that_is_dropped_holds_nobody_up() {
    let issuer = Issuer::start(|_, number| match number {
        1 => Step::Stall,
        _ => super::issuer::token("t").into(),
    });
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge("");
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let first = access.challenged(&challenge, &a, None, &budget);
        let asked = async {
            while issuer.asked().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            _ = first => panic!("it was answered"),
            () = asked => {}
        }
        let second = access.challenged(&challenge, &a, None, &budget).await;
        assert_eq!(sent(second), "t");
    });
}

#[test]
fn challenges_that_cannot_be_met() {
    let cases = [
        (
            "Negotiate",
            "registry.example.com asks for a login of an unknown kind: negotiate",
        ),
        (
            "Bearer realm=\"http://auth.example.com/token\"",
            "registry.example.com names the token service \"http://auth.example.com/token\", \
             where the credentials would travel in clear text",
        ),
        (
            "Bearer realm=\"https://u:p@auth.example.com/\"",
            "registry.example.com names the token service \"https://u:p@auth.example.com/\", \
             which names a user",
        ),
        (
            "Bearer realm=\"\"",
            "registry.example.com names the token service \"\", which is not an address",
        ),
    ];
    for (challenge, message) in cases {
        let access = access("registry.example.com", user());
        let refused = run(async move {
            let a = [scope("a", PULL)];
            access
                .challenged(&headers(&[challenge]), &a, None, &budget())
                .await
        });
        assert_eq!(shown(refused).0, message);
    }
}
