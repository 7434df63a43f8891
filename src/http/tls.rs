//! TLS as rustls does it, with ring.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::error::Setup;
use super::trust::{ClientIdentity, HostCertificates, certificate};

/// What is offered in the handshake, best first.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];
const HTTP2: &[u8] = b"h2";

/// TLS that believes `roots` and the issuers of `hosts`, and shows the first client
/// certificate among them.
///
/// # Errors
/// A certificate of `hosts` that is not one, or a key that does not fit.
pub(super) fn verified(
    mut roots: RootCertStore,
    hosts: Vec<HostCertificates>,
) -> Result<ClientConfig, Setup> {
    let mut client = None;
    for host in hosts {
        for (file, issuer) in host.issuers {
            roots
                .add(issuer)
                .map_err(|error| certificate(&file, error.to_string()))?;
        }
        client = client.or(host.client);
    }
    let config = builder()?.with_root_certificates(roots);
    match client {
        Some(ClientIdentity { file, chain, key }) => config
            .with_client_auth_cert(chain, key)
            .map_err(|error| certificate(&file, error.to_string()))
            .map(with_protocols),
        None => Ok(with_protocols(config.with_no_client_auth())),
    }
}

/// TLS that believes anybody, for hosts that the user calls insecure.
///
/// # Errors
/// None with the provider that is built in.
pub(super) fn unverified() -> Result<ClientConfig, Setup> {
    let anybody = Arc::new(Anybody(rustls::crypto::ring::default_provider()));
    let config = builder()?
        .dangerous()
        .with_custom_certificate_verifier(anybody)
        .with_no_client_auth();
    Ok(with_protocols(config))
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn builder() -> Result<Builder, Setup> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Setup::Tls(error.to_string()))
}

fn with_protocols(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    config
}

/// Offers HTTP/1.1 only.
pub(super) fn forgo_http2(config: &mut ClientConfig) {
    config.alpn_protocols.retain(|protocol| protocol != HTTP2);
}

/// Takes any certificate, but still wants proof that the server has its key.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
