//! What a repository's host and path name at Google.

use crate::auth::google;

/// What a path of the distribution API names in Artifact Registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The project; one that belongs to a domain is `example.com:project`.
    pub(super) project: String,
    /// A region, or several: `europe-west1`, `us`.
    pub(super) location: String,
    /// Artifact Registry's repository, which holds many images.
    pub(super) repository: String,
    /// The image, which is a repository of the distribution API; slashes and all. `None` where
    /// the path ends before it.
    pub(super) package: Option<String>,
    /// Where the REST API is.
    pub(super) api: String,
}

/// Where the API of all regions is.
const API: &str = "artifactregistry.googleapis.com";

/// Hosts that only hand out what Google keeps there.
const READ_ONLY: [&str; 2] = ["marketplace.gcr.io", "mirror.gcr.io"];

/// Whether the registry only hands out what Google keeps there.
pub(super) fn is_read_only(host: &str) -> bool {
    READ_ONLY.contains(&host)
}

impl Name {
    /// What a host and a path name; `None` where they do not name a repository of Artifact
    /// Registry.
    pub(super) fn of(host: &str, path: &str) -> Option<Self> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let first = parts.next()?;
        // Ids of projects have no dot; names of domains have.
        let project = match first.contains('.') {
            true => format!("{first}:{}", parts.next()?),
            false => first.to_owned(),
        };
        let (location, fixed) = located(host)?;
        let repository = match fixed {
            Some(repository) => repository.to_owned(),
            None => parts.next()?.to_owned(),
        };
        let package: Vec<&str> = parts.collect();
        Some(Self {
            project,
            location: location.to_owned(),
            repository,
            package: (!package.is_empty()).then(|| package.join("/")),
            api: match host.ends_with(".rep.pkg.dev") {
                true => format!("artifactregistry.{location}.rep.googleapis.com"),
                false => API.to_owned(),
            },
        })
    }

    /// The segments of Artifact Registry's repository, and what follows.
    pub(super) fn segments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut segments = vec!["projects", &self.project, "locations", &self.location];
        segments.push("repositories");
        segments.extend(more);
        segments
    }
}

/// The location of a host, and the repository that it stands for, if it does for one. The names
/// of Container Registry stand for repositories of the same names in these locations
/// (cloud.google.com/artifact-registry/docs/transition/gcr-repositories).
fn located(host: &str) -> Option<(&str, Option<&str>)> {
    let multi = match host {
        "gcr.io" | "us.gcr.io" => Some("us"),
        "eu.gcr.io" => Some("europe"),
        "asia.gcr.io" => Some("asia"),
        _ => None,
    };
    if let Some(location) = multi {
        return Some((location, Some(host)));
    }
    if !google::is_registry(host) {
        return None;
    }
    let regional = || host.strip_prefix("docker.")?.strip_suffix(".rep.pkg.dev");
    let location = host.strip_suffix("-docker.pkg.dev").or_else(regional)?;
    Some((location, None))
}

#[cfg(test)]
mod tests {
    use super::Name;

    fn name(host: &str, path: &str) -> Option<(String, Option<String>)> {
        let name = Name::of(host, path)?;
        let repository = name.segments(&[&name.repository]).join("/");
        Some((format!("{}/{repository}", name.api), name.package))
    }

    #[test]
    fn paths_name_projects_repositories_and_images() {
        let global = "artifactregistry.googleapis.com/projects";
        for (host, path, repository, package) in [
            (
                "us-docker.pkg.dev",
                "p/r/app",
                format!("{global}/p/locations/us/repositories/r"),
                Some("app"),
            ),
            (
                "europe-west1-docker.pkg.dev",
                "example.com/p/r/team/app",
                format!("{global}/example.com:p/locations/europe-west1/repositories/r"),
                Some("team/app"),
            ),
            (
                "docker.us-east4.rep.pkg.dev",
                "p/r/app",
                "artifactregistry.us-east4.rep.googleapis.com/projects/p/locations/us-east4/repositories/r"
                    .to_owned(),
                Some("app"),
            ),
            (
                "gcr.io",
                "p/app",
                format!("{global}/p/locations/us/repositories/gcr.io"),
                Some("app"),
            ),
            (
                "eu.gcr.io",
                "example.com/p/a/b",
                format!("{global}/example.com:p/locations/europe/repositories/eu.gcr.io"),
                Some("a/b"),
            ),
            (
                "asia.gcr.io",
                "p",
                format!("{global}/p/locations/asia/repositories/asia.gcr.io"),
                None,
            ),
            (
                "us-docker.pkg.dev",
                "p/r",
                format!("{global}/p/locations/us/repositories/r"),
                None,
            ),
        ] {
            let expected = Some((repository, package.map(str::to_owned)));
            assert_eq!(name(host, path), expected, "{host}/{path}");
        }
        for (host, path) in [
            ("us-docker.pkg.dev", ""),
            ("us-docker.pkg.dev", "p"),
            ("us-docker.pkg.dev", "example.com/p"),
            ("gcr.io", "example.com"),
            ("mirror.gcr.io", "library/alpine"),
            ("registry.example.com", "p/r/app"),
        ] {
            assert_eq!(name(host, path), None, "{host}/{path}");
        }
    }
}
