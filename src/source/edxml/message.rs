//! A message's header as what it says of documents (QCVN 102:2016).
//!
//! Owns: where each value stands in a header; which documents a message speaks of.
//! Never: subject, signer and attachments: they are read past. What messages say together (`domain::exchange`).
//! Reads next: `../../domain/exchange.rs`.

use chrono::NaiveDateTime;

use super::header::Element;
use super::refusal::Refusal;
use crate::domain::exchange::{
    DocumentId, Letter, Message, REPLACE, REVOKE, Receipt, Says, Standing, organ,
};

const TIMES: [&str; 4] = [
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
];

/// What a message says: mostly one thing of one document. `made` is when its file was made.
pub(super) fn messages(root: &Element, made: NaiveDateTime) -> Result<Vec<Message>, Refusal> {
    if root.find("StatusCode").is_some() {
        return Ok(vec![status(root)?]);
    }
    let header = root.find("MessageHeader").ok_or(Refusal::Neither)?;
    let letter = letter(root, header);
    let document = document(header, &letter)?;
    let at = sent(root, made)?;
    Ok(spoken(document, at, letter))
}

/// The document itself, and those that it takes back or takes the place of.
fn spoken(document: DocumentId, at: NaiveDateTime, letter: Letter) -> Vec<Message> {
    let ends = match letter.business.as_str() {
        REVOKE => Some(Standing::Revoked),
        REPLACE => Some(Standing::Replaced),
        _ => None,
    };
    let others: Vec<DocumentId> = letter
        .response_for
        .iter()
        .filter(|other| **other != document)
        .cloned()
        .collect();
    let mut letter = letter;
    if letter.business == REVOKE && !others.is_empty() {
        // A notice with a number of its own is a document that nobody took back.
        letter.business = "0".to_owned();
    }
    let says = Says::Letter(Box::new(letter));
    let own = Message { document, at, says };
    let ended = ends.into_iter().flat_map(|standing| {
        others.iter().map(move |other| Message {
            document: other.clone(),
            at,
            says: Says::Ended(standing),
        })
    });
    std::iter::once(own).chain(ended).collect()
}

fn letter(root: &Element, header: &Element) -> Letter {
    let text = |path: &[&str]| header.text(path);
    let business = root.find("Bussiness").or_else(|| root.find("Business"));
    let business = business.map(|element| {
        ["BussinessDocType", "BusinessDocType"]
            .map(|name| element.text(&[name]))
            .concat()
    });
    let to = header.each("To").map(|to| organ(&to.text(&["OrganId"])));
    Letter {
        from: organ(&text(&["From", "OrganId"])),
        to: to.filter(|id| !id.is_empty()).collect(),
        number: text(&["Code", "CodeNumber"]),
        notation: text(&["Code", "CodeNotation"]),
        place: text(&["PromulgationInfo", "Place"]),
        day: text(&["PromulgationInfo", "PromulgationDate"]),
        kind: text(&["DocumentType", "Type"]),
        kind_name: text(&["DocumentType", "TypeName"]),
        due: text(&["DueDate"]),
        priority: text(&["OtherInfo", "Priority"]),
        steering: text(&["SteeringType"]),
        business: business
            .filter(|word| !word.is_empty())
            .unwrap_or_else(|| "0".to_owned()),
        response_for: root
            .find("edXMLHeader")
            .unwrap_or(header)
            .each("ResponseFor")
            .chain(header.each("ResponseFor"))
            .filter_map(referred)
            .collect(),
    }
}

fn document(header: &Element, letter: &Letter) -> Result<DocumentId, Refusal> {
    let said = header.text(&["DocumentId"]);
    if !said.is_empty() {
        return Ok(DocumentId::parse(&said));
    }
    if [&letter.from, &letter.day, &letter.number]
        .iter()
        .any(|part| part.is_empty())
    {
        return Err(Refusal::Missing("DocumentId"));
    }
    let number = format!("{}/{}", letter.number, letter.notation);
    Ok(DocumentId::of(
        &letter.from,
        &letter.day,
        number.trim_end_matches('/'),
    ))
}

/// The document that a `ResponseFor` names.
fn referred(element: &Element) -> Option<DocumentId> {
    let said = element.text(&["DocumentId"]);
    if !said.is_empty() {
        return Some(DocumentId::parse(&said));
    }
    let parts = ["OrganId", "PromulgationDate", "Code"].map(|name| element.text(&[name]));
    let [from, day, number] = &parts;
    parts
        .iter()
        .all(|part| !part.is_empty())
        .then(|| DocumentId::of(from, day, number))
}

fn status(root: &Element) -> Result<Message, Refusal> {
    let named = |name| root.find(name).ok_or(Refusal::Missing(name));
    let document =
        referred(named("ResponseFor")?).ok_or(Refusal::Missing("ResponseFor/DocumentId"))?;
    let from = root
        .find("From")
        .map(|from| organ(&from.text(&["OrganId"])));
    let at = time("Timestamp", &named("Timestamp")?.text(&[]))?;
    let code = named("StatusCode")?.text(&[]);
    let fits = (1..=2).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    if !fits {
        return Err(Refusal::StatusCode(code));
    }
    Ok(Message {
        document,
        at,
        says: Says::Receipt(Receipt {
            from: from.unwrap_or_default(),
            code: format!("{code:0>2}"),
        }),
    })
}

/// When it was sent, as its first trace tells.
fn sent(root: &Element, made: NaiveDateTime) -> Result<NaiveDateTime, Refusal> {
    let trace = root
        .find("TraceHeader")
        .map(|trace| trace.text(&["Timestamp"]));
    match trace.filter(|said| !said.is_empty()) {
        Some(said) => time("Timestamp", &said),
        None => Ok(made),
    }
}

fn time(element: &'static str, said: &str) -> Result<NaiveDateTime, Refusal> {
    let read = |format: &&str| NaiveDateTime::parse_from_str(said, format).ok();
    TIMES.iter().find_map(read).ok_or_else(|| Refusal::Time {
        element,
        said: said.to_owned(),
    })
}
