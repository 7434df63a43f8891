//! The brands that have an emulator, and who may do everything there.

use super::stand::Stand;
use crate::brands::library;
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
use crate::support::vendor::{Network, shared};

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
}
