//! Stories of mails that are too large for a relay.

use dondoc::job::deliver;
use dondoc::store::outbox::{MailKind, MailStatus, NewMail};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::mails::{mail, put};
use crate::relay::{Act, Manner, ScriptedRelay};

/// A mail of 5,000 bytes, and what it weighs without its attachments.
fn heavy(light: usize) -> NewMail {
    let sized = |size: usize| {
        let mut bytes =
            b"Message-ID: <1@longbien.example>\r\nDate: Mon, 1 Jun 2020 07:30:00 +0700\r\n\
Subject: Mail\r\n\r\n"
                .to_vec();
        bytes.resize(size - 2, b'x');
        bytes.extend(b"\r\n");
        bytes
    };
    NewMail {
        body: sized(5000),
        light: Some(sized(light)),
        ..mail(1, MailKind::Alert, instant("2020-06-01 07:30"))
    }
}

async fn relay_that_takes(extensions: &'static [&'static str]) -> ScriptedRelay {
    let manner = Manner {
        extensions,
        ..Manner::default()
    };
    ScriptedRelay::with_manner(manner, []).await
}

async fn sent(app: &TestApp) -> (MailStatus, String) {
    let mail = app.store.mails(None).await.unwrap().remove(0);
    (mail.status, mail.reply.unwrap())
}

stories! {
    async fn a_mail_goes_whole_where_it_fits_and_without_its_attachments_where_not(app: &mut TestApp) {
        for (extensions, arrives, why) in [
            (&["SIZE 5000"][..], 5000, "it just fits"),
            (&["SIZE 4999"], 800, "a byte too much"),
            (&["SIZE 0"], 5000, "no limit"),
            (&[], 5000, "nothing is stated"),
        ] {
            let relay = relay_that_takes(extensions).await;
            let mut other = crate::database::another(app).await;
            other.deliver_to(&relay).await;
            put(&other.store, [heavy(800)]).await;
            deliver::drain(&other).await.unwrap();
            assert_eq!(relay.received()[0].message.len(), arrives, "{why}");
            let (status, reply) = sent(&other).await;
            assert_eq!((status, reply.contains("without its attachments")), (MailStatus::Accepted, arrives == 800), "{why}");
            crate::database::away_with(other).await;
        }
    }

    async fn the_settings_may_know_better_than_the_relay(app: &mut TestApp) {
        let relay = relay_that_takes(&["SIZE 1000000"]).await;
        app.deliver_to(&relay).await;
        app.add("config/local.toml", "max_size = \"4 kB\"\n").await;
        put(&app.store, [heavy(800)]).await;
        deliver::drain(app).await.unwrap();
        assert_eq!(relay.received()[0].message.len(), 800);
    }

    async fn a_relay_that_says_only_then_that_it_is_too_much_gets_the_light_one(app: &mut TestApp) {
        for act in [Act::Sender(552), Act::Message(552)] {
            let relay = ScriptedRelay::start([act]).await;
            let mut other = crate::database::another(app).await;
            other.deliver_to(&relay).await;
            put(&other.store, [heavy(800)]).await;
            deliver::drain(&other).await.unwrap();
            assert_eq!(relay.received()[0].message.len(), 800, "{act:?}");
            crate::database::away_with(other).await;
        }
    }

    async fn a_mail_too_large_even_so_is_rejected_in_clear_words_and_the_operator_told(app: &mut TestApp) {
        let relay = relay_that_takes(&["SIZE 700"]).await;
        app.deliver_to(&relay).await;
        put(&app.store, [heavy(800)]).await;
        deliver::drain(app).await.unwrap();
        let said = "the message has 800 bytes even without its attachments, and the relay takes 700 at most: it was not sent";
        assert_eq!(sent(app).await, (MailStatus::Rejected, said.to_owned()));
        let told = app.sent_to("operator@004").await;
        let text = told[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{text}");
        app.leaves_mails_waiting = true;
    }
}
