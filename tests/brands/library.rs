//! Brands as the library has them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dockside::env::Env;
use dockside::error::{Explain, Failure};
use dockside::oci::{Options, Registries};
use dockside::registry::{Brand, Brands, Listing, Settings};
use dockside::report::Report;
use jiff::Timestamp;
use serde_json::json;

use crate::oci::run;

/// How long retries go on: long enough for a busy machine, since no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Puts a login into the docker config of a home.
pub fn log_in(home: &Path, host: &str, (user, password): (&str, &str)) {
    let directory = home.join(".docker");
    fs::create_dir_all(&directory).unwrap();
    let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let config = json!({"auths": {host: {"auth": auth}}});
    let file = directory.join("config.json");
    fs::write(&file, config.to_string()).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A repository, with the docker config of a home, these variables, and what `say` says of it.
///
/// # Panics
/// It cannot be found out how it is spoken to.
pub fn at(
    home: &Path,
    variables: &[(String, String)],
    repository: &str,
    say: impl FnOnce(&mut Settings),
) -> Box<dyn Brand> {
    let options = Options {
        docker_config: Some(home.join(".docker")),
        insecure: Vec::new(),
        jobs: 8,
        retry_timeout: PATIENCE,
    };
    let env = Env::from_iter(variables.iter().cloned());
    let registries = Registries::new(&options, &env, Report::default());
    let mut settings = Settings {
        brand: None,

        brand_is_option: true,
        registry: None,
        api: None,
        docker_hub_username: None,
        docker_hub_password: None,
        docker_hub_token: None,
        github_token: None,
        harbor_username: None,
        harbor_password: None,
        quay_token: None,
        context: registries.context().clone(),
    };
    say(&mut settings);
    let brands = Brands::new(registries, settings, None);
    let repository = repository.parse().unwrap();
    run(brands.at(&repository)).unwrap_or_else(|error| panic!("{error}"))
}

/// What a brand lists, a line for each manifest: tags, digest, media type, size, platforms, and
/// its times with their names.
pub fn lines(listing: &Listing) -> Vec<String> {
    let line = |one: &dockside::registry::Listed| {
        let tags: Vec<&str> = one.tags.iter().map(|tag| tag.as_str()).collect();
        let mut words = vec![tags.join(","), one.digest.to_string()];
        words.extend(one.media_type.clone());
        words.extend(one.size.map(|size| format!("{size}B")));
        let platforms = one.platforms.iter().flatten();
        words.extend(platforms.map(ToString::to_string));
        let mut time = |name: &str, time: Option<Timestamp>| {
            words.extend(time.map(|time| format!("{name}={time}")));
        };
        time("pushed", one.pushed);
        time("created", one.created);
        time("pulled", one.pulled);
        time("expires", one.expires);
        words.extend(
            one.protected
                .filter(|it| *it)
                .map(|_| "protected".to_owned()),
        );
        words.join(" ")
    };
    listing.entries.iter().map(line).collect()
}

/// What an error says, its hint, and the exit code that it makes.
pub fn told(error: impl Explain + Send + Sync + 'static) -> (String, String, u8) {
    let failure = Failure::from(error);
    let hint = failure.hint().unwrap_or_default();
    (failure.message(), hint, failure.exit() as u8)
}
