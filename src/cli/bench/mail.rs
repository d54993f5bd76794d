//! Mails of 30 KB to postfix's smtp-sink, beside postfix's own smtp-source in the same run.
//!
//! Owns: the two programs of postfix, where they are, and how to get them.
//! Never: the code that is measured: it is the daemon's own.
//! Reads next: `../../job/deliver/round.rs`, `../../mail/relay.rs`.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use super::Figure;
use super::schedule::{figure, new_site, opened};
use crate::config::organisation::Address;
use crate::config::settings::{Bounds, Delivery, Relay, Security};
use crate::job::{App, deliver};
use crate::mail::Transport;
use crate::mail::transport::{Outcome, Parcel};
use crate::store::outbox::{MailKind, MailStatus, NewMail};

const BYTES: usize = 30_000;
const FROM: &str = "dondoc@longbien.example";
const TO: &str = "chutich@longbien.example";
/// The best of so many.
const RUNS: usize = 3;

pub async fn run(mails: usize) -> anyhow::Result<Vec<Figure>> {
    let sink = Sink::start()?;
    let source = found("smtp-source")?;
    let mut figures = Vec::new();
    for (connections, goal) in [(1, 0.8), (8, 0.65)] {
        let limit = best(async || by_postfix(&source, &sink, mails, connections)).await?;
        let bare = best(async || by_transport(&sink, mails, connections).await).await?;
        let whole = best(async || by_outbox(&sink, mails, connections).await).await?;
        let per_second = |time: Duration| mails as f64 / time.as_secs_f64();
        let of_limit = |time: Duration| limit.as_secs_f64() / time.as_secs_f64();
        let over = match connections {
            1 => "one connection".to_owned(),
            n => format!("{n} connections"),
        };
        let rate =
            |what: &str, time| figure(format!("{what}, {over}"), per_second(time), "mails/s", "");
        let ratio = |what: &str, time, goal: f64| {
            let what = format!("{what}, {over}, of smtp-source");
            figure(what, of_limit(time), "x", format!("{goal}"))
        };
        figures.extend([
            rate("smtp-source", limit),
            rate("transport alone", bare),
            ratio("transport alone", bare, goal),
            rate("from the outbox, durable commits", whole),
            ratio("from the outbox, durable commits", whole, 0.3),
        ]);
    }
    Ok(figures)
}

async fn best(measure: impl AsyncFn() -> anyhow::Result<Duration>) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        best = best.min(measure().await?);
    }
    Ok(best)
}

fn by_postfix(
    source: &Path,
    sink: &Sink,
    mails: usize,
    connections: usize,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let status = Command::new(source)
        .args(["-d", "-s", &connections.to_string()])
        .args(["-m", &mails.to_string(), "-l", &BYTES.to_string()])
        .args(["-f", FROM, "-t", TO, &sink.address.to_string()])
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("{} does not start", source.display()))?;
    ensure!(status.success(), "smtp-source ended with {status}");
    Ok(started.elapsed())
}

async fn by_transport(sink: &Sink, mails: usize, connections: usize) -> anyhow::Result<Duration> {
    let transport = Transport::new(&Delivery::Smtp(sink.relay(connections)), Path::new("."));
    let (from, to) = (Address::new(FROM.to_owned()), Address::new(TO.to_owned()));
    let bytes = message(0);
    let (transport, from, to, bytes) = (&transport, &from, &to, &bytes);
    let started = Instant::now();
    let share = |nth: usize| async move {
        let mut session = transport.session();
        for n in (nth..mails).step_by(connections) {
            let message_id = format!("{n}@longbien.example");
            let parcel = Parcel {
                from,
                to,
                message_id: &message_id,
                bytes,
                light: None,
            };
            match session.send(&parcel).await {
                Outcome::Accepted { .. } => {}
                other => bail!("smtp-sink does not take a mail: {}", other.reply()),
            }
        }
        session.close().await;
        Ok(())
    };
    try_join_all((0..connections).map(share)).await?;
    Ok(started.elapsed())
}

async fn by_outbox(sink: &Sink, mails: usize, connections: usize) -> anyhow::Result<Duration> {
    let site = new_site()?;
    let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse()?;
    let mut app = opened(site.path(), now).await?;
    app.transport = Transport::new(&Delivery::Smtp(sink.relay(connections)), site.path());
    fill(&app, mails, now).await?;
    let started = Instant::now();
    let accepted = deliver::drain(&app).await?;
    let lasted = started.elapsed();
    ensure!(
        accepted == mails,
        "{accepted} of {mails} mails were accepted"
    );
    Ok(lasted)
}

async fn fill(app: &App, mails: usize, now: DateTime<Utc>) -> anyhow::Result<()> {
    let write = app.store.write().await?;
    for n in 0..mails {
        let mail = NewMail {
            message_id: format!("{n}@longbien.example"),
            run_id: None,
            kind: MailKind::Alert,
            post: "head@00118".to_owned(),
            sender: FROM.to_owned(),
            recipient: TO.to_owned(),
            subject: format!("Mail {n}"),
            body: message(n),
            light: None,
            created_at: now,
            status: MailStatus::Queued,
        };
        write.queue_mail(mail).await?;
    }
    Ok(write.commit().await?)
}

/// Lines as an encoded part has them.
fn message(n: usize) -> Vec<u8> {
    let head = format!("Message-ID: <{n}@longbien.example>\r\nSubject: Mail {n}\r\n\r\n");
    let line = [[b'x'; 76].as_slice(), b"\r\n"].concat();
    let lines = (BYTES - head.len()) / line.len();
    [head.into_bytes(), line.repeat(lines)].concat()
}

/// A running smtp-sink on loopback.
struct Sink {
    child: Child,
    address: SocketAddr,
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sink {
    fn start() -> anyhow::Result<Self> {
        let program = found("smtp-sink")?;
        // A port that is free now; the moment until it is taken again is short.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(&program)
            // Whoever is root says whom it is to become.
            .args(if is_root() {
                &["-u", "nobody"][..]
            } else {
                &[]
            })
            .args([&address.to_string(), "1000"])
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let mut sink = Self { child, address };
        sink.wait_until_it_listens()?;
        Ok(sink)
    }

    fn wait_until_it_listens(&mut self) -> anyhow::Result<()> {
        for _ in 0..100 {
            if std::net::TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("smtp-sink ended with {status}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("smtp-sink does not listen at {}", self.address)
    }

    fn relay(&self, connections: usize) -> Relay {
        Relay {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            security: Security::None,
            username: None,
            password: None,
            timeout: Duration::from_secs(30),
            trust: None,
            bounds: Bounds {
                connections,
                per_connection: NonZeroU32::MAX,
                ..Bounds::default()
            },
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A program of postfix: where one finds programs, or where distributions put those for administrators.
fn found(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = ["/usr/sbin", "/usr/lib/postfix/sbin", "/usr/lib/postfix"];
    let folders = std::env::split_paths(&path).chain(others.map(PathBuf::from));
    let mut programs = folders.map(|folder| folder.join(name));
    programs.find(|program| program.is_file()).with_context(|| {
        format!(
            "`{name}` is not here: it comes with postfix (Debian: `apt-get install postfix`, no configuration needed)"
        )
    })
}
