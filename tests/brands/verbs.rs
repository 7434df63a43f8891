//! The README's table of brands: every cell has a test, and says what the test is against.

use std::fs;
use std::path::Path;

const README: &str = include_str!("../../README.md");

/// The columns.
const VERBS: [&str; 7] = [
    "login",
    "push, pull",
    "list",
    "untag",
    "delete",
    "create repository",
    "delete repository",
];

/// The tests of each brand, by columns; of some there are two. What begins with `*` is against an
/// emulator, everything else against the real program, or against moto.
const TESTS: [(&str, [&str; 7]); 13] = [
    (
        "default",
        [
            "login_command::login_and_logout_work_as_dockers_do login::real::tokens",
            "moving::push::one_image_under_several_names moving::pull::into_a_layout",
            "tags::a_long_list_asks_for_everything_once",
            "removing::untag::distribution_3_removes_tags \
             removing::untag::distribution_2_removes_an_empty_image_in_place_of_the_tag",
            "removing::delete::distribution_2 removing::delete::distribution_3",
            "brands::repository::distribution_has_repositories_as_long_as_they_have_images",
            "brands::repository::distribution_has_repositories_as_long_as_they_have_images",
        ],
    ),
    (
        "ecr",
        [
            "*brands::ecr::login::login_by_the_command",
            "*brands::ecr::push::push_makes_the_repository_once",
            "brands::ecr::moto::moto_agrees \
             brands::ecr::list::list_of_ten_thousand_takes_ten_requests",
            "brands::ecr::moto::moto_agrees brands::ecr::untag::untag_keeps_image_and_siblings",
            "*brands::ecr::delete::delete_takes_one_request_for_a_hundred",
            "brands::ecr::moto::moto_agrees brands::ecr::repository::create_repository_once",
            "brands::ecr::moto::moto_agrees \
             brands::ecr::repository::delete_repository_with_its_images",
        ],
    ),
    (
        "acr",
        [
            "*brands::acr::identities::login_command_stores_what_was_made",
            "*brands::acr::push_and_pull",
            "*brands::acr::list_of_ten_thousand_tags",
            "*brands::acr::untag_leaves_siblings_and_the_manifest",
            "*brands::acr::delete_names_siblings_that_the_list_of_manifests_leaves_out",
            "*brands::acr::create_repository_is_done_by_a_push",
            "*brands::acr::delete_repository_takes_everything",
        ],
    ),
    (
        "dockerhub",
        [
            "*brands::dockerhub::identity::login_with_access_tokens",
            "*brands::dockerhub::identity::push_and_pull",
            "*brands::dockerhub::listing::list_of_ten_thousand_tags",
            "*brands::dockerhub::removing::untag_leaves_siblings",
            "*brands::dockerhub::removing::delete_removes_tags_then_the_manifest",
            "*brands::dockerhub::repositories::create_repository_for_its_members",
            "*brands::dockerhub::repositories::delete_repository_with_everything_in_it",
        ],
    ),
    (
        "gcr",
        [
            "*brands::gcr::login::login_by_a_key_of_a_service_account \
             brands::gcr::commands::login_with_an_access_token",
            "*brands::gcr::commands::push_and_pull_of_an_image",
            "*brands::gcr::commands::list_of_ten_thousand_tags",
            "*brands::gcr::untag::untag_leaves_siblings_and_the_manifest",
            "*brands::gcr::delete::delete_waits_until_the_manifest_and_its_tags_are_gone",
            "*brands::gcr::commands::create_repository_by_the_command",
            "*brands::gcr::commands::delete_repository_with_its_images",
        ],
    ),
    (
        "github",
        [
            "*brands::github::login_takes_a_classic_token",
            "*brands::github::commands::push_and_pull_of_an_image",
            "*brands::github::commands::list_of_ten_thousand_tags",
            "*brands::github::untag_leaves_siblings_and_the_image",
            "*brands::github::delete_takes_the_version_with_all_its_tags",
            "*brands::github::repository_create_is_done_by_a_push",
            "*brands::github::repository_delete_takes_the_package",
        ],
    ),
    (
        "gitlab",
        [
            "*brands::gitlab::login_takes_the_token_of_the_job",
            "*brands::gitlab::commands::push_and_pull_of_an_image",
            "*brands::gitlab::commands::list_of_ten_thousand_tags",
            "*brands::gitlab::untag_leaves_siblings_and_the_image",
            "*brands::gitlab::delete_takes_the_image_with_all_its_tags",
            "*brands::gitlab::repository_create_is_done_by_a_push",
            "*brands::gitlab::repository_delete_is_begun",
        ],
    ),
    (
        "harbor",
        [
            "*brands::harbor::commands::login_with_the_secret_of_a_robot",
            "*brands::harbor::commands::push_and_pull_of_an_image",
            "*brands::harbor::commands::list_of_ten_thousand_tags",
            "*brands::harbor::untag_leaves_siblings_and_the_image",
            "*brands::harbor::delete_by_digest_with_all_tags",
            "*brands::harbor::commands::create_repository_of_a_new_project",
            "*brands::harbor::commands::delete_repository_with_its_images",
        ],
    ),
    (
        "artifactory",
        [
            "*brands::artifactory::commands::login_by_the_command",
            "*brands::artifactory::commands::push_and_pull_of_an_image",
            "*brands::artifactory::commands::list_of_ten_thousand_tags",
            "*brands::artifactory::untag_where_a_sibling_has_the_manifest",
            "*brands::artifactory::delete_removes_all_folders",
            "*brands::artifactory::commands::create_repository_by_the_command",
            "*brands::artifactory::commands::delete_repository_with_its_images",
        ],
    ),
    (
        "quay",
        [
            "*brands::quay::access::login_of_robots_and_oauth_tokens",
            "*brands::quay::access::push_and_pull",
            "*brands::quay::listing::list_of_ten_thousand_tags",
            "*brands::quay::removing::untag_leaves_siblings",
            "*brands::quay::removing::delete_takes_all_tags_and_names_them_first",
            "*brands::quay::repositories::create_repository_for_its_members",
            "*brands::quay::repositories::delete_repository_with_everything_in_it",
        ],
    ),
    (
        "nexus",
        [
            "*brands::nexus::commands::login_by_the_command",
            "*brands::nexus::commands::push_and_pull_of_an_image",
            "*brands::nexus::commands::list_of_ten_thousand_tags",
            "*brands::nexus::untag_removes_the_component",
            "*brands::nexus::delete_leaves_no_tag_before_and_since_3_89",
            "*brands::nexus::commands::create_repository_by_the_command",
            "*brands::nexus::commands::delete_repository_with_its_images",
        ],
    ),
    (
        "zot",
        [
            "brands::zot::real::login_and_push_and_pull",
            "brands::zot::real::login_and_push_and_pull",
            "*brands::zot::list_of_ten_thousand_tags brands::zot::real::list_by_the_manifests",
            "removing::untag::zot_removes_tags",
            "removing::delete::zot_too",
            "brands::zot::real::repositories_are_there_as_long_as_they_have_images",
            "brands::zot::real::repositories_are_there_as_long_as_they_have_images",
        ],
    ),
    (
        "gitea",
        [
            "*brands::gitea::login_with_an_access_token",
            "*brands::gitea::push_and_pull_of_an_image",
            "*brands::gitea::list_says_when_versions_were_pushed",
            "*brands::gitea::untag_leaves_siblings_and_the_manifest",
            "*brands::gitea::delete_takes_all_tags",
            "*brands::gitea::repository_create_is_done_by_a_push",
            "*brands::gitea::repository_delete_takes_every_version",
        ],
    ),
];

/// The cells of a row.
fn cells(row: &str) -> Vec<&str> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(str::trim).collect()
}

/// The rows of the README's table, its head first.
fn table() -> Vec<Vec<&'static str>> {
    let lines = README.lines().map(str::trim);
    let table = lines.skip_while(|line| !line.starts_with("| brand | login |"));
    let table = table.take_while(|line| line.starts_with('|'));
    table.map(cells).collect()
}

#[test]
fn the_readme_has_all_brands_and_verbs() {
    let table = table();
    assert_eq!(table[0], [&["brand"], &VERBS[..]].concat());
    let marks = |(brand, tests): &(&str, [&str; 7])| {
        let marks = tests.iter().map(|tests| tests.starts_with('*'));
        (format!("`{brand}`"), marks.collect::<Vec<_>>())
    };
    let shown = |row: &Vec<&str>| {
        let (brand, cells) = row.split_first().unwrap();
        assert!(cells.iter().all(|cell| !cell.trim_matches('*').is_empty()));
        let marks = cells.iter().map(|cell| cell.ends_with('*'));
        ((*brand).to_owned(), marks.collect::<Vec<_>>())
    };
    let expected: Vec<_> = TESTS.iter().map(marks).collect();
    let found: Vec<_> = table[2..].iter().map(shown).collect();
    assert_eq!(found, expected);
    let mut brands = TESTS.map(|(brand, _)| brand).to_vec();
    let mut known = dockside::registry::names();
    brands.sort_unstable();
    known.sort_unstable();
    assert_eq!(brands, known);
}

/// Whether a file has a test of this name.
fn has(file: &Path, name: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let start = format!("fn {name}() {{");
    let mut tests = text.split("#[test]\n").skip(1);
    tests.any(|test| test.starts_with(&start))
}

#[test]
fn each_cell_has_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let named = TESTS.iter().flat_map(|(_, tests)| tests);
    let named = named.flat_map(|tests| tests.trim_start_matches('*').split_whitespace());
    let missing = named.filter(|test| {
        let (module, name) = test.rsplit_once("::").unwrap();
        let module = module.replace("::", "/");
        let places = [format!("{module}.rs"), format!("{module}/mod.rs")];
        !places.iter().any(|place| has(&tests.join(place), name))
    });
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}
