//! The organisation against the settings and the day.
//!
//! Owns: heads of units, addresses in allowed domains.
//! Never: what the file says about itself (overlaps, dates).
//! Reads next: `jobs.rs`.

use super::Notes;
use crate::config::organisation::{Address, FILE, Organisation, Role};
use crate::config::problem::quoted;
use crate::domain::unit::UnitKind;

pub fn check(notes: &mut Notes<'_>) {
    let Some(organisation) = &notes.site.organisation else {
        return;
    };
    heads(notes, organisation);
    if let Some(settings) = &notes.site.settings {
        addresses(notes, organisation, &settings.mail.allowed_domains);
    }
}

/// Every ward and department that exists today has somebody who hears of it.
fn heads(notes: &mut Notes<'_>, organisation: &Organisation) {
    let today = notes.today;
    for (index, unit) in organisation.units.all().iter().enumerate() {
        let hears = unit.kind != UnitKind::District && unit.exists_on(today);
        if hears && organisation.holder(&unit.code, Role::Head, today).is_none() {
            let message = format!(
                "nobody is head of {} ({}) on {today}: its alerts would reach nobody",
                unit.code, unit.name
            );
            let help = "add a holder of that day to its `[[unit.post]]` with `role = \"head\"`";
            let at = format!("unit/{index}");
            if organisation.is_ever_held(&unit.code, Role::Head) {
                let message = format!(
                    "nobody is head of {} ({}) on {today}: the next rung above hears instead",
                    unit.code, unit.name
                );
                notes.warning(FILE, &at, message, help);
            } else {
                notes.problem(FILE, &at, message, help);
            }
        }
    }
}

fn addresses(notes: &mut Notes<'_>, organisation: &Organisation, allowed: &[String]) {
    let people = organisation.posts.iter().flat_map(|post| {
        let deputies = post.deputies.iter().map(|deputy| &deputy.holder);
        post.holders.iter().chain(deputies)
    });
    for address in people
        .map(|holder| &holder.address)
        .filter(|address| !allowed.contains(&address.domain()))
    {
        outside(notes, address, allowed);
    }
}

fn outside(notes: &mut Notes<'_>, address: &Address, allowed: &[String]) {
    let domains = quoted(allowed.iter().map(String::as_str));
    let message = format!("`{}` is outside the allowed mail domains", address.full());
    let help =
        format!("use an address in {domains}, or extend `mail.allowed_domains` in the settings");
    let Some(document) = notes.site.documents.get(FILE.as_ref()) else {
        return;
    };
    let found: Vec<_> = document
        .text
        .match_indices(&format!("\"{}\"", address.full()))
        .map(|(at, _)| document.problem_at(at, message.clone(), help.clone()))
        .collect();
    notes.problems.extend(found);
}
