//! Registries as they are.

use super::Machine;
use crate::support::installed;
use crate::support::registry::{Options, PROGRAM};
use crate::support::token_server::TokenServer;

const USER: (&str, &str) = ("user", "secret");

/// By passwords, by tokens, and with deletion switched off.
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
