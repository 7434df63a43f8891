//! Vendors where the program finds them: at their own names, or on a loopback port.

use std::collections::BTreeMap;
use std::fs;
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tempfile::TempDir;

use super::record::{Record, Seen};
use super::serve::{End, converse, proxy};
use super::{Request, Vendor, shared};
use crate::support::accept::Acceptor;
use crate::support::answer::Answer;
use crate::support::certificates::Authority;
use crate::support::spec::Spec;

/// The world behind a proxy, where hosts are what the test says. All of it is reached by ordinary
/// means: the proxy and the authority that the [environment](Self::environment) names. What was
/// asked is in its [`Record`]. It ends when it is dropped.
pub struct Network {
    record: Arc<Record>,
    certificates: Arc<Mutex<BTreeMap<String, Arc<ServerConfig>>>>,
    authority: Authority,
    directory: TempDir,
    acceptor: Acceptor,
}

impl Network {
    /// A network without hosts.
    pub fn start() -> Self {
        let record = Arc::new(Record::default());
        let certificates = Arc::new(Mutex::new(BTreeMap::<String, Arc<ServerConfig>>::new()));
        let authority = Authority::new();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("authority.pem"), authority.pem()).unwrap();
        let acceptor = Acceptor::start({
            let (record, certificates) = (Arc::clone(&record), Arc::clone(&certificates));
            move |stream| {
                let certificate = |host: &str| certificates.lock().unwrap().get(host).cloned();
                proxy(stream, &record, certificate);
            }
        });
        Self {
            record,
            certificates,
            authority,
            directory,
            acceptor,
        }
    }

    /// Gives a host, as users write it, to a vendor; one vendor may have several. It is there in
    /// HTTPS and, for metadata servers, in plain HTTP.
    pub fn host<V: Vendor + 'static>(&self, host: &str, vendor: &Arc<Mutex<V>>) {
        let name = host.split(':').next().unwrap_or_default();
        let certificate = self.authority.issue(&[name]).server(None);
        let mut certificates = self.certificates.lock().unwrap();
        certificates.insert(host.to_owned(), certificate);
        self.record.serve(host, Arc::clone(vendor) as _);
    }

    /// Gives a host to a function.
    pub fn answer(&self, host: &str, answer: impl FnMut(&Request) -> Answer + Send + 'static) {
        self.host(host, &shared(answer));
    }

    /// The variables by which programs get there.
    pub fn environment(&self) -> Vec<(String, String)> {
        let proxy = format!("http://{}", self.acceptor.address());
        let authority = self.directory.path().join("authority.pem");
        let authority = authority.to_str().unwrap().to_owned();
        let variables = [
            ("HTTPS_PROXY", proxy.clone()),
            ("HTTP_PROXY", proxy),
            ("SSL_CERT_FILE", authority),
        ];
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        variables.into_iter().map(owned).collect()
    }
}

/// One vendor on a loopback port, in plain HTTP. It ends when it is dropped.
pub struct Local {
    record: Arc<Record>,
    acceptor: Acceptor,
}

impl Local {
    /// Starts it.
    pub fn start<V: Vendor + 'static>(vendor: &Arc<Mutex<V>>) -> Self {
        let record = Arc::new(Record::default());
        record.serve("", Arc::clone(vendor) as _);
        let acceptor = Acceptor::start({
            let record = Arc::clone(&record);
            move |stream| {
                let _ = stream.set_nodelay(true);
                converse(&stream, &End::Server(""), &record);
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Self { record, acceptor }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.acceptor.address().to_string()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// [`Record::spec`] for this server.
    pub fn spec(&self, spec: impl Into<Option<Spec>>) {
        self.record.spec("", spec);
    }

    /// The requests so far, such as `GET /v2/ 200`.
    pub fn seen(&self) -> Vec<String> {
        let host = self.host();
        let short = |seen: &Seen| seen.to_string().replacen(&host, "", 1);
        self.requests().iter().map(short).collect()
    }
}

impl Deref for Network {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl Deref for Local {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.record.end();
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.record.end();
    }
}
