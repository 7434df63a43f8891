//! Each brand's emulator with one repository, behind something that can interfere.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::brands::{library, run};
use crate::support::brands::acr::{self, Acr};
use crate::support::brands::artifactory::{self, Artifactory};
use crate::support::brands::dockerhub::{self, Hub};
use crate::support::brands::ecr::{Aws, PRIVATE};
use crate::support::brands::gitea::{self, Gitea};
use crate::support::brands::github::{self, Github};
use crate::support::brands::gitlab::{self, Gitlab, Version};
use crate::support::brands::google::{self, Google};
use crate::support::brands::harbor::{self, Harbor};
use crate::support::brands::nexus::{self, Nexus};
use crate::support::brands::quay::{self, Quay};
use crate::support::brands::zot::Zot;
use crate::support::spec::Spec;
use crate::support::vendor::{Answer, Local, Network, Record, Request, Store, Vendor, shared};

/// An emulator whose store is at hand.
pub trait Stocked: Vendor {
    fn store(&mut self) -> &mut Store;
}

macro_rules! stocked {
    ($($emulator:ty),*) => {
        $(impl Stocked for $emulator {
            fn store(&mut self) -> &mut Store {
                &mut self.store
            }
        })*
    };
}

stocked!(
    Acr,
    Artifactory,
    Hub,
    Aws,
    Gitea,
    Github,
    Gitlab,
    Google,
    Harbor,
    Nexus,
    Quay,
    Zot
);

type Shared = Arc<Mutex<dyn Stocked>>;

/// What happens to a request before it is answered.
type Ask = dyn FnMut(&mut Request, &mut Store) + Send;

/// What happens to an answer.
type Say = dyn FnMut(&Request, &mut Answer) + Send;

/// What stands before an emulator.
struct Front {
    vendor: Shared,
    ask: Option<Box<Ask>>,
    say: Option<Box<Say>>,
}

impl Vendor for Front {
    fn answer(&mut self, request: &Request) -> Answer {
        let mut request = request.clone();
        let mut vendor = self.vendor.lock().unwrap();
        if let Some(ask) = &mut self.ask {
            ask(&mut request, vendor.store());
        }
        let mut answer = vendor.answer(&request);
        if let Some(say) = &mut self.say {
            say(&request, &mut answer);
        }
        answer
    }
}

enum Server {
    Local(Local),
    Network(Network),
}

/// A brand, and somebody who may do everything there.
pub struct Stand {
    pub brand: &'static str,
    /// The repository, as users write it.
    pub name: String,
    /// The same in the emulator's store.
    path: &'static str,
    home: TempDir,
    variables: Vec<(String, String)>,
    server: Server,
    front: Arc<Mutex<Front>>,
}

impl Deref for Stand {
    type Target = Record;

    fn deref(&self) -> &Record {
        match &self.server {
            Server::Local(local) => local,
            Server::Network(network) => network,
        }
    }
}

fn front(vendor: Shared) -> Arc<Mutex<Front>> {
    shared(Front {
        vendor,
        ask: None,
        say: None,
    })
}

impl Stand {
    /// All brands that have an emulator.
    pub fn all() -> Vec<Self> {
        let mut github = Github::new();
        github.user_has(github::CLASSIC);
        let gitlab = Gitlab::new("registry.gitlab.com", "gitlab.com", Version::Modern);
        let google = ("oauth2accesstoken", google::TOKEN);
        let hub = (dockerhub::USER, dockerhub::ADMIN);
        let hubs = ["registry-1.docker.io", "auth.docker.io", "hub.docker.com"];
        let network = Network::start();
        let aws = Aws::new().on(&network);
        let api = "api.ecr.eu-central-1.amazonaws.com";
        let mut ecr = Self::on(
            network,
            "ecr",
            aws,
            &[PRIVATE, api],
            "app",
            ("AWS", "stored"),
        );
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIAJOB"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            ecr.variables.push((name.to_owned(), value.to_owned()));
        }
        let mut gcr = Self::far(
            "gcr",
            shared(Google::new()),
            &["us-docker.pkg.dev", google::API],
            "p/r/app",
            google,
        );
        let no_server = ("NO_GCE_CHECK".to_owned(), "true".to_owned());
        gcr.variables.push(no_server);
        let mut dockerhub = Self::far("dockerhub", shared(Hub::new()), &hubs, "acme/app", hub);
        dockerhub.name = "docker.io/acme/app".to_owned();
        library::log_in(dockerhub.home.path(), "https://index.docker.io/v1/", hub);
        vec![
            ecr,
            gcr,
            dockerhub,
            Self::far(
                "acr",
                shared(Acr::new()),
                &[acr::HOST],
                "team/app",
                (acr::USER, acr::PASSWORD),
            ),
            Self::far(
                "github",
                shared(github),
                &["ghcr.io", "api.github.com"],
                "octo/app",
                (github::USER, github::CLASSIC),
            ),
            Self::far(
                "gitlab",
                shared(gitlab),
                &["registry.gitlab.com", "gitlab.com"],
                "group/sub/project/app",
                gitlab::USER,
            ),
            Self::far(
                "quay",
                shared(Quay::new("quay.io")),
                &["quay.io"],
                "acme/app",
                ("$oauthtoken", quay::OAUTH),
            ),
            Self::near("harbor", shared(Harbor::new()), "team/app", harbor::ROBOT),
            Self::near(
                "artifactory",
                shared(Artifactory::new()),
                "images/team/app",
                artifactory::USER,
            ),
            Self::near(
                "nexus",
                shared(Nexus::new(90)),
                "images/team/app",
                nexus::USER,
            ),
            Self::near(
                "gitea",
                shared(Gitea::new()),
                "team/app",
                (gitea::USER, gitea::PASSWORD),
            ),
            Self::near("zot", shared(Zot::new()), "team/app", ("any", "body")),
        ]
    }

    /// This one.
    pub fn of(brand: &str) -> Self {
        let mut all = Self::all().into_iter();
        all.find(|stand| stand.brand == brand).unwrap()
    }

    /// At its own hosts, the registry first.
    fn far(
        brand: &'static str,
        vendor: Shared,
        hosts: &[&str],
        path: &'static str,
        login: (&str, &str),
    ) -> Self {
        Self::on(Network::start(), brand, vendor, hosts, path, login)
    }

    fn on(
        network: Network,
        brand: &'static str,
        vendor: Shared,
        hosts: &[&str],
        path: &'static str,
        login: (&str, &str),
    ) -> Self {
        let front = front(vendor);
        for host in hosts {
            network.host(host, &front);
        }
        network.spec(hosts[0], Spec::distribution());
        let home = tempfile::tempdir().unwrap();
        library::log_in(home.path(), hosts[0], login);
        Self::new(
            brand,
            &format!("{}/{path}", hosts[0]),
            path,
            home,
            Server::Network(network),
            front,
        )
    }

    /// On a port of this machine.
    fn near(brand: &'static str, vendor: Shared, path: &'static str, login: (&str, &str)) -> Self {
        let front = front(vendor);
        let local = Local::start(&front);
        local.spec(Spec::distribution());
        let home = tempfile::tempdir().unwrap();
        library::log_in(home.path(), &local.host(), login);
        let name = format!("{}/{path}", local.host());
        Self::new(brand, &name, path, home, Server::Local(local), front)
    }

    fn new(
        brand: &'static str,
        name: &str,
        path: &'static str,
        home: TempDir,
        server: Server,
        front: Arc<Mutex<Front>>,
    ) -> Self {
        let stand = Self {
            brand,
            name: name.to_owned(),
            path,
            home,
            variables: match &server {
                Server::Local(_) => Vec::new(),
                Server::Network(network) => network.environment(),
            },
            server,
            front,
        };
        // A vendor's own API and its tokens are held against its own description elsewhere.
        stand.except(|request| {
            let own = ["/v2/auth", "/v2/token", "/v2/repositories/"];
            let is_own = own.iter().any(|start| request.path.starts_with(start));
            is_own || !request.path.starts_with("/v2/")
        });
        stand
    }

    /// Lets this happen to each request.
    pub fn ask(&self, ask: impl FnMut(&mut Request, &mut Store) + Send + 'static) {
        self.front.lock().unwrap().ask = Some(Box::new(ask));
    }

    /// Lets this happen to each answer.
    pub fn say(&self, say: impl FnMut(&Request, &mut Answer) + Send + 'static) {
        self.front.lock().unwrap().say = Some(Box::new(say));
    }

    /// Does something with the repository.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store, &str) -> T) -> T {
        let front = self.front.lock().unwrap();
        let mut vendor = front.vendor.lock().unwrap();
        work(vendor.store(), self.path)
    }

    /// The repository's name in the store.
    pub fn path(&self) -> &'static str {
        self.path
    }

    pub fn tags(&self) -> Vec<String> {
        self.with(|store, path| store.tags(path))
    }

    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        run(self.home.path(), &self.variables, words)
    }
}
