//! Stories of mails between the decision and the relay.

use dondoc::job::deliver;
use dondoc::job::plan;
use dondoc::job::run;
use dondoc::store::outbox::MailStatus;

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::relay::{Act, ScriptedRelay};
use crate::rows::{code, dossier};
use crate::scripted::DOSSIERS;

/// One dossier is late at each of so many wards.
async fn late_at(app: &mut TestApp, units: &[&str]) {
    let rows = units
        .iter()
        .zip(1..)
        .map(|(unit, n)| dossier(&code(n)).unit(unit).due("20200529").row());
    app.city.shows(DOSSIERS, rows.collect::<Vec<_>>());
}

async fn statuses(app: &TestApp) -> Vec<(MailStatus, i32)> {
    app.sent()
        .await
        .iter()
        .map(|sent| (sent.status, sent.attempts))
        .collect()
}

async fn deliver_at(app: &mut TestApp, at: &str) {
    app.at(at);
    deliver::drain(app).await.unwrap();
}

const OPERATOR: &str = "quantri.dondoc@longbien.example";

/// To whom the relay has taken mails.
fn to(relay: &ScriptedRelay) -> Vec<String> {
    relay.received().into_iter().map(|mail| mail.to).collect()
}

stories! {
    async fn mails_reach_the_relay_once_each_byte_for_byte(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        app.deliver_to(&relay).await;
        late_at(app, &["00118", "00139", "TNMT"]).await;
        app.succeed("overdue-alerts").await;
        app.succeed("overdue-alerts").await;
        let received = relay.received();
        let sent = app.sent().await;
        assert_eq!(received.len(), 3);
        for (received, sent) in received.iter().zip(&sent) {
            assert_eq!(
                (&received.to, &received.message),
                (&sent.recipient, &sent.bytes)
            );
        }
        assert_eq!(statuses(app).await, [(MailStatus::Accepted, 1); 3]);
    }

    async fn a_busy_relay_gets_the_mail_later_and_the_run_is_none_the_worse(app: &mut TestApp) {
        let relay =
            ScriptedRelay::start([Act::Message(451), Act::Accept, Act::Recipient(450)]).await;
        app.deliver_to(&relay).await;
        late_at(app, &["00118", "00139"]).await;
        app.succeed("overdue-alerts").await;
        assert_eq!(
            statuses(app).await,
            [(MailStatus::Queued, 1), (MailStatus::Accepted, 1)]
        );
        deliver_at(app, "2020-06-01 07:34").await;
        assert_eq!(relay.received().len(), 1, "not before five minutes");
        deliver_at(app, "2020-06-01 07:35").await;
        assert_eq!(
            statuses(app).await[0],
            (MailStatus::Queued, 2),
            "greylisted again"
        );
        deliver_at(app, "2020-06-01 07:50").await;
        assert_eq!(statuses(app).await[0], (MailStatus::Accepted, 3));
        let received: Vec<String> = relay
            .received()
            .into_iter()
            .map(|received| received.to)
            .collect();
        assert_eq!(received.len(), 2, "{received:?}");
    }

    async fn a_refused_recipient_stops_no_other_mail(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        app.deliver_to(&relay).await;
        late_at(app, &["00118", "00139"]).await;
        app.succeed("overdue-alerts").await;
        let sent = app.sent().await;
        assert_eq!(sent[0].status, MailStatus::Rejected);
        assert!(sent[0].reply.contains("550"), "{}", sent[0].reply);
        assert_eq!(sent[1].status, MailStatus::Accepted);
        deliver_at(app, "2020-06-02 07:30").await;
        let received = relay.received();
        let refused = received.iter().filter(|mail| mail.to == sent[0].recipient);
        assert_eq!(refused.count(), 0, "refused for good");
    }

    async fn an_alert_whose_end_is_unknown_is_sent_once_more_under_the_same_id(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Drop("."), Act::Drop("."), Act::Accept]).await;
        app.deliver_to(&relay).await;
        late_at(app, &["00118"]).await;
        app.succeed("overdue-alerts").await;
        assert_eq!(statuses(app).await, [(MailStatus::Queued, 1)]);
        deliver_at(app, "2020-06-01 07:35").await;
        assert_eq!(
            statuses(app).await,
            [(MailStatus::Ambiguous, 2), (MailStatus::Accepted, 1)],
            "once more, and then the operator"
        );
        deliver_at(app, "2020-06-02 07:35").await;
        assert_eq!(to(&relay), [OPERATOR]);
        let about = app.sent().await.remove(0);
        assert!(!about.reply.is_empty());
    }

    async fn a_digest_whose_end_is_unknown_waits_for_the_operator(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Drop("."), Act::Accept]).await;
        app.deliver_to(&relay).await;
        app.succeed("pull-city").await;
        app.succeed("weekly-digest").await;
        assert_eq!(
            statuses(app).await,
            [(MailStatus::Ambiguous, 1), (MailStatus::Accepted, 1), (MailStatus::Accepted, 1)]
        );
        deliver_at(app, "2020-06-08 07:00").await;
        assert_eq!(to(&relay).len(), 2, "the other digest, and the operator");
        assert_eq!(to(&relay).iter().filter(|to| *to == OPERATOR).count(), 1);
    }

    async fn a_relay_that_is_away_loses_nothing(app: &mut TestApp) {
        app.add("config/local.toml", "\n[mail.delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n").await;
        late_at(app, &["00118"]).await;
        app.succeed("overdue-alerts").await;
        assert_eq!(statuses(app).await, [(MailStatus::Queued, 0)]);
        let relay = ScriptedRelay::start([]).await;
        let port = format!("port = {}", relay.address.port());
        app.edit("config/local.toml", "port = 1", &port).await;
        deliver_at(app, "2020-06-01 08:00").await;
        assert_eq!(relay.received().len(), 1);
        assert_eq!(
            statuses(app).await,
            [(MailStatus::Accepted, 1)],
            "the mail was not to blame"
        );
    }

    async fn a_mail_left_in_sending_by_a_dead_process_is_not_sent_thrice(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        app.deliver_to(&relay).await;
        late_at(app, &["00118"]).await;
        let job = app.job("overdue-alerts").unwrap().clone();
        // The process dies between `sending` and the relay's answer, twice.
        for round in 0..3 {
            plan::queue_now(app, &job, instant("2020-06-01 07:30"))
                .await
                .unwrap();
            if round == 0 {
                app.edit(
                    "config/local.toml",
                    &format!("port = {}", relay.address.port()),
                    "port = 1",
                )
                .await;
                app.run_queued().await;
                app.edit(
                    "config/local.toml",
                    "port = 1",
                    &format!("port = {}", relay.address.port()),
                )
                .await;
                app.at("2020-06-01 07:35");
            }
            let write = app.store.write().await.unwrap();
            let claimed = write
                .claim_mails(instant("2020-06-01 07:35"), 20)
                .await
                .unwrap();
            write.commit().await.unwrap();
            assert_eq!(claimed.len(), usize::from(round < 2), "round {round}");
            run::recover(app).await.unwrap();
        }
        deliver::drain(app).await.unwrap();
        assert_eq!(
            to(&relay),
            [OPERATOR],
            "nobody knows whether it arrived twice: the operator decides"
        );
        assert_eq!(app.sent().await[0].status, MailStatus::Ambiguous);
        app.run_queued().await;
        assert_eq!(to(&relay), [OPERATOR]);
    }

    async fn the_same_run_on_another_day_s_site_writes_the_same_bytes(app: &mut TestApp) {
        late_at(app, &["00118", "TNMT"]).await;
        app.succeed("overdue-alerts").await;
        app.succeed("weekly-digest").await;
        let mut other = crate::database::another(app).await;
        late_at(&mut other, &["00118", "TNMT"]).await;
        other.succeed("overdue-alerts").await;
        other.succeed("weekly-digest").await;
        let bytes = |sent: Vec<crate::letters_sent::Sent>| {
            sent.into_iter()
                .map(|sent| (sent.message_id, sent.bytes))
                .collect::<Vec<_>>()
        };
        assert_eq!(bytes(app.sent().await), bytes(other.sent().await));
        crate::database::away_with(other).await;
    }
}
