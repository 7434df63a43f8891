//! The work that is measured, and where.

use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::image::{self, Layout};
use super::latency;
use super::process::{self, Use};
use super::server::{Identity, Server, Version};
use super::tool::{Job, Tool, installed};

/// A tool that needs longer than this for one round makes no other.
const PATIENCE: Duration = Duration::from_secs(8);

/// How a registry is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Plain,
    Tls,
    /// TLS, and each round trip takes [`latency::ROUND_TRIP`].
    Latency,
}

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Push,
    PushAgain,
    CopyAcross,
    CopyWithin,
    CopyAgain,
    Pull,
    PushIndex,
    PullIndex,
    CopyMany,
    CopyManyAgain,
    PushBulk,
    CopyBulk,
    PullBulk,
    Tags,
}

impl Row {
    pub const COUNTED: [Self; 10] = [
        Self::Push,
        Self::PushAgain,
        Self::CopyAcross,
        Self::CopyWithin,
        Self::CopyAgain,
        Self::Pull,
        Self::PushIndex,
        Self::PullIndex,
        Self::CopyMany,
        Self::CopyManyAgain,
    ];
    pub const TIMED: [Self; 10] = Self::COUNTED;
    pub const BULK: [Self; 3] = [Self::PushBulk, Self::CopyBulk, Self::PullBulk];

    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push, all new",
            Self::PushAgain => "push again",
            Self::CopyAcross => "copy to another registry, all new",
            Self::CopyWithin => "copy to another repository of one registry",
            Self::CopyAgain => "copy again",
            Self::Pull => "pull",
            Self::PushIndex => "push of an index of 4 platforms",
            Self::PullIndex => "pull of an index of 4 platforms",
            Self::CopyMany => "copy of all 50 tags of a repository",
            Self::CopyManyAgain => "copy of all 50 tags again",
            Self::PushBulk => "push",
            Self::CopyBulk => "copy to another registry",
            Self::PullBulk => "pull",
            Self::Tags => "list",
        }
    }
}

/// What all parts share: images, and a home.
pub struct Bench {
    home: TempDir,
    layers: Layout,
    many: Layout,
    platforms: Layout,
    bulk: OnceCell<Layout>,
    counter: Cell<usize>,
}

/// Two registries; the first has the images.
pub struct Setting {
    network: Network,
    servers: [Server; 2],
    hosts: [String; 2],
    has_bulk: Cell<bool>,
}

/// The figures of one row: of each tool all rounds, and the requests of one.
pub struct Measured(Vec<Option<(Vec<Use>, usize)>>);

impl Measured {
    fn each(&self, figure: impl Fn(&Use) -> f64) -> Vec<Option<f64>> {
        let median = |rounds: &Vec<Use>| {
            let mut figures: Vec<f64> = rounds.iter().map(&figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        self.0
            .iter()
            .map(|tool| tool.as_ref().map(|(rounds, _)| median(rounds)))
            .collect()
    }

    pub fn wall(&self) -> Vec<Option<f64>> {
        self.each(|used| used.wall.as_secs_f64() * 1e3)
    }

    pub fn processor(&self) -> Vec<Option<f64>> {
        self.each(|used| used.processor.as_secs_f64() * 1e3)
    }

    pub fn memory(&self) -> Vec<Option<f64>> {
        self.each(|used| used.memory as f64 / 1024.0 / 1024.0)
    }

    pub fn requests(&self) -> Vec<Option<f64>> {
        self.0
            .iter()
            .map(|tool| tool.as_ref().map(|(_, requests)| *requests as f64))
            .collect()
    }
}

impl Bench {
    pub fn new() -> Self {
        // In memory, where there is such a place: a disk would be measured otherwise.
        let place = Path::new("/dev/shm");
        let home = if place.is_dir() {
            tempfile::tempdir_in(place).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        Self {
            layers: image::layers(home.path()),
            many: image::many(home.path()),
            platforms: image::platforms(home.path()),
            home,
            bulk: OnceCell::new(),
            counter: Cell::default(),
        }
    }

    fn next(&self) -> usize {
        self.counter.set(self.counter.get() + 1);
        self.counter.get()
    }

    /// Starts two registries.
    pub fn setting(&self, version: Version, network: Network) -> Setting {
        let home = self.home.path();
        let identity = (network != Network::Plain).then(|| identity(home));
        let start = |_| Server::start(version, home, identity.as_ref());
        let servers = [0, 1].map(start);
        let hosts = [0, 1].map(|at| {
            let address = servers[at].address;
            let port = match network {
                Network::Latency => latency::proxy(address),
                Network::Plain | Network::Tls => address.port(),
            };
            let host = format!("127.0.0.1:{port}");
            if network != Network::Plain {
                let trusted = home.join(".config/docker/certs.d").join(&host);
                std::fs::create_dir_all(&trusted).unwrap();
                std::fs::copy(home.join("authority.pem"), trusted.join("ca.crt")).unwrap();
            }
            host
        });
        let setting = Setting {
            network,
            servers,
            hosts,
            has_bulk: Cell::new(false),
        };
        for layout in [&self.layers, &self.many, &self.platforms] {
            self.fill(&setting, layout);
        }
        setting
    }

    /// Puts a layout's images into the first registry.
    fn fill(&self, setting: &Setting, layout: &Layout) {
        let name = layout.directory.file_name().unwrap().to_str().unwrap();
        let target = format!("{}/bench/{name}", setting.hosts[0]);
        for tag in &layout.tags {
            let job = Job::Push {
                layout: &layout.directory,
                tag,
                index: false,
                target: &target,
            };
            self.run(setting, Tool::Dockside, &job);
        }
    }

    /// The large image is made for those who measure it.
    fn fill_bulk(&self, setting: &Setting) {
        let bulk = self.bulk.get_or_init(|| image::bulk(self.home.path()));
        if !setting.has_bulk.replace(true) {
            self.fill(setting, bulk);
        }
    }

    fn run(&self, setting: &Setting, tool: Tool, job: &Job<'_>) -> Option<Use> {
        let plain = setting.network == Network::Plain;
        let mut command = tool.command_for(job, plain, self.home.path())?;
        // What a tool remembers of earlier rounds would make nothing new.
        let cache = self
            .home
            .path()
            .join(format!("cache-{}", self.counter.get()));
        command.env("XDG_CACHE_HOME", cache);
        if !plain {
            command.env("SSL_CERT_FILE", self.home.path().join("authority.pem"));
        }
        Some(process::run(command))
    }

    /// Does the work of a row with every tool in turn, so many rounds.
    pub fn measure(&self, setting: &Setting, row: Row, rounds: usize) -> Measured {
        match row {
            Row::PushBulk | Row::CopyBulk | Row::PullBulk => self.fill_bulk(setting),
            Row::Tags => setting.servers[0].make_tags("bench/tags", 20_000),
            _ => {}
        }
        let tools = installed();
        let mut measured: Vec<Option<(Vec<Use>, usize)>> = tools.iter().map(|_| None).collect();
        for _ in 0..rounds {
            for (tool, slot) in tools.iter().zip(&mut measured) {
                let patient = |(rounds, _): &(Vec<Use>, usize)| {
                    rounds.iter().all(|used| used.wall < PATIENCE)
                };
                if !slot.as_ref().is_none_or(patient) {
                    continue;
                }
                if let Some((used, requests)) = self.round(setting, row, *tool) {
                    let (rounds, counted) = slot.get_or_insert_default();
                    rounds.push(used);
                    *counted = requests;
                }
            }
        }
        Measured(measured)
    }

    /// One round of one tool; what it used, and its requests.
    fn round(&self, setting: &Setting, row: Row, tool: Tool) -> Option<(Use, usize)> {
        let [first, second] = &setting.hosts;
        let number = self.next();
        let fresh = |host: &str| format!("{host}/r{number}/a");
        let of = |name: &str| format!("{first}/bench/{name}");
        let new_layout = self.home.path().join(format!("pulled-{number}"));
        let (a, b, c, d) = (of("a"), of("b"), of("c"), of("d"));
        let (here, there) = (fresh(first), fresh(second));
        let all_there = format!("{second}/r{number}/bench/c");
        let push = |layout: &'static str, index| (layout, index);
        let copy = |source, target| Job::Copy {
            source,
            target,
            tag: "v1",
        };
        let pull = |source| Job::Pull {
            source,
            tag: "v1",
            layout: &new_layout,
        };
        let home = self.home.path();
        let directory = |name: &str| home.join(name);
        let (name, index) = match row {
            Row::PushIndex => push("d", true),
            Row::PushBulk => push("b", false),
            _ => push("a", false),
        };
        let layout = directory(name);
        let job = match row {
            Row::Push | Row::PushAgain | Row::PushIndex | Row::PushBulk => Job::Push {
                layout: &layout,
                tag: "v1",
                index,
                target: &here,
            },
            Row::CopyAcross | Row::CopyAgain => copy(&a, &there),
            Row::CopyWithin => copy(&a, &here),
            Row::CopyBulk => copy(&b, &there),
            Row::CopyMany | Row::CopyManyAgain => Job::CopyAll {
                source: &c,
                target: &all_there,
            },
            Row::Pull => pull(&a),
            Row::PullIndex => pull(&d),
            Row::PullBulk => pull(&b),
            Row::Tags => Job::Tags {
                repository: &format!("{first}/bench/tags"),
            },
        };
        if matches!(row, Row::PushAgain | Row::CopyAgain | Row::CopyManyAgain) {
            self.run(setting, tool, &job)?;
        }
        let before: usize = setting.servers.iter().map(Server::requests).sum();
        let used = self.run(setting, tool, &job)?;
        let after: usize = setting.servers.iter().map(Server::requests).sum();
        if new_layout.exists() {
            std::fs::remove_dir_all(&new_layout).unwrap();
        }
        Some((used, after - before))
    }
}

/// A certificate for the loopback address, and its authority.
fn identity(home: &Path) -> Identity {
    let identity = Identity {
        certificate: home.join("server.pem"),
        key: home.join("server.key"),
    };
    if identity.key.exists() {
        return identity;
    }
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, key);
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().pem();
    std::fs::write(home.join("authority.pem"), authority).unwrap();
    std::fs::write(&identity.certificate, certificate).unwrap();
    std::fs::write(&identity.key, key.serialize_pem()).unwrap();
    identity
}
