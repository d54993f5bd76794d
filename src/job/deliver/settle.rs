//! What becomes of a mail after an attempt.
//!
//! Owns: the waits; when a mail is given up; what may be sent twice.
//! Never: the clock, the database.
//! Reads next: `round.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::mail::transport::Outcome;
use crate::store::outbox::{Mail, MailKind, MailStatus, Settled};

/// Waits after each failed attempt, in minutes; greylisting wants the first one short. The last one repeats.
const WAITS: [i64; 6] = [5, 15, 60, 120, 240, 480];
/// For so long after its first refusal a mail is tried.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(5);
/// An alert whose delivery ended ambiguously is sent once more, under the same Message-ID.
const REPEATS_OF_AN_ALERT: i32 = 1;

/// What becomes of `mail` after `outcome`; `None`: it had no attempt, and stays as it was.
pub fn settle(mail: &Mail, outcome: &Outcome, now: DateTime<Utc>) -> Option<Settled> {
    let ends = |status| Settled {
        status,
        next_attempt_at: now,
        ambiguities: mail.ambiguities,
        first_refused_at: mail.first_refused_at,
        reply: outcome.reply().to_owned(),
    };
    Some(match outcome {
        Outcome::Down { .. } => return None,
        Outcome::Accepted { .. } => ends(MailStatus::Accepted),
        Outcome::Rejected { .. } => ends(MailStatus::Rejected),
        Outcome::Retry { reply } => refused_for_now(mail, reply, now),
        Outcome::Ambiguous { .. } => {
            let repeats = may_repeat(mail);
            let (status, next_attempt_at) = if repeats {
                (MailStatus::Queued, now + wait(mail.attempts))
            } else {
                (MailStatus::Ambiguous, now)
            };
            Settled {
                next_attempt_at,
                ambiguities: mail.ambiguities + 1,
                ..ends(status)
            }
        }
    })
}

/// The last attempt is at the end of the time, however long the wait before it would be.
fn refused_for_now(mail: &Mail, reply: &str, now: DateTime<Utc>) -> Settled {
    let first = mail.first_refused_at.unwrap_or(now);
    let end = first + GIVEN_UP_AFTER;
    let settled = Settled {
        status: MailStatus::Queued,
        next_attempt_at: (now + wait(mail.attempts).min(wait_since(first, now))).min(end),
        ambiguities: mail.ambiguities,
        first_refused_at: Some(first),
        reply: reply.to_owned(),
    };
    if now < end {
        return settled;
    }
    Settled {
        status: MailStatus::Rejected,
        next_attempt_at: now,
        reply: format!("{reply}; given up after {} days", GIVEN_UP_AFTER.num_days()),
        ..settled
    }
}

/// As if it had been refused at every attempt since `first`: a mail that the operator sends again begins anew, however
/// often it was tried before.
fn wait_since(first: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    let mut refused_at = first;
    for minutes in WAITS {
        let wait = TimeDelta::minutes(minutes);
        refused_at += wait;
        if now < refused_at {
            return wait;
        }
    }
    TimeDelta::minutes(WAITS[WAITS.len() - 1])
}

fn may_repeat(mail: &Mail) -> bool {
    mail.kind == MailKind::Alert && mail.ambiguities < REPEATS_OF_AN_ALERT
}

fn wait(attempts: i32) -> TimeDelta {
    let nth = usize::try_from(attempts - 1)
        .unwrap_or(0)
        .min(WAITS.len() - 1);
    TimeDelta::minutes(WAITS[nth])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(kind: MailKind, attempts: i32, ambiguities: i32) -> Mail {
        let now = DateTime::UNIX_EPOCH;
        Mail {
            id: 1,
            message_id: "m@longbien.example".into(),
            kind,
            post: "head@00118".into(),
            sender: "a@longbien.example".into(),
            recipient: "b@longbien.example".into(),
            subject: "s".into(),
            status: MailStatus::Sending,
            attempts,
            ambiguities,
            next_attempt_at: now,
            reply: None,
            created_at: now,
            finished_at: None,
            first_refused_at: None,
        }
    }

    #[test]
    fn every_outcome_has_its_ending() {
        let reply = String::new;
        let (alert, digest) = (MailKind::Alert, MailKind::Digest);
        let ambiguous = || Outcome::Ambiguous { reply: reply() };
        for (mail, outcome, status, minutes, why) in [
            (
                mail(alert, 1, 0),
                Outcome::Accepted { reply: reply() },
                MailStatus::Accepted,
                0,
                "taken",
            ),
            (
                mail(alert, 1, 0),
                Outcome::Rejected { reply: reply() },
                MailStatus::Rejected,
                0,
                "refused for good",
            ),
            (
                mail(alert, 1, 0),
                Outcome::Retry { reply: reply() },
                MailStatus::Queued,
                5,
                "greylisted",
            ),
            (
                mail(alert, 1, 0),
                ambiguous(),
                MailStatus::Queued,
                5,
                "an alert is sent once more",
            ),
            (
                mail(alert, 2, 1),
                ambiguous(),
                MailStatus::Ambiguous,
                0,
                "but only once",
            ),
            (
                mail(digest, 1, 0),
                ambiguous(),
                MailStatus::Ambiguous,
                0,
                "a digest waits for the operator",
            ),
        ] {
            let settled = settle(&mail, &outcome, DateTime::UNIX_EPOCH).unwrap();
            assert_eq!(settled.status, status, "{why}");
            let waits = settled.next_attempt_at - DateTime::UNIX_EPOCH;
            assert_eq!(waits, TimeDelta::minutes(minutes), "{why}");
        }
    }

    #[test]
    fn refusals_wait_longer_and_longer_and_anew_when_the_operator_sends_again() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        for (attempts, first, now, waits, why) in [
            (1, None, 0, 5, "greylisted"),
            (2, Some(0), 5, 15, "again"),
            (3, Some(0), 20, 60, "and again"),
            (9, Some(0), 3_000, 480, "for days"),
            (2, Some(0), 300, 15, "the relay was away in between"),
            (11, None, 9_000, 5, "sent again by the operator"),
            (12, Some(9_000), 9_005, 15, "and refused again"),
            (13, Some(9_000), 9_020, 60, "and again"),
        ] {
            let mail = Mail {
                first_refused_at: first.map(at),
                ..mail(MailKind::Alert, attempts, 0)
            };
            let reply = String::new();
            let settled = settle(&mail, &Outcome::Retry { reply }, at(now)).unwrap();
            assert_eq!(settled.next_attempt_at, at(now + waits), "{why}");
        }
    }

    #[test]
    fn a_relay_that_is_away_is_no_attempt() {
        let outcome = Outcome::Down {
            reply: "421".to_owned(),
            at_message: true,
        };
        let mail = mail(MailKind::Alert, 1, 0);
        assert_eq!(settle(&mail, &outcome, DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn a_mail_refused_for_five_days_is_given_up_and_tried_once_at_their_end() {
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let refused = |hours| {
            let mail = Mail {
                first_refused_at: Some(at(0)),
                ..mail(MailKind::Alert, 40, 0)
            };
            let reply = "450 later (RCPT)".to_owned();
            settle(&mail, &Outcome::Retry { reply }, at(hours)).unwrap()
        };
        for (hours, status, next, why) in [
            (100, MailStatus::Queued, 108, "the usual wait"),
            (117, MailStatus::Queued, 120, "not past the end"),
            (120, MailStatus::Rejected, 120, "five days"),
        ] {
            let settled = refused(hours);
            assert_eq!(
                (settled.status, settled.next_attempt_at),
                (status, at(next)),
                "{why}"
            );
            assert_eq!(settled.first_refused_at, Some(at(0)), "{why}");
        }
        assert_eq!(
            refused(121).reply,
            "450 later (RCPT); given up after 5 days"
        );
    }
}
