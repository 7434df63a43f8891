//! Web and clone addresses from variables: without user information, and put together from parts.

use bstr::{BStr, BString, ByteSlice, ByteVec};

use crate::env::Env;

/// The address in a variable, without user information.
pub(super) fn url(env: &Env, name: &str) -> Option<BString> {
    env.text(name)
        .map(|text| without_user(text.as_bstr()))
        .filter(|text| !text.is_empty())
}

/// The address of a server or a repository in a variable: without user information, and
/// without the slash that some systems put at the end.
pub(super) fn base_url(env: &Env, name: &str) -> Option<BString> {
    url(env, name)
        .map(|text| BString::from(text.trim_end_with(|character| character == '/')))
        .filter(|text| !text.is_empty())
}

/// An address put together from variables, as [`fill`] does it, without user information.
pub(super) fn page(env: &Env, template: &str) -> Option<BString> {
    fill(env, template).map(|text| without_user(text.as_bstr()))
}

/// The template with each `${NAME}` replaced by that variable; absent when one of them is.
///
/// A value before a slash loses its own slashes at the end: Azure's and other systems' base
/// addresses end in one, and users write them either way.
pub(super) fn fill(env: &Env, template: &str) -> Option<BString> {
    let mut parts = template.split("${");
    let mut text = BString::from(parts.next()?);
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        let value = env.text(name)?;
        if rest.starts_with('/') {
            text.push_str(value.trim_end_with(|character| character == '/'));
        } else {
            text.push_str(value);
        }
        text.push_str(rest);
    }
    Some(text)
}

/// The address without user information: clone addresses may carry a token there. The form
/// `git@host:path` stays, since its user is part of the address and no secret.
pub(super) fn without_user(address: &BStr) -> BString {
    let Some((scheme, rest)) = address.split_once_str("://") else {
        return match address.split_once_str("@") {
            Some((user, rest)) if user.contains(&b':') => rest.into(),
            _ => address.into(),
        };
    };
    let (authority, path) = rest.split_at(authority_length(rest));
    let host = authority
        .rsplit_once_str("@")
        .map_or(authority, |(_, host)| host);
    bstr::concat([scheme, b"://", host, path]).into()
}

/// The repository's path on its forge, such as `group/project`, out of its clone address.
pub(super) fn slug(address: &BStr) -> Option<BString> {
    let path = match address.split_once_str("://") {
        Some((_, rest)) => rest.split_at(authority_length(rest)).1,
        None => {
            let (host, path) = address.split_once_str(":")?;
            // To git, a colon behind a slash makes a local path.
            if host.contains(&b'/') {
                return None;
            }
            path
        }
    };
    let path = path.split(|byte| matches!(byte, b'?' | b'#')).next()?;
    let path = path.trim_with(|character| character == '/');
    let path = path.strip_suffix(b".git").unwrap_or(path);
    (!path.is_empty()).then(|| path.into())
}

/// Where the authority ends in an address whose scheme was cut off (RFC 3986, 3.2).
fn authority_length(rest: &[u8]) -> usize {
    rest.find_byteset(b"/?#").unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::text;
    use super::*;

    #[test]
    fn user_information_is_dropped() {
        for (address, expected) in [
            ("https://host/x.git", "https://host/x.git"),
            ("https://user:tok@host/x.git", "https://host/x.git"),
            (
                "https://tok@host:8443/a/@b/x.git",
                "https://host:8443/a/@b/x.git",
            ),
            ("https://a:b@c:d@host/x", "https://host/x"),
            ("https://a:b@host?q=x@y", "https://host?q=x@y"),
            ("ssh://git@host:22/x.git", "ssh://host:22/x.git"),
            ("git@host:group/x.git", "git@host:group/x.git"),
            ("user:tok@host/x.git", "host/x.git"),
            ("/srv/git/x.git", "/srv/git/x.git"),
            ("https://u:p@", "https://"),
        ] {
            assert_eq!(without_user(address.into()), expected, "{address}");
        }
        assert_eq!(
            without_user(b"https://u:\xff@host/\xff".as_bstr()),
            BString::from(b"https://host/\xff")
        );
    }

    #[test]
    fn a_slug_is_the_path_of_the_clone_address() {
        for (address, expected) in [
            ("https://user:tok@host:8443/group/sub/x.git", "group/sub/x"),
            ("https://host/Group/x/?a=b.git", "Group/x"),
            ("ssh://git@host:22/group/x.git", "group/x"),
            ("git@host:group/x.git", "group/x"),
            ("host:/group/x", "group/x"),
        ] {
            assert_eq!(slug(address.into()), text(expected), "{address}");
        }
        for address in [
            "https://host",
            "https://host/",
            "/srv/x.git",
            "./a:b",
            "x",
            "",
        ] {
            assert_eq!(slug(address.into()), None, "{address}");
        }
    }

    #[test]
    fn templates_need_all_their_variables() {
        let env = Env::from_iter([("BASE", "https://u:p@host/a//"), ("ID", "7"), ("NONE", "")]);
        assert_eq!(
            page(&env, "${BASE}/b?id=${ID}"),
            text("https://host/a/b?id=7")
        );
        assert_eq!(fill(&env, "${ID}/${ID}"), text("7/7"));
        assert_eq!(fill(&env, "${ID}/${NONE}"), None);
        assert_eq!(base_url(&env, "BASE"), text("https://host/a"));
        assert_eq!(base_url(&Env::from_iter([("BASE", "//")]), "BASE"), None);
    }
}
