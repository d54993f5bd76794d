//! `dondoc source`: one remote system.
//!
//! Owns: the questions there are.
//! Never: pulling (`job::step::pull`).
//! Reads next: `resync.rs`.

use clap::{Args, Subcommand};

use super::{Scope, resync};

#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Let the next pull ask for everything, not only for what changed
    Resync(resync::Resync),
}

impl Source {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let Act::Resync(resync) = &self.act;
        resync.run(scope).await
    }
}
