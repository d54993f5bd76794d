//! A stream that holds back what is written until an answer is awaited.
//!
//! Owns: one packet where the library writes several (a message, then its final dot); how much has not left yet.
//! Never: waiting with anything once somebody listens for the answer.
//! Reads next: `relay.rs`.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// More than this is not held back.
const MOST: usize = 128 * 1024;

/// How many bytes were written and have not been handed to the system: the last of them certainly never left.
#[derive(Clone, Debug, Default)]
pub struct HeldBack(Arc<AtomicUsize>);

impl HeldBack {
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

#[derive(Debug)]
pub struct Joined {
    stream: TcpStream,
    held: Vec<u8>,
    /// So many of them have left.
    left: usize,
    count: HeldBack,
}

impl Joined {
    pub fn new(stream: TcpStream) -> (Self, HeldBack) {
        let count = HeldBack::default();
        let joined = Self {
            stream,
            held: Vec::new(),
            left: 0,
            count: count.clone(),
        };
        (joined, count)
    }

    fn poll_let_go(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.left < self.held.len() {
            let rest = &self.held[self.left..];
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.left += written;
            self.note();
        }
        self.held.clear();
        self.left = 0;
        Poll::Ready(Ok(()))
    }

    fn note(&self) {
        let held = self.held.len() - self.left;
        self.count.0.store(held, Ordering::Relaxed);
    }
}

impl AsyncTokioStream for Joined {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Joined {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_let_go(context))?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Joined {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.held.len() >= MOST {
            ready!(self.poll_let_go(context))?;
        }
        let fits = bytes.len().min(MOST - self.held.len());
        self.held.extend_from_slice(&bytes[..fits]);
        self.note();
        Poll::Ready(Ok(fits))
    }

    /// The library flushes after every write; what is held back goes when the answer is awaited.
    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_let_go(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (Joined, HeldBack, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let (joined, held) = Joined::new(near);
        (joined, held, far)
    }

    #[tokio::test]
    async fn nothing_leaves_before_an_answer_is_awaited_and_then_all_at_once() {
        let (mut near, held, mut far) = pair().await;
        near.write_all(b"message").await.unwrap();
        near.flush().await.unwrap();
        near.write_all(b"\r\n.\r\n").await.unwrap();
        near.flush().await.unwrap();
        assert!(held.any());
        let mut early = [0; 1];
        assert!(far.try_read(&mut early).is_err(), "nothing has left");
        let answer = tokio::spawn(async move {
            let mut heard = vec![0; 64];
            let read = far.read(&mut heard).await.unwrap();
            far.write_all(b"250").await.unwrap();
            heard[..read].to_vec()
        });
        let mut said = [0; 3];
        near.read_exact(&mut said).await.unwrap();
        assert_eq!(answer.await.unwrap(), b"message\r\n.\r\n");
        assert!(!held.any());
    }

    #[tokio::test]
    async fn what_does_not_fit_leaves_in_its_order() {
        let (mut near, held, mut far) = pair().await;
        let sent: Vec<u8> = (0..3 * MOST + 7).map(|n| (n % 251) as u8).collect();
        let length = sent.len();
        let heard = tokio::spawn(async move {
            let mut heard = vec![0; length];
            far.read_exact(&mut heard).await.unwrap();
            far.write_all(b"!").await.unwrap();
            heard
        });
        near.write_all(&sent).await.unwrap();
        assert!(held.any(), "the last of it waits");
        near.read_exact(&mut [0; 1]).await.unwrap();
        assert!(heard.await.unwrap() == sent);
    }
}
