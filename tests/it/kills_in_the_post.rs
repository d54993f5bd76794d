//! Stories of a process that is killed while it sends mails, again and again, at any step of the conversation.
//!
//! `DONDOC_TEST_MAIL_KILLS` asks for more kills than the suite has time for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use dondoc::store::Store;
use dondoc::store::outbox::{Mail, MailKind, MailStatus};

use crate::app::{instant, write_site};
use crate::database::{Database, stories};
use crate::mails::{mail, put};
use crate::program::{command, on_site_beside};
use crate::relay::{Manner, ScriptedRelay};

const KILLS: usize = 8;
/// Mails queued before each kill: alerts, and each fourth a digest.
const MAILS: usize = 24;
const CONNECTIONS: usize = 3;
/// For each connection, as the settings promise.
const IN_DOUBT: i32 = 8;

stories! {
    async fn a_process_killed_at_any_byte_loses_no_mail_and_doubles_none_but_in_doubt(database: &mut Database) {
        let folder = tempfile::tempdir().unwrap();
        let relay = slow_relay().await;
        site(folder.path(), &relay);
        let store = open(database, folder.path()).await;
        let mut chance = fastrand::Rng::with_seed(20_200_601);
        let wanted = std::env::var("DONDOC_TEST_MAIL_KILLS").map_or(KILLS, |text| text.parse().unwrap());
        let mut kills = 0;
        for round in 0..wanted {
            queue(&store, round).await;
            let before = doubts(&store).await;
            kills += usize::from(killed(database, folder.path(), &relay, &mut chance).await);
            recover(&store, database, folder.path(), before).await;
        }
        send_to_the_end(database, folder.path(), &store).await;
        let mails = store.mails(None).await.unwrap();
        let received = copies(&relay);
        judge(&mails, &received);
        assert!(kills * 2 > wanted, "only {kills} of {wanted} kills came while mails were under way");

        // What ended in doubt is for the operator, who sends it again: then everything has arrived.
        let doubted: Vec<String> = mails.iter().filter(|mail| mail.status == MailStatus::Ambiguous)
            .map(|mail| mail.id.to_string()).collect();
        let twice = received.values().filter(|copies| **copies > 1).count();
        eprintln!("{kills} kills, {} mails, {} left to the operator, {twice} arrived twice", mails.len(), doubted.len());
        if !doubted.is_empty() {
            let arguments: Vec<&str> = ["mail", "retry"].into_iter().chain(doubted.iter().map(String::as_str)).collect();
            assert_eq!(on_site_beside(database, folder.path(), &arguments).await.code, Some(0));
            send_to_the_end(database, folder.path(), &store).await;
        }
        let received = copies(&relay);
        let missing = mails.iter().filter(|mail| !received.contains_key(&mail.message_id)).count();
        assert_eq!(missing, 0, "lost");
    }
}

/// It thinks a little, so that kills come at every step.
async fn slow_relay() -> ScriptedRelay {
    let manner = Manner {
        thinks: Duration::from_millis(2),
        ..Manner::default()
    };
    ScriptedRelay::with_manner(manner, []).await
}

fn site(folder: &Path, relay: &ScriptedRelay) {
    write_site(folder, "127.0.0.1:1".parse().unwrap(), false);
    let local = folder.join("config/local.toml");
    let port = relay.address.port();
    let delivery = format!(
        "\n[mail.delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
         timeout = \"5s\"\nconnections = {CONNECTIONS}\nper_connection = 10\n"
    );
    let before = fs::read_to_string(&local).unwrap();
    fs::write(local, before + &delivery).unwrap();
}

async fn open(database: &Database, folder: &Path) -> Store {
    let variables = database.variables();
    let url = variables
        .iter()
        .find(|(name, _)| name == "DONDOC__DATABASE__URL");
    let url = url.map_or("sqlite://data/dondoc.sqlite", |(_, url)| url.as_str());
    let store = Store::open(url, folder).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn queue(store: &Store, round: usize) {
    let kind = |n: usize| {
        if n.is_multiple_of(4) {
            MailKind::Digest
        } else {
            MailKind::Alert
        }
    };
    let numbers = round * MAILS..(round + 1) * MAILS;
    put(
        store,
        numbers.map(|n| mail(n, kind(n), instant("2020-06-01 07:30"))),
    )
    .await;
}

async fn doubts(store: &Store) -> i32 {
    let mails = store.mails(None).await.unwrap();
    mails.iter().map(|mail| mail.ambiguities).sum()
}

/// Kills the sender once the relay has heard so much of it; whether mails were under way.
async fn killed(
    database: &Database,
    folder: &Path,
    relay: &ScriptedRelay,
    chance: &mut fastrand::Rng,
) -> bool {
    let enough = relay.heard() + chance.usize(1..MAILS * 3);
    let mut child = sender(database, folder);
    let begun = Instant::now();
    while relay.heard() < enough && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never sends");
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    tokio::time::sleep(Duration::from_micros(chance.u64(0..3000))).await;
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    // What the dead process said last is heard before the next one speaks.
    tokio::time::sleep(Duration::from_millis(5)).await;
    !ended.success()
}

fn sender(database: &Database, folder: &Path) -> Child {
    let site = folder.to_str().unwrap();
    let mut command = command(database, &["--site", site, "mail", "send"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The next process takes up what was left; not more is in doubt than was promised.
async fn recover(store: &Store, database: &Database, folder: &Path, before: i32) {
    let under_way = store.mails(Some(MailStatus::Sending)).await.unwrap().len();
    let most = CONNECTIONS * usize::try_from(IN_DOUBT).unwrap();
    assert!(under_way <= most, "{under_way} mails are in doubt at once");
    let ended = on_site_beside(database, folder, &["mail", "send", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let doubted = doubts(store).await - before;
    assert_eq!(usize::try_from(doubted).unwrap(), under_way);
}

async fn send_to_the_end(database: &Database, folder: &Path, store: &Store) {
    let waits = async || {
        let mails = store.mails_by_status().await.unwrap();
        mails.contains_key(&MailStatus::Queued) || mails.contains_key(&MailStatus::Sending)
    };
    for _ in 0..20 {
        if !waits().await {
            return;
        }
        let ended = on_site_beside(database, folder, &["mail", "send"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    panic!("the queue never ends");
}

/// How often each mail arrived.
fn copies(relay: &ScriptedRelay) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for received in relay.received() {
        let text = String::from_utf8(received.message).unwrap();
        let id = text.split(['<', '>']).nth(1).unwrap();
        *copies.entry(id.to_owned()).or_default() += 1;
    }
    copies
}

/// 1. What is accepted has arrived. 2. Nothing arrives once more than its delivery ended in doubt. 3. Nothing waits
///    or is refused: what has not arrived is shown to the operator.
fn judge(mails: &[Mail], received: &BTreeMap<String, usize>) {
    for mail in mails {
        let arrived = received.get(&mail.message_id).copied().unwrap_or_default();
        let doubts = usize::try_from(mail.ambiguities).unwrap();
        match mail.status {
            MailStatus::Accepted => {
                assert!(
                    (1..=1 + doubts).contains(&arrived),
                    "{mail:?} arrived {arrived} times"
                );
            }
            MailStatus::Ambiguous => {
                assert!(
                    (0..=doubts).contains(&arrived),
                    "{mail:?} arrived {arrived} times"
                );
                let repeats = usize::from(mail.kind == MailKind::Alert);
                assert_eq!(doubts, 1 + repeats, "{mail:?}");
            }
            _ => panic!("{mail:?} is neither delivered nor shown to the operator"),
        }
    }
}
