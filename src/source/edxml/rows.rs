//! A document after all its messages as rows: one for each of our organisations that sent or received it.
//!
//! Owns: the names by which a source's file maps what a document has.
//! Never: reading messages.
//! Reads next: `../../config/sources/edxml.rs` (the names), `../mapping.rs`.

use chrono::NaiveDateTime;
use serde_json::{Map, Value, json};

use crate::domain::exchange::{Current, DocumentId, Letter, Message};

/// Rows of a document; none while it is not known itself.
///
/// # Errors
/// When none of `own` sent or received it.
pub fn rows(
    own: &[String],
    document: &DocumentId,
    messages: &[Message],
) -> Result<Vec<Value>, String> {
    let Some(current) = Current::of(messages) else {
        return Ok(Vec::new());
    };
    let letter = current.letter;
    let is_own = |organ: &&String| own.iter().any(|own| is_within(organ, own));
    let mut receivers: Vec<&String> = letter.to.iter().filter(is_own).collect();
    receivers.sort();
    receivers.dedup();
    let sender = Some(&letter.from).filter(is_own);
    if sender.is_none() && receivers.is_empty() {
        return Err(format!(
            "neither its sender, `{}`, nor a receiver, `{}`, is within `own`",
            letter.from,
            letter.to.join("`, `")
        ));
    }
    let sent = sender.map(|organ| row(document, &current, organ, true));
    let received = receivers
        .into_iter()
        .map(|organ| row(document, &current, organ, false));
    Ok(sent.into_iter().chain(received).collect())
}

/// Whether an organisation is `own` or stands below it.
fn is_within(organ: &str, own: &str) -> bool {
    let rest = organ.strip_prefix(own);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn row(document: &DocumentId, current: &Current<'_>, organ: &str, sent: bool) -> Value {
    let mut row = header(document, current.letter);
    let record = match sent {
        true => document.to_string(),
        false => format!("{document} > {organ}"),
    };
    let mut put = |name: &str, value: String| row.insert(name.to_owned(), Value::String(value));
    put("Record", record);
    put("Own", organ.to_owned());
    put(
        "Direction",
        if sent { "sent" } else { "received" }.to_owned(),
    );
    put("Standing", current.standing.as_str().to_owned());
    // What a receiver says counts for its own row; for the sender's, what any of them said last.
    if let Some((at, receipt)) = current.status((!sent).then_some(organ)) {
        put("StatusCode", receipt.code.clone());
        put("StatusAt", written(at));
    }
    Value::Object(row)
}

fn header(document: &DocumentId, letter: &Letter) -> Map<String, Value> {
    let number = [&letter.number, &letter.notation].map(String::as_str);
    let number: Vec<&str> = number.into_iter().filter(|part| !part.is_empty()).collect();
    let answers: Vec<&str> = letter.response_for.iter().map(DocumentId::as_str).collect();
    let all = json!({
        "DocumentId": document.as_str(),
        "Number": number.join("/"),
        "CodeNumber": letter.number,
        "CodeNotation": letter.notation,
        "Place": letter.place,
        "PromulgationDate": letter.day,
        "Type": letter.kind,
        "TypeName": letter.kind_name,
        "DueDate": letter.due,
        "Priority": letter.priority,
        "SteeringType": letter.steering,
        "BussinessDocType": letter.business,
        "From": letter.from,
        "To": letter.to.join("; "),
        "ResponseFor": answers.join("; "),
    });
    match all {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn written(at: &NaiveDateTime) -> String {
    at.format("%Y/%m/%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exchange::Says;

    fn letter(from: &str, to: &[&str]) -> Vec<Message> {
        vec![Message {
            document: DocumentId::parse("H26.23,2020/06/01,15/VP"),
            at: NaiveDateTime::default(),
            says: Says::Letter(Box::new(Letter {
                from: from.to_owned(),
                to: to.iter().map(|to| (*to).to_owned()).collect(),
                ..Letter::default()
            })),
        }]
    }

    fn seen(from: &str, to: &[&str]) -> Result<Vec<String>, String> {
        let document = DocumentId::parse("H26.23,2020/06/01,15/VP");
        let rows = rows(&["H26.23".to_owned()], &document, &letter(from, to))?;
        let told = |row: &Value| format!("{} {}", row["Own"], row["Direction"]).replace('"', "");
        Ok(rows.iter().map(told).collect())
    }

    #[test]
    fn each_of_our_organisations_has_its_row() {
        for (from, to, expected, why) in [
            (
                "H26.23",
                ["H26"].as_slice(),
                vec!["H26.23 sent"],
                "to somebody else",
            ),
            (
                "H26",
                &["H26.23", "H26.24"],
                vec!["H26.23 received"],
                "from somebody else",
            ),
            (
                "H26.23",
                &["H26.23.12", "H26.23.13", "H26.23.12"],
                vec!["H26.23 sent", "H26.23.12 received", "H26.23.13 received"],
                "between our own, one of them named twice",
            ),
        ] {
            assert_eq!(seen(from, to).unwrap(), expected, "{why}");
        }
        let foreign = seen("H26.2", &["H26.231"]).unwrap_err();
        assert_eq!(
            foreign,
            "neither its sender, `H26.2`, nor a receiver, `H26.231`, is within `own`"
        );
    }
}
