//! MAIL, RCPT and DATA: what a relay hears before the message itself.
//!
//! Owns: saying them one after the other, or at once to a relay that offers PIPELINING.
//! Never: a byte of the message before the relay has agreed to all three.
//! Reads next: `relay.rs`.

use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::response::Response;

use super::relay::within;
use super::reply::{Failure, Step};

/// A message that the relay does not want.
pub struct Refused {
    pub failure: Failure,
    /// Whether both sides know what comes next.
    pub is_in_step: bool,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        let is_in_step = failure.leaves_connection_usable();
        Self {
            failure,
            is_in_step,
        }
    }
}

/// Waits for each answer before the next command.
pub async fn one_by_one(
    smtp: &mut AsyncSmtpConnection,
    (mail, rcpt): (Mail, Rcpt),
    limit: Duration,
) -> Result<(), Refused> {
    within(Step::Sender, limit, smtp.command(mail)).await?;
    within(Step::Recipient, limit, smtp.command(rcpt)).await?;
    let answer = within(Step::Data, limit, smtp.command(Data)).await?;
    Ok(goes_on(&answer)?)
}

/// Says all three, then hears three answers. The first refusal counts: those behind it only follow. A relay that
/// waits for the message all the same is out of step: its line is given up, and it has heard nothing of the message.
pub async fn at_once(
    smtp: &mut AsyncSmtpConnection,
    (mail, rcpt): (Mail, Rcpt),
    limit: Duration,
) -> Result<(), Refused> {
    let commands = format!("{mail}{rcpt}{Data}");
    let mail = within(Step::Sender, limit, smtp.command(commands)).await;
    if let Some(broken) = broken(&mail) {
        return Err(broken.into());
    }
    let rcpt = within(Step::Recipient, limit, smtp.read_response()).await;
    if let Some(broken) = broken(&rcpt) {
        return Err(Refused {
            failure: mail.err().unwrap_or(broken),
            is_in_step: false,
        });
    }
    let data = within(Step::Data, limit, smtp.read_response()).await;
    let Err(failure) = mail.and(rcpt) else {
        return Ok(goes_on(&data?)?);
    };
    let is_in_step = data.is_err_and(|behind| behind.leaves_connection_usable());
    Err(Refused {
        failure,
        is_in_step,
    })
}

/// A failure after which no other answer comes.
fn broken(answer: &Result<Response, Failure>) -> Option<Failure> {
    let failure = answer.as_ref().err()?;
    (!failure.leaves_connection_usable()).then(|| failure.clone())
}

/// Only 354 lets the message follow.
fn goes_on(answer: &Response) -> Result<(), Failure> {
    if answer.has_code(354) {
        Ok(())
    } else {
        Err(Failure::unexpected(Step::Data, answer))
    }
}
