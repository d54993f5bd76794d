//! A line between the program and a remote system, which can fall silent or break off.
//!
//! Owns: faults below HTTP.
//! Never: what is said over it.
//! Reads next: `scripted.rs`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the line carries the connections made from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    Everything,
    /// The request is taken, and nothing ever comes back: a half-open socket.
    Nothing,
    /// So many bytes of the answers of one connection, then it ends.
    Bytes(usize),
}

pub struct Line {
    pub address: SocketAddr,
    carries: Arc<Mutex<Vec<Carries>>>,
    is_cut: watch::Sender<bool>,
}

impl Line {
    pub async fn to(remote: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let carries = Arc::new(Mutex::new(Vec::new()));
        let line = Arc::clone(&carries);
        let (is_cut, cut) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let carries = line.lock().unwrap().pop().unwrap_or(Carries::Everything);
                let mut cut = cut.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        _ = cut.wait_for(|is_cut| *is_cut) => {}
                        _ = carry(near, remote, carries) => {}
                    }
                });
            }
        });
        Self {
            address,
            carries,
            is_cut,
        }
    }

    /// Every connection breaks off, and so does every new one, until `mend`.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }

    /// The next connections are carried so, one after the other; those after them whole.
    pub fn next(&self, carries: impl IntoIterator<Item = Carries>) {
        let mut carries: Vec<Carries> = carries.into_iter().collect();
        carries.reverse();
        *self.carries.lock().unwrap() = carries;
    }
}

async fn carry(near: TcpStream, remote: SocketAddr, carries: Carries) -> std::io::Result<()> {
    let far = TcpStream::connect(remote).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let there = async {
        let copied = tokio::io::copy(&mut near_in, &mut far_out).await;
        far_out.shutdown().await?;
        copied
    };
    match carries {
        Carries::Everything => {
            let back = async {
                let copied = tokio::io::copy(&mut far_in, &mut near_out).await;
                near_out.shutdown().await?;
                copied
            };
            tokio::try_join!(there, back)?;
        }
        Carries::Nothing => {
            there.await?;
        }
        Carries::Bytes(count) => {
            let back = async {
                let mut answers = far_in.take(count as u64);
                tokio::io::copy(&mut answers, &mut near_out).await
            };
            tokio::select! { _ = there => {}, _ = back => {} }
        }
    }
    Ok(())
}
