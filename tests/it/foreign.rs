//! A system that the program has never seen: it answers over real HTTP whatever a story says.
//!
//! Owns: the world's side of HTTP down to the socket; the site's files that connect it.
//! Never: anything of the program itself.
//! Reads next: `connect.rs`, `faults.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{Ran, TestApp};

pub const SECRET: &str = "s3cret-of-a-stranger";

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// A number in the query; 0 where there is none.
    pub fn number(&self, name: &str) -> usize {
        let said = self.query.get(name);
        said.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    tail: Vec<u8>,
    is_announced: bool,
    way: Way,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Whole,
    /// The request is taken, and nothing ever comes back.
    Silent,
    /// So many bytes of the body, though more were announced.
    Cut(usize),
    /// The body again and again, for ever.
    Endless,
    /// After the body so many bytes more, of this again and again, and then the tail.
    Long(&'static [u8], u64),
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::bytes(body.to_string().into_bytes(), "application/json")
    }

    pub fn bytes(body: impl Into<Vec<u8>>, content_type: &str) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self {
            status: 200,
            headers,
            body: body.into(),
            tail: Vec::new(),
            is_announced: true,
            way: Way::Whole,
        }
    }

    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::bytes("{}", "application/json")
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn over(self, way: Way) -> Self {
        Self { way, ..self }
    }

    pub fn silent() -> Self {
        Self::status(200).over(Way::Silent)
    }

    pub fn cut_after(self, bytes: usize) -> Self {
        self.over(Way::Cut(bytes))
    }

    pub fn endless(self) -> Self {
        self.over(Way::Endless)
    }

    /// `length` bytes more, made while they are sent; all are announced.
    pub fn then(self, again: &'static [u8], length: u64) -> Self {
        self.over(Way::Long(again, length))
    }

    /// What comes after [`Self::then`].
    pub fn and(mut self, tail: impl Into<Vec<u8>>) -> Self {
        self.tail = tail.into();
        self
    }

    /// Without its length: it ends where the connection does.
    pub fn unannounced(mut self) -> Self {
        self.is_announced = false;
        self
    }

    fn length(&self) -> u64 {
        let more = match self.way {
            Way::Long(_, length) => length,
            _ => 0,
        };
        (self.body.len() + self.tail.len()) as u64 + more
    }
}

type Script = Box<dyn FnMut(&Asked) -> Reply + Send>;

pub struct ForeignSystem {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    sent: Arc<AtomicU64>,
}

impl ForeignSystem {
    pub async fn start(script: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let system = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(Box::new(script))),
            asked: Arc::default(),
            sent: Arc::default(),
        };
        let (script, asked) = (Arc::clone(&system.script), Arc::clone(&system.asked));
        let sent = Arc::clone(&system.sent);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (script, asked, sent) =
                    (Arc::clone(&script), Arc::clone(&asked), Arc::clone(&sent));
                tokio::spawn(async move { converse(socket, &script, &asked, &sent).await });
            }
        });
        system
    }

    /// From now on it answers so.
    pub fn answers(&self, script: impl FnMut(&Asked) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn forget_what_was_asked(&self) {
        self.asked.lock().unwrap().clear();
    }

    /// What was asked, as `name` in the query says, in order.
    pub fn asked_for(&self, name: &str) -> Vec<String> {
        let of = |asked: &Asked| asked.query.get(name).cloned().unwrap_or_default();
        self.asked().iter().map(of).collect()
    }

    /// Bytes of bodies that left it.
    pub fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn converse(
    socket: TcpStream,
    script: &Mutex<Script>,
    heard: &Mutex<Vec<Asked>>,
    sent: &AtomicU64,
) {
    let mut socket = BufReader::new(socket);
    let Some(asked) = hear(&mut socket).await else {
        return;
    };
    heard.lock().unwrap().push(asked.clone());
    let reply = (script.lock().unwrap())(&asked);
    // Whoever asked may have gone away meanwhile.
    let _ = say(socket.get_mut(), &reply, sent).await;
}

async fn hear(socket: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    socket.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let mut asked = Asked {
        method: words.next()?.to_owned(),
        ..Asked::default()
    };
    let url = format!("http://here{}", words.next()?).parse::<wiremock::http::Url>();
    let url = url.ok()?;
    asked.path = url.path().to_owned();
    asked.query = url.query_pairs().into_owned().collect();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        asked.headers.insert(name.to_lowercase(), value);
    }
    let length = asked.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}

async fn say(socket: &mut TcpStream, reply: &Reply, sent: &AtomicU64) -> std::io::Result<()> {
    if matches!(reply.way, Way::Silent) {
        tokio::time::sleep(Duration::from_secs(60)).await;
        return Ok(());
    }
    let mut head = format!(
        "HTTP/1.1 {} As scripted\r\nConnection: close\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.is_announced && !matches!(reply.way, Way::Endless) {
        head.push_str(&format!("Content-Length: {}\r\n", reply.length()));
    }
    socket.write_all(format!("{head}\r\n").as_bytes()).await?;
    let end = match reply.way {
        Way::Cut(bytes) => bytes,
        _ => reply.body.len(),
    };
    loop {
        socket.write_all(&reply.body[..end]).await?;
        sent.fetch_add(end as u64, Ordering::Relaxed);
        match reply.way {
            Way::Endless => continue,
            Way::Long(again, length) => say_long(socket, again, length, sent).await?,
            _ => {}
        }
        socket.write_all(&reply.tail).await?;
        return socket.shutdown().await;
    }
}

async fn say_long(
    socket: &mut TcpStream,
    again: &[u8],
    length: u64,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    let piece = again.repeat((64 << 10) / again.len());
    let mut left = length;
    while left > 0 {
        let now = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        socket.write_all(&piece[..now]).await?;
        sent.fetch_add(now as u64, Ordering::Relaxed);
        left -= now as u64;
    }
    Ok(())
}

/// The row of a thing.
pub fn thing(n: usize) -> Value {
    json!({ "id": code(n), "name": format!("Việc số {n}") })
}

pub fn things(from: usize, to: usize) -> Vec<Value> {
    (from..to).map(thing).collect()
}

pub fn code(n: usize) -> String {
    format!("T-{n:04}")
}

/// A part of a list, as most systems page it.
pub fn part(rows: &[Value], skip: usize, take: usize) -> Vec<Value> {
    rows.iter().skip(skip).take(take).cloned().collect()
}

/// The source's file: `access` are keys of its root, `pull` those of its list.
fn source(access: &str, pull: &str) -> String {
    format!(
        "title = \"Hệ thống lạ\"\nendpoint = \"foreign\"\nexpect_within = \"26h\"\nattempts = 2\n{access}\n\n\
         [[pull]]\nrecords = \"things\"\npath = \"/things\"\n{pull}\n\n\
         [pull.fields]\ncode = \"/id\"\nname = \"/name\"\n"
    )
}

impl TestApp {
    /// Connects the system by a source file alone: `access` are keys of its root, `pull` those of its list.
    pub async fn connect(&mut self, system: &ForeignSystem, access: &str, pull: &str) {
        self.connect_with(system, access, pull, "").await;
    }

    /// As [`Self::connect`], with more `fields`.
    pub async fn connect_with(
        &mut self,
        system: &ForeignSystem,
        access: &str,
        pull: &str,
        fields: &str,
    ) {
        let settings = self.folder().join("config/local.toml");
        let address = system.address;
        let local = fs::read_to_string(&settings).unwrap();
        let local = local.replace(
            "[endpoints]",
            &format!("[endpoints]\nforeign = \"http://{address}\""),
        );
        let credential =
            "\n[credentials.foreign]\nid = \"dondoc\"\nsecret_file = \"config/secrets/foreign\"\n";
        fs::write(settings, local + credential).unwrap();
        fs::write(self.folder().join("config/secrets/foreign"), SECRET).unwrap();
        fs::write(
            self.folder().join("config/sources/foreign.toml"),
            source(access, pull) + fields,
        )
        .unwrap();
        let job = "title = \"Hệ thống lạ\"\nschedule = { cron = \"0 5 * * *\", zone = \"Asia/Ho_Chi_Minh\" }\n\
             retry = { attempts = 1, first = \"1s\", max = \"2s\" }\n\n[[step]]\npull = \"foreign\"\n";
        self.write("jobs/pull-foreign.toml", job).await;
    }

    /// The same source at another system, or with another file.
    pub async fn move_to(&mut self, system: &ForeignSystem, access: &str, pull: &str) {
        let settings = self.folder().join("config/local.toml");
        let local = fs::read_to_string(&settings).unwrap();
        let foreign = local.lines().find(|line| line.starts_with("foreign = "));
        let now = format!("foreign = \"http://{}\"", system.address);
        fs::write(&settings, local.replace(foreign.unwrap(), &now)).unwrap();
        self.write("config/sources/foreign.toml", &source(access, pull))
            .await;
    }

    /// The codes of the things that are stored, in order.
    pub async fn things(&self) -> Vec<String> {
        let entries = self.store.entries().await.unwrap();
        let things = entries
            .into_iter()
            .filter(|entry| entry.records == "things");
        things.map(|entry| entry.code).collect()
    }

    /// Pulls; every thing from 0 to `count` is there afterwards, and nothing else.
    pub async fn pull_all(&mut self, count: usize) -> Ran {
        let ran = self.succeed("pull-foreign").await;
        let expected: Vec<String> = (0..count).map(code).collect();
        assert_eq!(self.things().await, expected);
        ran
    }

    /// Pulls, and the pull fails with these words.
    pub async fn pull_fails(&mut self, words: &str) -> Ran {
        let ran = self.run("pull-foreign").await;
        let reason = &ran.run.reason;
        assert!(reason.contains(words), "{reason} should say {words}");
        assert!(!format!("{ran:?}").contains(SECRET), "{ran:?}");
        ran
    }
}
