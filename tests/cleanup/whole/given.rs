//! Clusters that options and variables name, as werf has them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Stand, ended};
use crate::support::certificates::Authority;
use crate::support::kubernetes::{Cluster, State, kube_config, object};

const TOKEN: &str = "hunter2";

/// Variables, options, and what is noted.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

/// A registry with images of which one runs in a cluster that wants a token.
fn scene() -> (Stand, State) {
    let stand = Stand::of(&["kept", "running", "stray"]);
    let image = format!("{}:running", stand.name("app"));
    let mut state = State::of([object("Pod", "web", "front", &[&image])]);
    state.tokens = vec![TOKEN.to_owned()];
    std::fs::write(stand.home.path().join("token"), TOKEN).unwrap();
    (stand, state)
}

/// Cleans up with these variables and options.
fn clean(stand: &Stand, variables: &[(&str, &str)], more: &[&str]) -> (i32, String, String) {
    let name = stand.name("app");
    let words = [
        "cleanup",
        &name,
        "--keep-tag",
        "kept",
        "--max-delete",
        "100%",
    ];
    let mut command = stand.command(&[&words[..], more].concat());
    command.current_dir(stand.home.path());
    command.envs(variables.iter().copied());
    ended(&mut command)
}

/// That what runs stayed, and that this was said.
fn is_found(stand: &Stand, variables: &[(&str, &str)], more: &[&str], note: &str) {
    let (code, output, said) = clean(stand, variables, more);
    assert_eq!(
        (code, said.as_str()),
        (0, note),
        "{variables:?} {more:?} {output}"
    );
    assert_eq!(
        stand.tags("app"),
        ["kept", "running"],
        "{variables:?} {more:?}"
    );
}

/// A kube config of one context.
fn config(url: &str, context: &Value) -> Value {
    let mut context = context.clone();
    context["cluster"] = json!("c");
    context["user"] = json!("u");
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": TOKEN}}],
        "contexts": [{"name": "prod", "context": context}],
    })
}

#[test]
fn a_server_and_a_token() {
    let visible = "dockside: note: --kube-token is visible to every user of the host: set \
                   WERF_KUBE_TOKEN instead\n";
    let cases: [Case<'_>; 4] = [
        (&[], &["--kube-token-path", "token"], ""),
        (&[], &["--kube-token", TOKEN], visible),
        (&[("WERF_KUBE_TOKEN", TOKEN)], &[], ""),
        (&[("WERF_KUBE_TOKEN_PATH", "token")], &[], ""),
    ];
    for (variables, more, note) in cases {
        let (stand, state) = scene();
        let cluster = Cluster::start(state);
        let url = cluster.url();
        let more = [&["--kube-api-server", &url], more].concat();
        is_found(&stand, variables, &more, note);
    }
    let (stand, state) = scene();
    let cluster = Cluster::start(state);
    let url = cluster.url();
    let variables = [
        ("WERF_KUBE_API_SERVER", url.as_str()),
        ("WERF_KUBE_TOKEN", TOKEN),
    ];
    is_found(&stand, &variables, &["--with-kube"], "");
}

#[test]
fn a_server_beside_a_kube_config() {
    let (stand, state) = scene();
    stand.push("app", "other");
    let image = format!("{}:other", stand.name("app"));
    let (one, two) = (
        Cluster::start(state),
        Cluster::start(State::of([object("Pod", "web", "back", &[&image])])),
    );
    kube_config(
        stand.home.path(),
        &[("prod", json!({"server": two.url()}), json!({}))],
    );
    let url = one.url();
    let more = ["--kube-api-server", &url, "--kube-token-path", "token"];
    let (code, output, said) = clean(&stand, &[], &more);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["kept", "other", "running"]);
}

#[test]
fn half_of_a_server() {
    let (stand, _) = scene();
    let expected = "dockside: error: --kube-api-server and a token for it belong together, and one is missing\n\
                    dockside: hint: a token comes from --kube-token-path, WERF_KUBE_TOKEN or \
                    WERF_KUBE_TOKEN_PATH\n";
    for more in [
        ["--kube-api-server", "https://c.example.com"],
        ["--kube-token-path", "token"],
    ] {
        let ended = clean(&stand, &[], &more);
        assert_eq!(ended, (2, String::new(), expected.to_owned()));
    }
    // In variables it is meant for others.
    let (code, output, said) = clean(&stand, &[("WERF_KUBE_TOKEN", TOKEN)], &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
}

#[test]
fn certificates_of_a_server() {
    let servers = Authority::new();
    let authority = BASE64_STANDARD.encode(servers.pem());
    for (more, code) in [
        (&["--kube-ca-data", authority.as_str()][..], 0),
        (&["--skip-tls-verify-kube"], 0),
        (&[], 3),
    ] {
        let (stand, state) = scene();
        let tls = servers.issue(&["127.0.0.1"]).server(None);
        let cluster = Cluster::over(Some(tls), state);
        let url = cluster.url();
        let more = [
            &["--kube-api-server", &url, "--kube-token-path", "token"],
            more,
        ]
        .concat();
        let ended = clean(&stand, &[], &more);
        assert_eq!(ended.0, code, "{}", ended.2);
        let left: &[&str] = match code {
            0 => &["kept", "running"],
            _ => &["kept", "running", "stray"],
        };
        assert_eq!(stand.tags("app"), left);
    }
}

#[test]
fn a_kube_config_in_base64() {
    for variable in [
        "WERF_KUBE_CONFIG_BASE64",
        "WERF_KUBECONFIG_BASE64",
        "KUBECONFIG_BASE64",
    ] {
        let (stand, state) = scene();
        let cluster = Cluster::start(state);
        let text = BASE64_STANDARD.encode(config(&cluster.url(), &json!({})).to_string());
        is_found(&stand, &[(variable, &text)], &["--with-kube"], "");
    }
    let (stand, state) = scene();
    let cluster = Cluster::start(state);
    let text = BASE64_STANDARD.encode(config(&cluster.url(), &json!({})).to_string());
    let note = "dockside: note: --kube-config-base64 is visible to every user of the host: set \
                WERF_KUBE_CONFIG_BASE64 instead\n";
    is_found(&stand, &[], &["--kube-config-base64", &text], note);
    let bad = clean(
        &stand,
        &[("KUBECONFIG_BASE64", "no base64")],
        &["--with-kube"],
    );
    let expected = "dockside: error: KUBECONFIG_BASE64 is no kube config in base64\n\
                    dockside: hint: `base64 <~/.kube/config` writes one\n";
    assert_eq!(bad, (2, String::new(), expected.to_owned()));
}

#[test]
fn several_kube_configs_in_one_variable() {
    for variable in ["WERF_KUBE_CONFIG", "WERF_KUBECONFIG", "KUBECONFIG"] {
        let (stand, state) = scene();
        let cluster = Cluster::start(state);
        let empty = Cluster::start(State::default());
        let place = stand.home.path();
        let first = place.join("first");
        let text = config(&empty.url(), &json!({})).to_string();
        std::fs::write(
            &first,
            text.replace("prod", "other").replace("\"c\"", "\"d\""),
        )
        .unwrap();
        let second = place.join("second");
        std::fs::write(&second, config(&cluster.url(), &json!({})).to_string()).unwrap();
        let list = format!("{}:{}", first.display(), second.display());
        is_found(&stand, &[(variable, &list)], &["--with-kube"], "");
    }
}

/// Of each context the namespace that it names, as `--scan-context-namespace-only` says.
#[test]
fn the_namespace_of_a_context_alone() {
    for (namespace, left) in [
        (json!({"namespace": "web"}), &["kept", "running"][..]),
        (json!({"namespace": "other"}), &["kept"]),
        // One that names none is asked for all.
        (json!({}), &["kept", "running"]),
    ] {
        let (stand, mut state) = scene();
        state.namespaces = vec!["web".to_owned(), "other".to_owned()];
        let cluster = Cluster::start(state);
        let path = stand.home.path().join("config");
        std::fs::write(&path, config(&cluster.url(), &namespace).to_string()).unwrap();
        let variables = [("KUBECONFIG", path.to_str().unwrap())];
        let more = ["--with-kube", "--scan-context-namespace-only"];
        let (code, output, said) = clean(&stand, &variables, &more);
        assert_eq!((code, said.as_str()), (0, ""), "{output}");
        assert_eq!(stand.tags("app"), left);
        let more = ["--with-kube"];
        let variables = [variables[0], ("WERF_SCAN_CONTEXT_NAMESPACE_ONLY", "1")];
        let (code, _, said) = clean(&stand, &variables, &[&more[..], &["--dry-run"]].concat());
        assert_eq!((code, said.as_str()), (0, ""));
    }
}
