//! Stories of the operator who answers for others, asks what was told, and looks after the listener.

use dondoc::store::answers::Via;
use reqwest::Method;

use crate::app::TestApp;
use crate::database::stories;
use crate::program::{Ended, Serving, on_site_beside};
use crate::reader::{Browser, free_address, until_it_answers};
use crate::rows::{code, dossier};
use crate::scripted::DOSSIERS;

const JOB: &str = "jobs/overdue-alerts.toml";
const LADDER: &str = "ladder = [{ late = 0, to = \"head\" }, { late = 1, to = \"vice-chair\" }] #";

async fn alert_at(app: &mut TestApp, instant: &str) {
    app.at(instant);
    app.succeed("overdue-alerts").await;
}

async fn refused(app: &TestApp, arguments: &[&str]) -> String {
    let at = app.clock.now().to_rfc3339();
    let arguments = [&["--at", &at], arguments].concat();
    let Ended { code, err, .. } = on_site_beside(&app.database, app.folder(), &arguments).await;
    assert_eq!(code, Some(1), "{err}");
    err
}

/// What `doctor` says of one thing, and whether it is well.
async fn doctor(app: &TestApp, check: &str) -> (bool, String) {
    let ended = on_site_beside(&app.database, app.folder(), &["doctor", "--json"]).await;
    let checks = ended.json()["checks"].as_array().unwrap().clone();
    let found = checks.iter().find(|found| found["check"] == check).unwrap();
    let detail = found["detail"].as_str().unwrap().to_owned();
    (found["ok"].as_bool().unwrap(), detail)
}

stories! {
    async fn the_trail_tells_what_was_told_delivered_and_answered(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        app.city.shows(DOSSIERS, [
            dossier(&code(1)).due("20200529").row(),
            dossier(&code(2)).unit("00139").due("20200529").row(),
        ]);
        alert_at(app, "2020-06-01 07:30").await;
        let letter = app.sent_to("head@00118").await.remove(0);
        let alert = app.store.alerts_about(&format!("dossier/{}", code(1))).await.unwrap().remove(0);
        app.at("2020-06-01 09:00");
        browser.answer(&letter, &[("answer", "promised"), ("promised_day", "2020-06-04"), ("alert", &alert.id.to_string())]).await;
        let trail: serde_json::Value = serde_json::from_str(&app.command(&["alerts", "trail", "--about", &code(1), "--json"]).await).unwrap();
        let [told, answered] = trail.as_array().unwrap().as_slice() else { panic!("{trail:#}") };
        assert_eq!((told["what"].as_str(), answered["what"].as_str()), (Some("told"), Some("answered")));
        assert_eq!(told["at"], "2020-06-01T07:30:00+07:00");
        assert_eq!(told["post"], "head@00118");
        assert_eq!(told["reason"], "first time: 1 working days late");
        assert_eq!(told["status"], "accepted");
        assert!(told["reply"].as_str().is_some_and(|reply| !reply.is_empty()), "{told}");
        assert_eq!(told["message_id"], letter.message_id.as_str());
        assert_eq!((&answered["occasion"], &answered["until"]), (&"promised".into(), &"2020-06-04".into()));
        assert_eq!(answered["message_id"], told["message_id"]);
        assert!(!trail.to_string().contains("chutich"), "no address unless it is asked for: {trail:#}");

        let named = app.command(&["alerts", "trail", "--about", &code(1), "--addresses"]).await;
        assert!(named.contains("chutich.ngocthuy@longbien.example"), "{named}");
        let csv = app.command(&["alerts", "trail", "--csv"]).await;
        assert_eq!(csv.lines().count(), 1 + 3, "{csv}");
        assert!(csv.starts_with("\u{feff}\"at\",\"what\",") && !csv.contains("chutich"), "{csv}");
        let later = app.command(&["alerts", "trail", "--from", "2020-06-02"]).await;
        assert_eq!(later.trim(), "nothing was told or answered");
        let that_day = app.command(&["alerts", "trail", "--from", "2020-06-01", "--to", "2020-06-01", "--json"]).await;
        assert_eq!(that_day.matches("\"told\"").count(), 2, "{that_day}");
    }

    async fn a_command_answers_for_one_post_and_says_what_it_cannot_do(app: &mut TestApp) {
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", LADDER).await;
        let one = || dossier(&code(1)).due("20200529");
        app.city.shows(DOSSIERS, [one().row(), dossier(&code(2)).unit("00139").due("20200529").row()]);
        alert_at(app, "2020-06-01 07:30").await;
        let several = refused(app, &["alerts", "ack", &code(1)]).await;
        assert!(several.contains("add --post with one of head@00118, vice-chair@004"), "{several}");
        let unknown = refused(app, &["alerts", "ack", "H26.23.14-200504-9999"]).await;
        assert!(unknown.contains("nobody was told of"), "{unknown}");
        let number = refused(app, &["alerts", "ack", "4711"]).await;
        assert!(number.contains("there is no alert 4711"), "{number}");
        let post = refused(app, &["alerts", "ack", &code(1), "--post", "chair@004"]).await;
        assert!(post.contains("was not told to chair@004, but to head@00118, vice-chair@004"), "{post}");
        let off = refused(app, &["alerts", "ack", &code(1), "--post", "head@00118", "--done-by", "2020-06-06"]).await;
        assert!(off.contains("2020-06-06 is not a working day"), "{off}");

        app.command(&["alerts", "silence", &code(1), "--until", "2020-06-10", "--post", "head@00118"]).await;
        app.command(&["alerts", "ack", &code(1), "--post", "vice-chair@004"]).await;
        let list: serde_json::Value = serde_json::from_str(&app.command(&["alerts", "list", "--unit", "00118", "--json"]).await).unwrap();
        let given: Vec<(&str, &str)> = list.as_array().unwrap().iter()
            .map(|row| (row["post"].as_str().unwrap(), row["answer"]["kind"].as_str().unwrap()))
            .collect();
        assert_eq!(given, [("head@00118", "silenced"), ("vice-chair@004", "seen")]);
        let id = list[0]["id"].to_string();
        let taken_back = app.command(&["alerts", "ack", &id, "--withdraw"]).await;
        assert!(taken_back.contains("as if nothing had been answered"), "{taken_back}");
        let kept = app.store.answers_to(&[format!("dossier/{}", code(1))]).await.unwrap();
        assert!(kept.values().flatten().all(|answered| answered.via == Via::Command && answered.message_id.is_none()));

        app.city.shows(DOSSIERS, [one().finished("20200601").changed("20200601160000").row()]);
        alert_at(app, "2020-06-02 07:30").await;
        let over = refused(app, &["alerts", "ack", &id]).await;
        assert!(over.contains("is over: resolved"), "{over}");
        assert!(!app.command(&["alerts", "list"]).await.contains(&code(1)));
        assert!(app.command(&["alerts", "list", "--all"]).await.contains("over: resolved"));
    }

    async fn what_waits_for_its_letter_is_decided_and_not_yet_told(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        alert_at(app, "2020-05-31 20:00").await;
        let entry = async |app: &TestApp| {
            let trail = app.command(&["alerts", "trail", "--json"]).await;
            let trail: serde_json::Value = serde_json::from_str(&trail).unwrap();
            (trail[0]["what"].clone(), trail[0]["at"].clone(), trail[0]["status"].clone())
        };
        let decided = ("decided".into(), "2020-05-31T20:00:00+07:00".into(), "waiting".into());
        assert_eq!(entry(app).await, decided);
        app.at("2020-06-01 07:30");
        app.run_queued().await;
        let told = ("told".into(), "2020-06-01T07:30:00+07:00".into(), "accepted".into());
        assert_eq!(entry(app).await, told, "when its letter was written");
    }

    async fn the_daemon_answers_where_its_files_say(app: &mut TestApp) {
        assert_eq!(doctor(app, "listener").await.1, "not asked for: nobody answers to letters over HTTP");
        let daemon = Serving::start(&app.database, app.folder());
        let listen = free_address().await;
        app.add("config/local.toml", &format!("\n[web]\nlisten = \"{listen}\"\nurl = \"http://{listen}\"\n")).await;
        let health = until_it_answers(listen, Method::GET, "/healthz").await;
        assert_eq!(health.text, "dondoc answers\n");
        assert_eq!(doctor(app, "listener").await, (true, format!("a daemon answers at {listen}")));
        assert!(doctor(app, "links").await.1.starts_with("on"));
        daemon.signal("-TERM");
        assert_eq!(daemon.end().await.code, Some(0));
        assert_eq!(doctor(app, "listener").await, (true, format!("{listen} is free; no daemon answers there now")));
        let taken = tokio::net::TcpListener::bind(listen).await.unwrap();
        let (is_well, detail) = doctor(app, "listener").await;
        assert!(!is_well && detail.contains("belongs to another program"), "{detail}");
        drop(taken);
        app.leaves_mails_waiting = true;
    }

    async fn links_that_travel_in_the_open_are_worth_a_warning(app: &mut TestApp) {
        let warnings = async |app: &TestApp| {
            let ended = on_site_beside(&app.database, app.folder(), &["check", "--json"]).await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
            ended.json()["warnings"].to_string()
        };
        app.add("config/local.toml", "\n[web]\nlisten = \"127.0.0.1:8030\"\nurl = \"http://127.0.0.1:8030\"\n").await;
        assert!(!warnings(app).await.contains("unencrypted"));
        app.edit("config/local.toml", "url = \"http://127.0.0.1:8030\"", "url = \"http://dondoc.longbien.example\"").await;
        let found = warnings(app).await;
        assert!(found.contains("unencrypted") && found.contains("local.toml"), "{found}");
        app.edit("config/local.toml", "url = \"http://dondoc", "url = \"https://dondoc").await;
        assert!(!warnings(app).await.contains("unencrypted"));
    }
}
