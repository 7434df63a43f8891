//! Registry hosts, out of addresses and image names.

/// `host` or `host:port` of an address, which may lack the scheme (`registry.example.com:5050`,
/// `https://harbor.example.com/`). Absent when it is none, or carries user information.
pub(super) fn of_address(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next()?;
    is_host(host).then(|| host.to_owned())
}

/// Whether the text is a name or an address of a host, with or without a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, port)) => (address, Some(port.strip_prefix(':').unwrap_or_default())),
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let is_name = if text.starts_with('[') {
        name.chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
    } else {
        name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    is_name && !name.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// The registry of an image or a repository, by docker's rule: the first part of the name when
/// it has a dot or a colon or is `localhost`. Absent for names on Docker Hub without a host.
pub(super) fn of_image(image: &str) -> Option<String> {
    let (first, _) = image.split_once('/')?;
    let is_host = first.contains(['.', ':']) || first == "localhost";
    is_host.then(|| of_address(first)).flatten()
}

#[cfg(test)]
mod tests {
    use super::{of_address, of_image};

    #[test]
    fn addresses_with_and_without_scheme() {
        for (address, expected) in [
            ("registry.example.com", Some("registry.example.com")),
            (
                "registry.example.com:5050/",
                Some("registry.example.com:5050"),
            ),
            (
                "https://harbor.example.com/c?d#e",
                Some("harbor.example.com"),
            ),
            ("http://localhost:3000", Some("localhost:3000")),
            ("[::1]:5000", Some("[::1]:5000")),
            ("https://user:tok@host/", None),
            ("https://", None),
            ("https:", None),
            ("[::1]", Some("[::1]")),
            ("[::1", None),
            ("[]", None),
            ("[::1]x", None),
            ("host:", None),
            ("host:99999", None),
            ("a:b:5", None),
            ("-x", None),
            ("a b", None),
            ("$CI_REGISTRY", None),
        ] {
            assert_eq!(of_address(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn images_name_their_registry_first() {
        for (image, expected) in [
            ("registry.example.com/a/b", Some("registry.example.com")),
            ("registry:5000/a", Some("registry:5000")),
            ("localhost/a", Some("localhost")),
            ("library/alpine", None),
            ("alpine", None),
            ("evil@host.example/a", None),
        ] {
            assert_eq!(of_image(image).as_deref(), expected, "{image}");
        }
    }
}
