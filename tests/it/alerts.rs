//! Stories of who hears of what is late, when, and how often.

use std::collections::BTreeSet;
use std::time::Duration;

use dondoc::job::App;
use dondoc::store::decisions::{DecisionRow, Goes};
use dondoc::store::runs::RunStatus;

use crate::app::TestApp;
use crate::database::stories;
use crate::letters_sent::Sent;
use crate::rows::{code, dossier, resolved};
use crate::scripted::{DOSSIERS, ScriptedCity};

const JOB: &str = "jobs/overdue-alerts.toml";
const ORGANISATION: &str = "config/organisation.toml";

/// Runs the alert at each instant; says how many mails each run left.
async fn alert_at<const N: usize>(app: &mut TestApp, instants: [&str; N]) -> [usize; N] {
    let mut mails = [0; N];
    for (at, count) in instants.iter().zip(&mut mails) {
        let before = app.sent().await.len();
        app.at(at);
        app.succeed("overdue-alerts").await;
        *count = app.sent().await.len() - before;
    }
    mails
}

fn set(codes: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    codes.into_iter().collect()
}

fn last(sent: &[Sent]) -> &Sent {
    sent.last().expect("a mail")
}

stories! {
    async fn two_jobs_at_once_do_not_both_find_that_nothing_was_told(app: &mut TestApp) {
        let (here, there) = (app.second().await, app.second().await);
        let (one, two) = tokio::join!(tell_if_untold(&here), tell_if_untold(&there));
        assert_eq!(usize::from(one) + usize::from(two), 1, "one of them speaks");
    }

    async fn a_warning_of_one_job_is_not_over_for_another_that_warns_later(app: &mut TestApp) {
        let job = std::fs::read_to_string(app.folder().join(JOB)).unwrap();
        app.write("jobs/early-warnings.toml", &job.replace("soon = 2 ", "soon = 5 ")).await;
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200605").row()]);
        app.at("2020-06-01 08:00");
        for job in ["early-warnings", "overdue-alerts", "early-warnings"] {
            app.succeed(job).await;
            assert_eq!(app.store.open_alerts().await.unwrap().len(), 1, "after {job}");
        }
        assert_eq!(app.sent().await.len(), 1);
    }

    async fn a_head_is_told_once(app: &mut TestApp) {
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).row(),
            ],
        );
        let mails = alert_at(
            app,
            [
                "2020-06-01 07:30",
                "2020-06-01 07:30",
                "2020-06-02 07:30",
                "2020-06-10 07:30",
            ],
        )
        .await;
        assert_eq!(mails, [1, 0, 0, 0]);
        let sent = app.sent().await;
        let mail = &sent[0];
        assert_eq!(
            (mail.post.as_str(), mail.recipient.as_str()),
            ("head@00118", "chutich.ngocthuy@longbien.example")
        );
        assert!(mail.subject.contains("1 hồ sơ quá hạn"), "{}", mail.subject);
        assert_eq!(mail.codes(), set([code(1)]));
        assert!(mail.html.contains(&code(1)));
        let about = app
            .store
            .decisions_about(&format!("dossier/{}", code(1)))
            .await
            .unwrap();
        let reasons: Vec<&str> = about.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "first time: 1 working days late",
                "told on 2020-06-01; nothing new",
                "told on 2020-06-01; nothing new",
                "told on 2020-06-01; nothing new",
            ],
            "silence has its reason too"
        );
    }

    async fn a_dossier_that_falls_due_is_announced_to_its_head_exactly_once(app: &mut TestApp) {
        app.city
            .shows(DOSSIERS, [dossier(&code(1)).due("20200602").row()]);
        let mails = alert_at(
            app,
            [
                "2020-06-01 07:30",
                "2020-06-02 07:30",
                "2020-06-02 17:01",
                "2020-06-03 07:30",
                "2020-06-04 07:30",
            ],
        )
        .await;
        assert_eq!(
            mails,
            [1, 0, 1, 0, 0],
            "warned, then silence, then late, then silence"
        );
        let sent = app.sent_to("head@00118").await;
        assert!(
            sent[0].subject.contains("1 hồ sơ sắp đến hạn"),
            "{}",
            sent[0].subject
        );
        assert!(
            sent[1].subject.contains("1 hồ sơ quá hạn"),
            "{}",
            sent[1].subject
        );
    }

    async fn the_warning_comes_two_working_days_before(app: &mut TestApp) {
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200605").row(),
                dossier(&code(2)).due("20200609").row(),
            ],
        );
        let mails = alert_at(
            app,
            [
                "2020-06-02 07:30",
                "2020-06-03 07:30",
                "2020-06-04 07:30",
                "2020-06-05 07:30",
            ],
        )
        .await;
        assert_eq!(mails, [0, 1, 0, 1]);
        let sent = app.sent().await;
        assert_eq!(
            sent[0].codes(),
            set([code(1)]),
            "due on Friday: warned on Wednesday"
        );
        assert_eq!(
            sent[1].codes(),
            set([code(2)]),
            "due on Tuesday: warned on Friday, over the weekend"
        );
    }

    async fn nobody_hears_on_days_off(app: &mut TestApp) {
        app.at("2020-04-29 12:00");
        app.beat().await;
        app.city.shows(
            DOSSIERS,
            [dossier(&code(1)).received("20200420").due("20200429").row()],
        );
        app.live_through(6).await;
        assert_eq!(
            app.history("overdue-alerts").await,
            [
                "Thu 30 07:30 skipped",
                "Fri 01 07:30 skipped",
                "Sat 02 07:30 skipped",
                "Sun 03 07:30 skipped",
                "Mon 04 07:30 succeeded",
                "Tue 05 07:30 succeeded",
            ]
        );
        let runs = app.store.runs(Some("overdue-alerts"), 10).await.unwrap();
        let skipped = runs
            .iter()
            .find(|run| run.status == RunStatus::Skipped)
            .unwrap();
        assert!(
            skipped.reason.ends_with("is not a working day"),
            "{}",
            skipped.reason
        );
        let mut alerts = app.sent_to("head@00118").await;
        alerts.retain(|sent| sent.subject.contains("hồ sơ quá hạn"));
        assert_eq!(alerts.len(), 1);
        assert!(
            alerts[0].text.contains("1 ngày làm việc"),
            "late by Monday alone: {}",
            alerts[0].text
        );
    }

    async fn a_reminder_comes_when_it_was_asked_for(app: &mut TestApp) {
        app.edit(JOB, "# remind = 3", "remind = 3").await;
        app.city
            .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        let days = [
            "2020-06-01 07:30",
            "2020-06-02 07:30",
            "2020-06-03 07:30",
            "2020-06-04 07:30",
            "2020-06-05 07:30",
            "2020-06-08 07:30",
            "2020-06-09 07:30",
        ];
        assert_eq!(
            alert_at(app, days).await,
            [1, 0, 0, 1, 0, 0, 1],
            "every third working day"
        );
        app.city.shows(
            DOSSIERS,
            [dossier(&code(1)).due("20200529").finished("20200610").row()],
        );
        assert_eq!(
            alert_at(app, ["2020-06-12 07:30"]).await,
            [0],
            "what is finished is not reminded of"
        );
    }

    async fn the_ladder_climbs_with_the_days(app: &mut TestApp) {
        let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }, { late = 10, to = \"chair\" }] #";
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder)
            .await;
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).unit("00139").due("20200529").row(),
                dossier(&code(3)).unit("TNMT").due("20200601").row(),
            ],
        );
        let mails = alert_at(
            app,
            [
                "2020-06-01 07:30",
                "2020-06-02 07:30",
                "2020-06-03 07:30",
                "2020-06-04 07:30",
            ],
        )
        .await;
        assert_eq!(
            mails,
            [3, 1, 1, 1],
            "two heads late and one warned; the third late; the vice-chair twice"
        );
        let vice_chair = app.sent_to("vice-chair@004").await;
        assert_eq!(
            vice_chair[0].codes(),
            set([code(1), code(2)]),
            "three days late, of every unit"
        );
        assert_eq!(vice_chair[1].codes(), set([code(3)]), "only what is new");
        assert!(app.sent_to("chair@004").await.is_empty());

        let mails = alert_at(
            app,
            [
                "2020-06-11 07:30",
                "2020-06-12 07:30",
                "2020-06-15 07:30",
                "2020-06-16 07:30",
            ],
        )
        .await;
        assert_eq!(
            mails,
            [0, 1, 1, 0],
            "ten working days: the chair, once for each"
        );
        let chair = app.sent_to("chair@004").await;
        assert_eq!(chair[0].codes(), set([code(1), code(2)]));
        let about = app
            .store
            .decisions_about(&format!("dossier/{}", code(1)))
            .await
            .unwrap();
        let early = about.iter().find(|(post, _)| post == "chair@004").unwrap();
        assert_eq!(early.1, "1 working days late: this post hears from 10");
    }

    async fn a_mail_to_a_head_names_no_other_unit_s_dossier(app: &mut TestApp) {
        let units = ["00118", "00139", "TNMT", "QLDT"];
        let rows = (0..40).map(|n| {
            dossier(&code(n))
                .unit(units[n % 4])
                .due(if n % 3 == 0 { "20200602" } else { "20200529" })
                .row()
        });
        app.city.shows(DOSSIERS, rows.collect::<Vec<_>>());
        assert_eq!(
            alert_at(app, ["2020-06-01 07:30", "2020-06-03 07:30"]).await,
            [4, 4]
        );
        for mail in app.sent().await {
            let unit = units
                .iter()
                .position(|unit| mail.post == format!("head@{unit}"))
                .unwrap();
            let own = set((0..40).filter(|n| n % 4 == unit).map(code));
            assert!(
                mail.codes().is_subset(&own) && !mail.codes().is_empty(),
                "{}: {:?}",
                mail.post,
                mail.codes()
            );
        }
    }

    async fn what_is_finished_stopped_or_withdrawn_is_not_spoken_of(app: &mut TestApp) {
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").finished("20200530").row(),
                dossier(&code(2))
                    .due("20200529")
                    .with("TrangThaiHoSo", "5")
                    .row(),
                dossier(&code(3))
                    .due("20200529")
                    .with("TrangThaiHoSo", "7")
                    .with("NgayKetThucXuLy", "20200520160000")
                    .row(),
                dossier(&code(4))
                    .due("20200529")
                    .with("TrangThaiHoSo", "3")
                    .row(),
            ],
        );
        assert_eq!(alert_at(app, ["2020-06-01 07:30"]).await, [0]);
    }

    async fn a_late_dossier_that_gets_a_near_new_day_is_over_for_whoever_is_not_warned(app: &mut TestApp) {
        let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 1, to = \"vice-chair\" }]";
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder).await;
        let first = || dossier(&code(1)).due("20200529");
        app.city.shows(DOSSIERS, [first().row()]);
        assert_eq!(alert_at(app, ["2020-06-01 07:30"]).await, [2]);
        let near = || first().rescheduled("20200529", "20200604");
        app.city.shows(DOSSIERS, [near().row()]);
        assert_eq!(alert_at(app, ["2020-06-02 07:30"]).await, [1], "the head is warned of the new day");
        let sent = app.sent().await;
        let warning = last(&sent);
        assert!(warning.post == "head@00118" && warning.codes() == set([code(1)]), "{}", warning.text);
        let open = app.store.open_alerts().await.unwrap();
        let open: Vec<_> = open.iter().map(|alert| (alert.post.as_str(), alert.occasion.as_str())).collect();
        assert_eq!(open, [("head@00118", "soon 2020-06-04")]);
        app.city.shows(DOSSIERS, [near().row(), dossier(&code(2)).due("20200602").row()]);
        assert_eq!(alert_at(app, ["2020-06-03 07:30"]).await, [2]);
        let sent = app.sent().await;
        let upper = sent.iter().rfind(|sent| sent.post.starts_with("vice-chair")).unwrap();
        assert!(upper.text.contains(&code(1)) && upper.text.contains("Không còn quá hạn"), "{}", upper.text);
    }

    async fn a_rescheduled_dossier_that_is_late_again_is_told_again(app: &mut TestApp) {
        let first = || dossier(&code(1)).due("20200529");
        app.city.shows(DOSSIERS, [first().row()]);
        assert_eq!(
            alert_at(app, ["2020-06-01 07:30", "2020-06-02 07:30"]).await,
            [1, 0]
        );
        app.city.shows(
            DOSSIERS,
            [first().rescheduled("20200529", "20200612").row()],
        );
        let days = [
            "2020-06-03 07:30",
            "2020-06-10 07:30",
            "2020-06-15 07:30",
            "2020-06-16 07:30",
        ];
        assert_eq!(
            alert_at(app, days).await,
            [0, 1, 1, 0],
            "in time again; warned of the new day; late again; told"
        );
        assert!(
            last(&app.sent().await).text.contains("29/05/2020"),
            "rescheduling does not hide the first day"
        );
    }

    async fn one_person_in_two_posts_hears_once_of_each_dossier(app: &mut TestApp) {
        // The vice-chair stands in for the head of Ngọc Thụy.
        app.edit(ORGANISATION, "chutich.ngocthuy@", "phochutich@")
            .await;
        let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }] #";
        app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder)
            .await;
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200525").row(),
                dossier(&code(2)).unit("00139").due("20200525").row(),
            ],
        );
        alert_at(
            app,
            ["2020-06-01 07:30", "2020-06-02 07:30", "2020-06-03 07:30"],
        )
        .await;
        let mine: Vec<Sent> = app
            .sent()
            .await
            .into_iter()
            .filter(|sent| sent.recipient.starts_with("phochutich@"))
            .collect();
        let named: Vec<(String, BTreeSet<String>)> = mine
            .iter()
            .map(|mail| (mail.post.clone(), mail.codes()))
            .collect();
        assert_eq!(
            named,
            [("head@00118".to_owned(), set([code(1), code(2)]))],
            "one mail"
        );
        let (as_head, as_upper) = mine[0]
            .text
            .split_once("Với chức vụ Phó Chủ tịch UBND quận Long Biên")
            .unwrap();
        for (part, own, other) in [(as_head, 1, 2), (as_upper, 2, 1)] {
            assert_eq!(part.matches(&code(own)).count(), 1, "{part}");
            assert!(!part.contains(&code(other)), "each post hears its own: {part}");
        }
    }

    async fn a_new_head_hears_what_is_late(app: &mut TestApp) {
        let holders = "holders = [{ address = \"chutich.ngocthuy@longbien.example\", to = 2020-06-02 }, { address = \"moi.ngocthuy@longbien.example\", from = 2020-06-03 }]";
        app.edit(
            ORGANISATION,
            "holders = [{ address = \"chutich.ngocthuy@longbien.example\" }]",
            holders,
        )
        .await;
        app.city
            .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        assert_eq!(
            alert_at(
                app,
                [
                    "2020-06-01 07:30",
                    "2020-06-02 07:30",
                    "2020-06-03 07:30",
                    "2020-06-04 07:30"
                ]
            )
            .await,
            [1, 0, 1, 0]
        );
        assert_eq!(
            last(&app.sent().await).recipient,
            "moi.ngocthuy@longbien.example"
        );
    }

    async fn where_a_post_is_vacant_the_next_rung_hears(app: &mut TestApp) {
        let holders = "holders = [{ address = \"chutich.ngocthuy@longbien.example\", to = 2020-05-31 }, { address = \"moi.ngocthuy@longbien.example\", from = 2020-06-03 }]";
        app.edit(
            ORGANISATION,
            "holders = [{ address = \"chutich.ngocthuy@longbien.example\" }]",
            holders,
        )
        .await;
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).unit("00139").due("20200529").row(),
            ],
        );
        assert_eq!(
            alert_at(
                app,
                ["2020-06-01 07:30", "2020-06-02 07:30", "2020-06-03 07:30"]
            )
            .await,
            [3, 0, 1],
            "the operator hears of the vacancy, once"
        );
        let operator = app.sent_to("operator@004").await.remove(0);
        assert!(operator.subject.contains("head@00118"), "{}", operator.subject);
        let instead = app.sent_to("vice-chair@004").await.remove(0);
        assert_eq!(instead.codes(), set([code(1)]));
        let new = app.sent_to("head@00118").await.remove(0);
        assert_eq!(
            (new.recipient.as_str(), new.codes()),
            ("moi.ngocthuy@longbien.example", set([code(1)])),
            "whoever comes then hears"
        );
    }

    async fn a_lagging_ward_is_told_once_and_again_after_it_recovered(app: &mut TestApp) {
        lag(&app.city, true);
        let posts = ["chair@004", "head@00139", "vice-chair@004"];
        assert_eq!(lag_told_at(app, "2020-06-01 07:10").await, posts);
        let ward = app.ward("00139", "ward-on-time").await;
        let mail = &app.sent_to("head@00139").await[0];
        for said in ["190/210", "90,48 %"] {
            assert!(mail.text.contains(said), "{said} in {}", mail.text);
        }
        assert!(ward.high < 98.0, "{ward:?}");
        assert!(
            lag_told_at(app, "2020-06-08 07:10").await.is_empty(),
            "still lagging: silence"
        );
        lag(&app.city, false);
        assert!(
            lag_told_at(app, "2020-06-15 07:10").await.is_empty(),
            "recovered: silence"
        );
        lag(&app.city, true);
        assert_eq!(lag_told_at(app, "2020-06-22 07:10").await, posts, "again");
        assert!(lag_told_at(app, "2020-06-29 07:10").await.is_empty());
    }

    async fn a_lagging_ward_is_not_told_again_because_its_source_was_silent(app: &mut TestApp) {
        lag(&app.city, true);
        assert_eq!(lag_told_at(app, "2020-06-01 07:10").await.len(), 3);
        app.at("2020-06-08 07:10");
        app.succeed("ward-lag").await;
        assert_eq!(
            app.ward("00139", "ward-on-time").await.status.as_str(),
            "unknown",
            "nothing was pulled for a week"
        );
        assert!(
            lag_told_at(app, "2020-06-15 07:10").await.is_empty(),
            "it lagged before, and lags still"
        );
    }

    async fn one_person_in_two_posts_hears_once_of_a_lagging_ward(app: &mut TestApp) {
        app.edit(ORGANISATION, "chutich.bode@", "phochutich@").await;
        lag(&app.city, true);
        assert_eq!(
            lag_told_at(app, "2020-06-01 07:10").await,
            ["chair@004", "head@00139"]
        );
    }

    async fn a_ward_that_may_only_be_unlucky_is_not_announced(app: &mut TestApp) {
        // 24 of 25 are below 98 %, but 25 dossiers are few.
        app.city.shows(DOSSIERS, resolved("00139", 24, 1));
        assert!(lag_told_at(app, "2020-06-01 07:10").await.is_empty());
        assert_eq!(
            app.ward("00139", "ward-on-time").await.status.as_str(),
            "watch"
        );
    }
}

/// Bồ Đề (00139) finished 20 of 210 dossiers late, or all in time.
fn lag(city: &ScriptedCity, lags: bool) {
    let mut rows = if lags {
        resolved("00139", 190, 20)
    } else {
        resolved("00139", 210, 0)
    };
    rows.extend(resolved("00118", 300, 0));
    city.shows(DOSSIERS, rows);
}

/// Pulls and alerts; who was told, in order of their posts.
async fn lag_told_at(app: &mut TestApp, at: &str) -> Vec<String> {
    let before = app.sent().await.len();
    app.at(at);
    app.succeed("pull-city").await;
    app.succeed("ward-lag").await;
    assert_eq!(
        app.sent().await.len(),
        before,
        "letters are written from half past seven on"
    );
    app.at(&at.replace("07:10", "07:30"));
    app.run_queued().await;
    let sent = app.sent().await;
    let posts: BTreeSet<String> = sent[before..]
        .iter()
        .map(|sent| sent.post.clone())
        .collect();
    assert_eq!(posts.len(), sent.len() - before, "nobody has two mails");
    posts.into_iter().collect()
}

/// Speaks of a dossier unless that was done, as the alerts do: read, think, write, in one transaction.
async fn tell_if_untold(app: &App) -> bool {
    const HEAD: &str = "head@longbien.test";
    let write = app.store.write().await.unwrap();
    let told = write.told(HEAD, "dossier/", Goes::Out).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    if told.is_empty() {
        let decision = DecisionRow {
            run_id: None,
            about: "dossier/H26.23.12-200529-0001".to_owned(),
            post: "00118/head".to_owned(),
            recipient: HEAD.to_owned(),
            reason: "late since this morning".to_owned(),
            occasion: Some("late+0 2020-06-01".to_owned()),
            message_id: None,
            decided_at: app.clock.now(),
            urgent: false,
        };
        write.save_decisions(&[decision], Goes::Out).await.unwrap();
    }
    write.commit().await.unwrap();
    told.is_empty()
}
