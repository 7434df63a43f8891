//! Which way requests go: the proxies that the environment names.

use reqwest::Proxy;
use url::Url;

use super::error::Setup;
use super::exceptions::Exceptions;
use crate::env::Env;

/// Hosts that no proxy can reach: the machine itself, and the addresses that are of this network
/// only, where clouds tell their machines who they are (Amazon has fd00:ec2::/32 for it too).
const NEVER: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32";

/// Proxies by the conventions that curl, Go and docker share: `HTTPS_PROXY`, `HTTP_PROXY`,
/// `ALL_PROXY` and `NO_PROXY`, each in upper or lower case, upper case first.
#[derive(Clone, Default)]
pub struct Proxies {
    https: Option<Setting>,
    http: Option<Setting>,
    exceptions: Exceptions,
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
            exceptions: Exceptions::parse(&format!("{NEVER},{}", exceptions.unwrap_or_default())),
        }
    }

    /// The variable that names the proxy for a URL, if any does.
    pub fn variable(&self, url: &Url) -> Option<&'static str> {
        let setting = match url.scheme() {
            "https" => self.https.as_ref()?,
            _ => self.http.as_ref()?,
        };
        (!self.exceptions.hold(url)).then_some(setting.variable)
    }

    /// The variable that would name the proxy for a URL if `NO_PROXY` did not take its host out.
    pub fn exempted(&self, url: &Url) -> Option<&'static str> {
        let setting = match url.scheme() {
            "https" => self.https.as_ref()?,
            _ => self.http.as_ref()?,
        };
        let by_user = self.exceptions.hold(url) && !Exceptions::parse(NEVER).hold(url);
        by_user.then_some(setting.variable)
    }

    /// The proxy for a URL, if there is one.
    ///
    /// # Errors
    /// The variable names no HTTP proxy.
    pub fn of(&self, url: &Url) -> Result<Option<Url>, Setup> {
        let setting = match url.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let setting = setting.as_ref().filter(|_| !self.exceptions.hold(url));
        setting.map(Setting::url).transpose()
    }

    /// The proxies for a client.
    ///
    /// # Errors
    /// A variable that names no HTTP proxy.
    pub(super) fn build(&self) -> Result<Option<Proxy>, Setup> {
        let url = |setting: &Option<Setting>| setting.as_ref().map(Setting::url).transpose();
        let (https, http) = (url(&self.https)?, url(&self.http)?);
        if https.is_none() && http.is_none() {
            return Ok(None);
        }
        let exceptions = self.exceptions.clone();
        Ok(Some(Proxy::custom(move |url| {
            let proxy = if url.scheme() == "https" {
                &https
            } else {
                &http
            };
            proxy.clone().filter(|_| !exceptions.hold(url))
        })))
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
        for link_local in ["http://169.254.169.254/", "http://[fd00:ec2::254]/"] {
            assert_eq!(variable(&both, link_local), None);
        }
        assert_eq!(
            variable(&[("all_proxy", "p:1")], "https://r/"),
            Some("all_proxy")
        );
        let cgi = [("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(variable(&cgi, "http://r/"), None);
        let exempt = [("HTTPS_PROXY", "p:1"), ("NO_PROXY", "r:5000")];
        assert_eq!(variable(&exempt, "https://r:5000/"), None);
        assert_eq!(variable(&exempt, "https://r/"), Some("HTTPS_PROXY"));
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
        let built = |pairs| proxies(pairs).build().unwrap().is_some();
        assert!(built(&[("https_proxy", "proxy:3128")]));
        assert!(!built(&[("NO_PROXY", "*")]));
    }
}
