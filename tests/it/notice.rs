//! What the operator hears: refused files, files that are valid again, jobs that fell silent; and the metrics.
//!
//! Owns: stories of the program about itself.
//! Never: how a mail is worded in full (`letters.rs`).
//! Reads next: `app.rs`.

use std::fs;
use std::time::Duration;

use dondoc::daemon::{self, Daemon};
use dondoc::domain::unit::UnitCode;
use dondoc::job::notice::Notices;
use dondoc::job::pause;
use dondoc::job::watchdog::Watchdog;
use dondoc::metrics::{self, Exporter};
use dondoc::store::outbox::{MailKind, MailStatus};
use dondoc::store::runs::RunStatus;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::letters_sent::Sent;

const OPERATOR: &str = "operator@004";
const WARD_LAG: &str = "jobs/ward-lag.toml";
/// Runs every working day at eight, and does not succeed.
const CHECK: &str = "title = \"Kiểm tra\"\n\
     schedule = { cron = \"0 8 * * *\", only_on = \"working-days\" }\n\
     retry = { attempts = 1 }\nexpect_success_within = \"3h\"\n\n\
     [[step]]\nping = \"http://127.0.0.1:1/\"\n";
const FAILS: &str = "ping = \"http://127.0.0.1:1/\"";
const SUCCEEDS: &str = "assess = \"targets\"";

/// The daemon of a site, on the clock of the story.
async fn daemon(app: &TestApp) -> Daemon {
    match daemon::copy(app) {
        Ok(copy) => Daemon::hold(copy).await.unwrap(),
        Err(error) => panic!("{error}"),
    }
}

/// So many seconds of the daemon's life, and the mails of them delivered.
async fn live(app: &TestApp, daemon: &mut Daemon, seconds: usize) {
    for _ in 0..seconds.max(5) {
        daemon.beat().await.unwrap();
        // That a file changed is heard from the system, a little later.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..500 {
        let mails = app.store.mails_by_status().await.unwrap();
        if !mails.contains_key(&MailStatus::Queued) && !mails.contains_key(&MailStatus::Sending) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        daemon.beat().await.unwrap();
    }
    panic!("mails wait for ever");
}

fn replace(app: &TestApp, file: &str, from: &str, to: &str) {
    let path = app.folder().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// The words of a text, whatever its lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn subjects(sent: &[Sent]) -> Vec<&str> {
    sent.iter().map(|sent| sent.subject.as_str()).collect()
}

const REFUSED: &str = "[Long Biên] Đôn đốc: tệp cấu hình bị từ chối, 2 lỗi";
const ACCEPTED: &str = "[Long Biên] Đôn đốc: tệp cấu hình đã được áp dụng";

/// Only the watched job, with the switch that watches it.
async fn watched(app: &mut TestApp) -> Switch {
    for job in ["overdue-alerts", "pull-city", "ward-lag", "weekly-digest"] {
        replace(
            app,
            &format!("jobs/{job}.toml"),
            "expect_success_within",
            "# expect_success_within",
        );
    }
    app.write("jobs/check.toml", CHECK).await;
    app.beat().await;
    Switch::default()
}

#[derive(Default)]
struct Switch {
    watchdog: Watchdog,
    notices: Notices,
}

impl Switch {
    /// A look at this time, as the daemon's looks go on; what the operator has heard by then.
    async fn looks(&mut self, app: &mut TestApp, at: &str) -> usize {
        let until = instant(at);
        while app.clock.now() < until {
            app.go_to(until.min(app.clock.now() + chrono::TimeDelta::minutes(4)));
            app.beat().await;
            self.watchdog.look(app, &mut self.notices).await;
        }
        app.run_queued().await;
        app.sent_to(OPERATOR).await.len()
    }
}

stories! {
    async fn refused_files_are_told_once_and_that_they_are_valid_again(app: &mut TestApp) {
        let mut daemon = daemon(app).await;
        live(app, &mut daemon, 3).await;
        assert_eq!(app.sent_to(OPERATOR).await.len(), 0);

        let ran_before = daemon.app().files.hash.clone();
        replace(app, WARD_LAG, "Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Min");
        replace(app, WARD_LAG, "assess = ", "asess = ");
        live(app, &mut daemon, 12).await;
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(subjects(&sent), [REFUSED]);
        assert_eq!((sent[0].kind, sent[0].date), (MailKind::Alert, app.clock.now().timestamp()));
        let found = daemon::check_site(app.folder(), app.day(app.clock.now()));
        assert_eq!(found.problems.len(), 2);
        for problem in &found.problems {
            let (file, line, column) = (problem.file.display(), problem.line, problem.column);
            let told = format!("✗ {file}:{line}:{column}: {} help: {}", problem.message, problem.help);
            assert!(words(&sent[0].text).contains(&words(&told)), "{}", sent[0].text);
        }
        assert!(sent[0].text.contains(&ran_before) && sent[0].text.contains("overdue-alerts"));
        assert_eq!(daemon.app().files.hash, ran_before, "what ran before goes on");

        // However often the daemon looks, and however often the same text is saved.
        let text = fs::read_to_string(app.folder().join(WARD_LAG)).unwrap();
        live(app, &mut daemon, 45).await;
        fs::write(app.folder().join(WARD_LAG), text).unwrap();
        live(app, &mut daemon, 25).await;
        assert_eq!(subjects(&app.sent_to(OPERATOR).await), [REFUSED]);

        replace(app, WARD_LAG, "Asia/Ho_Chi_Min", "Asia/Ho_Chi_Minh");
        replace(app, WARD_LAG, "asess = ", "assess = ");
        live(app, &mut daemon, 45).await;
        assert_eq!(subjects(&app.sent_to(OPERATOR).await), [REFUSED, ACCEPTED]);

        // The same slip another time is news.
        replace(app, WARD_LAG, "Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Min");
        replace(app, WARD_LAG, "assess = ", "asess = ");
        live(app, &mut daemon, 45).await;
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(subjects(&sent), [REFUSED, ACCEPTED, REFUSED]);
        assert_eq!(app.store.decisions_about("configuration").await.unwrap().len(), 3);
    }

    async fn one_broken_state_after_the_other_is_one_mail_in_ten_minutes_and_the_last_is_told(app: &mut TestApp) {
        let mut daemon = daemon(app).await;
        live(app, &mut daemon, 1).await;
        for word in ["one", "two", "three"] {
            fs::write(app.folder().join(WARD_LAG), format!("{word} = 1\n")).unwrap();
            live(app, &mut daemon, 12).await;
        }
        assert_eq!(app.sent_to(OPERATOR).await.len(), 1);
        app.at("2020-06-01 07:41");
        live(app, &mut daemon, 25).await;
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(sent.len(), 2);
        assert!(sent[1].text.contains("unknown key `three`"), "{}", sent[1].text);
    }

    async fn a_daemon_that_starts_on_mended_files_tells_that_they_are_applied(app: &mut TestApp) {
        let mut first = daemon(app).await;
        live(app, &mut first, 1).await;
        replace(app, WARD_LAG, "assess = ", "asess = ");
        live(app, &mut first, 12).await;
        drop(first);
        replace(app, WARD_LAG, "asess = ", "assess = ");
        let mut second = daemon(app).await;
        live(app, &mut second, 45).await;
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(subjects(&sent)[1..], [ACCEPTED]);
    }

    async fn nobody_to_tell_keeps_nothing_from_running(app: &mut TestApp) {
        let text = fs::read_to_string(app.folder().join("config/organisation.toml")).unwrap();
        app.write("config/organisation.toml", &text.replace("role = \"operator\"", "role = \"chair\"").replacen(
            "role = \"chair\"\ntitle = \"Quản trị hệ thống Đôn đốc\"\n", "role = \"head\"\ntitle = \"Quản trị\"\n", 1,
        )).await;
        assert!(app.files.organisation.operator(app.day(app.clock.now())).is_none());
        let mut daemon = daemon(app).await;
        replace(app, WARD_LAG, "assess = ", "asess = ");
        live(app, &mut daemon, 25).await;
        assert!(app.store.daemon().await.unwrap().unwrap().refused.is_some());
        assert_eq!(app.sent().await.len(), 0);
    }

    async fn a_silent_job_is_told_once_for_each_silence_and_a_weekend_is_none(app: &mut TestApp) {
        let mut switch = watched(app).await;
        assert_eq!(switch.looks(app, "2020-06-01 11:00").await, 0, "it has its three hours");
        assert_eq!(app.history("check").await, ["Mon 01 08:00 partial"]);
        assert_eq!(switch.looks(app, "2020-06-01 11:04").await, 1);
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(subjects(&sent), ["[Long Biên] Đôn đốc: việc check chưa chạy thành công lần nào"]);
        let run = app.store.last_begun("check").await.unwrap().unwrap();
        let told = words(&sent[0].text);
        let last = format!("Lần chạy gần nhất: 08:00 ngày 01/06/2020, chỉ xong một phần: {}", words(&run.reason));
        assert!(told.contains(&last) && told.contains("`dondoc runs check`"), "{told}");
        assert_eq!(switch.looks(app, "2020-06-02 09:00").await, 1, "told once");
        let reason = app.store.last_begun("check").await.unwrap().unwrap().reason;
        assert!(reason.starts_with("ping: http://127.0.0.1:1/ cannot be reached"), "{reason}");

        // It recovers, and is expected to do nothing on a Saturday and a Sunday.
        app.edit("jobs/check.toml", FAILS, SUCCEEDS).await;
        app.at("2020-06-05 08:00");
        app.beat().await;
        assert_eq!(app.store.last_begun("check").await.unwrap().unwrap().status, RunStatus::Succeeded);
        assert_eq!(switch.looks(app, "2020-06-08 07:58").await, 1, "nothing was due since Friday");

        app.edit("jobs/check.toml", SUCCEEDS, FAILS).await;
        assert_eq!(switch.looks(app, "2020-06-08 10:58").await, 1);
        assert_eq!(switch.looks(app, "2020-06-08 11:06").await, 2, "another silence");
        switch = Switch::default();
        assert_eq!(switch.looks(app, "2020-06-08 13:00").await, 2, "told once, whoever looks");
        let sent = app.sent_to(OPERATOR).await;
        assert_eq!(subjects(&sent)[1], "[Long Biên] Đôn đốc: việc check chưa chạy thành công từ 08:00 ngày 05/06/2020");
    }

    async fn a_paused_job_is_silent_by_order(app: &mut TestApp) {
        let mut switch = watched(app).await;
        let job = app.job("check").unwrap();
        let until = instant("2020-06-10 12:00");
        pause::pause(&app.store, job, "sửa nguồn", Some(until), app.clock.now()).await.unwrap();
        assert_eq!(switch.looks(app, "2020-06-03 12:00").await, 0);
        assert_eq!(
            app.history("check").await,
            ["Mon 01 08:00 skipped", "Tue 02 08:00 skipped", "Wed 03 08:00 skipped"]
        );
        pause::resume(&app.store, app.job("check").unwrap(), app.clock.now()).await.unwrap();
        assert_eq!(switch.looks(app, "2020-06-04 11:00").await, 0, "what passed in the pause was not expected");
        assert_eq!(switch.looks(app, "2020-06-04 11:06").await, 1);
    }

    async fn what_is_caught_up_after_a_night_without_power_may_succeed_first(app: &mut TestApp) {
        watched(app).await;
        // Nobody looked from Monday to Tuesday noon.
        app.at("2020-06-02 12:00");
        app.beat().await;
        let mut switch = Switch::default();
        switch.watchdog.look(app, &mut switch.notices).await;
        assert_eq!(app.sent_to(OPERATOR).await.len(), 0);
        assert_eq!(switch.looks(app, "2020-06-02 12:58").await, 0);
        assert_eq!(switch.looks(app, "2020-06-02 13:02").await, 1, "but not for long");
    }

    async fn the_metrics_tell_what_the_database_knows(app: &mut TestApp) {
        let has = |text: &str, line: &str| text.lines().any(|found| found == line);
        let before = metrics::text(app).await.unwrap();
        assert!(has(&before, "dondoc_job_last_success_timestamp_seconds{job=\"pull-city\"} 0"), "{before}");
        assert!(has(&before, "dondoc_source_fresh_timestamp_seconds{source=\"documents\"} 0"), "{before}");

        app.succeed("pull-city").await;
        let mut daemon = daemon(app).await;
        live(app, &mut daemon, 1).await;
        replace(app, WARD_LAG, "assess = ", "asess = ");
        live(app, &mut daemon, 12).await;
        let text = metrics::text(app).await.unwrap();
        let morning = app.clock.now().timestamp();
        for line in [
            format!("dondoc_job_last_success_timestamp_seconds{{job=\"pull-city\"}} {morning}"),
            "dondoc_job_last_success_timestamp_seconds{job=\"ward-lag\"} 0".to_owned(),
            "dondoc_job_last_run_status{job=\"pull-city\",status=\"succeeded\"} 1".to_owned(),
            "dondoc_job_last_run_status{job=\"pull-city\",status=\"failed\"} 0".to_owned(),
            "dondoc_job_last_run_status{job=\"ward-lag\",status=\"succeeded\"} 0".to_owned(),
            "dondoc_outbox_mails{status=\"accepted\"} 1".to_owned(),
            "dondoc_outbox_mails{status=\"queued\"} 0".to_owned(),
            format!("dondoc_daemon_last_beat_timestamp_seconds {morning}"),
            "dondoc_configuration_refused 1".to_owned(),
            format!("dondoc_source_fresh_timestamp_seconds{{source=\"one-stop-shop\"}} {morning}"),
        ] {
            assert!(has(&text, &line), "{line} in\n{text}");
        }
        let named = app.files.organisation.holder(&UnitCode::parse("004").unwrap(), dondoc::config::organisation::Role::Operator, app.day(app.clock.now()));
        assert!(!text.contains(named.unwrap().address.full()) && !text.contains('@'), "{text}");
    }

    async fn the_metrics_are_served_where_the_settings_say(app: &mut TestApp) {
        let mut exporter = Exporter::new(&app.second().await);
        exporter.keep(&app.second().await).await;
        assert_eq!(exporter.address(), None, "nowhere unless asked for");

        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        app.add("config/local.toml", &format!("\n[metrics]\nlisten = \"{address}\"\n")).await;
        exporter.keep(&app.second().await).await;
        assert_eq!(exporter.address(), None, "the port belongs to somebody else");
        drop(taken);
        exporter.keep(&app.second().await).await;
        assert_eq!(exporter.address(), Some(address));
        let mut scrape = TcpStream::connect(address).await.unwrap();
        scrape.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        scrape.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("text/plain; version=0.0.4"), "{answer}");
        assert!(answer.contains("# TYPE dondoc_outbox_mails gauge"), "{answer}");
    }
}
