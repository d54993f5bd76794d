//! Encryption towards the relay: the public authorities, and the site's own where it is configured.
//!
//! Owns: which certificates are trusted.
//! Never: accepting an unverified certificate.
//! Reads next: `relay.rs`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::{AsyncTokioStream, Certificate, TlsParameters};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;

use crate::config::settings::Relay;

use super::joined::Joined;
use super::reply::{Failure, Step};

/// For STARTTLS, which lettre negotiates itself.
///
/// # Errors
/// When the trusted certificate cannot be read, or the host is not a name a certificate can have.
pub async fn parameters(relay: &Relay, site: &Path) -> Result<TlsParameters, Failure> {
    let mut builder = TlsParameters::builder(relay.host.clone());
    if let Some(pem) = trusted(relay, site).await? {
        builder = builder
            .add_root_certificate(Certificate::from_pem(&pem).map_err(|error| failed(&error))?);
    }
    builder.build_rustls().map_err(|error| failed(&error))
}

/// For a connection that is encrypted from the start.
///
/// # Errors
/// As `parameters`; also when the handshake fails or takes longer than the relay's limit.
pub async fn wrap(relay: &Relay, site: &Path, stream: Joined) -> Result<Encrypted, Failure> {
    let name = ServerName::try_from(relay.host.clone()).map_err(|error| failed(&error))?;
    let connector = TlsConnector::from(Arc::new(configuration(
        trusted(relay, site).await?.as_deref(),
    )?));
    let shaken = tokio::time::timeout(relay.timeout, connector.connect(name, stream)).await;
    let stream = shaken
        .map_err(|_| Failure::timeout(Step::Encrypt, relay.timeout))?
        .map_err(|error| failed(&error))?;
    Ok(Encrypted(stream))
}

fn configuration(trust: Option<&[u8]>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in CertificateDer::pem_slice_iter(trust.unwrap_or_default()) {
        roots
            .add(certificate.map_err(|error| failed(&error))?)
            .map_err(|error| failed(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The site's own authority, as PEM.
async fn trusted(relay: &Relay, site: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = &relay.trust else {
        return Ok(None);
    };
    let read = tokio::fs::read(site.join(path)).await;
    let pem = read.map_err(|error| failed(&format!("cannot read {}: {error}", path.display())))?;
    if pem
        .windows(27)
        .any(|window| window == b"-----BEGIN CERTIFICATE-----")
    {
        Ok(Some(pem))
    } else {
        Err(failed(&format!("{} holds no certificate", path.display())))
    }
}

fn failed(reason: &impl fmt::Display) -> Failure {
    Failure::encryption(reason)
}

/// An encrypted stream in the form that lettre takes.
#[derive(Debug)]
pub struct Encrypted(tokio_rustls::client::TlsStream<Joined>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
