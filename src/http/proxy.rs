//! Which way requests go: the proxies that the environment names.

use reqwest::{NoProxy, Proxy};
use url::Url;

use super::error::Setup;
use crate::env::Env;

/// Hosts that no proxy can reach: the machine itself.
const NEVER: &str = "localhost,127.0.0.0/8,::1";

/// Proxies by the conventions that curl, Go and docker share: `HTTPS_PROXY`, `HTTP_PROXY`,
/// `ALL_PROXY` and `NO_PROXY`, each in upper or lower case, upper case first.
#[derive(Clone, Default)]
pub struct Proxies {
    https: Option<Setting>,
    http: Option<Setting>,
    exceptions: String,
}

/// A variable and its value, which may hold a password.
#[derive(Clone)]
struct Setting {
    variable: &'static str,
    value: String,
}

impl Proxies {
    /// What the environment says.
    pub fn from_env(env: &Env) -> Self {
        let first = |variables: &[&'static str]| {
            variables.iter().find_map(|variable| {
                let value = env.utf8(variable)?.trim().to_owned();
                Some(Setting { variable, value })
            })
        };
        // A CGI program gets the request's `Proxy` header as HTTP_PROXY (CVE-2016-5385).
        let http = if env.has("REQUEST_METHOD") {
            first(&["http_proxy", "ALL_PROXY", "all_proxy"])
        } else {
            first(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
        };
        let exceptions = env.utf8("NO_PROXY").or_else(|| env.utf8("no_proxy"));
        Self {
            https: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http,
            // Go reads `*.example.com` as `.example.com`.
            exceptions: format!(
                "{},{NEVER}",
                exceptions.unwrap_or_default().replace("*.", ".")
            ),
        }
    }

    /// The variable that names the proxy for a URL, if any does; `NO_PROXY` may still exempt it.
    pub fn variable(&self, url: &Url) -> Option<&'static str> {
        let setting = if url.scheme() == "https" {
            &self.https
        } else {
            &self.http
        };
        (!super::is_loopback(url)).then(|| setting.as_ref().map(|setting| setting.variable))?
    }

    /// The proxies for a client.
    ///
    /// # Errors
    /// A variable that names no HTTP proxy.
    pub(super) fn build(&self) -> Result<Vec<Proxy>, Setup> {
        let exceptions = || NoProxy::from_string(&self.exceptions);
        let mut proxies = Vec::new();
        if let Some(setting) = &self.https {
            let proxy = Proxy::https(setting.url()?).map_err(|_| setting.invalid())?;
            proxies.push(proxy.no_proxy(exceptions()));
        }
        if let Some(setting) = &self.http {
            let proxy = Proxy::http(setting.url()?).map_err(|_| setting.invalid())?;
            proxies.push(proxy.no_proxy(exceptions()));
        }
        Ok(proxies)
    }
}

impl Setting {
    /// The proxy's address; without a scheme it is an HTTP proxy.
    fn url(&self) -> Result<Url, Setup> {
        let text = if self.value.contains("://") {
            self.value.clone()
        } else {
            format!("http://{}", self.value)
        };
        let url = Url::parse(&text).map_err(|_| self.invalid())?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            Ok(url)
        } else {
            Err(self.invalid())
        }
    }

    fn invalid(&self) -> Setup {
        Setup::Proxy(self.variable)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Proxies;
    use crate::env::Env;

    fn proxies(pairs: &[(&str, &str)]) -> Proxies {
        Proxies::from_env(&pairs.iter().copied().collect::<Env>())
    }

    #[test]
    fn the_right_variable_counts() {
        let variable =
            |pairs: &[(&str, &str)], url: &str| proxies(pairs).variable(&Url::parse(url).unwrap());
        let both = [("HTTPS_PROXY", "http://p:1"), ("http_proxy", "http://p:2")];
        assert_eq!(variable(&both, "https://r/"), Some("HTTPS_PROXY"));
        assert_eq!(variable(&both, "http://r/"), Some("http_proxy"));
        assert_eq!(variable(&both, "https://127.0.0.1:5000/"), None);
        assert_eq!(
            variable(&[("all_proxy", "p:1")], "https://r/"),
            Some("all_proxy")
        );
        let cgi = [("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(variable(&cgi, "http://r/"), None);
    }

    #[test]
    fn a_proxy_that_is_none_is_named_without_its_password() {
        for value in [
            "socks5://user:hunter2@p:1080",
            "http://user:hunter2@",
            "ht tp://x",
        ] {
            let error = proxies(&[("HTTPS_PROXY", value)]).build().unwrap_err();
            assert_eq!(
                error.to_string(),
                "HTTPS_PROXY does not name an HTTP proxy (http://HOST:PORT)"
            );
        }
        assert_eq!(
            proxies(&[("https_proxy", "proxy:3128")])
                .build()
                .unwrap()
                .len(),
            1
        );
    }
}
