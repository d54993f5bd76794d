//! Stories of the day's letter: one to a person, in working hours, with what is true when it is written.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dondoc::domain::answer::AnswerKind;
use dondoc::store::answers::{Answered, Via};

use crate::app::TestApp;
use crate::database::stories;
use crate::letters_sent::Sent;
use crate::rows::{code, dossier, resolved};
use crate::scripted::DOSSIERS;

const JOB: &str = "jobs/overdue-alerts.toml";
const ORGANISATION: &str = "config/organisation.toml";
const HEAD: &str = "head@00118";
const LATE: &str = "20200529";

fn set(codes: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
    codes.into_iter().map(code).collect()
}

/// Runs the alert at this instant; the mails that went out then.
async fn alert_at(app: &mut TestApp, at: &str) -> Vec<Sent> {
    let before = app.sent().await.len();
    app.at(at);
    app.succeed("overdue-alerts").await;
    app.sent().await.split_off(before)
}

/// The mails that go out when this instant has come.
async fn come_to(app: &mut TestApp, at: &str) -> Vec<Sent> {
    let before = app.sent().await.len();
    app.at(at);
    app.run_queued().await;
    app.sent().await.split_off(before)
}

/// Dossiers of Ngọc Thụy, overdue since Friday.
fn late(app: &TestApp, numbers: impl IntoIterator<Item = usize>) {
    let rows = numbers
        .into_iter()
        .map(|n| dossier(&code(n)).due(LATE).row());
    app.city.shows(DOSSIERS, rows.collect::<Vec<_>>());
}

async fn answer(app: &TestApp, kind: AnswerKind, post: &str, until: Option<&str>) {
    let write = app.store.write().await.unwrap();
    let answered = Answered {
        about: format!("dossier/{}", code(1)),
        post: post.to_owned(),
        recipient: "x@longbien.example".to_owned(),
        kind,
        until: until.map(|day| day.parse::<NaiveDate>().unwrap()),
        via: Via::Command,
        message_id: None,
        at: app.clock.now(),
    };
    write.save_answer(&answered).await.unwrap();
    write.commit().await.unwrap();
}

stories! {
    async fn the_alerts_of_all_jobs_are_one_letter(app: &mut TestApp) {
        let mut rows = resolved("00118", 190, 20);
        rows.push(dossier(&code(1)).due(LATE).row());
        app.city.shows(DOSSIERS, rows);
        app.at("2020-06-01 05:00");
        app.beat().await;
        app.live_through(1).await;
        let head = app.sent_to(HEAD).await;
        assert_eq!(head.len(), 1, "{head:#?}");
        assert_eq!(head[0].codes(), set([1]));
        assert!(head[0].text.contains("190/211"), "the lagging ward stands in it: {}", head[0].text);
        assert_eq!(app.sent_to("chair@004").await.len(), 2, "a digest, and the ward that lags");
    }

    async fn what_comes_after_the_day_s_letter_waits_for_the_next(app: &mut TestApp) {
        late(app, [1]);
        assert_eq!(alert_at(app, "2020-06-01 07:30").await.len(), 1);
        late(app, [1, 2]);
        assert!(alert_at(app, "2020-06-01 10:00").await.is_empty());
        assert!(come_to(app, "2020-06-01 17:00").await.is_empty());
        let next = come_to(app, "2020-06-02 07:30").await;
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].codes(), set([2]));
        assert!(next[0].subject.contains("tổng số quá hạn: 2"), "{}", next[0].subject);
    }

    async fn what_waits_is_no_news_to_be_reminded_of(app: &mut TestApp) {
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        late(app, [1]);
        assert!(alert_at(app, "2020-06-01 18:00").await.is_empty());
        let letter = alert_at(app, "2020-06-02 07:30").await.remove(0);
        assert_eq!(letter.text.matches(&code(1)).count(), 1, "{}", letter.text);
        assert!(!letter.text.contains("Nhắc lại"), "{}", letter.text);
        let next = alert_at(app, "2020-06-03 07:30").await.remove(0);
        assert!(next.text.contains("Nhắc lại"), "a day after it was told: {}", next.text);
    }

    async fn nobody_is_written_to_at_night_or_on_a_day_off(app: &mut TestApp) {
        late(app, [1]);
        assert!(alert_at(app, "2020-05-31 09:00").await.is_empty(), "a Sunday");
        assert!(come_to(app, "2020-06-01 07:29").await.is_empty(), "too early");
        assert_eq!(come_to(app, "2020-06-01 07:30").await.len(), 1, "and then it goes, with no job");
        late(app, [1, 2]);
        assert!(alert_at(app, "2020-06-05 17:30").await.is_empty(), "Friday evening");
        assert!(
            come_to(app, "2020-06-08 07:30").await.is_empty(),
            "nobody knows whether it is still so: its source is old"
        );
        app.at("2020-06-08 07:40");
        app.succeed("pull-city").await;
        assert_eq!(app.sent_to(HEAD).await.len(), 2);
    }

    async fn what_is_urgent_goes_at_once_and_beside_the_letter(app: &mut TestApp) {
        app.edit(JOB, "soon = 2 ", "urgent = true\nsoon = 2 ").await;
        late(app, [1]);
        assert_eq!(alert_at(app, "2020-05-31 22:00").await.len(), 1);
        late(app, [1, 2]);
        assert_eq!(alert_at(app, "2020-06-01 10:00").await.len(), 1);
        late(app, [1, 2, 3]);
        assert_eq!(alert_at(app, "2020-06-01 11:00").await.len(), 1, "the day's letter was written");
    }

    async fn what_is_over_is_told_once_with_the_next_letter(app: &mut TestApp) {
        late(app, [1, 2, 3]);
        alert_at(app, "2020-06-01 07:30").await;
        app.city.shows(DOSSIERS, [
            dossier(&code(1)).due(LATE).finished("20200601").row(),
            dossier(&code(2)).due(LATE).with("TrangThaiHoSo", "5").row(),
            dossier(&code(3)).due(LATE).row(),
        ]);
        assert!(alert_at(app, "2020-06-02 07:30").await.is_empty(), "good news can wait");
        app.city.shows(DOSSIERS, [dossier(&code(4)).due(LATE).row()]);
        let next = alert_at(app, "2020-06-03 07:30").await.remove(0);
        assert!(next.text.contains(&format!("Đã giải quyết xong: {}.", code(1))), "{}", next.text);
        assert!(next.text.contains(&format!("Tạm dừng tính thời hạn: {}.", code(2))), "{}", next.text);
        assert!(next.subject.contains("1 hồ sơ quá hạn (tổng số quá hạn: 2)"), "{}", next.subject);
        app.city.shows(DOSSIERS, [dossier(&code(5)).due(LATE).row()]);
        let later = alert_at(app, "2020-06-04 07:30").await.remove(0);
        assert!(!later.text.contains("Đã giải quyết xong"), "once: {}", later.text);
        assert_eq!(app.store.open_alerts().await.unwrap().len(), 3, "3, 4 and 5 are open");
    }

    async fn what_was_resolved_before_the_letter_was_written_is_not_in_it(app: &mut TestApp) {
        late(app, [1, 2]);
        assert!(alert_at(app, "2020-05-31 09:00").await.is_empty());
        app.city.shows(DOSSIERS, [dossier(&code(1)).due(LATE).finished("20200531").row()]);
        app.at("2020-06-01 06:00");
        app.succeed("pull-city").await;
        let written = come_to(app, "2020-06-01 07:30").await;
        assert_eq!(written[0].codes(), set([2]));
        let about = app.store.decisions_about(&format!("dossier/{}", code(1))).await.unwrap();
        assert!(about[0].1.ends_with("not told: not overdue any more"), "{about:?}");
    }

    async fn a_dossier_that_went_to_another_unit_is_not_in_the_letter_of_the_first(app: &mut TestApp) {
        late(app, [1, 2]);
        assert!(alert_at(app, "2020-05-31 09:00").await.is_empty());
        app.city.shows(DOSSIERS, [dossier(&code(1)).unit("00139").due(LATE).row()]);
        app.at("2020-06-01 06:00");
        app.succeed("pull-city").await;
        let written = come_to(app, "2020-06-01 07:30").await;
        assert_eq!(written.len(), 1);
        assert_eq!((written[0].post.as_str(), written[0].codes()), (HEAD, set([2])));
        let next = alert_at(app, "2020-06-01 08:00").await;
        assert_eq!((next[0].post.as_str(), next[0].codes()), ("head@00139", set([1])));
    }

    async fn a_deputy_hears_while_the_head_is_away(app: &mut TestApp) {
        let away = "holders = [{ address = \"chutich.ngocthuy@longbien.example\", away = [{ from = 2020-06-01, to = 2020-06-02 }] }]\n\
            deputies = [{ address = \"pho.ngocthuy@longbien.example\", title = \"Phó Chủ tịch UBND phường Ngọc Thụy\", title_en = \"Deputy\" }]";
        app.edit(ORGANISATION, "holders = [{ address = \"chutich.ngocthuy@longbien.example\" }]", away).await;
        late(app, [1]);
        let first = alert_at(app, "2020-06-01 07:30").await.remove(0);
        assert_eq!(first.recipient, "pho.ngocthuy@longbien.example");
        assert!(first.text.contains("Đồng chí Phó Chủ tịch UBND phường Ngọc Thụy"), "{}", first.text);
        assert!(alert_at(app, "2020-06-02 07:30").await.is_empty());
        let back = alert_at(app, "2020-06-03 07:30").await.remove(0);
        assert_eq!(back.recipient, "chutich.ngocthuy@longbien.example", "whoever comes back hears what is late");
    }

    async fn a_promise_holds_until_its_day_has_passed_and_then_the_ladder_goes_on(app: &mut TestApp) {
        let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }] #";
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder).await;
        app.edit(JOB, "# remind = 3", "remind = [1, 2]").await;
        late(app, [1]);
        assert_eq!(alert_at(app, "2020-06-01 07:30").await.len(), 1);
        answer(app, AnswerKind::Promised, HEAD, Some("2020-06-04")).await;
        for day in ["2020-06-02 07:30", "2020-06-03 07:30", "2020-06-04 07:30"] {
            assert!(alert_at(app, day).await.is_empty(), "{day}: three days late, and promised");
        }
        let broken = alert_at(app, "2020-06-05 07:30").await;
        let posts: BTreeSet<&str> = broken.iter().map(|sent| sent.post.as_str()).collect();
        assert_eq!(posts, BTreeSet::from([HEAD, "vice-chair@004"]), "the ladder goes on");
        let head = broken.iter().find(|sent| sent.post == HEAD).unwrap();
        assert!(head.text.contains("Quá ngày đã hẹn xong"), "{}", head.text);
        let first = app.sent_to(HEAD).await.remove(0).message_id;
        let bytes = String::from_utf8_lossy(&head.bytes).into_owned();
        assert!(bytes.contains(&format!("In-Reply-To: <{first}>")), "it stands in the thread of the first: {bytes:.900}");
    }

    async fn a_silence_is_the_post_s_own(app: &mut TestApp) {
        let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }] #";
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder).await;
        app.edit(JOB, "# remind = 3", "remind = 1").await;
        late(app, [1]);
        alert_at(app, "2020-06-01 07:30").await;
        answer(app, AnswerKind::Silenced, HEAD, Some("2020-06-03")).await;
        assert!(alert_at(app, "2020-06-02 07:30").await.is_empty());
        let upper = alert_at(app, "2020-06-03 07:30").await;
        assert_eq!(upper.len(), 1);
        assert_eq!(upper[0].post, "vice-chair@004");
        assert_eq!(alert_at(app, "2020-06-04 07:30").await.len(), 2, "both are reminded");
        let reasons = app.store.decisions_about(&format!("dossier/{}", code(1))).await.unwrap();
        assert!(reasons.iter().any(|(post, why)| post == HEAD && why == "silenced until 2020-06-03"), "{reasons:?}");
    }

    async fn a_site_on_trial_sends_everything_to_one_address(app: &mut TestApp) {
        app.add("config/local.toml", "\n[letters]\nall_to = \"thunghiem@longbien.example\"\n").await;
        late(app, [1]);
        let sent = alert_at(app, "2020-06-01 07:30").await.remove(0);
        assert_eq!(sent.recipient, "thunghiem@longbien.example");
        let banner = "CHẠY THỬ. Khi chạy thật, thư này gửi đến: Chủ tịch UBND phường Ngọc Thụy.";
        assert!(sent.text.contains(banner) && sent.html.contains(banner), "{}", sent.text);
    }

    async fn what_a_former_unit_left_is_its_successor_s_and_never_a_namesake_s(app: &mut TestApp) {
        // 00118 is another ward since July 2025.
        let row = dossier(&code(1)).received("20250602").due("20250627").row();
        app.city.shows(DOSSIERS, [row]);
        let sent = alert_at(app, "2025-07-02 07:30").await;
        let posts: Vec<&str> = sent.iter().map(|sent| sent.post.as_str()).collect();
        assert!(!posts.iter().any(|post| post.starts_with("head@")), "{posts:?}");
        let unit = "code = \"00118\"\nname = \"Ngọc Thụy\"\nkind = \"ward\"\n";
        app.edit(ORGANISATION, unit, &format!("{unit}successor = \"00118\"\n")).await;
        let sent = alert_at(app, "2025-07-03 07:30").await;
        assert_eq!((sent[0].post.as_str(), sent[0].codes()), (HEAD, set([1])));
    }

    async fn letters_hold_links_where_the_site_takes_answers(app: &mut TestApp) {
        late(app, [1]);
        let without = alert_at(app, "2020-06-01 07:30").await.remove(0);
        assert!(!without.text.contains("http"), "{}", without.text);
        let web = "\n[web]\nlisten = \"127.0.0.1:18030\"\nurl = \"https://dondoc.longbien.example\"\n";
        app.add("config/local.toml", web).await;
        late(app, [2]);
        let with = alert_at(app, "2020-06-02 07:30").await.remove(0);
        for answer in ["seen", "promised", "not-mine", "silenced"] {
            assert!(with.text.contains(&format!("?answer={answer}")), "{}", with.text);
        }
        assert!(with.text.contains("đến hết ngày 02/07/2020"), "{}", with.text);
    }
}
