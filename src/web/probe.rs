//! Whether the listener can be had, or answers.
//!
//! Owns: asking it as a reader's browser would, on this machine.
//! Never: starting it.
//! Reads next: `health.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::health::{PATH, WELL};

const PATIENCE: Duration = Duration::from_secs(3);

/// What stands at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A daemon answers.
    Daemon,
    /// Nobody has it, and a daemon could.
    Free,
    /// Something else has it.
    Taken,
}

/// # Errors
/// When it is no address of this machine, or may not be used.
pub async fn probe(listen: SocketAddr) -> std::io::Result<Found> {
    match TcpListener::bind(listen).await {
        Ok(_) => return Ok(Found::Free),
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => {}
    }
    let asked = tokio::time::timeout(PATIENCE, ask(reachable(listen))).await;
    let is_daemon = matches!(asked, Ok(Ok(answer)) if answer.ends_with(WELL));
    Ok(if is_daemon {
        Found::Daemon
    } else {
        Found::Taken
    })
}

async fn ask(at: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at).await?;
    let question = format!("GET {PATH} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// "Every address of this machine" is reached at its loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
