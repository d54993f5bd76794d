//! The binary as its users start it.
//!
//! Owns: arguments, environment, signals, output and exit code of `dondoc`.
//! Never: anything inside it.
//! Reads next: `commands.rs`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::database::Database;

pub const BINARY: &str = env!("CARGO_BIN_EXE_dondoc");

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command on `database`, free of what the developer's shell says.
pub fn command(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DONDOC_"))
    {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .envs(database.variables())
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(database: &Database, arguments: &[&str]) -> Ended {
    end_of(command(database, arguments))
}

pub fn end_of(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command on the site in `folder`.
pub fn on_site(database: &Database, folder: &Path, arguments: &[&str]) -> Ended {
    let site = folder.to_str().unwrap();
    run(database, &[&["--site", site], arguments].concat())
}

/// As `on_site`, while this test's own servers go on answering.
pub async fn on_site_beside(database: &Database, folder: &Path, arguments: &[&str]) -> Ended {
    let site = folder.to_str().unwrap();
    let command = command(database, &[&["--site", site], arguments].concat());
    tokio::task::spawn_blocking(move || end_of(command))
        .await
        .unwrap()
}

/// A daemon under way, and what it logs.
pub struct Serving {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// A story that fails leaves no process behind, and shows what it said.
impl Drop for Serving {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log.lock().unwrap());
            let _ = self.child.kill();
        }
    }
}

impl Serving {
    pub fn start(database: &Database, folder: &Path) -> Self {
        Self::of(command(
            database,
            &["--site", folder.to_str().unwrap(), "serve"],
        ))
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (
            BufReader::new(child.stderr.take().unwrap()).lines(),
            Arc::clone(&log),
        );
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &format!("{line}\n");
            }
        });
        Self {
            child,
            log,
            reader: Some(reader),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_said(&self, words: &str) -> bool {
        self.log.lock().unwrap().contains(words)
    }

    pub fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        let ended = tokio::task::spawn_blocking(move || {
            let status = self.child.wait().unwrap();
            if let Some(reader) = self.reader.take() {
                reader.join().unwrap();
            }
            Ended {
                code: status.code(),
                out: String::new(),
                err: self.log.lock().unwrap().clone(),
            }
        });
        ended.await.unwrap()
    }
}

/// Looks again and again, for at most half a minute.
pub async fn until(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !happened().await {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{what} never happens"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
