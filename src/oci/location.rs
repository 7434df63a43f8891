//! Addresses that a registry gives: where an upload goes on, where the next page is.

use url::Url;

/// An address to go on at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The address, its query as opaque as it came.
    pub(super) url: Url,
    /// Whether it is at the registry itself, so that credentials may be sent there.
    pub(super) ours: bool,
}

/// Reads a `Location` of the answer from `asked`. It may be relative.
///
/// A registry behind a proxy that ends TLS, and does not know of it, names its own host with the
/// wrong scheme: that stays at the address that was asked. Another origin is gone to without
/// credentials.
pub(super) fn resolve(asked: &Url, location: &str) -> Option<Place> {
    let mut url = asked.join(location).ok()?;
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if url.scheme() != asked.scheme() && url.host() == asked.host() {
        url = at_origin(asked, &url);
    }
    let ours = url.origin() == asked.origin();
    Some(Place { url, ours })
}

/// The path and query of `url` at the origin of `asked`.
pub(super) fn at_origin(asked: &Url, url: &Url) -> Url {
    let mut here = asked.clone();
    here.set_path(url.path());
    here.set_query(url.query());
    here.set_fragment(None);
    here
}

/// The address that completes an upload: the same with the digest, whatever the query holds.
pub(super) fn completing(url: &Url, digest: &super::digest::Digest) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut()
        .append_pair("digest", &digest.to_string());
    url
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{completing, resolve};
    use crate::oci::Digest;

    fn place(asked: &str, location: &str) -> Option<(String, bool)> {
        let place = resolve(&Url::parse(asked).unwrap(), location)?;
        Some((place.url.to_string(), place.ours))
    }

    #[test]
    fn locations_are_relative_or_absolute() {
        let asked = "https://r.example.com/v2/a/b/blobs/uploads/?mount=x&from=y";
        let ours = |url: &str| Some((url.to_owned(), true));
        let elsewhere = |url: &str| Some((url.to_owned(), false));
        for (location, expected) in [
            (
                "/v2/a/b/blobs/uploads/1",
                ours("https://r.example.com/v2/a/b/blobs/uploads/1"),
            ),
            (
                "1?_state=a%2Bb==",
                ours("https://r.example.com/v2/a/b/blobs/uploads/1?_state=a%2Bb=="),
            ),
            (
                "https://r.example.com/up?x=%20y",
                ours("https://r.example.com/up?x=%20y"),
            ),
            (
                "https://R.Example.com:443/up",
                ours("https://r.example.com/up"),
            ),
            (
                "http://r.example.com/up?q#f",
                ours("https://r.example.com/up?q"),
            ),
            (
                "http://r.example.com:5000/up",
                ours("https://r.example.com/up"),
            ),
            (
                "https://r.example.com:8443/up",
                elsewhere("https://r.example.com:8443/up"),
            ),
            (
                "https://cdn.example.net/up",
                elsewhere("https://cdn.example.net/up"),
            ),
            (
                "//cdn.example.net/up",
                elsewhere("https://cdn.example.net/up"),
            ),
            (
                "http://cdn.example.net/up",
                elsewhere("http://cdn.example.net/up"),
            ),
            ("ftp://r.example.com/up", None),
            ("javascript:x", None),
            ("https://", None),
        ] {
            assert_eq!(place(asked, location), expected, "{location}");
        }
    }

    #[test]
    fn a_digest_is_added_to_any_query() {
        let digest = Digest::of(b"");
        let encoded = digest.to_string().replace(':', "%3A");
        for (location, expected) in [
            ("https://r/u", format!("https://r/u?digest={encoded}")),
            ("https://r/u?", format!("https://r/u?digest={encoded}")),
            (
                "https://r/u?_state=a%2Fb+c&x",
                format!("https://r/u?_state=a%2Fb+c&x&digest={encoded}"),
            ),
        ] {
            assert_eq!(
                completing(&Url::parse(location).unwrap(), &digest).as_str(),
                expected
            );
        }
    }
}
