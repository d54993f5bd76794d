//! Parses arguments, calls `cli`, turns errors into exit codes.
//!
//! Owns: the runtime, the allocator.
//! Never: anything else.
//! Reads next: `cli.rs`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;

/// Rows are made on one thread and dropped on another, which the system's allocator takes ill.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match dondoc::cli::run(dondoc::cli::Arguments::parse()).await {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody need listen.
            let _ = writeln!(std::io::stderr().lock(), "dondoc: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `dondoc … | head` is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
