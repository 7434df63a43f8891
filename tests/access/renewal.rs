//! Tokens are renewed before they end, and once when they are refused.

use std::time::Duration;

use futures_util::future::join_all;

use super::issuer::{Issuer, headers, jwt, token};
use super::{PULL, PUSH, access, budget, run, scope, sent, user};
use crate::support::http::Reply;

/// What a pull of `a` asks for.
const A: &str = "repository:a:pull";

#[test]
fn before_they_end() {
    // The first token is an old one, which the service gives out again: it has 200 ms left, of
    // which half are used.
    let issuer = Issuer::start(|_, number| {
        let reply = match number {
            1 => Reply::new(200)
                .header("date", "Sun, 01 Mar 2026 00:00:59 GMT")
                .body(r#"{"token":"t1","issued_at":"2026-03-01T00:00:00Z"}"#),
            _ => token(&format!("t{number}")),
        };
        reply.into()
    });
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge(A);
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let first = access.challenged(&challenge, &a, None, &budget).await;
        assert_eq!(sent(first), "t1");
        tokio::time::sleep(Duration::from_millis(600)).await;
        let many = (0..24).map(|_| access.authorization(&a, &budget));
        let many: Vec<String> = join_all(many).await.into_iter().map(sent).collect();
        assert_eq!(many, ["t2"; 24]);
    });
    assert_eq!(issuer.asked(), [A, A]);
}

#[test]
fn after_a_refusal_of_one_that_was_good() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge(A);
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        access
            .challenged(&challenge, &a, None, &budget)
            .await
            .unwrap();
        let good = access.authorization(&a, &budget).await.unwrap();
        let many = (0..24).map(|_| access.challenged(&challenge, &a, good.as_ref(), &budget));
        let many: Vec<String> = join_all(many).await.into_iter().map(sent).collect();
        assert_eq!(many, ["t2"; 24]);
        // The new one is refused as well: age is not the reason.
        let new = access.authorization(&a, &budget).await.unwrap();
        let again = access
            .challenged(&challenge, &a, new.as_ref(), &budget)
            .await;
        assert_eq!(sent(again), "nothing");
        // Who comes late with the old one is given the new one all the same.
        let late = access
            .challenged(&challenge, &a, good.as_ref(), &budget)
            .await;
        assert_eq!(sent(late), "t2");
    });
    assert_eq!(issuer.asked(), [A, A]);
}

/// However soon they end.
#[test]
fn after_each_refusal_of_one_that_was_accepted() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge(A);
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let first = access.challenged(&challenge, &a, None, &budget).await;
        let mut used = first.unwrap();
        for next in ["t2", "t3", "t4"] {
            access.accepted(&a, used.as_ref());
            let refused = used.as_ref();
            let renewed = access.challenged(&challenge, &a, refused, &budget).await;
            used = access.authorization(&a, &budget).await.unwrap();
            assert_eq!(sent(renewed), next);
        }
    });
    assert_eq!(issuer.asked(), [A; 4]);
}

#[test]
fn not_when_they_have_just_come() {
    let issuer = Issuer::plain();
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge(A);
    run(async move {
        let (budget, a) = (budget(), [scope("a", PULL)]);
        let new = access
            .challenged(&challenge, &a, None, &budget)
            .await
            .unwrap();
        for _ in 0..3 {
            let again = access
                .challenged(&challenge, &a, new.as_ref(), &budget)
                .await;
            assert_eq!(sent(again), "nothing");
        }
    });
    assert_eq!(issuer.asked(), [A]);
}

#[test]
fn not_when_they_are_not_for_this() {
    let push = "repository:a:pull,push";
    let issuer = Issuer::start(|_, number| token(&jwt("a", r#"["pull"]"#, number)).into());
    let opaque = Issuer::plain();
    let refused = issuer.challenge(push);
    let said =
        headers(
            &[&opaque.bearer(",scope=\"repository:a:pull,push\",error=\"insufficient_scope\"")],
        );
    for (issuer, challenge, granted) in [
        (&issuer, refused, Some("repository:a:pull")),
        (&opaque, said, None),
    ] {
        let access = access(&issuer.host(), user());
        run(async move {
            let (budget, a) = (budget(), [scope("a", PUSH)]);
            assert_eq!(access.granted(&a), None);
            access
                .challenged(&challenge, &a, None, &budget)
                .await
                .unwrap();
            let used = access.authorization(&a, &budget).await.unwrap();
            let again = access
                .challenged(&challenge, &a, used.as_ref(), &budget)
                .await;
            assert_eq!(sent(again), "nothing");
            assert_eq!(access.granted(&a).as_deref(), granted);
        });
        assert_eq!(issuer.asked(), [push]);
    }
}

#[test]
fn a_refusal_without_a_challenge_renews_old_ones_only() {
    let issuer = Issuer::start(|_, number| {
        let age = if number == 1 { 0 } else { 59 };
        let body = format!(r#"{{"token":"t{number}","issued_at":"2026-03-01T00:00:00Z"}}"#);
        let date = format!("Sun, 01 Mar 2026 00:00:{age:02} GMT");
        Reply::new(200).header("date", date).body(body).into()
    });
    let access = access(&issuer.host(), user());
    let challenge = issuer.challenge("");
    run(async move {
        let (budget, a, b) = (budget(), [scope("a", PULL)], [scope("b", PULL)]);
        let none = headers(&[]);
        assert_eq!(
            sent(access.challenged(&none, &a, None, &budget).await),
            "nothing"
        );
        access
            .challenged(&challenge, &a, None, &budget)
            .await
            .unwrap();
        let young = access.authorization(&a, &budget).await.unwrap();
        let final_ = access.challenged(&none, &a, young.as_ref(), &budget).await;
        assert_eq!(sent(final_), "nothing");
        let old = access.authorization(&b, &budget).await.unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let renewed = access.challenged(&none, &b, old.as_ref(), &budget).await;
        assert_eq!(sent(renewed), "t3");
    });
    assert_eq!(issuer.asked().len(), 3);
}
