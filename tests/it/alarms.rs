//! Stories of the operator hearing beside mail that mail itself fails.

use std::fs;

use dondoc::job::deliver;
use dondoc::store::outbox::{MailKind, NewMail};
use serde_json::Value;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::mails::{deliver_at, mail, put, queue};
use crate::relay::{Act, Manner, ScriptedRelay};

fn away() -> Manner {
    Manner {
        greeting: "421 4.3.2 down for maintenance",
        ..Manner::default()
    }
}

/// A chat program of somebody's, which answers with these.
async fn chat(answers: &[(u16, u64)]) -> MockServer {
    let server = MockServer::start().await;
    for (status, times) in answers {
        let mock = Mock::given(method("POST")).respond_with(ResponseTemplate::new(*status));
        mock.up_to_n_times(*times).mount(&server).await;
    }
    server
}

async fn posted(chat: &MockServer) -> Vec<Value> {
    let requests = chat.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

fn lines(app: &TestApp) -> Vec<String> {
    let text = fs::read_to_string(app.folder().join("data/operator.log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

async fn told_beside_mail(app: &mut TestApp, relay: &ScriptedRelay, chat: &MockServer) {
    app.deliver_to(relay).await;
    let uri = chat.uri();
    let operator = format!(
        "\n[operator]\nwebhook = \"{uri}/hook?token=secret\"\nfile = \"data/operator.log\"\nafter = \"30m\"\n"
    );
    app.add("config/local.toml", &operator).await;
}

fn to_operator(n: usize) -> NewMail {
    NewMail {
        post: "operator@004".into(),
        recipient: "quantri.dondoc@longbien.example".into(),
        ..mail(n, MailKind::Digest, instant("2020-06-01 07:30"))
    }
}

stories! {
    async fn a_relay_that_stays_away_is_told_once_when_it_begins_and_once_when_it_is_over(app: &mut TestApp) {
        let (relay, chat) = (ScriptedRelay::with_manner(away(), []).await, chat(&[(200, 99)]).await);
        told_beside_mail(app, &relay, &chat).await;
        queue(app, 2).await;
        for at in ["07:30", "07:45"] {
            deliver_at(app, &format!("2020-06-01 {at}")).await;
        }
        assert!(posted(&chat).await.is_empty() && lines(app).is_empty(), "not yet half an hour");
        for at in ["08:00", "08:15", "08:40"] {
            deliver_at(app, &format!("2020-06-01 {at}")).await;
            app.reopen().await;
        }
        let begun = posted(&chat).await;
        assert_eq!((begun.len(), lines(app).len()), (1, 1), "once, across restarts");
        relay.behave(Manner::default());
        for at in ["09:00", "09:15"] {
            deliver_at(app, &format!("2020-06-01 {at}")).await;
        }
        assert_eq!(relay.received().len(), 2);
        let told = posted(&chat).await;
        let states: Vec<_> = told.iter().map(|told| (&told["about"], &told["state"])).collect();
        assert_eq!(states, [("relay", "begins"), ("relay", "over")].map(|(a, b)| (a.into(), b.into())).iter().map(|(a, b): &(Value, Value)| (a, b)).collect::<Vec<_>>());
        assert!(told[0]["text"].as_str().unwrap().contains("07:30 01/06/2020"), "{told:?}");
        let lines = lines(app);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("2020-06-01T08:00:00+07:00 relay begins: "), "{lines:?}");
        assert!(!lines.concat().contains('@') && !lines.concat().contains("secret"), "{lines:?}");
    }

    async fn a_relay_away_for_a_moment_is_told_to_nobody(app: &mut TestApp) {
        let (relay, chat) = (ScriptedRelay::with_manner(away(), []).await, chat(&[(200, 99)]).await);
        told_beside_mail(app, &relay, &chat).await;
        queue(app, 1).await;
        deliver_at(app, "2020-06-01 07:30").await;
        relay.behave(Manner::default());
        deliver_at(app, "2020-06-01 07:40").await;
        assert_eq!(relay.received().len(), 1);
        assert!(posted(&chat).await.is_empty() && lines(app).is_empty());
    }

    async fn a_mail_to_the_operator_that_does_not_arrive_is_told_until_one_does(app: &mut TestApp) {
        let chat = chat(&[(200, 99)]).await;
        let relay = ScriptedRelay::start([Act::Recipient(550), Act::Drop("."), Act::Accept]).await;
        told_beside_mail(app, &relay, &chat).await;
        for (n, alarms, why) in [
            (0, 1, "refused"),
            (1, 1, "in doubt: the same trouble"),
            (2, 2, "one arrives"),
            (3, 2, "as usual"),
        ] {
            put(&app.store, [to_operator(n)]).await;
            deliver::drain(app).await.unwrap();
            assert_eq!((posted(&chat).await.len(), lines(app).len()), (alarms, alarms), "{why}");
        }
        let told = posted(&chat).await;
        assert_eq!((&told[0]["state"], &told[1]["state"]), (&"begins".into(), &"over".into()));
        assert!(told[0]["text"].as_str().unwrap().contains("operator@004"));
        assert!(!format!("{told:?}").contains("quantri"));
    }

    async fn a_webhook_that_fails_is_tried_again_and_keeps_nothing_from_the_file(app: &mut TestApp) {
        let chat = chat(&[(500, 2), (200, 99)]).await;
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        told_beside_mail(app, &relay, &chat).await;
        put(&app.store, [to_operator(0)]).await;
        for (at, posts, why) in [
            ("07:30", 1, "refused"),
            ("07:30", 1, "a minute's rest"),
            ("07:31", 2, "refused again"),
            ("07:36", 3, "taken"),
            ("08:36", 3, "and no more"),
        ] {
            deliver_at(app, &format!("2020-06-01 {at}")).await;
            assert_eq!((posted(&chat).await.len(), lines(app).len()), (posts, 1), "{why}");
        }
        let ids: Vec<_> = posted(&chat).await.iter().map(|told| told["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "whoever listens can tell that it is the same");
    }
}
