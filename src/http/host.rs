//! The name of a registry: `host` or `host:port`.

use std::fmt;

use url::Url;

use super::error::Setup;
use crate::address;

/// A registry's `host` or `host:port`, as the user wrote it.
#[derive(Debug, Clone)]
pub struct Host {
    written: String,
    https: Url,
    http: Url,
}

impl Host {
    /// Checks a registry's name.
    ///
    /// # Errors
    /// Anything but a host name or address with an optional port: a scheme, a path, a user.
    pub fn parse(text: &str) -> Result<Self, Setup> {
        let invalid = || Setup::Host(text.chars().take(MAX_SHOWN).collect());
        // `Url` drops tabs and line ends and knows user information; neither is a host name.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if text.is_empty() || !text.bytes().all(plain) {
            return Err(invalid());
        }
        let url = |scheme| Url::parse(&format!("{scheme}://{text}/")).map_err(|_| invalid());
        Ok(Self {
            written: text.to_owned(),
            https: url("https")?,
            http: url("http")?,
        })
    }

    /// The host that a URL names, with its port unless that is the scheme's own.
    ///
    /// # Errors
    /// A URL without a host.
    pub fn of(url: &Url) -> Result<Self, Setup> {
        let name = url.host_str().unwrap_or_default();
        match url.port() {
            Some(port) => Self::parse(&format!("{name}:{port}")),
            None => Self::parse(name),
        }
    }

    /// The name as written, which is also that of its directory in docker's `certs.d`.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The address of `path` on this host over HTTPS.
    pub fn https(&self, path: &str) -> Url {
        at(&self.https, path)
    }

    /// The address of `path` on this host over plain HTTP.
    pub fn http(&self, path: &str) -> Url {
        at(&self.http, path)
    }

    /// Whether this is the machine itself.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.https)
    }

    /// Whether this is the machine that the URL names, on whatever port.
    pub fn is_machine_of(&self, url: &Url) -> bool {
        self.https.host() == url.host()
    }
}

/// How much of an invalid name is shown, in characters.
const MAX_SHOWN: usize = 100;

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}

/// Two names are the same registry when they are written the same but for case.
impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.written.eq_ignore_ascii_case(&other.written)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Whether a URL names the machine itself.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(address::is_loopback)
}

/// Ends of names that are never resolved on the Internet: RFC 6761, RFC 6762, and ICANN's
/// resolution 2024.07.29.06 for `internal`.
const LOCAL_NAMES: [&str; 3] = [".localhost", ".local", ".internal"];

/// Whether a URL names something that only this machine's own networks lead to: the machine
/// itself, an address that is private (RFC 1918, RFC 4193) or of one link, or a name that the
/// Internet has not.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Some(url::Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Some(url::Host::Domain(name)) => {
            !name.contains('.') || LOCAL_NAMES.iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, is_local};

    #[test]
    fn names_are_checked() {
        for name in [
            "registry.example.com",
            "registry.example.com:5000",
            "[::1]:5000",
            "127.0.0.1",
            "my_registry:80",
        ] {
            assert_eq!(Host::parse(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "https://registry.example.com",
            "registry.example.com/v1",
            "user@registry.example.com",
            "registry.example.com?x",
            "registry.example.com:port",
            "registry.example.com:70000",
            "registry\n.example.com",
            "::1",
            ":5000",
            "régistre.example",
        ] {
            assert!(Host::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn ports_survive() {
        let address = |name: &str| {
            let host = Host::parse(name).unwrap();
            [
                host.https("/v2/").to_string(),
                host.http("/v2/").to_string(),
            ]
        };
        assert_eq!(address("h"), ["https://h/v2/", "http://h/v2/"]);
        assert_eq!(address("h:443"), ["https://h/v2/", "http://h:443/v2/"]);
        assert_eq!(address("h:80"), ["https://h:80/v2/", "http://h/v2/"]);
        assert_eq!(
            address("[::1]:5000"),
            ["https://[::1]:5000/v2/", "http://[::1]:5000/v2/"]
        );
    }

    #[test]
    fn what_the_internet_does_not_lead_to_is_local() {
        let local = |text: &str| is_local(&text.parse().unwrap());
        for url in [
            "http://localhost:5000/x",
            "http://127.0.0.1/",
            "http://0x7f000001/",
            "http://169.254.169.254/",
            "http://10.1.2.3:81/",
            "http://172.31.0.1/",
            "http://192.168.0.1/",
            "http://[::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://moto:5000/",
            "http://host.docker.internal/",
            "http://sts.cluster.local/",
        ] {
            assert!(local(url), "{url}");
        }
        for url in [
            "http://169.255.169.254/",
            "http://172.32.0.1/",
            "http://8.8.8.8/",
            "http://[2001:db8::1]/",
            "http://169.254.169.254.example.com/",
            "http://localhost.example.com/",
            "http://internal.example.com/",
            "http://10.0.0.1@example.com/",
            "http://example.com/10.0.0.1",
        ] {
            assert!(!local(url), "{url}");
        }
    }

    #[test]
    fn loopback_is_an_address_not_a_prefix() {
        let loopback = |name: &str| Host::parse(name).unwrap().is_loopback();
        for name in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1",
            "127.8.9.1:80",
            "[::1]",
        ] {
            assert!(loopback(name), "{name}");
        }
        for name in [
            "127.0.0.1.example.com",
            "localhost.example.com",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!loopback(name), "{name}");
        }
    }
}
