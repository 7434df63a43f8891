//! Which tokens are asked for, how, and how often.

use dockside::docker::Kind;
use futures_util::future::join_all;

use super::issuer::{Issuer, headers, token};
use super::{PASSWORD, PULL, PUSH, access, budget, run, scope, sent, user};
use crate::support::http::Reply;

#[test]
fn one_request_for_each_set_of_scopes() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge("repository:a:pull");
    let (first, second) = run(async move {
        let budget = budget();
        let a = [scope("a", PULL)];
        let nothing = sent(access.authorization(&a, &budget).await);
        assert_eq!(nothing, "nothing");
        let many = (0..24).map(|_| access.challenged(&challenge, &a, None, &budget));
        let first: Vec<String> = join_all(many).await.into_iter().map(sent).collect();
        // The order in which they are written does not matter, nor how often.
        let ab = [scope("b", PUSH), scope("a", PULL), scope("a", PULL)];
        let ba = [scope("a", PULL), scope("b", PUSH)];
        let many = (0..24).map(|number| {
            let scopes = if number % 2 == 0 { &ab[..] } else { &ba[..] };
            access.authorization(scopes, &budget)
        });
        let second: Vec<String> = join_all(many).await.into_iter().map(sent).collect();
        assert_eq!(sent(access.authorization(&a, &budget).await), "t1");
        (first, second)
    });
    assert_eq!(first, ["t1"; 24]);
    assert_eq!(second, ["t2"; 24]);
    assert_eq!(
        issuer.asked(),
        [
            "repository:a:pull",
            "repository:a:pull repository:b:pull,push"
        ]
    );
    for request in issuer.server.requests() {
        let user = ("robot$ci".to_owned(), PASSWORD.to_owned());
        assert_eq!(request.basic(), Some(user));
        let asked = |name: &str| request.parameter(name);
        assert_eq!(asked("service").as_deref(), Some("s"));
        assert_eq!(asked("account").as_deref(), Some("robot$ci"));
        assert_eq!(asked("client_id").as_deref(), Some("dockside"));
        assert_eq!(asked("offline_token"), None);
    }
}

#[test]
fn the_scope_of_the_challenge_counts_too() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let mount = issuer.challenge("repository:other:pull repository:mine:pull");
    run(async move {
        let (budget, mine) = (budget(), [scope("mine", PUSH)]);
        let challenged = access.challenged(&mount, &mine, None, &budget).await;
        assert_eq!(sent(challenged), "t1");
        assert_eq!(sent(access.authorization(&mine, &budget).await), "t1");
    });
    assert_eq!(
        issuer.asked(),
        ["repository:mine:pull,push repository:other:pull"]
    );
}

#[test]
fn a_registry_that_asks_for_ever_more_is_not_followed() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let challenges: Vec<_> = (0..100)
        .map(|number| issuer.challenge(&format!("repository:r{number}:pull")))
        .collect();
    let endless = issuer.challenge(&"repository:long:pull ".repeat(1000));
    run(async move {
        let (budget, mine) = (budget(), [scope("mine", PULL)]);
        let mut last = None;
        for (number, challenge) in challenges.iter().enumerate() {
            last = access
                .challenged(challenge, &mine, last.as_ref(), &budget)
                .await
                .unwrap();
            assert_eq!(last.is_some(), number < 4, "{number}");
            if last.is_none() {
                break;
            }
        }
        let other = [scope("other", PULL)];
        let challenged = access.challenged(&endless, &other, None, &budget).await;
        assert_eq!(sent(challenged), "t5");
    });
    assert_eq!(issuer.asked().len(), 5);
    assert_eq!(issuer.asked()[4], "repository:other:pull");
}

#[test]
fn identity_tokens_are_posted() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), super::token(Kind::IdentityToken));
    let challenge = issuer.challenge("");
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL), scope("b", PULL)]);
        let challenged = access.challenged(&challenge, &a, None, &budget).await;
        assert_eq!(sent(challenged), "t1");
    });
    let requests = issuer.server.requests();
    assert_eq!(issuer.server.seen(), ["POST /token"]);
    assert_eq!(
        requests[0].body,
        "grant_type=refresh_token&refresh_token=correct+horse%3A+%24staple&client_id=dockside\
         &service=s&scope=repository%3Aa%3Apull+repository%3Ab%3Apull"
    );
    assert_eq!(requests[0].header("authorization"), None);
}

#[test]
fn a_service_without_the_form_of_oauth2_is_asked_so_once() {
    for status in [404, 405] {
        let issuer = Issuer::start(move |request, number| match request.method.as_str() {
            "POST" => Reply::new(status).into(),
            _ => token(&format!("t{number}")).into(),
        });
        let access = access(&issuer.host(), super::token(Kind::IdentityToken));
        let challenge = issuer.challenge("");
        run(async move {
            let (budget, a, b) = (budget(), [scope("a", PULL)], [scope("b", PULL)]);
            let challenged = access.challenged(&challenge, &a, None, &budget).await;
            assert_eq!(sent(challenged), "t2");
            assert_eq!(sent(access.authorization(&b, &budget).await), "t3");
        });
        assert_eq!(
            issuer.server.seen(),
            ["POST /token", "GET /token", "GET /token"]
        );
        let user = ("<token>".to_owned(), PASSWORD.to_owned());
        assert_eq!(issuer.server.requests()[2].basic(), Some(user));
    }
}

#[test]
fn registry_tokens_are_sent_as_they_are() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), super::token(Kind::RegistryToken));
    let challenge = issuer.challenge("");
    run(async move {
        let (budget, a) = (budget(), [scope("a", PUSH)]);
        let first = access.authorization(&a, &budget).await.unwrap();
        let refused = access
            .challenged(&challenge, &a, first.as_ref(), &budget)
            .await;
        assert_eq!(sent(refused), "nothing");
        assert_eq!(sent(Ok(first)), PASSWORD);
    });
    assert_eq!(issuer.asked(), [""; 0]);
}

#[test]
fn anybody_may_pull() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), None);
    // What it asks for is more than a pull needs.
    let challenge = issuer.challenge("repository:a:pull,push,delete registry:catalog:*");
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let challenged = access.challenged(&challenge, &a, None, &budget).await;
        assert_eq!(sent(challenged), "t1");
        // A registry need not ask for a login for this, and nobody asks for a token to push.
        let push = [scope("a", PUSH)];
        assert_eq!(sent(access.authorization(&push, &budget).await), "nothing");
    });
    assert_eq!(issuer.asked(), ["repository:a:pull"]);
    let request = &issuer.server.requests()[0];
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.parameter("account"), None);
}

#[test]
fn basic_is_for_every_request() {
    let basic = headers(&["Basic realm=\"r\""]);
    let access = access("registry.example.com", user());
    run(async move {
        let (budget, a) = (budget(), [scope("a", PUSH)]);
        let first = access.challenged(&basic, &a, None, &budget).await.unwrap();
        let again = access.challenged(&basic, &a, first.as_ref(), &budget).await;
        assert_eq!(sent(again), "nothing");
        let expected = format!("robot$ci:{PASSWORD}");
        assert_eq!(sent(Ok(first)), expected);
        let other = access.authorization(&[scope("b", PULL)], &budget).await;
        assert_eq!(sent(other), expected);
    });
}

#[test]
fn of_two_challenges_bearer_counts() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let both = headers(&["Basic realm=\"r\"", &issuer.bearer("")]);
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let challenged = access.challenged(&both, &a, None, &budget).await;
        assert_eq!(sent(challenged), "t1");
    });
}
