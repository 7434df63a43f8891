//! Whose certificates are believed: the system's store and docker's `certs.d`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};

use super::error::Setup;
use super::host::Host;
use crate::env::Env;

/// Where dockerd looks for certificates of single registries.
const SYSTEM_CERTS_D: &str = "/etc/docker/certs.d";

/// Where the certificates are.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// A bundle that takes the place of the system's store (`SSL_CERT_FILE`).
    pub file: Option<PathBuf>,
    /// Directories that take the place of the system's store (`SSL_CERT_DIR`).
    pub directories: Vec<PathBuf>,
    /// Docker's `certs.d` directories; all of them count.
    pub certs_d: Vec<PathBuf>,
}

/// What docker's `certs.d` says about one registry.
#[derive(Default)]
pub struct HostCertificates {
    /// Issuers to believe beside the system's, each with the file it came from.
    pub issuers: Vec<(PathBuf, CertificateDer<'static>)>,
    /// The certificate chain and key to show to the registry.
    pub client: Option<ClientIdentity>,
}

/// A certificate chain and its key.
pub struct ClientIdentity {
    /// The file of the chain.
    pub file: PathBuf,
    /// The chain, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the leaf.
    pub key: PrivateKeyDer<'static>,
}

impl Trust {
    /// The places that the environment names: the stores of OpenSSL's variables, dockerd's
    /// directory, and that of a rootless dockerd.
    pub fn from_env(env: &Env) -> Self {
        let config = env
            .path("XDG_CONFIG_HOME")
            .or_else(|| Some(env.path("HOME")?.join(".config")));
        let rootless = config.map(|directory| directory.join("docker/certs.d"));
        Self {
            file: env.path("SSL_CERT_FILE"),
            directories: env
                .os("SSL_CERT_DIR")
                .map(|list| std::env::split_paths(list).collect())
                .unwrap_or_default(),
            certs_d: rootless
                .into_iter()
                .chain([PathBuf::from(SYSTEM_CERTS_D)])
                .collect(),
        }
    }

    /// The issuers that are believed for every host.
    ///
    /// A system's store may hold certificates that cannot be read; those are passed over, as
    /// everybody does. A store that the user named and that holds none at all is an error.
    ///
    /// # Errors
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` name nothing that can be read.
    pub fn roots(&self) -> Result<RootCertStore, Setup> {
        let mut roots = RootCertStore::empty();
        let explicit = self.file.iter().chain(&self.directories).next();
        let Some(first) = explicit else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return Ok(roots);
        };
        let mut problems = Vec::new();
        let mut load = |file: Option<&Path>, directory: Option<&Path>| {
            let found = rustls_native_certs::load_certs_from_paths(file, directory);
            roots.add_parsable_certificates(found.certs);
            problems.extend(found.errors);
        };
        load(self.file.as_deref(), None);
        for directory in &self.directories {
            load(None, Some(directory));
        }
        if roots.is_empty() {
            let reason = match problems.first() {
                Some(problem) => problem.to_string(),
                None => NO_CERTIFICATE.to_owned(),
            };
            return Err(certificate(first, reason));
        }
        Ok(roots)
    }

    /// What `certs.d` says about a host: every `*.crt` is an issuer, and `*.cert` with the
    /// `*.key` of the same name is what to show (the first in the order of names).
    ///
    /// # Errors
    /// A file there that cannot be read, holds no certificate, or has no partner.
    pub fn of_host(&self, host: &Host) -> Result<HostCertificates, Setup> {
        let mut found = HostCertificates::default();
        for file in self.files_of(host)? {
            match file.extension().and_then(OsStr::to_str) {
                Some("crt") => {
                    let issuers = certificates(&file)?;
                    found
                        .issuers
                        .extend(issuers.into_iter().map(|issuer| (file.clone(), issuer)));
                }
                Some("cert") if found.client.is_none() => {
                    let key = file.with_extension("key");
                    found.client = Some(ClientIdentity {
                        chain: certificates(&file)?,
                        key: PrivateKeyDer::from_pem_file(&key)
                            .map_err(|error| certificate(&key, describe(error)))?,
                        file,
                    });
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether `certs.d` has a directory for a host, which then speaks TLS.
    pub fn knows(&self, host: &Host) -> bool {
        self.certs_d
            .iter()
            .any(|directory| directory.join(host.as_str()).is_dir())
    }

    /// The files about a host, in the order of their names.
    fn files_of(&self, host: &Host) -> Result<Vec<PathBuf>, Setup> {
        let mut files = Vec::new();
        for directory in &self.certs_d {
            let directory = directory.join(host.as_str());
            let unreadable = |error: std::io::Error| certificate(&directory, error.to_string());
            let entries = match std::fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(error)),
            };
            for entry in entries {
                files.push(entry.map_err(unreadable)?.path());
            }
        }
        files.sort();
        Ok(files)
    }
}

const NO_CERTIFICATE: &str = "no certificate in it";

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Setup> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, pem::Error>>();
    let found = read().map_err(|error| certificate(file, describe(error)))?;
    if found.is_empty() {
        return Err(certificate(file, NO_CERTIFICATE));
    }
    Ok(found)
}

fn describe(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "no private key in it".to_owned(),
        other => other.to_string(),
    }
}

/// An error about a file of certificates.
pub(super) fn certificate(file: &Path, reason: impl Into<String>) -> Setup {
    Setup::Certificate {
        file: file.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Trust;
    use crate::env::Env;
    use crate::http::Host;

    #[test]
    fn places_come_from_the_environment() {
        let env: Env = [
            ("HOME", "/home/u"),
            ("SSL_CERT_FILE", "/ca.pem"),
            ("SSL_CERT_DIR", "/a:/b"),
        ]
        .into_iter()
        .collect();
        let trust = Trust::from_env(&env);
        assert_eq!(trust.file, Some(PathBuf::from("/ca.pem")));
        assert_eq!(trust.directories, ["/a", "/b"].map(PathBuf::from));
        assert_eq!(
            trust.certs_d,
            ["/home/u/.config/docker/certs.d", "/etc/docker/certs.d"].map(PathBuf::from)
        );
    }

    #[test]
    fn a_broken_file_is_named() {
        let certs_d = tempfile::tempdir().unwrap();
        let host = certs_d.path().join("registry.example.com:5000");
        std::fs::create_dir(&host).unwrap();
        let trust = Trust {
            certs_d: vec![certs_d.path().to_owned()],
            ..Trust::default()
        };
        let problem = || {
            let host = Host::parse("registry.example.com:5000").unwrap();
            let error = trust.of_host(&host).err().map(|error| error.to_string());
            error.map(|error| error.replace(&*certs_d.path().to_string_lossy(), "D"))
        };

        std::fs::write(host.join("readme.txt"), "not looked at").unwrap();
        assert_eq!(problem(), None);

        std::fs::write(host.join("ca.crt"), "nothing").unwrap();
        assert_eq!(
            problem().unwrap(),
            "certificate file D/registry.example.com:5000/ca.crt: no certificate in it"
        );
        std::fs::remove_file(host.join("ca.crt")).unwrap();

        std::fs::write(
            host.join("client.cert"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        assert_eq!(
            problem().unwrap(),
            "certificate file D/registry.example.com:5000/client.key: \
             No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_named_store_without_certificates_is_an_error() {
        let trust = Trust {
            file: Some(PathBuf::from("/nonexistent/ca.pem")),
            ..Trust::default()
        };
        let error = trust.roots().unwrap_err().to_string();
        assert!(
            error.starts_with("certificate file /nonexistent/ca.pem: "),
            "{error}"
        );
    }
}
