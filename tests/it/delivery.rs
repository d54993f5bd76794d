//! Stories of one message on its way to a relay.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dondoc::config::organisation::Address;
use dondoc::config::secret::SecretSource;
use dondoc::config::settings::{Bounds, Delivery, Relay, Security};
use dondoc::mail::transport::{Outcome, Parcel, Session, Transport};

use crate::relay::{Act, Encryption, Manner, ScriptedRelay};

/// base64 of `\0dondoc\0secret`
const LOGIN: &str = "AGRvbmRvYwBzZWNyZXQ=";
const MESSAGE: &[u8] = b"Subject: 12\r\n\r\nfirst\r\n.dot\r\n..\r\nlast\r\n";

fn settings(relay: &ScriptedRelay) -> Relay {
    Relay {
        host: "127.0.0.1".into(),
        port: relay.address.port(),
        security: Security::None,
        username: None,
        password: None,
        timeout: Duration::from_millis(300),
        trust: None,
        bounds: Bounds::default(),
    }
}

fn encrypted(relay: &ScriptedRelay, security: Security, site: &Path) -> Relay {
    fs::write(site.join("relay.pem"), &relay.certificate).unwrap();
    Relay {
        host: "localhost".into(),
        security,
        trust: Some("relay.pem".into()),
        ..settings(relay)
    }
}

fn signed_in(relay: Relay) -> Relay {
    Relay {
        username: Some("dondoc".into()),
        password: Some(SecretSource::Value("secret".to_owned().into())),
        ..relay
    }
}

fn transport(relay: Relay) -> Transport {
    Transport::new(&Delivery::Smtp(relay), Path::new("."))
}

fn sender() -> Address {
    Address::new("dondoc@longbien.example".into())
}

fn chair() -> Address {
    Address::new("chu.tich@ngocthuy.longbien.example".into())
}

/// A relay that takes commands one by one, and one that takes several at once.
const WAYS: [&[&str]; 2] = [&[], &["PIPELINING"]];

fn offering(extensions: &'static [&'static str]) -> Manner {
    Manner {
        extensions,
        ..Manner::default()
    }
}

async fn send(transport: &Transport) -> Outcome {
    let mut session = transport.session();
    let outcome = send_over(&mut session, &chair(), MESSAGE).await;
    session.close().await;
    outcome
}

async fn send_over(session: &mut Session<'_>, to: &Address, bytes: &[u8]) -> Outcome {
    let parcel = Parcel {
        from: &sender(),
        to,
        message_id: "3f2a@longbien.example",
        bytes,
        light: None,
    };
    session.send(&parcel).await
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Retry { .. } => "retry",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Ambiguous { .. } => "ambiguous",
        Outcome::Down { .. } => "down",
    }
}

#[tokio::test]
async fn an_accepted_message_arrives_byte_for_byte() {
    let relay = ScriptedRelay::start([]).await;
    let outcome = send(&transport(settings(&relay))).await;
    assert_eq!(
        outcome,
        Outcome::Accepted {
            reply: "250 2.0.0 queued as 4F2A".into()
        }
    );
    let [received] = &relay.received()[..] else {
        panic!("one message")
    };
    assert_eq!(
        (received.from.as_str(), received.to.as_str()),
        (sender().full(), chair().full())
    );
    assert_eq!(received.message, MESSAGE);
}

#[tokio::test]
async fn every_answer_and_every_failure_has_its_outcome() {
    for (act, expected, says) in [
        (Act::Accept, "accepted", "250"),
        (
            Act::Sender(451),
            "retry",
            "451 4.7.1 as the script says (MAIL)",
        ),
        (
            Act::Sender(550),
            "rejected",
            "550 5.7.1 as the script says (MAIL)",
        ),
        (
            Act::Sender(530),
            "down",
            "530 5.7.1 as the script says (MAIL)",
        ),
        (
            Act::Recipient(450),
            "retry",
            "450 4.7.1 as the script says (RCPT)",
        ),
        (
            Act::Recipient(550),
            "rejected",
            "550 5.7.1 as the script says (RCPT)",
        ),
        (
            Act::Data(451),
            "retry",
            "451 4.7.1 as the script says (DATA)",
        ),
        (
            Act::Data(554),
            "rejected",
            "554 5.7.1 as the script says (DATA)",
        ),
        (
            Act::Recipient(421),
            "down",
            "421 4.7.1 as the script says (RCPT)",
        ),
        (
            Act::Message(421),
            "down",
            "421 4.7.1 as the script says (end of data)",
        ),
        (
            Act::Message(451),
            "retry",
            "451 4.7.1 as the script says (end of data)",
        ),
        (
            Act::Message(554),
            "rejected",
            "554 5.7.1 as the script says (end of data)",
        ),
        (Act::Stall("MAIL"), "retry", "no answer within 0.3 s (MAIL)"),
        (Act::Stall("RCPT"), "retry", "no answer within 0.3 s (RCPT)"),
        (Act::Stall("DATA"), "retry", "no answer within 0.3 s (DATA)"),
        (
            Act::Stall("."),
            "ambiguous",
            "no answer within 0.3 s (end of data)",
        ),
        (Act::Drop("MAIL"), "retry", "(MAIL)"),
        (Act::Drop("RCPT"), "retry", "(RCPT)"),
        (Act::Drop("DATA"), "retry", "(DATA)"),
        (Act::Drop("."), "ambiguous", "(end of data)"),
    ] {
        for extensions in WAYS {
            let relay = ScriptedRelay::with_manner(offering(extensions), [act]).await;
            let outcome = send(&transport(settings(&relay))).await;
            let (kind, reply) = (kind(&outcome), outcome.reply());
            assert_eq!(kind, expected, "{act:?} {extensions:?}: {reply}");
            assert!(reply.contains(says), "{act:?} {extensions:?}: {reply}");
            let arrived = relay.received().len();
            let expected = usize::from(act == Act::Accept);
            assert_eq!(arrived, expected, "{act:?} {extensions:?}");
        }
    }
}

#[tokio::test]
async fn commands_go_at_once_to_a_relay_that_takes_them_so() {
    for (extensions, expected) in [(WAYS[0], 0), (WAYS[1], 4)] {
        let relay = ScriptedRelay::with_manner(offering(extensions), []).await;
        let transport = transport(settings(&relay));
        let mut session = transport.session();
        for _ in 0..2 {
            let outcome = send_over(&mut session, &chair(), MESSAGE).await;
            assert_eq!(kind(&outcome), "accepted", "{}", outcome.reply());
        }
        session.close().await;
        let arrived = relay.received();
        assert!(arrived.iter().all(|received| received.message == MESSAGE));
        assert_eq!((arrived.len(), relay.connections()), (2, 1));
        assert_eq!(relay.with_more_behind(), expected, "{extensions:?}");
    }
}

#[tokio::test]
async fn a_relay_that_refuses_and_waits_for_the_message_all_the_same_hears_nothing_of_it() {
    let manner = Manner {
        waits_all_the_same: true,
        ..offering(WAYS[1])
    };
    let relay = ScriptedRelay::with_manner(manner, [Act::Recipient(550), Act::Accept]).await;
    assert_eq!(two_in_a_row(&relay).await, ["rejected", "accepted"]);
    assert_eq!((relay.received().len(), relay.connections()), (1, 2));
}

/// What became of two messages of one session.
async fn two_in_a_row(relay: &ScriptedRelay) -> [&'static str; 2] {
    let transport = transport(settings(relay));
    let mut session = transport.session();
    let first = kind(&send_over(&mut session, &chair(), MESSAGE).await);
    let second = kind(&send_over(&mut session, &chair(), MESSAGE).await);
    session.close().await;
    [first, second]
}

/// It cannot be about a message that the relay has not heard.
#[tokio::test]
async fn an_answer_that_comes_before_the_message_is_not_believed() {
    for code in [250, 451, 554] {
        let relay = ScriptedRelay::start([Act::AnswersEarly(code), Act::Accept]).await;
        assert_eq!(two_in_a_row(&relay).await, ["retry", "accepted"], "{code}");
        assert_eq!(
            (relay.received().len(), relay.connections()),
            (1, 2),
            "{code}"
        );
    }
}

/// The message is larger than the buffers of a socket, so the line surely ends before the dot is written.
#[tokio::test]
async fn a_line_that_ends_within_a_message_was_surely_before_its_end() {
    let manner = Manner {
        extensions: &[],
        ..Manner::default()
    };
    let relay = ScriptedRelay::with_manner(manner, [Act::DropWithinMessage]).await;
    let message = b"a line of a very long message\r\n".repeat(1_000_000);
    let relay_settings = Relay {
        timeout: Duration::from_secs(20),
        ..settings(&relay)
    };
    let transport = transport(relay_settings);
    let outcome = send_over(&mut transport.session(), &chair(), &message).await;
    assert_eq!(kind(&outcome), "retry", "{}", outcome.reply());
}

#[tokio::test]
async fn no_step_before_the_first_message_waits_for_ever() {
    let site = tempfile::tempdir().unwrap();
    for (encryption, security, stall, step) in [
        (Encryption::None, Security::None, "connect", "greeting"),
        (Encryption::None, Security::None, "EHLO", "greeting"),
        (Encryption::None, Security::None, "AUTH", "signing in"),
        (
            Encryption::Starttls,
            Security::Starttls,
            "STARTTLS",
            "encrypting",
        ),
        (
            Encryption::Starttls,
            Security::Starttls,
            "handshake",
            "encrypting",
        ),
        (
            Encryption::FromTheStart,
            Security::Tls,
            "handshake",
            "encrypting",
        ),
    ] {
        let manner = Manner {
            encryption,
            stall: Some(stall),
            login: Some(LOGIN),
            ..Manner::default()
        };
        let relay = ScriptedRelay::with_manner(manner, []).await;
        let relay = signed_in(encrypted(&relay, security, site.path()));
        let start = Instant::now();
        let outcome = send(&Transport::new(&Delivery::Smtp(relay), site.path())).await;
        assert_eq!(
            outcome.reply(),
            format!("no answer within 0.3 s ({step})"),
            "{stall}"
        );
        assert_eq!(kind(&outcome), "down", "{stall}");
        assert!(start.elapsed() < Duration::from_secs(3), "{stall}");
    }
}

/// Whatever the relay does before the first message, no mail is to blame, and each is told by its step.
#[tokio::test]
async fn what_fails_before_the_first_message_is_about_the_relay() {
    let site = tempfile::tempdir().unwrap();
    for (security, at, step) in [
        (Security::None, "EHLO", "greeting"),
        (Security::None, "AUTH", "signing in"),
        (Security::Starttls, "STARTTLS", "encrypting"),
    ] {
        let manner = || Manner {
            encryption: match security {
                Security::Starttls => Encryption::Starttls,
                Security::None | Security::Tls => Encryption::None,
            },
            login: Some(LOGIN),
            ..Manner::default()
        };
        let ways = [421, 451, 550].map(|code| Manner {
            refuse: Some((at, code)),
            ..manner()
        });
        let hang_up = Manner {
            hang_up: Some(at),
            ..manner()
        };
        for way in ways.into_iter().chain([hang_up]) {
            let relay = ScriptedRelay::with_manner(way.clone(), []).await;
            let settings = signed_in(encrypted(&relay, security, site.path()));
            let transport = Transport::new(&Delivery::Smtp(settings), site.path());
            let outcome = send(&transport).await;
            assert_eq!(kind(&outcome), "down", "{way:?}: {}", outcome.reply());
            let said = outcome.reply();
            assert!(said.ends_with(&format!("({step})")), "{way:?}: {said}");
            assert!(relay.received().is_empty());
        }
    }
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_tried_again() {
    let relay = ScriptedRelay::start([]).await;
    let nobody = Relay {
        port: 1,
        ..settings(&relay)
    };
    let outcome = send(&transport(nobody)).await;
    assert_eq!(kind(&outcome), "down");
    assert!(
        outcome.reply().ends_with("(connecting)"),
        "{}",
        outcome.reply()
    );
}

#[tokio::test]
async fn both_kinds_of_encryption_carry_login_and_message() {
    let site = tempfile::tempdir().unwrap();
    for (encryption, security) in [
        (Encryption::Starttls, Security::Starttls),
        (Encryption::FromTheStart, Security::Tls),
    ] {
        let manner = Manner {
            encryption,
            login: Some(LOGIN),
            ..Manner::default()
        };
        let relay = ScriptedRelay::with_manner(manner, []).await;
        let settings = signed_in(encrypted(&relay, security, site.path()));
        let outcome = send(&Transport::new(&Delivery::Smtp(settings), site.path())).await;
        assert_eq!(
            kind(&outcome),
            "accepted",
            "{security:?}: {}",
            outcome.reply()
        );
        assert_eq!(relay.received()[0].message, MESSAGE);
        assert!(relay.commands().contains(&"AUTH".to_owned()));
    }
}

#[tokio::test]
async fn a_relay_that_hides_starttls_gets_neither_password_nor_message() {
    let site = tempfile::tempdir().unwrap();
    let relay = ScriptedRelay::with_manner(
        Manner {
            login: Some(LOGIN),
            ..Manner::default()
        },
        [],
    )
    .await;
    let settings = signed_in(encrypted(&relay, Security::Starttls, site.path()));
    let outcome = send(&Transport::new(&Delivery::Smtp(settings), site.path())).await;
    assert_eq!(kind(&outcome), "down");
    assert!(
        outcome.reply().contains("STARTTLS is not supported"),
        "{}",
        outcome.reply()
    );
    let commands = relay.commands();
    assert!(
        commands
            .iter()
            .all(|command| !command.starts_with("AUTH") && !command.starts_with("MAIL")),
        "{commands:?}"
    );
}

#[tokio::test]
async fn an_unknown_certificate_is_refused() {
    for (encryption, security) in [
        (Encryption::Starttls, Security::Starttls),
        (Encryption::FromTheStart, Security::Tls),
    ] {
        let relay = ScriptedRelay::with_manner(
            Manner {
                encryption,
                ..Manner::default()
            },
            [],
        )
        .await;
        let stranger = Relay {
            host: "localhost".into(),
            security,
            ..settings(&relay)
        };
        let outcome = send(&transport(stranger)).await;
        assert_eq!(kind(&outcome), "down", "{security:?}");
        assert!(
            outcome.reply().ends_with("(encrypting)"),
            "{}",
            outcome.reply()
        );
        assert!(relay.received().is_empty());
    }
}

#[tokio::test]
async fn a_wrong_password_or_a_missing_trust_file_loses_no_mail() {
    let manner = Manner {
        login: Some("b3RoZXI="),
        ..Manner::default()
    };
    let relay = ScriptedRelay::with_manner(manner, []).await;
    let outcome = send(&transport(signed_in(settings(&relay)))).await;
    assert_eq!(
        outcome,
        Outcome::Down {
            reply: "535 5.7.8 who are you? (signing in)".into(),
            at_message: false
        }
    );

    let missing = Relay {
        security: Security::Starttls,
        trust: Some("nowhere.pem".into()),
        ..settings(&relay)
    };
    let outcome = send(&transport(missing)).await;
    assert_eq!(kind(&outcome), "down");
    assert!(
        outcome.reply().contains("cannot read nowhere.pem"),
        "{}",
        outcome.reply()
    );

    let unread = Relay {
        password: Some(SecretSource::File("nowhere".into())),
        ..signed_in(settings(&relay))
    };
    let outcome = send(&transport(unread)).await;
    assert_eq!(kind(&outcome), "down");
    assert!(
        outcome
            .reply()
            .contains("the secret file `nowhere` cannot be read"),
        "{}",
        outcome.reply()
    );
}

#[tokio::test]
async fn a_closed_house_is_tried_again() {
    let manner = Manner {
        greeting: "554 5.3.2 closed for maintenance",
        ..Manner::default()
    };
    let relay = ScriptedRelay::with_manner(manner, []).await;
    let outcome = send(&transport(settings(&relay))).await;
    assert_eq!(
        outcome,
        Outcome::Down {
            reply: "554 5.3.2 closed for maintenance (greeting)".into(),
            at_message: false
        }
    );
}

#[tokio::test]
async fn a_batch_uses_one_connection_and_one_message_per_recipient() {
    for extensions in WAYS {
        let acts = [
            Act::Accept,
            Act::Recipient(550),
            Act::Message(451),
            Act::Accept,
        ];
        let relay = ScriptedRelay::with_manner(offering(extensions), acts).await;
        let transport = transport(settings(&relay));
        let mut session = transport.session();
        let mut outcomes = Vec::new();
        for number in 0..4 {
            let to = Address::new(format!("head{number}@longbien.example"));
            outcomes.push(kind(&send_over(&mut session, &to, MESSAGE).await));
        }
        session.close().await;
        assert_eq!(outcomes, ["accepted", "rejected", "retry", "accepted"]);
        assert_eq!(relay.connections(), 1, "{extensions:?}");
        let to: Vec<String> = relay
            .received()
            .into_iter()
            .map(|received| received.to)
            .collect();
        assert_eq!(to, ["head0@longbien.example", "head3@longbien.example"]);
        assert_eq!(relay.commands().last().map(String::as_str), Some("QUIT"));
    }
}

#[tokio::test]
async fn a_batch_goes_on_after_a_line_that_ended() {
    for (act, expected) in [
        (Act::AcceptAndLeave, "accepted"),
        (Act::Drop("."), "ambiguous"),
        (Act::Stall("."), "ambiguous"),
        (Act::Stall("RCPT"), "retry"),
    ] {
        for extensions in WAYS {
            let acts = [Act::Accept, act, Act::Accept];
            let relay = ScriptedRelay::with_manner(offering(extensions), acts).await;
            let transport = transport(settings(&relay));
            let mut session = transport.session();
            let mut outcomes = Vec::new();
            for _ in 0..3 {
                outcomes.push(kind(&send_over(&mut session, &chair(), MESSAGE).await));
            }
            session.close().await;
            let expected = ["accepted", expected, "accepted"];
            assert_eq!(outcomes, expected, "{act:?} {extensions:?}");
            assert_eq!(relay.connections(), 2, "{act:?} {extensions:?}");
        }
    }
}

#[tokio::test]
async fn messages_do_not_wait_for_acknowledgements() {
    let relay = ScriptedRelay::start([]).await;
    let transport = transport(settings(&relay));
    let mut session = transport.session();
    let start = Instant::now();
    for _ in 0..50 {
        assert_eq!(
            kind(&send_over(&mut session, &chair(), MESSAGE).await),
            "accepted"
        );
    }
    assert!(
        start.elapsed() < Duration::from_millis(1500),
        "{:?} for 50 messages",
        start.elapsed()
    );
}

#[tokio::test]
async fn an_address_outside_ascii_is_rejected_before_any_connection() {
    let relay = ScriptedRelay::start([]).await;
    let to = Address::new("chủ.tịch@longbien.example".into());
    let transport = transport(settings(&relay));
    let outcome = send_over(&mut transport.session(), &to, MESSAGE).await;
    assert_eq!(
        outcome,
        Outcome::Rejected {
            reply: "c…@longbien.example is not a mail address".into()
        }
    );
    assert_eq!(relay.connections(), 0);
}

#[tokio::test]
async fn a_probe_says_who_the_relay_is_and_sends_nothing() {
    let site = tempfile::tempdir().unwrap();
    let manner = Manner {
        encryption: Encryption::Starttls,
        login: Some(LOGIN),
        ..Manner::default()
    };
    let relay = ScriptedRelay::with_manner(manner, []).await;
    let settings = signed_in(encrypted(&relay, Security::Starttls, site.path()));
    let said = Transport::new(&Delivery::Smtp(settings), site.path())
        .probe()
        .await
        .unwrap();
    assert_eq!(
        said,
        "relay.example at your service; encrypted by STARTTLS, signed in; SIZE 20971520, AUTH PLAIN LOGIN, 8BITMIME"
    );
    assert!(relay.received().is_empty());

    let nobody = Relay {
        port: 1,
        ..self::settings(&relay)
    };
    let error = transport(nobody).probe().await.unwrap_err().to_string();
    assert!(error.ends_with("(connecting)"), "{error}");
}

#[tokio::test]
async fn a_folder_takes_each_message_once() {
    let site = tempfile::tempdir().unwrap();
    let transport = Transport::new(
        &Delivery::File {
            folder: "outbox".into(),
        },
        site.path(),
    );
    let first = send(&transport).await;
    let path = site.path().join("outbox/3f2a@longbien.example.eml");
    assert_eq!(
        first,
        Outcome::Accepted {
            reply: path.display().to_string()
        }
    );
    assert_eq!(send(&transport).await, first);
    assert_eq!(fs::read(&path).unwrap(), MESSAGE);
    assert_eq!(fs::read_dir(site.path().join("outbox")).unwrap().count(), 1);
    assert!(transport.probe().await.is_ok());
}
