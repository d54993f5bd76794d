//! Stories of how much a relay is asked for at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dondoc::job::deliver;
use dondoc::store::outbox::MailStatus;

use crate::app::TestApp;
use crate::database::stories;
use crate::mails::{queue, standing};
use crate::relay::{Manner, ScriptedRelay};

const LOCAL: &str = "config/local.toml";

async fn relay_that_thinks(millis: u64) -> ScriptedRelay {
    let manner = Manner {
        thinks: Duration::from_millis(millis),
        ..Manner::default()
    };
    ScriptedRelay::with_manner(manner, []).await
}

/// How many mails are `sending` now.
async fn under_way(app: &TestApp) -> usize {
    let sending = app.store.mails(Some(MailStatus::Sending)).await;
    sending.unwrap().len()
}

stories! {
    async fn several_connections_send_at_once_and_no_more_than_were_asked_for(app: &mut TestApp) {
        let relay = relay_that_thinks(40).await;
        app.deliver_to(&relay).await;
        app.add(LOCAL, "connections = 4\n").await;
        queue(app, 40).await;
        let begun = Instant::now();
        assert_eq!(deliver::drain(app).await.unwrap(), 40);
        let lasted = begun.elapsed();
        assert!(lasted < Duration::from_millis(40 * 40), "one after the other: {lasted:?}");
        assert_eq!((relay.received().len(), relay.most_open(), relay.connections()), (40, 4, 4));
        assert_eq!(standing(app).await, [(MailStatus::Accepted, 1); 40]);
    }

    async fn a_connection_carries_so_many_mails_and_says_goodbye(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        app.deliver_to(&relay).await;
        app.add(LOCAL, "per_connection = 3\n").await;
        queue(app, 7).await;
        deliver::drain(app).await.unwrap();
        assert_eq!((relay.received().len(), relay.connections()), (7, 3));
        let goodbyes = relay.commands().into_iter().filter(|said| said == "QUIT");
        assert_eq!(goodbyes.count(), 3);
    }

    async fn mails_follow_each_other_at_the_pace_that_was_asked_for(app: &mut TestApp) {
        let relay = ScriptedRelay::start([]).await;
        app.deliver_to(&relay).await;
        app.add(LOCAL, "connections = 4\nrate = 600\n").await;
        queue(app, 6).await;
        let begun = Instant::now();
        assert_eq!(deliver::drain(app).await.unwrap(), 6);
        assert!(begun.elapsed() >= Duration::from_millis(500), "a tenth of a second between them");
    }

    async fn few_mails_are_in_doubt_at_any_moment(app: &mut TestApp) {
        let relay = relay_that_thinks(15).await;
        app.deliver_to(&relay).await;
        app.add(LOCAL, "connections = 2\n").await;
        queue(app, 60).await;
        let done = AtomicBool::new(false);
        let mut most = 0;
        let watch = async {
            while !done.load(Ordering::Relaxed) {
                most = most.max(under_way(app).await);
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        let drain = async {
            deliver::drain(app).await.unwrap();
            done.store(true, Ordering::Relaxed);
        };
        tokio::join!(watch, drain);
        assert!((2..=16).contains(&most), "eight for each connection: {most}");
        assert_eq!(standing(app).await, [(MailStatus::Accepted, 1); 60]);
    }

    async fn who_stops_gives_back_what_was_not_begun(app: &mut TestApp) {
        let relay = relay_that_thinks(20).await;
        app.deliver_to(&relay).await;
        queue(app, 40).await;
        let stop = AtomicBool::new(false);
        let tell = async {
            tokio::time::sleep(Duration::from_millis(250)).await;
            stop.store(true, Ordering::Relaxed);
        };
        let (accepted, ()) = tokio::join!(deliver::drain_until(app, &stop), tell);
        let accepted = accepted.unwrap();
        assert!((1..40).contains(&accepted), "{accepted}");
        assert_eq!(relay.received().len(), accepted);
        let mut expected = vec![(MailStatus::Accepted, 1); accepted];
        expected.resize(40, (MailStatus::Queued, 0));
        assert_eq!(standing(app).await, expected, "nobody has to doubt anything");
        app.leaves_mails_waiting = true;
    }
}
