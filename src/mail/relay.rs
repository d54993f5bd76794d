//! The conversation with an SMTP relay, one step at a time, each with its own time limit.
//!
//! Owns: connecting, encrypting, signing in, one transaction, and which failures are ambiguous.
//! Never: falling back to plain text; contents or full addresses in a reply.
//! Reads next: `announce.rs`, `dots.rs`, `reply.rs`, `features.rs`, `joined.rs`, `secure.rs`.

use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use crate::config::settings::{Bounds, Relay, Security};

use super::announce;
use super::dots::Ended;
use super::eml::FolderError;
use super::features::Features;
use super::joined::{HeldBack, Joined};
use super::reply::{Failure, Step, spoken};
use super::secure;
use super::transport::Outcome;

/// An open, greeted, encrypted and signed-in connection.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    features: Features,
    held: HeldBack,
    bounds: Bounds,
    limit: Duration,
    usable: bool,
    /// A transaction ended before its time: the relay still holds some of it.
    needs_reset: bool,
    served: u32,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("usable", &self.usable)
            .field("served", &self.served)
            .finish_non_exhaustive()
    }
}

/// The relay ended a kept connection while nothing was said of the message: another one may have it.
#[derive(Debug)]
pub struct Gone;

/// An attempt that failed, and whether the final dot may have reached the relay.
struct Failed {
    failure: Failure,
    dot_may_be_sent: bool,
}

impl Failed {
    fn before(failure: Failure) -> Self {
        Self {
            failure,
            dot_may_be_sent: false,
        }
    }

    fn outcome(self) -> Outcome {
        if self.dot_may_be_sent {
            self.failure.after_the_end_of_data()
        } else {
            self.failure.before_the_end_of_data()
        }
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
    /// 1. connect · 2. greet (encrypted from the start with `tls`) · 3. encrypt (`starttls`) · 4. sign in ·
    /// 5. hear what the relay takes.
    ///
    /// # Errors
    /// With the first step that failed; nothing has been sent then.
    pub async fn open(relay: &Relay, site: &Path) -> Result<Self, Failure> {
        let limit = relay.timeout;
        let login = login(relay, site)?;
        let stream = connect(relay).await?;
        let hello = hello(&stream);
        let (stream, held) = Joined::new(stream);
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
        let features = features(&mut smtp, hello, limit).await?;
        Ok(Self {
            smtp,
            features,
            held,
            bounds: relay.bounds,
            limit,
            usable: true,
            needs_reset: false,
            served: 0,
        })
    }

    /// Ready for another message: the last transaction is cleared. `None` if the relay has gone meanwhile, or the
    /// connection has served its time.
    pub async fn ready_again(mut self) -> Option<Self> {
        if self.served >= self.bounds.per_connection.get() {
            self.quit().await;
            return None;
        }
        if self.needs_reset {
            self.reset().await.ok()?;
        }
        Some(self)
    }

    async fn reset(&mut self) -> Result<(), Failure> {
        within(Step::Reset, self.limit, self.smtp.command(Rset)).await?;
        self.needs_reset = false;
        Ok(())
    }

    /// The connection, unless something broke that leaves its state unknown.
    #[must_use]
    pub fn usable(self) -> Option<Self> {
        self.usable.then_some(self)
    }

    /// One message to one recipient: whole if the relay takes it, else without its attachments.
    ///
    /// # Errors
    /// When a kept connection had ended meanwhile.
    pub async fn send(&mut self, envelope: &Envelope<'_>) -> Result<Outcome, Gone> {
        let is_kept = self.served > 0;
        self.served += 1;
        let limit = self.largest();
        let Some((message, is_whole)) = envelope.fitting(limit) else {
            return Ok(envelope.too_large(limit));
        };
        let mut tried = self.attempt(envelope, message).await;
        let mut is_whole = is_whole;
        if let (Err(failed), true, Some(light)) = (&tried, is_whole, envelope.light)
            && failed.failure.is_about_size()
            && self.reset().await.is_ok()
        {
            is_whole = false;
            tried = self.attempt(envelope, light).await;
        }
        match tried {
            Ok(reply) if is_whole => Ok(Outcome::Accepted { reply }),
            Ok(reply) => Ok(Outcome::Accepted {
                reply: format!("{reply} (sent without its attachments)"),
            }),
            Err(failed) if is_kept && failed.failure.says_line_was_gone() => Err(Gone),
            Err(failed) => Ok(failed.outcome()),
        }
    }

    /// What the relay states, or the settings know better.
    fn largest(&self) -> Option<u64> {
        let stated = [self.features.largest, self.bounds.max_size];
        stated.into_iter().flatten().min()
    }

    async fn attempt(&mut self, envelope: &Envelope<'_>, message: &str) -> Result<String, Failed> {
        let tried = match self.announce(envelope, message.len()).await {
            Ok(()) => self.deliver(message).await,
            Err(failure) => Err(Failed::before(failure)),
        };
        if let Err(failed) = &tried {
            self.usable &= failed.failure.leaves_connection_usable();
            self.needs_reset = true;
        }
        tried
    }

    /// MAIL, RCPT, DATA: after these the relay waits for the message.
    async fn announce(&mut self, envelope: &Envelope<'_>, size: usize) -> Result<(), Failure> {
        let of_sender = self.features.of_sender(size, envelope.message_id);
        let mail = Mail::new(Some(envelope.from.clone()), of_sender);
        let rcpt = Rcpt::new(envelope.to.clone(), self.features.of_recipient());
        let said = if self.features.pipelining {
            announce::at_once(&mut self.smtp, (mail, rcpt), self.limit).await
        } else {
            announce::one_by_one(&mut self.smtp, (mail, rcpt), self.limit).await
        };
        said.map_err(|refused| {
            self.usable &= refused.is_in_step;
            refused.failure
        })
    }

    /// The message and its final dot, written as one. What is written may be held back: until the last of it has
    /// left, a failure is surely *before* the end of data.
    async fn deliver(&mut self, message: &str) -> Result<String, Failed> {
        let ended = self.smtp.command(Ended(message));
        let answer = within(Step::EndOfData, self.limit, ended).await;
        if self.held.any() {
            // Whatever was heard was said before the message.
            let early = "the relay answered before it had the message";
            self.usable = false;
            return Err(Failed::before(match answer {
                Err(failure) if !failure.leaves_connection_usable() => failure,
                _ => Failure::broken(Step::EndOfData, &early),
            }));
        }
        let failure = match answer {
            Ok(reply) if reply.code().is_positive() && !reply.has_code(354) => {
                return Ok(spoken(&reply));
            }
            Ok(reply) => Failure::unexpected(Step::EndOfData, &reply),
            Err(failure) => failure,
        };
        Err(Failed {
            failure,
            dot_may_be_sent: true,
        })
    }

    /// Says goodbye, briefly: the messages are already settled.
    pub async fn quit(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.smtp.quit()).await;
    }
}

/// A message on its way: its two addresses, and its text with and without attachments.
pub struct Envelope<'p> {
    pub from: lettre::Address,
    pub to: lettre::Address,
    pub message_id: &'p str,
    pub whole: &'p str,
    pub light: Option<&'p str>,
}

impl Envelope<'_> {
    /// What is not too large, and whether it is the whole message.
    fn fitting(&self, limit: Option<u64>) -> Option<(&str, bool)> {
        let fits = |text: &str| limit.is_none_or(|limit| text.len() as u64 <= limit);
        let light = self.light.filter(|light| fits(light));
        Some((self.whole, true))
            .filter(|(whole, _)| fits(whole))
            .or_else(|| light.map(|light| (light, false)))
    }

    fn too_large(&self, limit: Option<u64>) -> Outcome {
        let (size, limit) = (
            self.light.unwrap_or(self.whole).len(),
            limit.unwrap_or_default(),
        );
        let even = if self.light.is_some() {
            " even without its attachments"
        } else {
            ""
        };
        Outcome::Rejected {
            reply: format!(
                "the message has {size} bytes{even}, and the relay takes {limit} at most: it was not sent"
            ),
        }
    }
}

/// Asks once more what the relay offers: after encryption and sign-in it may be more.
async fn features(
    smtp: &mut AsyncSmtpConnection,
    hello: ClientId,
    limit: Duration,
) -> Result<Features, Failure> {
    match within(Step::Greet, limit, smtp.command(Ehlo::new(hello))).await {
        Ok(answer) => Ok(Features::of(&answer)),
        // It has greeted us: then it offers nothing that it would say.
        Err(failure) if failure.leaves_connection_usable() => Ok(Features::default()),
        Err(failure) => Err(failure),
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
    stream: Joined,
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

/// One step within its limit. lettre's connection is not safe to use after a cancelled step: a
/// timeout therefore always counts as broken.
pub(super) async fn within<T>(
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
