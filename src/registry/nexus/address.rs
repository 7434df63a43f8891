//! Addresses as users know them.

use url::Url;

/// Where the API is below the address of the pages.
const REST: &str = "service/rest/v1";

/// The address of Nexus's pages, and the repository, of what a user gave: the address itself,
/// that of the API, or a repository's.
pub(super) fn parts(given: &Url) -> (Url, Option<String>) {
    let mut root = given.clone();
    root.set_query(None);
    root.set_fragment(None);
    let path = given.path();
    let (before, named) = match path.split_once("/repository/") {
        Some((before, rest)) => (before, rest.split('/').next()),
        None => (path.split("/service/rest").next().unwrap_or(path), None),
    };
    root.set_path(before);
    let named = named.filter(|name| !name.is_empty()).map(str::to_owned);
    (root, named)
}

/// The API below the address of the pages.
pub(super) fn below(root: &Url) -> Url {
    let mut api = root.clone();
    api.set_path(&format!("{}/{REST}/", root.path().trim_end_matches('/')));
    api
}

#[cfg(test)]
mod tests {
    use super::{below, parts};

    #[test]
    fn addresses_of_users() {
        for (given, api, name) in [
            (
                "https://n.example.com",
                "https://n.example.com/service/rest/v1/",
                None,
            ),
            (
                "https://n.example.com/nexus/",
                "https://n.example.com/nexus/service/rest/v1/",
                None,
            ),
            (
                "http://n:8081/service/rest/v1/",
                "http://n:8081/service/rest/v1/",
                None,
            ),
            (
                "http://n:8081/service/rest?x#y",
                "http://n:8081/service/rest/v1/",
                None,
            ),
            (
                "https://n/repository/images",
                "https://n/service/rest/v1/",
                Some("images"),
            ),
            (
                "https://n/x/repository/images/v2/",
                "https://n/x/service/rest/v1/",
                Some("images"),
            ),
            ("https://n/repository/", "https://n/service/rest/v1/", None),
        ] {
            let (root, named) = parts(&given.parse().unwrap());
            assert_eq!(below(&root).as_str(), api, "{given}");
            assert_eq!(named.as_deref(), name, "{given}");
        }
    }
}
