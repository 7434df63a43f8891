//! Hosts that are reached without a proxy.

use std::net::IpAddr;

use url::{Host, Url};

/// What `NO_PROXY` lists, read as Go and so docker reads it (golang.org/x/net/http/httpproxy).
#[derive(Debug, Clone, Default)]
pub(super) struct Exceptions(Vec<Exception>);

#[derive(Debug, Clone)]
enum Exception {
    Everything,
    /// An address and how many of its first bits count.
    Network(IpAddr, u32),
    /// A host, and for a domain those below it; with a port only there.
    Host {
        name: Name,
        port: Option<u16>,
    },
}

#[derive(Debug, Clone)]
enum Name {
    Address(IpAddr),
    Domain(String),
}

impl Exceptions {
    /// Reads a list with commas or blanks between its entries. One that is nothing of all that
    /// is taken for a domain's name, which no host has.
    pub fn parse(list: &str) -> Self {
        let entries = list
            .split([',', ' ', '\t'])
            .filter(|entry| !entry.is_empty());
        Self(entries.map(Exception::parse).collect())
    }

    /// Whether no proxy is to be asked for `url`.
    pub fn hold(&self, url: &Url) -> bool {
        self.0.iter().any(|exception| exception.holds(url))
    }
}

impl Exception {
    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::Everything;
        }
        if let Some((address, bits)) = network(entry) {
            return Self::Network(address, bits);
        }
        let (host, port) = match entry.rsplit_once(':') {
            // An IPv6 address has colons of its own.
            Some((host, port)) if entry.parse::<IpAddr>().is_err() => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (entry, None),
            },
            _ => (entry, None),
        };
        let name = match host.trim_matches(['[', ']']).parse() {
            Ok(address) => Name::Address(address),
            Err(_) => Name::Domain(
                host.trim_start_matches('*')
                    .trim_start_matches('.')
                    .to_ascii_lowercase(),
            ),
        };
        Self::Host { name, port }
    }

    fn holds(&self, url: &Url) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network, bits) => {
                address(url).is_some_and(|address| same_bits(address, *network, *bits))
            }
            Self::Host { name, port } => {
                port.is_none_or(|port| url.port_or_known_default() == Some(port))
                    && name.covers(url)
            }
        }
    }
}

impl Name {
    fn covers(&self, url: &Url) -> bool {
        match self {
            Self::Address(wanted) => address(url) == Some(*wanted),
            Self::Domain(domain) => {
                let host = url.domain().unwrap_or_default().trim_end_matches('.');
                host.strip_suffix(domain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                    && !domain.is_empty()
            }
        }
    }
}

/// `ADDRESS/BITS`.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = entry.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (bits <= width(address)).then_some((address, bits))
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn same_bits(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    let number = |address| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let rest = width(one).saturating_sub(bits);
    width(one) == width(other)
        && (number(one) ^ number(other))
            .checked_shr(rest)
            .is_none_or(|differing| differing == 0)
}

/// The bits of an address.
fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Exceptions;

    /// Those of the hosts (in HTTPS unless they say otherwise) that the list exempts.
    fn exempt<'a>(list: &str, hosts: &[&'a str]) -> Vec<&'a str> {
        let exceptions = Exceptions::parse(list);
        let url = |host: &str| match host.contains("://") {
            true => Url::parse(host).unwrap(),
            false => Url::parse(&format!("https://{host}/v2/")).unwrap(),
        };
        let mut found = hosts.to_vec();
        found.retain(|host| exceptions.hold(&url(host)));
        found
    }

    #[test]
    fn domains_cover_what_is_below_them() {
        let hosts = [
            "example.com",
            "A.example.com",
            "badexample.com",
            "example.com.evil",
        ];
        for list in [
            "example.com",
            ".example.com",
            "*.example.com",
            "x, EXAMPLE.com",
        ] {
            assert_eq!(
                exempt(list, &hosts),
                ["example.com", "A.example.com"],
                "{list}"
            );
        }
        assert_eq!(exempt("*", &hosts), hosts);
        for list in ["", ",,", ".", "10.0.0.0/8", "com.evil.example"] {
            assert_eq!(exempt(list, &hosts), [""; 0], "{list}");
        }
    }

    #[test]
    fn a_port_is_exempt_alone() {
        let hosts = [
            "r.example:5000",
            "r.example",
            "http://r.example",
            "[fd00::1]:5000",
        ];
        assert_eq!(exempt("r.example:5000", &hosts), ["r.example:5000"]);
        assert_eq!(exempt("r.example:443", &hosts), ["r.example"]);
        assert_eq!(exempt("r.example:80", &hosts), ["http://r.example"]);
        assert_eq!(exempt("[fd00::1]:5000", &hosts), ["[fd00::1]:5000"]);
        assert_eq!(exempt("fd00::1", &hosts), ["[fd00::1]:5000"]);
        assert_eq!(exempt("r.example:http", &hosts), [""; 0]);
    }

    #[test]
    fn networks_are_compared_by_bits() {
        let hosts = [
            "10.1.2.3",
            "10.1.3.3:5000",
            "11.0.0.1",
            "[fd00::1]",
            "[fe00::1]",
        ];
        assert_eq!(exempt("10.0.0.0/8", &hosts), ["10.1.2.3", "10.1.3.3:5000"]);
        assert_eq!(exempt("10.1.2.0/23", &hosts), ["10.1.2.3", "10.1.3.3:5000"]);
        assert_eq!(
            exempt("10.1.2.0/24 fd00::/8", &hosts),
            ["10.1.2.3", "[fd00::1]"]
        );
        assert_eq!(
            exempt("0.0.0.0/0", &hosts),
            ["10.1.2.3", "10.1.3.3:5000", "11.0.0.1"]
        );
        assert_eq!(exempt("::/0", &hosts), ["[fd00::1]", "[fe00::1]"]);
        assert_eq!(
            exempt("10.1.2.3/32,10.1.3.3", &hosts),
            ["10.1.2.3", "10.1.3.3:5000"]
        );
        assert_eq!(exempt("10.0.0.0/33,10.0.0.0/x", &hosts), [""; 0]);
    }
}
