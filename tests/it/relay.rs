//! A scripted SMTP relay on loopback: it keeps what it accepts and misbehaves as told.
//!
//! Owns: the world's side of SMTP in tests.
//! Never: anything of the program itself.
//! Reads next: `delivery.rs`.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What the relay does with one message; without an instruction it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Accept,
    /// This reply to MAIL.
    Sender(u16),
    /// This reply to RCPT.
    Recipient(u16),
    /// This reply to DATA.
    Data(u16),
    /// Agrees to DATA, and says this in the same breath.
    AnswersEarly(u16),
    /// This reply after the final dot.
    Message(u16),
    /// No reply to this command (`MAIL`, `RCPT`, `DATA`, or `.` for the final dot), and the line stays open.
    Stall(&'static str),
    /// The line ends instead of a reply to this command.
    Drop(&'static str),
    /// The line ends while the message is being written.
    DropWithinMessage,
    /// Accepts the message and ends the line.
    AcceptAndLeave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    None,
    Starttls,
    FromTheStart,
}

/// One accepted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: String,
    pub message: Vec<u8>,
}

#[derive(Debug, Default)]
struct Log {
    received: Vec<Received>,
    connections: usize,
    open: usize,
    most_open: usize,
    commands: Vec<String>,
    with_more_behind: usize,
    acts: VecDeque<Act>,
}

/// How the relay behaves before the first message.
#[derive(Clone, Debug)]
pub struct Manner {
    pub encryption: Encryption,
    /// Base64 of `\0user\0password`; `None`: no sign-in is offered.
    pub login: Option<&'static str>,
    /// No reply to this (`connect`, `EHLO`, `STARTTLS`, `handshake`, `AUTH`).
    pub stall: Option<&'static str>,
    /// This reply to this (`EHLO`, `STARTTLS`, `AUTH`).
    pub refuse: Option<(&'static str, u16)>,
    /// The line ends instead of this (`connect`, `EHLO`, `STARTTLS`, `AUTH`).
    pub hang_up: Option<&'static str>,
    pub greeting: &'static str,
    /// What else it offers, such as `DSN`, and how large a message it takes.
    pub extensions: &'static [&'static str],
    /// It waits for a message even if it has refused its sender or recipient.
    pub waits_all_the_same: bool,
    /// How long it thinks about each message.
    pub thinks: Duration,
    /// More lines at once are told to come later.
    pub room: usize,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            encryption: Encryption::None,
            login: None,
            stall: None,
            refuse: None,
            hang_up: None,
            greeting: "220 relay.example ready",
            extensions: &["SIZE 20971520"],
            waits_all_the_same: false,
            thinks: Duration::ZERO,
            room: usize::MAX,
        }
    }
}

/// A running relay; it stops with its test.
pub struct ScriptedRelay {
    pub address: SocketAddr,
    /// The certificate of the relay, `localhost`, as PEM.
    pub certificate: String,
    log: Arc<Mutex<Log>>,
    manner: Arc<Mutex<Manner>>,
}

impl ScriptedRelay {
    pub async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with_manner(Manner::default(), acts).await
    }

    pub async fn with_manner(manner: Manner, acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log {
            acts: acts.into_iter().collect(),
            ..Log::default()
        }));
        let (acceptor, certificate) = certificate();
        let manner = Arc::new(Mutex::new(manner));
        let (kept_log, kept_manner) = (log.clone(), manner.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut line = Line {
                    manner: manner.lock().unwrap().clone(),
                    acceptor: acceptor.clone(),
                    log: log.clone(),
                };
                {
                    let mut log = line.log.lock().unwrap();
                    log.connections += 1;
                    log.open += 1;
                    log.most_open = log.most_open.max(log.open);
                    if log.open > line.manner.room {
                        line.manner.greeting = "421 4.7.0 too many lines at once";
                    }
                }
                let log = log.clone();
                tokio::spawn(async move {
                    drop(line.serve(stream).await);
                    log.lock().unwrap().open -= 1;
                });
            }
        });
        Self {
            address,
            certificate,
            log: kept_log,
            manner: kept_manner,
        }
    }

    pub fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().received.clone()
    }

    pub fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    /// How many commands it has heard.
    pub fn heard(&self) -> usize {
        self.log.lock().unwrap().commands.len()
    }

    /// How many commands came with others right behind them.
    pub fn with_more_behind(&self) -> usize {
        self.log.lock().unwrap().with_more_behind
    }

    /// How many lines were open at once, at most.
    pub fn most_open(&self) -> usize {
        self.log.lock().unwrap().most_open
    }

    /// From the next line on it behaves like this.
    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// What it does with the next messages.
    pub fn will(&self, acts: impl IntoIterator<Item = Act>) {
        self.log.lock().unwrap().acts.extend(acts);
    }

    /// Every command, sign-in masked, in order.
    pub fn commands(&self) -> Vec<String> {
        self.log.lock().unwrap().commands.clone()
    }
}

#[derive(Clone)]
struct Line {
    manner: Manner,
    acceptor: TlsAcceptor,
    log: Arc<Mutex<Log>>,
}

/// Why a conversation ended.
enum End<S> {
    Quit,
    Starttls(S),
}

impl Line {
    async fn serve(self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.pause("connect").await;
        if self.manner.hang_up == Some("connect") {
            return Ok(());
        }
        match self.manner.encryption {
            Encryption::FromTheStart => {
                let stream = self.shake(stream).await?;
                self.talk(stream, true).await.map(drop)
            }
            Encryption::None | Encryption::Starttls => {
                if let End::Starttls(stream) = self.talk(stream, true).await? {
                    let stream = self.shake(stream).await?;
                    self.talk(stream, false).await?;
                }
                Ok(())
            }
        }
    }

    async fn shake(
        &self,
        stream: TcpStream,
    ) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
        self.pause("handshake").await;
        self.acceptor.accept(stream).await
    }

    async fn pause(&self, at: &str) {
        if self.manner.stall == Some(at) {
            std::future::pending::<()>().await;
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        greet: bool,
    ) -> io::Result<End<S>> {
        let plain = greet && self.manner.encryption == Encryption::Starttls;
        let mut stream = BufReader::new(stream);
        if greet {
            say(&mut stream, self.manner.greeting).await?;
        }
        let (mut act, mut from, mut to) = (Act::Accept, String::new(), String::new());
        loop {
            let mut command = String::new();
            if stream.read_line(&mut command).await? == 0 {
                return Ok(End::Quit);
            }
            let command = command.trim_end().to_owned();
            let verb: String = command.chars().take(4).collect::<String>().to_uppercase();
            self.note(&command, !stream.buffer().is_empty());
            let word = if verb == "STAR" { "STARTTLS" } else { &verb };
            self.pause(word).await;
            if self.manner.hang_up == Some(word) {
                return Ok(End::Quit);
            }
            if let Some((_, code)) = self.manner.refuse.filter(|(at, _)| *at == word) {
                say(&mut stream, &reply(code)).await?;
                continue;
            }
            if verb == "MAIL" {
                act = self
                    .log
                    .lock()
                    .unwrap()
                    .acts
                    .pop_front()
                    .unwrap_or(Act::Accept);
            }
            match act {
                Act::Stall(at) if at == verb => std::future::pending::<()>().await,
                Act::Drop(at) if at == verb => return Ok(End::Quit),
                _ => {}
            }
            match verb.as_str() {
                "EHLO" => say(&mut stream, &self.extensions(plain)).await?,
                "STAR" if plain => {
                    say(&mut stream, "220 go ahead").await?;
                    return Ok(End::Starttls(stream.into_inner()));
                }
                "AUTH" => say(&mut stream, self.sign_in(&command)).await?,
                "MAIL" => {
                    from = address(&command);
                    say(
                        &mut stream,
                        &reply(if let Act::Sender(code) = act {
                            code
                        } else {
                            250
                        }),
                    )
                    .await?;
                }
                "RCPT" => {
                    to = address(&command);
                    say(
                        &mut stream,
                        &reply(if let Act::Recipient(code) = act {
                            code
                        } else {
                            250
                        }),
                    )
                    .await?;
                }
                "DATA" => {
                    if let Act::Data(code) = act {
                        say(&mut stream, &reply(code)).await?;
                        continue;
                    }
                    let is_refused = matches!(act, Act::Sender(_) | Act::Recipient(_));
                    if is_refused && !self.manner.waits_all_the_same {
                        say(&mut stream, "503 5.5.1 for whom?").await?;
                        continue;
                    }
                    let early = match act {
                        Act::AnswersEarly(code) => format!("\r\n{}", reply(code)),
                        _ => String::new(),
                    };
                    say(&mut stream, &format!("354 end with a dot{early}")).await?;
                    if act == Act::DropWithinMessage {
                        stream.read_exact(&mut [0; 64]).await?;
                        return Ok(End::Quit);
                    }
                    let message = content(&mut stream).await?;
                    tokio::time::sleep(self.manner.thinks).await;
                    match act {
                        Act::Stall(".") => std::future::pending::<()>().await,
                        Act::Drop(".") => return Ok(End::Quit),
                        Act::Message(code) => say(&mut stream, &reply(code)).await?,
                        _ => {
                            let received = Received {
                                from: from.clone(),
                                to: to.clone(),
                                message,
                            };
                            self.log.lock().unwrap().received.push(received);
                            say(&mut stream, "250 2.0.0 queued as 4F2A").await?;
                        }
                    }
                    if act == Act::AcceptAndLeave {
                        return Ok(End::Quit);
                    }
                }
                "RSET" | "NOOP" => say(&mut stream, "250 ok").await?,
                "QUIT" => {
                    say(&mut stream, "221 bye").await?;
                    return Ok(End::Quit);
                }
                _ => say(&mut stream, "500 what?").await?,
            }
        }
    }

    fn note(&self, command: &str, has_more_behind: bool) {
        let masked = if command.starts_with("AUTH") {
            "AUTH"
        } else {
            command
        };
        let mut log = self.log.lock().unwrap();
        log.commands.push(masked.to_owned());
        log.with_more_behind += usize::from(has_more_behind);
    }

    fn extensions(&self, plain: bool) -> String {
        let mut lines = vec!["relay.example at your service"];
        lines.extend(self.manner.extensions);
        if plain {
            lines.push("STARTTLS");
        } else if self.manner.login.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        format!("250-{}\r\n250 8BITMIME", lines.join("\r\n250-"))
    }

    fn sign_in(&self, command: &str) -> &'static str {
        let given = command.rsplit(' ').next();
        if given == self.manner.login {
            "235 2.7.0 welcome"
        } else {
            "535 5.7.8 who are you?"
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) -> io::Result<()>
where
    BufReader<S>: AsyncWrite,
{
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// The message up to its final dot, dots unstuffed.
async fn content<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.as_slice() {
            b".\r\n" => return Ok(message),
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            line => message.extend_from_slice(line),
        }
    }
}

fn reply(code: u16) -> String {
    match code {
        250 => "250 ok".to_owned(),
        code => format!("{code} {}.7.1 as the script says", code / 100),
    }
}

fn address(command: &str) -> String {
    command
        .split(['<', '>'])
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}

fn certificate() -> (TlsAcceptor, String) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let configuration = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(configuration)), own.cert.pem())
}
