//! What a process takes of the machine, as Linux counts it.
//!
//! Owns: reading `/proc`.
//! Never: a measurement's meaning.
//! Reads next: `schedule.rs`, `pull.rs`.

use std::fs;

use anyhow::Context;

/// What `process` holds now.
pub(super) fn memory_megabytes(process: u32) -> anyhow::Result<f64> {
    megabytes(&format!("/proc/{process}/status"), "VmRSS:")
}

/// The most that this process ever held.
pub(super) fn peak_megabytes() -> anyhow::Result<f64> {
    megabytes("/proc/self/status", "VmHWM:")
}

fn megabytes(file: &str, what: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(file)?;
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let line = line.context("unknown /proc format")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}

/// User and system time of a process, from `/proc` (Linux), in seconds.
pub(super) fn processor_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("/proc is needed")?;
    let after_name = stat.rsplit_once(')').context("unknown /proc format")?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |n: usize| {
        fields
            .get(n)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    // Fields 14 and 15 of stat(5); clock ticks are hundredths of a second on Linux.
    Ok((ticks(11) + ticks(12)) / 100.0)
}
