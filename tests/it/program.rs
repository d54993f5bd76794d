//! The binary as its users start it.
//!
//! Owns: arguments, environment, output and exit code of `dondoc`.
//! Never: anything inside it.
//! Reads next: `commands.rs`.

use std::path::Path;
use std::process::{Command, Stdio};

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
