//! Clocks that jump by hours, a machine that sleeps for a day, and what a run remembers of a change of the clock.

use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::database::stories;
use crate::program::{on_site_beside, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS};

const HOURLY: &str = "title = \"Cảnh báo\"\n\
     schedule = { cron = \"0 * * * *\", zone = \"Asia/Ho_Chi_Minh\" }\nretry = { attempts = 1 }\n\n\
     [[step]]\npull = \"one-stop-shop\"\n\n[[step]]\nalert = \"overdue-dossiers\"\nsoon = 2\n\
     ladder = [{ late = 0, to = \"head\" }]\nmail = \"overdue\"\n";
const JOB: &str = "hourly";

stories! {
    async fn hours_in_both_directions_and_a_day_asleep_lose_and_double_nothing(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        only(app, JOB, HOURLY).await;
        let mut daemon = hold(app).await;
        for at in [
            "01 07:30", "01 08:00", // as it should be
            "01 13:20", "01 14:00", // five hours forward
            "01 09:30", "01 10:00", "01 14:00", "01 15:00", // and back, and lived through again
            "02 15:10", "02 16:00", // asleep for a day
        ] {
            app.at(&format!("2020-06-{at}"));
            settle(app, &mut daemon).await;
        }
        let runs = runs(app, JOB).await;
        let hours: Vec<_> = runs.iter().map(|run| run.scheduled_for).collect();
        let first = instant("2020-06-01 08:00");
        let every = (0..33).map(|hour| first + TimeDelta::hours(hour));
        assert_eq!(hours, every.collect::<Vec<_>>(), "every hour has its one row");
        let succeeded = runs.iter().filter(|run| run.status == RunStatus::Succeeded);
        let succeeded: Vec<_> = succeeded.map(|run| (run.scheduled_for - first).num_hours()).collect();
        assert_eq!(succeeded, [0, 5, 6, 7, 31, 32], "what was missed has one that takes its place");
        for run in runs.iter().filter(|run| run.status != RunStatus::Succeeded) {
            let reason = "nothing ran at the time; a later occurrence takes its place";
            assert_eq!((run.status, run.reason.as_str()), (RunStatus::Missed, reason));
        }
        assert_eq!(app.sent_to(HEAD).await.len(), 1, "told once");
    }

    async fn a_clock_that_jumps_takes_no_run_from_the_process_that_has_it(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        only(app, JOB, HOURLY).await;
        let mut daemon = hold(app).await;
        settle(app, &mut daemon).await;
        for (at, jump) in [("2020-06-01 08:00", 5), ("2020-06-01 15:00", -5)] {
            app.city.forget_what_was_asked();
            app.city.fails_next(DOSSIERS, 1, Answer::Late(Duration::from_millis(500)));
            app.at(at);
            daemon.beat().await.unwrap();
            until("its request", async || !app.city.asked(DOSSIERS).is_empty()).await;
            app.go_to(instant(at) + TimeDelta::hours(jump));
            // A sign of life is among them: leases are renewed, and lost runs looked for.
            for _ in 0..21 {
                daemon.beat().await.unwrap();
            }
            settle(app, &mut daemon).await;
            let run = runs(app, JOB).await.into_iter().find(|run| run.scheduled_for == instant(at)).unwrap();
            assert_eq!((run.status, run.attempts, run.deaths), (RunStatus::Succeeded, 1, 0), "{at}");
        }
    }

    async fn a_run_remembers_what_moved_its_occurrence(app: &mut TestApp) {
        let job = |schedule: &str| {
            format!("title = \"Kiểm tra\"\nschedule = {{ {schedule} }}\n\n[[step]]\nassess = \"targets\"\n")
        };
        only(app, "gap", &job("cron = \"30 2 * * *\", zone = \"Europe/Paris\"")).await;
        let saturdays = "cron = \"0 9 * * 6\", zone = \"Asia/Ho_Chi_Minh\", only_on = \"working-days\", shift = \"next\"";
        app.write("jobs/saturdays.toml", &job(saturdays)).await;
        app.at("2020-03-28 12:00");
        app.beat().await;
        app.at("2020-03-29 12:00");
        app.beat().await;
        app.at("2020-03-30 09:00");
        app.beat().await;
        let mut notes = Vec::new();
        for job in ["gap", "saturdays"] {
            let shown = on_site_beside(&app.database, app.folder(), &["runs", job, "--json"]).await.json();
            let moved = |run: &&serde_json::Value| run["reason"].as_str().unwrap().contains("moved to");
            let run = shown.as_array().unwrap().iter().rev().find(moved);
            let run = run.unwrap_or_else(|| panic!("{shown:#}"));
            assert_eq!(run["status"], "succeeded");
            notes.push(run["reason"].as_str().unwrap().to_owned());
            let text = on_site_beside(&app.database, app.folder(), &["runs", job]).await.out;
            assert!(text.contains("moved to"), "{text}");
        }
        assert_eq!(
            notes,
            [
                "02:30 does not exist on this day: moved to 03:00",
                "2020-03-28 is not a working day: moved to 2020-03-30"
            ]
        );
    }
}
