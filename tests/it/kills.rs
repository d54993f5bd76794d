//! Stories of a demonstration that is killed at any moment, again and again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::database::{Database, stories};
use crate::program::{command, on_site, run};

/// How often it is killed; `DONDOC_TEST_KILLS` asks for more.
const KILLS: u32 = 5;

stories! {
    async fn a_killed_demonstration_loses_no_mail_and_sends_none_twice(database: &mut Database) {
        let folder = tempfile::tempdir().unwrap();
        let (disturbed, calm) = (folder.path().join("disturbed"), folder.path().join("calm"));
        let calm_database = crate::database::beside(database).await;
        let begun = Instant::now();
        demo_to_the_end(&calm_database, &calm, 1);
        let whole = begun.elapsed();

        let kills = std::env::var("DONDOC_TEST_KILLS").map_or(KILLS, |text| text.parse().unwrap());
        let mut survived = 0;
        for kill in 0..kills {
            let after = whole.mul_f64(fraction(kill));
            survived += u32::from(demo_killed(database, &disturbed, after));
        }
        eprintln!(
            "killed {} times of {kills}, the first run takes {whole:?}",
            kills - survived
        );
        demo_to_the_end(database, &disturbed, 1);

        let days = (last_day(database, &disturbed) - june(1)).num_days();
        assert!(days >= 1);
        if days > 1 {
            demo_to_the_end(&calm_database, &calm, days - 1);
        }
        assert_eq!(
            last_day(&calm_database, &calm),
            last_day(database, &disturbed)
        );
        let (expected, found) = (mails(&calm), mails(&disturbed));
        let names = |mails: &BTreeMap<String, Vec<u8>>| mails.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&found),
            names(&expected),
            "nothing lost, nothing doubled"
        );
        assert!(found == expected, "the same bytes");
        let listed = on_site(database, &disturbed, &["mail", "list", "--json"]).json();
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.len(), expected.len());
        assert!(
            listed.iter().all(|mail| mail["status"] == "accepted"),
            "{listed:#?}"
        );
        calm_database.remove().await;
    }
}

/// Early, late and in between; a run that is taken up is shorter than the first.
fn fraction(kill: u32) -> f64 {
    (f64::from(kill) * 0.618_034 + 0.5).fract() * 0.7
}

fn june(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 6, day).unwrap()
}

fn demo_to_the_end(database: &Database, folder: &Path, days: i64) {
    let days = days.to_string();
    let ended = run(
        database,
        &["demo", "--dir", folder.to_str().unwrap(), "--days", &days],
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Starts the demonstration and kills it `after` so long; whether it had ended by itself.
fn demo_killed(database: &Database, folder: &Path, after: Duration) -> bool {
    let arguments = ["demo", "--dir", folder.to_str().unwrap(), "--days", "1"];
    let mut command = command(database, &arguments);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
    ended
}

/// The day of the latest run.
fn last_day(database: &Database, folder: &Path) -> NaiveDate {
    let runs = on_site(database, folder, &["runs", "--limit", "1", "--json"]).json();
    let at: DateTime<FixedOffset> = runs[0]["scheduled_for"].as_str().unwrap().parse().unwrap();
    at.date_naive()
}

/// Every file beside the mails is a mail.
fn mails(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder.join("data/mails"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (
            path.file_name().unwrap().to_str().unwrap().to_owned(),
            fs::read(&path).unwrap(),
        )
    };
    entries.map(read).collect()
}
