//! `dondoc alerts`: what people were told and is open, answering in their name, the trail of it all.
//!
//! Owns: the questions there are.
//! Never: what an answer does (`job::answers`).
//! Reads next: `alerts/list.rs`, `alerts/answer.rs`, `alerts/trail.rs`.

mod answer;
mod list;
mod trail;

use clap::{Args, Subcommand};

use super::Scope;

#[derive(Debug, Args)]
pub struct Alerts {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Open alerts, oldest first, with what was answered
    List(list::List),
    /// Answer an alert in the name of the post that was told of it
    Ack(answer::Ack),
    /// Keep a post from being reminded of an alert for a while; other posts hear of it as usual
    Silence(answer::Silence),
    /// Who was told what, when and why, what the mail server said, and what was answered
    Trail(trail::Trail),
}

impl Alerts {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        match &self.act {
            Act::List(list) => list.run(scope).await,
            Act::Ack(ack) => ack.run(scope).await,
            Act::Silence(silence) => silence.run(scope).await,
            Act::Trail(trail) => trail.run(scope).await,
        }
    }
}
