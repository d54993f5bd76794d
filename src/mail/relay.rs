//! The conversation with an SMTP relay, one step at a time, each with its own time limit.
//!
//! Owns: connecting, encrypting, signing in, one transaction, and which failures are ambiguous.
//! Never: falling back to plain text; contents or full addresses in a reply.
//! Reads next: `reply.rs`, `secure.rs`.

use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use crate::config::settings::{Relay, Security};

use super::eml::FolderError;
use super::reply::{Failure, Step, spoken};
use super::secure;
use super::transport::Outcome;

/// An open, greeted, encrypted and signed-in connection.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    usable: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("usable", &self.usable)
            .finish_non_exhaustive()
    }
}

/// Why a probe failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("{0}")]
    Folder(FolderError),
    #[error("{0}")]
    Relay(Failure),
}

impl Connection {
    /// 1. connect · 2. greet (encrypted from the start with `tls`) · 3. encrypt (`starttls`) · 4. sign in.
    ///
    /// # Errors
    /// With the first step that failed; nothing has been sent then.
    pub async fn open(relay: &Relay, site: &Path) -> Result<Self, Failure> {
        let limit = relay.timeout;
        let login = login(relay, site)?;
        let stream = connect(relay).await?;
        let hello = hello(&stream);
        let mut smtp = greet(relay, site, stream, &hello).await?;
        if relay.security == Security::Starttls {
            let parameters = secure::parameters(relay, site).await?;
            within(Step::Encrypt, limit, smtp.starttls(parameters, &hello)).await?;
        }
        if let Some(login) = login {
            within(
                Step::SignIn,
                limit,
                smtp.auth(&[Mechanism::Plain, Mechanism::Login], &login),
            )
            .await?;
        }
        Ok(Self { smtp, usable: true })
    }

    /// Clears the last transaction; `None` if the relay has gone meanwhile.
    pub async fn ready_again(mut self, limit: Duration) -> Option<Self> {
        within(Step::Reset, limit, self.smtp.command(Rset))
            .await
            .ok()
            .map(|_| self)
    }

    /// The connection, unless something broke that leaves its state unknown.
    #[must_use]
    pub fn usable(self) -> Option<Self> {
        self.usable.then_some(self)
    }

    /// One message to one recipient.
    pub async fn send(
        &mut self,
        from: &lettre::Address,
        to: &lettre::Address,
        bytes: &[u8],
        limit: Duration,
    ) -> Outcome {
        if let Err(failure) = self.announce(from, to, limit).await {
            self.usable = failure.leaves_connection_usable();
            return failure.before_the_end_of_data();
        }
        self.deliver(bytes, limit).await
    }

    /// MAIL, RCPT, DATA: after these the relay waits for the message.
    async fn announce(
        &mut self,
        from: &lettre::Address,
        to: &lettre::Address,
        limit: Duration,
    ) -> Result<(), Failure> {
        within(
            Step::Sender,
            limit,
            self.smtp.command(Mail::new(Some(from.clone()), vec![])),
        )
        .await?;
        within(
            Step::Recipient,
            limit,
            self.smtp.command(Rcpt::new(to.clone(), vec![])),
        )
        .await?;
        let answer = within(Step::Data, limit, self.smtp.command(Data)).await?;
        if answer.has_code(354) {
            Ok(())
        } else {
            Err(Failure::unexpected(Step::Data, &answer))
        }
    }

    /// The message and its final dot. lettre asks the iterator for the next part only after the last
    /// one was written, and writes the dot when there is none: until then a failure is surely *before*
    /// the end of data.
    async fn deliver(&mut self, bytes: &[u8], limit: Duration) -> Outcome {
        let mut content = Some(without_final_line_end(bytes));
        let mut dot_may_be_sent = false;
        let parts = std::iter::from_fn(|| {
            let part = content.take();
            dot_may_be_sent = part.is_none();
            part
        });
        let answer = within(Step::EndOfData, limit, self.smtp.message_iter(parts)).await;
        match answer {
            Ok(reply) if reply.code().is_positive() && !reply.has_code(354) => Outcome::Accepted {
                reply: spoken(&reply),
            },
            Ok(reply) => {
                self.broken(Failure::unexpected(Step::EndOfData, &reply).after_the_end_of_data())
            }
            Err(failure) if dot_may_be_sent => {
                self.usable = failure.leaves_connection_usable();
                failure.after_the_end_of_data()
            }
            Err(failure) => self.broken(failure.before_the_end_of_data()),
        }
    }

    fn broken(&mut self, outcome: Outcome) -> Outcome {
        self.usable = false;
        outcome
    }

    /// Says goodbye, briefly: the messages are already settled.
    pub async fn quit(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.smtp.quit()).await;
    }
}

/// Opens a connection as for a message and leaves. Answers what the relay says about itself: its
/// name, its extensions (with SIZE), whether the connection is encrypted and signed in.
///
/// # Errors
/// With the step that failed.
pub async fn probe(relay: &Relay, site: &Path) -> Result<String, ProbeError> {
    let mut connection = Connection::open(relay, site)
        .await
        .map_err(ProbeError::Relay)?;
    let again = connection.smtp.command(Ehlo::new(ClientId::default()));
    let answer = within(Step::Greet, relay.timeout, again)
        .await
        .map_err(ProbeError::Relay)?;
    connection.quit().await;
    Ok(describe(relay, &answer))
}

fn describe(relay: &Relay, answer: &Response) -> String {
    let mut lines = answer.message();
    let name = lines.next().unwrap_or("(no name)").to_owned();
    let extensions: Vec<&str> = lines.collect();
    let security = match relay.security {
        Security::None => "not encrypted",
        Security::Starttls => "encrypted by STARTTLS",
        Security::Tls => "encrypted by TLS",
    };
    let login = if relay.username.is_some() {
        "signed in"
    } else {
        "no sign-in"
    };
    format!("{name}; {security}, {login}; {}", extensions.join(", "))
}

/// TCP without delay: with Nagle's algorithm every message waits for an acknowledgement.
async fn connect(relay: &Relay) -> Result<TcpStream, Failure> {
    let target = (relay.host.as_str(), relay.port);
    let opened = tokio::time::timeout(relay.timeout, TcpStream::connect(target)).await;
    let stream = opened
        .map_err(|_| Failure::timeout(Step::Connect, relay.timeout))?
        .map_err(|error| Failure::broken(Step::Connect, &error))?;
    stream
        .set_nodelay(true)
        .map_err(|error| Failure::broken(Step::Connect, &error))?;
    Ok(stream)
}

/// The password is read when it is needed: a new one in its file takes effect with the next mail.
fn login(relay: &Relay, site: &Path) -> Result<Option<Credentials>, Failure> {
    let (Some(username), Some(password)) = (&relay.username, &relay.password) else {
        return Ok(None);
    };
    let password = password
        .reveal(site)
        .map_err(|error| Failure::broken(Step::SignIn, &error))?;
    Ok(Some(Credentials::new(
        username.clone(),
        password.expose_secret().to_owned(),
    )))
}

async fn greet(
    relay: &Relay,
    site: &Path,
    stream: TcpStream,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, Failure> {
    let stream: Box<dyn lettre::transport::smtp::client::AsyncTokioStream> = match relay.security {
        Security::Tls => Box::new(secure::wrap(relay, site, stream).await?),
        Security::Starttls | Security::None => Box::new(stream),
    };
    within(
        Step::Greet,
        relay.timeout,
        AsyncSmtpConnection::connect_with_transport(stream, hello),
    )
    .await
}

/// The machine's own address as a literal: always true, and RFC 5321 allows it where no name is known.
fn hello(stream: &TcpStream) -> ClientId {
    match stream.local_addr().map(|address| address.ip()) {
        Ok(std::net::IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(std::net::IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::default(),
    }
}

/// lettre ends the message with a line end of its own.
fn without_final_line_end(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r\n").unwrap_or(bytes)
}

/// One step within its limit. lettre's connection is not safe to use after a cancelled step: a
/// timeout therefore always counts as broken.
async fn within<T>(
    step: Step,
    limit: Duration,
    work: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(limit, work).await {
        Err(_) => Err(Failure::timeout(step, limit)),
        Ok(Err(error)) => Err(Failure::from_lettre(step, &error)),
        Ok(Ok(done)) => Ok(done),
    }
}
