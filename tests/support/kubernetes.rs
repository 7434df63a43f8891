//! An API server of Kubernetes, as far as lists go: pages, refusals, continuations that expire
//! (kubernetes.io, "Kubernetes API Concepts").

mod patch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use serde_json::{Value, json};

use super::http::{HttpServer, Received, Reply, Step};

/// The paths of the lists that a cleanup needs.
pub const LISTS: [&str; 9] = [
    "/api/v1/pods",
    "/api/v1/replicationcontrollers",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/controllerrevisions",
    "/apis/batch/v1/jobs",
    "/apis/batch/v1/cronjobs",
];

/// What the server has, and how it behaves.
#[derive(Default)]
pub struct State {
    /// Objects by the path of their list in all namespaces.
    pub objects: BTreeMap<String, Vec<Value>>,
    /// Objects by their own path: those that can be changed.
    pub single: BTreeMap<String, Value>,
    /// Which program manages such an object, if it is not dockside.
    pub managed: BTreeMap<String, String>,
    /// Namespaces that exist.
    pub namespaces: Vec<String>,
    /// The tokens that are accepted; anybody is, if there is none.
    pub tokens: Vec<String>,
    /// At most that many objects are in a page, whatever is asked for.
    pub page: Option<usize>,
    /// Statuses by the path of a list; the list is not given.
    pub refused: BTreeMap<String, u16>,
    /// How many continuations are told to have expired.
    pub expiring: usize,
    /// After that many requests the file has this token, and no other is accepted.
    pub rotated_after: Option<(usize, PathBuf, String)>,
    /// How many requests it answers before it stalls.
    pub stalls_after: Option<usize>,
}

/// The server.
pub struct Cluster {
    server: HttpServer,
    state: Arc<Mutex<State>>,
}

impl Cluster {
    /// Over plain HTTP.
    pub fn start(state: State) -> Self {
        Self::over(None, state)
    }

    /// Over TLS, if there is a configuration for it.
    pub fn over(tls: Option<Arc<ServerConfig>>, state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let server = HttpServer::start(tls, {
            let state = Arc::clone(&state);
            move |request| answer(&mut state.lock().unwrap(), request)
        });
        Self { server, state }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// Methods and paths of the requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.server.seen()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.server.requests()
    }

    /// An object that can be changed.
    pub fn object(&self, path: &str) -> Option<Value> {
        self.state.lock().unwrap().single.get(path).cloned()
    }

    /// Changes what it has.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}

impl State {
    /// With these objects, each in the list of its kind.
    pub fn of(objects: impl IntoIterator<Item = Value>) -> Self {
        let mut state = Self::default();
        for object in objects {
            let list = match object["kind"].as_str().unwrap() {
                "Pod" => "/api/v1/pods".to_owned(),
                "ReplicationController" => "/api/v1/replicationcontrollers".to_owned(),
                kind @ ("Job" | "CronJob") => {
                    format!("/apis/batch/v1/{}s", kind.to_lowercase())
                }
                kind => format!("/apis/apps/v1/{}s", kind.to_lowercase()),
            };
            state.objects.entry(list).or_default().push(object);
        }
        state
    }
}

fn answer(state: &mut State, request: &Received) -> Step {
    if let Some(left) = &mut state.stalls_after {
        if *left == 0 {
            return Step::Stall;
        }
        *left -= 1;
    }
    if let Some((left, file, token)) = &mut state.rotated_after {
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => {
                std::fs::write(file, &token).unwrap();
                state.tokens = vec![token.clone()];
            }
        }
    }
    let token = request.header("authorization").unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    if !state.tokens.is_empty() && !state.tokens.iter().any(|known| known == token) {
        return status(401, "Unauthorized").into();
    }
    let path = request.path.split('?').next().unwrap();
    if let Some(code) = state.refused.get(path) {
        let message = format!("{path} is refused");
        return status(*code, &message).into();
    }
    if request.method == "PATCH" {
        return patch::patch(state, request);
    }
    if let Some(name) = path.strip_prefix("/api/v1/namespaces/")
        && !name.contains('/')
    {
        return match state.namespaces.iter().any(|known| known == name) {
            true => ok(&json!({"kind": "Namespace", "metadata": {"name": name}})),
            false => status(404, "namespace not found").into(),
        };
    }
    let (list, namespace) = match path.split_once("/namespaces/") {
        Some((root, rest)) => {
            let (namespace, resource) = rest.split_once('/').unwrap();
            (format!("{root}/{resource}"), Some(namespace))
        }
        None => (path.to_owned(), None),
    };
    if !LISTS.contains(&list.as_str()) && !state.objects.contains_key(&list) {
        return Reply::new(404).body("404 page not found\n").into();
    }
    page(state, request, &list, namespace)
}

fn page(state: &mut State, request: &Received, list: &str, namespace: Option<&str>) -> Step {
    let begin = match request.parameter("continue") {
        None => 0,
        Some(_) if state.expiring > 0 => {
            state.expiring -= 1;
            return status(410, "The provided continue parameter is too old").into();
        }
        Some(token) => token.strip_prefix("from-").unwrap().parse().unwrap(),
    };
    let asked: usize = request.parameter("limit").unwrap().parse().unwrap();
    let size = state.page.unwrap_or(asked).min(asked);
    let all = state.objects.get(list).into_iter().flatten();
    let inside = |object: &&Value| {
        namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
    };
    let found: Vec<&Value> = all.filter(inside).collect();
    let items: Vec<&&Value> = found.iter().skip(begin).take(size).collect();
    let end = begin + items.len();
    let next = if end < found.len() {
        format!("from-{end}")
    } else {
        String::new()
    };
    ok(&json!({
        "kind": "List",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7", "continue": next},
        "items": if items.is_empty() { Value::Null } else { json!(items) },
    }))
}

fn ok(body: &Value) -> Step {
    let reply = Reply::new(200).header("content-type", "application/json");
    reply.body(body.to_string()).into()
}

fn status(code: u16, message: &str) -> Reply {
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "code": code,
    });
    let reply = Reply::new(code).header("content-type", "application/json");
    reply.body(body.to_string())
}

/// An object whose pods have these images.
pub fn object(kind: &str, namespace: &str, name: &str, images: &[&str]) -> Value {
    let containers: Vec<Value> = images
        .iter()
        .map(|image| json!({"name": "c", "image": image, "env": [{"name": "image", "value": "x"}]}))
        .collect();
    let pod = json!({"containers": containers, "initContainers": null});
    let template = json!({"metadata": {}, "spec": pod});
    let mut object = json!({
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "annotations": {"image": "no:1"}},
        "spec": {"replicas": 0, "template": template},
        "status": {},
    });
    match kind {
        "Pod" => object["spec"] = pod,
        "CronJob" => object["spec"] = json!({"jobTemplate": {"spec": {"template": template}}}),
        "ControllerRevision" => {
            object["spec"] = Value::Null;
            object["data"] = json!({"spec": {"template": template}});
        }
        _ => {}
    }
    object
}

/// Writes a kube config with these contexts: the name of each is that of its cluster and its user,
/// too.
pub fn kube_config(home: &Path, contexts: &[(&str, Value, Value)]) -> PathBuf {
    let all = |field: &str, of: &dyn Fn(&(&str, Value, Value)) -> Value| -> Vec<Value> {
        let named = |context: &(&str, Value, Value)| json!({"name": context.0, field: of(context)});
        contexts.iter().map(named).collect()
    };
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": all("cluster", &|context| context.1.clone()),
        "users": all("user", &|context| context.2.clone()),
        "contexts": all("context", &|context| json!({"cluster": context.0, "user": context.0})),
    });
    let path = home.join(".kube/config");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, config.to_string()).unwrap();
    path
}
