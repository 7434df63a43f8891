//! How a cluster is reached: its address, trust and credentials.

use std::io::IsTerminal as _;
use std::time::Duration;

use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecInteractiveMode};
use kube::{Client, Config};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::Cause;
use super::session::cause;
use crate::http::proxy::Proxies;
use crate::text::printable;

/// One context.
#[derive(Clone)]
pub struct Access {
    /// What the context is called.
    pub name: String,
    /// The namespace that it is for, if it names one.
    pub namespace: Option<String>,
    /// Where it is, and whom to believe there.
    pub(super) cluster: Cluster,
    /// Who we are there.
    pub(super) user: AuthInfo,
    /// The proxies of the environment.
    pub(super) proxies: Proxies,
    /// How long it may be silent.
    pub(super) timeout: Duration,
}

impl Access {
    /// A client with the credentials as they are now: files are read and plugins are run. It takes
    /// its time, and belongs in a thread that may wait, with a runtime around it.
    pub(super) fn connect(mut self) -> Result<Client, Cause> {
        // kube takes the process' provider; whoever was first has chosen the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trusted = ExecAuthCluster::try_from(&self.cluster).map_err(unusable)?;
        let mut config = Config::new(self.url()?);
        if let Some(pem) = &trusted.certificate_authority_data {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let certificates = certificates.map_err(unusable)?;
            let certificates = certificates.into_iter().map(|found| found.to_vec());
            config.root_cert = Some(certificates.collect());
        }
        if let Some(exec) = &mut self.user.exec {
            if exec.provide_cluster_info {
                exec.cluster = Some(trusted);
            }
            // A plugin that waits for an answer would wait for ever.
            if !std::io::stdin().is_terminal() {
                exec.interactive_mode = Some(ExecInteractiveMode::Never);
            }
        }
        config.proxy_url = self.proxy()?;
        self.read_token()?;
        config.accept_invalid_certs = self.cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.tls_server_name = self.cluster.tls_server_name.take();
        config.auth_info = self.user;
        config.connect_timeout = Some(self.timeout);
        Client::try_from(config).map_err(cause)
    }

    /// The token of a file, as it is now, without the line end that people leave in it.
    fn read_token(&mut self) -> Result<(), Cause> {
        let Some(path) = self.user.token_file.take() else {
            return Ok(());
        };
        if self.user.token.is_none() {
            let token = std::fs::read_to_string(&path)
                .map_err(|error| Cause::Configuration(printable(format!("{path}: {error}"))))?;
            self.user.token = Some(token.trim().to_owned().into());
        }
        Ok(())
    }

    /// The address of the API server.
    fn url<T: std::str::FromStr>(&self) -> Result<T, Cause> {
        let missing = || Cause::Configuration("it has no address".to_owned());
        let server = self.cluster.server.as_deref().ok_or_else(missing)?;
        let bad = |_| Cause::Configuration("its address is none".to_owned());
        server.parse().map_err(bad)
    }

    /// The proxy: that of the kube config, or that of the environment. kube's own choice tells
    /// whether the proxy is among NO_PROXY, not whether the server is.
    fn proxy<T: std::str::FromStr>(&self) -> Result<Option<T>, Cause> {
        let bad = || Cause::Configuration("its proxy's address is none".to_owned());
        let named = self.cluster.proxy_url.clone().filter(|url| !url.is_empty());
        let proxy = match named {
            Some(url) => Some(url),
            None => {
                let server: Url = self.url()?;
                let proxy = self.proxies.of(&server).map_err(unusable)?;
                proxy.map(String::from)
            }
        };
        let proxy = proxy.map(|url| url.parse().map_err(|_| bad()));
        proxy.transpose()
    }
}

fn unusable(error: impl std::error::Error) -> Cause {
    Cause::Configuration(printable(error.to_string()))
}
