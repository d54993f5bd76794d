//! Connections that cannot be held for ever: so many at once, so long each.
//!
//! Owns: the bounds; whoever sends or reads slowly is cut off.
//! Never: HTTP.
//! Reads next: `../listener.rs`.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Connections at once; others wait to be accepted.
const AT_ONCE: usize = 64;
/// From its first byte to its last.
const LONGEST: Duration = Duration::from_secs(20);

/// Accepts bounded connections.
#[derive(Debug)]
pub struct Bounded {
    inner: TcpListener,
    room: Arc<Semaphore>,
}

/// One connection, broken off when its time is over.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Bounded {
    pub fn new(inner: TcpListener) -> Self {
        Self {
            inner,
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl axum::serve::Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        let (stream, from) = axum::serve::Listener::accept(&mut self.inner).await;
        let connection = Connection {
            stream,
            end: Box::pin(tokio::time::sleep(LONGEST)),
            _permit: permit,
        };
        (connection, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address()
    }
}

impl Connection {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::serve::Listener as _;
    use tokio::io::AsyncReadExt as _;

    use super::*;

    async fn bounded() -> (Bounded, SocketAddr) {
        let bounded = Bounded::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let at = bounded.address().unwrap();
        (bounded, at)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_nothing_is_cut_off() {
        let (mut bounded, at) = bounded().await;
        let _silent = TcpStream::connect(at).await.unwrap();
        let (mut connection, _) = bounded.accept().await;
        let read = connection.read_u8().await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn one_too_many_waits_until_another_has_left() {
        let (mut bounded, at) = bounded().await;
        let (mut callers, mut inside) = (Vec::new(), Vec::new());
        for _ in 0..AT_ONCE {
            callers.push(TcpStream::connect(at).await.unwrap());
            inside.push(bounded.accept().await);
        }
        callers.push(TcpStream::connect(at).await.unwrap());
        let waits = tokio::time::timeout(Duration::from_millis(200), bounded.accept()).await;
        assert!(waits.is_err());
        inside.pop();
        let enters = tokio::time::timeout(Duration::from_secs(5), bounded.accept()).await;
        assert!(enters.is_ok());
    }
}
