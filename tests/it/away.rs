//! Stories of a relay that takes no mail at all for a while.

use dondoc::job::deliver;
use dondoc::metrics;
use dondoc::store::outbox::MailStatus;

use crate::app::TestApp;
use crate::database::stories;
use crate::mails::{deliver_at, queue, standing};
use crate::program::on_site_beside;
use crate::relay::{Act, Manner, ScriptedRelay};

fn away() -> Manner {
    Manner {
        greeting: "421 4.3.2 down for maintenance",
        ..Manner::default()
    }
}

stories! {
    async fn while_the_relay_is_away_the_queue_rests_and_no_mail_loses_an_attempt(app: &mut TestApp) {
        let relay = ScriptedRelay::with_manner(away(), []).await;
        app.deliver_to(&relay).await;
        queue(app, 3).await;
        for (at, tries, why) in [
            ("2020-06-01 07:30", 1, "one mail is enough to know"),
            ("2020-06-01 07:30", 1, "it rests half a minute"),
            ("2020-06-01 07:31", 2, "then a minute"),
            ("2020-06-01 07:32", 3, "then two"),
            ("2020-06-01 07:33", 3, ""),
            ("2020-06-01 07:34", 4, "then five"),
            ("2020-06-01 07:38", 4, ""),
            ("2020-06-01 07:39", 5, "then ten, again and again"),
            ("2020-06-01 07:48", 5, ""),
            ("2020-06-01 07:49", 6, ""),
            ("2020-06-01 07:59", 7, ""),
        ] {
            assert_eq!(deliver_at(app, at).await, 0);
            assert_eq!(relay.connections(), tries, "{at} {why}");
        }
        assert_eq!(standing(app).await, [(MailStatus::Queued, 0); 3]);
        relay.behave(Manner::default());
        assert_eq!(deliver_at(app, "2020-06-01 08:09").await, 3);
        assert_eq!(standing(app).await, [(MailStatus::Accepted, 1); 3]);
        assert_eq!(app.store.rest().await.unwrap(), None);
    }

    async fn a_restart_goes_on_waiting_and_another_relay_is_tried_at_once(app: &mut TestApp) {
        let relay = ScriptedRelay::with_manner(away(), []).await;
        app.deliver_to(&relay).await;
        queue(app, 1).await;
        deliver::drain(app).await.unwrap();
        app.reopen().await;
        assert_eq!(deliver_at(app, "2020-06-01 07:30").await, 0);
        assert_eq!(relay.connections(), 1, "the rest outlives the process");
        let other = ScriptedRelay::start([]).await;
        let port = |relay: &ScriptedRelay| format!("port = {}", relay.address.port());
        app.edit("config/local.toml", &port(&relay), &port(&other)).await;
        app.at("2020-06-01 07:31");
        assert_eq!(deliver::drain(app).await.unwrap(), 1);
        assert_eq!((relay.connections(), other.received().len()), (1, 1));
    }

    async fn every_way_of_being_away_keeps_the_attempts(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        app.deliver_to(&relay).await;
        queue(app, 2).await;
        let ways = [
            Manner { greeting: "554 no", ..Manner::default() },
            Manner { stall: Some("connect"), ..Manner::default() },
            Manner { hang_up: Some("connect"), ..Manner::default() },
            Manner { stall: Some("EHLO"), ..Manner::default() },
            Manner { hang_up: Some("EHLO"), ..Manner::default() },
            Manner { refuse: Some(("EHLO", 421)), ..Manner::default() },
        ];
        let mut now = crate::app::instant("2020-06-01 07:30");
        for way in ways {
            relay.behave(way.clone());
            assert_eq!(deliver::drain(app).await.unwrap(), 0, "{way:?}");
            assert_eq!(standing(app).await, [(MailStatus::Queued, 0); 2], "{way:?}");
            assert!(app.store.rest().await.unwrap().is_some(), "{way:?}");
            now += chrono::TimeDelta::minutes(10);
            app.go_to(now);
        }
        relay.behave(Manner::default());
        assert_eq!(deliver::drain(app).await.unwrap(), 2);
        assert_eq!(relay.received().len(), 2);
    }

    async fn a_relay_with_little_room_gets_all_mails_over_fewer_lines(app: &mut TestApp) {
        let manner = Manner {
            room: 2,
            thinks: std::time::Duration::from_millis(10),
            ..Manner::default()
        };
        let relay = ScriptedRelay::with_manner(manner, []).await;
        app.deliver_to(&relay).await;
        app.add("config/local.toml", "connections = 5\n").await;
        queue(app, 30).await;
        deliver::drain(app).await.unwrap();
        deliver_at(app, "2020-06-01 07:31").await;
        assert_eq!(relay.received().len(), 30);
        assert_eq!(standing(app).await, [(MailStatus::Accepted, 1); 30]);
    }

    async fn a_mail_at_which_the_relay_hangs_up_lets_the_others_pass(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(421)]).await;
        app.deliver_to(&relay).await;
        queue(app, 3).await;
        deliver::drain(app).await.unwrap();
        assert_eq!(standing(app).await, [(MailStatus::Queued, 0); 3]);
        relay.will([Act::Accept, Act::Accept, Act::Recipient(421)]);
        deliver_at(app, "2020-06-01 07:31").await;
        let to: Vec<_> = relay.received().into_iter().map(|mail| mail.to).collect();
        assert_eq!(to, ["head1@longbien.example", "head2@longbien.example"]);
        assert_eq!(standing(app).await[0], (MailStatus::Queued, 0));
        deliver_at(app, "2020-06-01 07:32").await;
        assert_eq!(relay.received().len(), 3);
    }

    async fn a_recipient_refused_for_five_days_is_given_up(app: &mut TestApp) {
        let relay = ScriptedRelay::start(vec![Act::Recipient(450); 99]).await;
        app.deliver_to(&relay).await;
        queue(app, 1).await;
        let mut now = crate::app::instant("2020-06-01 07:30");
        let mut tries = Vec::new();
        while standing(app).await[0].0 == MailStatus::Queued {
            let before = standing(app).await[0].1;
            deliver::drain(app).await.unwrap();
            if standing(app).await[0].1 > before {
                tries.push((now - crate::app::instant("2020-06-01 07:30")).num_minutes());
            }
            now += chrono::TimeDelta::minutes(5);
            app.go_to(now);
        }
        assert_eq!(tries[..6], [0, 5, 20, 80, 200, 440], "greylisting passes first");
        assert_eq!(tries.last(), Some(&(5 * 24 * 60)), "once more at the end");
        let mail = app.store.mails(None).await.unwrap().remove(0);
        let reply = "450 4.7.1 as the script says (RCPT); given up after 5 days";
        assert_eq!((mail.status, mail.reply.as_deref()), (MailStatus::Rejected, Some(reply)));
        assert_eq!(app.sent_to("operator@004").await.len(), 1, "the operator hears of it");
        app.leaves_mails_waiting = true;
    }

    async fn whoever_runs_the_program_can_see_that_the_queue_rests(app: &mut TestApp) {
        let relay = ScriptedRelay::with_manner(away(), []).await;
        app.deliver_to(&relay).await;
        queue(app, 2).await;
        let down_since = |text: String| {
            let name = "dondoc_relay_down_since_timestamp_seconds ";
            text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
        };
        assert_eq!(down_since(metrics::text(app).await.unwrap()).as_deref(), Some("0"));
        deliver::drain(app).await.unwrap();
        let since = crate::app::instant("2020-06-01 07:30").timestamp().to_string();
        assert_eq!(down_since(metrics::text(app).await.unwrap()), Some(since));
        let doctor = on_site_beside(&app.database, app.folder(), &["doctor", "--json"]).await;
        let checks = doctor.json()["checks"].clone();
        let queue = checks.as_array().unwrap().iter().find(|check| check["check"] == "queue");
        let queue = queue.unwrap().clone();
        assert_eq!(queue["ok"], false);
        let said = queue["detail"].as_str().unwrap();
        assert!(said.contains("2 mails wait") && said.contains("421 4.3.2 down for maintenance"), "{said}");
        app.leaves_mails_waiting = true;
    }
}
