//! Stories of readers who answer: by the link in their letter, over real HTTP, and by command.

use std::collections::BTreeSet;

use dondoc::store::alerts::Alert;
use dondoc::store::answers::{Answered, Via};
use reqwest::{Method, StatusCode};

use crate::app::TestApp;
use crate::database::stories;
use crate::letters_sent::{Sent, codes};
use crate::reader::Browser;
use crate::rows::{MAIL, NAME, PHONE, code, dossier};
use crate::scripted::DOSSIERS;

const JOB: &str = "jobs/overdue-alerts.toml";
const ORGANISATION: &str = "config/organisation.toml";
const LADDER: &str = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }] #";

async fn alert_at(app: &mut TestApp, instant: &str) -> usize {
    let before = app.sent().await.len();
    app.at(instant);
    app.succeed("overdue-alerts").await;
    app.sent().await.len() - before
}

/// Three dossiers: two of a ward that are overdue since Friday, one of another ward.
async fn three_are_late(app: &mut TestApp) {
    app.city.shows(
        DOSSIERS,
        [
            dossier(&code(1)).due("20200529").row(),
            dossier(&code(2)).due("20200529").row(),
            dossier(&code(3)).unit("00139").due("20200529").row(),
        ],
    );
    assert_eq!(alert_at(app, "2020-06-01 07:30").await, 2);
}

async fn letter_to(app: &TestApp, post: &str) -> Sent {
    app.sent_to(post).await.pop().expect("a letter")
}

async fn answers_about(app: &TestApp, n: usize) -> Vec<Answered> {
    let about = format!("dossier/{}", code(n));
    let found = app.store.answers_to(std::slice::from_ref(&about)).await;
    found.unwrap().remove(&about).unwrap_or_default()
}

async fn alert_about(app: &TestApp, n: usize) -> Alert {
    let about = format!("dossier/{}", code(n));
    app.store.alerts_about(&about).await.unwrap().remove(0)
}

fn set<const N: usize>(numbers: [usize; N]) -> BTreeSet<String> {
    numbers.map(code).into()
}

/// The reasons of the decisions of the last run about a dossier, by post.
async fn last_reason(app: &TestApp, n: usize, post: &str) -> String {
    let about = format!("dossier/{}", code(n));
    let decisions = app.store.decisions_about(&about).await.unwrap();
    let last = decisions.into_iter().rfind(|(told, _)| told == post);
    last.expect("a decision").1
}

stories! {
    async fn opening_a_link_changes_nothing_whoever_opens_it(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        for (word, link) in browser.links(&letter) {
            for method in [Method::GET, Method::HEAD, Method::GET] {
                let shown = browser.ask(method, &link, &[]).await;
                assert_eq!(shown.status, StatusCode::OK, "{word}");
            }
        }
        assert!(answers_about(app, 1).await.is_empty());
        assert_eq!(app.sent().await.len(), 2);
        let shown = browser.open(&letter, "promised").await;
        assert_eq!(codes(&shown.text), set([1, 2]), "the letter's own dossiers");
        assert!(shown.text.contains("checked"), "an answer is chosen beforehand");
        for secret in [NAME, PHONE, MAIL, "@longbien.example", "<script", "http"] {
            assert!(!shown.text.contains(secret), "{secret}: {}", shown.text);
        }
    }

    async fn a_page_cannot_be_framed_kept_or_left_with_its_address(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let shown = browser.open(&letter_to(app, "head@00118").await, "seen").await;
        for (name, part) in [
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert!(shown.header(name).contains(part), "{name}: {}", shown.header(name));
        }
        assert_eq!(shown.header("set-cookie"), "");
        let sheet = browser.ask(Method::GET, "/page.css", &[]).await;
        assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(browser.ask(Method::GET, "/healthz", &[]).await.status, StatusCode::OK);
        assert_eq!(browser.ask(Method::GET, "/t", &[]).await.status, StatusCode::NOT_FOUND);
        let other = browser.ask(Method::DELETE, &browser.link(&letter_to(app, "head@00118").await), &[]).await;
        assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn a_promise_holds_until_its_day_has_passed_and_then_the_ladder_goes_on(app: &mut TestApp) {
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", LADDER).await;
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        let browser = Browser::at(app).await;
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        assert_eq!(alert_at(app, "2020-06-01 07:30").await, 1);
        let letter = letter_to(app, "head@00118").await;
        let alert = alert_about(app, 1).await;
        let noted = browser.answer(&letter, &[
            ("answer", "promised"), ("promised_day", "2020-06-04"), ("alert", &alert.id.to_string()),
        ]).await;
        assert_eq!(noted.status, StatusCode::OK, "{}", noted.text);
        assert!(noted.text.contains("Đã ghi nhận") && noted.text.contains("04/06/2020"), "{}", noted.text);
        assert_eq!(codes(&noted.text), set([1]));
        for day in ["2020-06-02 07:30", "2020-06-03 07:30", "2020-06-04 07:30"] {
            assert_eq!(alert_at(app, day).await, 0, "{day}: the whole ladder is quiet");
        }
        assert_eq!(last_reason(app, 1, "vice-chair@004").await, "acknowledged: promised for 2020-06-04");
        assert_eq!(alert_at(app, "2020-06-05 07:30").await, 2, "the head, and the next rung");
        let letter = letter_to(app, "head@00118").await;
        assert!(letter.text.contains("Quá ngày đã hẹn xong"), "{}", letter.text);
        assert_eq!(app.sent_to("vice-chair@004").await.len(), 1);
    }

    async fn one_post_s_silence_keeps_no_other_from_hearing(app: &mut TestApp) {
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", LADDER).await;
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        let browser = Browser::at(app).await;
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        assert_eq!(alert_at(app, "2020-06-01 07:30").await, 1);
        let letter = letter_to(app, "head@00118").await;
        let alert = alert_about(app, 1).await;
        browser.answer(&letter, &[
            ("answer", "silenced"), ("silenced_day", "2020-06-10"), ("alert", &alert.id.to_string()),
        ]).await;
        assert_eq!(alert_at(app, "2020-06-02 07:30").await, 0);
        assert_eq!(alert_at(app, "2020-06-03 07:30").await, 1, "three days late: the vice-chair");
        assert_eq!(app.sent_to("head@00118").await.len(), 1);
        assert_eq!(app.sent_to("vice-chair@004").await.len(), 1);
        assert_eq!(last_reason(app, 1, "head@00118").await, "silenced until 2020-06-10");
    }

    async fn what_is_not_theirs_reaches_the_operator_once(app: &mut TestApp) {
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let (one, two) = (alert_about(app, 1).await.id.to_string(), alert_about(app, 2).await.id.to_string());
        let form = [("answer", "not-mine"), ("alert", one.as_str()), ("alert", two.as_str())];
        for _ in 0..3 {
            let noted = browser.answer(&letter, &form).await;
            assert_eq!(codes(&noted.text), set([1, 2]), "sent again, it says the same");
        }
        app.run_queued().await;
        let told = app.sent_to("operator@004").await;
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(codes(&told[0].text), set([1, 2]));
        assert!(told[0].subject.contains("head@00118: 2 mục"), "{}", told[0].subject);
        assert_eq!(answers_about(app, 1).await.len(), 1, "the same answer by the same link is one row");
        assert_eq!(alert_at(app, "2020-06-02 07:30").await, 1, "only the other ward is reminded");
        assert_eq!(app.sent_to("head@00118").await.len(), 1);
    }

    async fn the_same_answer_sent_twice_at_once_is_one(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let one = alert_about(app, 1).await.id.to_string();
        let form = [("answer", "not-mine"), ("alert", one.as_str())];
        let send = async || browser.answer(&letter, &form).await.status;
        let sent = tokio::join!(send(), send(), send(), send());
        assert_eq!(sent, (StatusCode::OK, StatusCode::OK, StatusCode::OK, StatusCode::OK));
        app.run_queued().await;
        assert_eq!(answers_about(app, 1).await.len(), 1);
        assert_eq!(app.sent_to("operator@004").await.len(), 1);
    }

    async fn an_answer_can_be_taken_back(app: &mut TestApp) {
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        let browser = Browser::at(app).await;
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        alert_at(app, "2020-06-01 07:30").await;
        let letter = letter_to(app, "head@00118").await;
        let one = alert_about(app, 1).await.id.to_string();
        assert!(!browser.open(&letter, "seen").await.text.contains("Rút lại"), "there is nothing to take back");
        browser.answer(&letter, &[("answer", "promised"), ("promised_day", "2020-06-10"), ("alert", &one)]).await;
        assert!(browser.open(&letter, "seen").await.text.contains("Đã hẹn xong vào ngày 10/06/2020"));
        let noted = browser.answer(&letter, &[("answer", "withdrawn"), ("alert", &one)]).await;
        assert!(noted.text.contains("Đã rút lại"), "{}", noted.text);
        assert_eq!(alert_at(app, "2020-06-02 07:30").await, 1, "reminded as if nothing had been answered");
    }

    async fn a_link_lasts_as_long_as_the_settings_say(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let link = browser.link(&letter);
        app.at("2020-07-01 23:59");
        assert_eq!(browser.ask(Method::GET, &link, &[]).await.status, StatusCode::OK);
        app.at("2020-07-02 00:00");
        let gone = browser.ask(Method::GET, &link, &[]).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.text.contains("01/07/2020") && codes(&gone.text).is_empty(), "{}", gone.text);
        let alert = alert_about(app, 1).await.id.to_string();
        let late = browser.answer(&letter, &[("answer", "seen"), ("alert", &alert)]).await;
        assert_eq!(late.status, StatusCode::GONE);
        assert!(answers_about(app, 1).await.is_empty());
    }

    async fn a_link_that_was_changed_opens_nothing(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let link = browser.link(&letter_to(app, "head@00118").await);
        let other = browser.link(&letter_to(app, "head@00139").await);
        let (said, _) = link.split_once('.').unwrap();
        let (_, tag) = other.split_once('.').unwrap();
        let one = alert_about(app, 1).await.id.to_string();
        for forged in [format!("{said}.{tag}"), format!("{link}A"), said.to_owned(), format!("/t/{}", "A".repeat(4000)), "/t/%ff.%00".to_owned()] {
            let shown = browser.ask(Method::GET, &forged, &[]).await;
            assert!([StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&shown.status), "{forged}: {}", shown.status);
            assert!(codes(&shown.text).is_empty());
            let sent = browser.ask(Method::POST, &forged, &[("answer", "seen"), ("alert", &one)]).await;
            assert!([StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&sent.status), "{forged}: {}", sent.status);
        }
        assert!(answers_about(app, 1).await.is_empty());
    }

    async fn a_link_answers_for_no_other_unit(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00139").await;
        let shown = browser.open(&letter, "seen").await;
        assert_eq!(codes(&shown.text), set([3]), "another unit's dossiers are not shown");
        let theirs = alert_about(app, 1).await.id.to_string();
        let refused = browser.answer(&letter, &[("answer", "promised"), ("promised_day", "2020-06-04"), ("alert", &theirs)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(codes(&refused.text), set([3]));
        assert!(answers_about(app, 1).await.is_empty() && answers_about(app, 3).await.is_empty());
        // What went to another unit after the letter is not shown any more, and cannot be answered.
        let own = alert_about(app, 3).await.id.to_string();
        app.city.shows(DOSSIERS, [dossier(&code(3)).unit("00118").due("20200529").changed("20200601100000").row()]);
        app.at("2020-06-01 12:00");
        app.succeed("pull-city").await;
        let shown = browser.open(&letter, "seen").await;
        assert!(codes(&shown.text).is_empty(), "{}", shown.text);
        browser.answer(&letter, &[("answer", "seen"), ("alert", &own)]).await;
        assert!(answers_about(app, 3).await.is_empty());
    }

    async fn another_page_cannot_answer_in_the_reader_s_name(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let one = alert_about(app, 1).await.id.to_string();
        let form = [("answer", "seen"), ("alert", one.as_str())];
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let refused = browser.answer_with(&letter, &form, name, value).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}");
        }
        assert!(answers_about(app, 1).await.is_empty());
        let taken = browser.answer_with(&letter, &form, "sec-fetch-site", "same-origin").await;
        assert_eq!(taken.status, StatusCode::OK);
        assert_eq!(answers_about(app, 1).await.len(), 1);
    }

    async fn a_form_that_cannot_be_taken_says_why_and_keeps_what_was_marked(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let one = alert_about(app, 1).await.id.to_string();
        for (form, complaint) in [
            (&[("answer", "seen")][..], "ít nhất một mục"),
            (&[("alert", one.as_str())], "chọn một câu trả lời"),
            (&[("alert", one.as_str()), ("answer", "promised"), ("promised_day", "")], "hãy chọn ngày"),
            (&[("alert", one.as_str()), ("answer", "promised"), ("promised_day", "2020-06-06")], "ngày đã chọn không dùng được"),
            (&[("alert", one.as_str()), ("answer", "silenced"), ("silenced_day", "2020-05-29")], "ngày đã chọn không dùng được"),
            (&[("alert", one.as_str()), ("answer", "promised"), ("promised_day", "2021-06-01")], "ngày đã chọn không dùng được"),
        ] {
            let refused = browser.answer(&letter, form).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
            assert!(refused.text.contains(complaint), "{complaint}: {}", refused.text);
            let is_marked = refused.text.contains(&format!("value=\"{one}\" checked"));
            assert_eq!(is_marked, form.iter().any(|(name, _)| *name == "alert"), "{form:?}");
        }
        let long = "x".repeat(80_000);
        let refused = browser.answer(&letter, &[("answer", &long)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(answers_about(app, 1).await.is_empty());
    }

    async fn who_holds_two_posts_answers_for_the_one_that_was_told(app: &mut TestApp) {
        // The vice-chair stands in for the head of Ngọc Thụy.
        app.edit(ORGANISATION, "chutich.ngocthuy@", "phochutich@").await;
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", LADDER).await;
        let browser = Browser::at(app).await;
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200525").row(),
                dossier(&code(2)).unit("00139").due("20200525").row(),
            ],
        );
        alert_at(app, "2020-06-01 07:30").await;
        let letters: Vec<Sent> = app.sent().await.into_iter()
            .filter(|sent| sent.recipient.starts_with("phochutich@"))
            .collect();
        assert_eq!(letters.len(), 1, "one letter for both posts");
        let shown = browser.open(&letters[0], "seen").await;
        assert_eq!(codes(&shown.text), set([1, 2]));
        assert_eq!(shown.text.matches("<legend>").count(), 2, "{}", shown.text);
        let (one, both) = (alert_about(app, 1).await, app.store.alerts_about(&format!("dossier/{}", code(2))).await.unwrap());
        let two = both.iter().find(|alert| alert.post == "vice-chair@004").unwrap();
        let form = [("answer", "seen"), ("alert", &one.id.to_string()), ("alert", &two.id.to_string())];
        browser.answer(&letters[0], &form).await;
        let posts = [answers_about(app, 1).await, answers_about(app, 2).await].concat();
        let posts: Vec<&str> = posts.iter().map(|answered| answered.post.as_str()).collect();
        assert_eq!(posts, ["head@00118", "vice-chair@004"]);
    }

    async fn what_is_over_asks_for_no_answer(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00139").await;
        let alert = alert_about(app, 3).await.id.to_string();
        app.city.shows(DOSSIERS, [dossier(&code(3)).unit("00139").due("20200529").finished("20200601").changed("20200601160000").row()]);
        alert_at(app, "2020-06-02 07:30").await;
        let shown = browser.open(&letter, "seen").await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text.contains("Không còn gì cần trả lời"), "{}", shown.text);
        browser.answer(&letter, &[("answer", "seen"), ("alert", &alert)]).await;
        assert!(answers_about(app, 3).await.is_empty());
    }

    async fn an_answer_by_command_is_the_one_by_link(app: &mut TestApp) {
        let browser = Browser::at(app).await;
        three_are_late(app).await;
        let letter = letter_to(app, "head@00118").await;
        let one = alert_about(app, 1).await.id.to_string();
        browser.answer(&letter, &[("answer", "promised"), ("promised_day", "2020-06-04"), ("alert", &one)]).await;
        let said = app.command(&["alerts", "ack", &code(2), "--done-by", "2020-06-04"]).await;
        assert!(said.contains("is promised for 2020-06-04"), "{said}");
        let (link, command) = (answers_about(app, 1).await.remove(0), answers_about(app, 2).await.remove(0));
        assert_eq!((link.via, command.via), (Via::Link, Via::Command));
        let same = Answered { about: link.about.clone(), via: Via::Link, message_id: link.message_id.clone(), ..command };
        assert_eq!(same, link);
        let again = app.command(&["alerts", "ack", &code(2), "--done-by", "2020-06-04"]).await;
        assert!(again.contains("it was known already"), "{again}");
        assert_eq!(answers_about(app, 2).await.len(), 1);
    }
}
