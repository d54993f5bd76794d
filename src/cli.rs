//! The command line: arguments, and one file per subcommand that loads, calls and prints.
//!
//! Owns: words and options of the commands.
//! Never: rules of the domain.
//! Reads next: `cli/demo.rs`.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, FixedOffset, Utc};
use clap::{Parser, Subcommand};

use logging::Logs;

mod alerts;
mod apology;
mod bench;
mod backfill;
mod beside;
mod board;
mod calendar;
mod check;
mod demo;
mod doctor;
mod explain;
mod infer;
mod jobs;
mod logging;
mod mail;
mod migrate;
mod moment;
mod next;
mod open;
mod output;
mod overdue;
mod pause;
mod progress;
mod quarantine;
mod resync;
mod run;
mod runs;
mod schema;
mod serve;
mod simulate;
mod source;
mod spreadsheet;

#[derive(Debug, Parser)]
#[command(name = "dondoc", version, about, propagate_version = true)]
pub struct Arguments {
    /// The site: the folder with config/, jobs/ and templates/
    #[arg(
        long,
        global = true,
        env = "DONDOC_SITE",
        default_value = ".",
        value_name = "DIR"
    )]
    site: PathBuf,
    /// Fix the clock of this command, e.g. 2020-06-01T07:30:00+07:00
    #[arg(long, global = true, value_name = "INSTANT", value_parser = moment::instant)]
    at: Option<DateTime<FixedOffset>>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a sample site on the figures of 2020, pull from a simulated city and leave the mails
    Demo(demo::Demo),
    /// Run the daemon until a signal comes
    Serve,
    /// Validate every file an administrator edits, and print every problem
    Check(check::Check),
    /// JSON Schemas of the files, by which editors complete and check them
    Schema(schema::Schema),
    /// List the jobs with their next instants
    Jobs,
    /// List upcoming occurrences of a job or of a cron expression
    Next(next::Next),
    /// Run a job now, or with --dry-run on a copy that is thrown away
    Run(run::Run),
    /// Run past occurrences of a job from what is stored; mails are held
    Backfill(backfill::Backfill),
    /// Keep a job from running for a while
    Pause(pause::Pause),
    /// Let a paused job go on
    Resume(pause::Resume),
    /// Every run and every mail of a period, from data at hand, sending nothing
    Simulate(simulate::Simulate),
    /// History of runs
    Runs(runs::Runs),
    /// Targets, dossiers by level and ward, documents, data quality
    Board(board::Board),
    /// Overdue dossiers, oldest first
    Overdue(overdue::Overdue),
    /// Draft the apology slip of a dossier that is or will be late
    Apology(apology::Apology),
    /// How a target's figure comes about
    Explain(explain::Explain),
    /// Rows kept aside, why, and trying them again
    Quarantine(quarantine::Quarantine),
    /// Working-day arithmetic
    Calendar(calendar::Calendar),
    /// The outbox
    Mail(mail::Mail),
    /// Open alerts, answers to them, and the trail of both
    Alerts(alerts::Alerts),
    /// Apply pending changes to the database's schema
    Migrate,
    /// Help for connecting a system
    Source(source::Source),
    /// Try everything the daemon depends on
    Doctor,
    /// Measure speed: prints figures beside their limits
    Bench(bench::Bench),
}

/// What every subcommand needs of the arguments.
#[derive(Debug)]
struct Scope {
    site: PathBuf,
    at: Option<DateTime<Utc>>,
    json: bool,
}

/// Runs the command. 0: done; 1: it failed. Wrong use ends in `clap` with 2.
///
/// # Errors
/// With what to print before exiting with 1.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let scope = Scope {
        site: arguments.site,
        at: arguments.at.map(|at| at.to_utc()),
        json: arguments.json,
    };
    logging::start(match arguments.command {
        Command::Serve => Logs::Daemon,
        Command::Simulate(_) => Logs::Nothing,
        _ => Logs::Command,
    });
    match arguments.command {
        Command::Demo(demo) => demo.run(&scope).await?,
        Command::Serve => serve::run(&scope).await?,
        Command::Check(check) => return check.run(&scope),
        Command::Schema(schema) => schema.run(&scope)?,
        Command::Jobs => jobs::run(&scope).await?,
        Command::Next(next) => next.run(&scope).await?,
        Command::Run(run) => return run.run(&scope).await,
        Command::Backfill(backfill) => return backfill.run(&scope).await,
        Command::Pause(pause) => pause.run(&scope).await?,
        Command::Resume(resume) => resume.run(&scope).await?,
        Command::Simulate(simulate) => simulate.run(&scope).await?,
        Command::Runs(runs) => runs.run(&scope).await?,
        Command::Board(board) => board.run(&scope).await?,
        Command::Overdue(overdue) => overdue.run(&scope).await?,
        Command::Apology(apology) => apology.run(&scope).await?,
        Command::Explain(explain) => explain.run(&scope).await?,
        Command::Quarantine(quarantine) => quarantine.run(&scope).await?,
        Command::Calendar(calendar) => calendar.run(&scope)?,
        Command::Mail(mail) => mail.run(&scope).await?,
        Command::Alerts(alerts) => alerts.run(&scope).await?,
        Command::Migrate => migrate::run(&scope).await?,
        Command::Source(source) => return source.run(&scope).await,
        Command::Doctor => return doctor::run(&scope).await,
        Command::Bench(bench) => bench.run(&scope).await?,
    }
    Ok(ExitCode::SUCCESS)
}
