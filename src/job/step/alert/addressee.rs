//! Who hears for a post today.
//!
//! Owns: the next rung in place of a vacant one; that the operator hears of a vacancy.
//! Never: what is to be heard.
//! Reads next: `config/organisation.rs`.

use std::collections::BTreeMap;

use crate::config::organisation::{Recipient, Role};
use crate::domain::unit::UnitCode;
use crate::job::notice::{Matter, tell_operator};
use crate::job::step::Context;
use crate::job::{JobError, letter};
use crate::report::notice::{Vacancy, What};

/// The rungs, from below.
const RUNGS: [Role; 3] = [Role::Head, Role::ViceChair, Role::Chair];

/// Posts that nobody held when somebody was to hear, and who heard instead.
#[derive(Debug, Default)]
pub struct Vacancies(BTreeMap<(UnitCode, Role), Option<Recipient>>);

impl Vacancies {
    /// Who holds the post or stands in for it; where nobody does, whoever holds the next one above.
    pub fn addressee(
        &mut self,
        context: &Context<'_>,
        unit: &UnitCode,
        role: Role,
    ) -> Option<Recipient> {
        let organisation = &context.app.files.organisation;
        let heard_by = |rung| organisation.rung(unit, rung, context.app.day(context.as_of));
        heard_by(role).or_else(|| {
            let above = RUNGS.into_iter().filter(|rung| *rung > role);
            self.note(unit, role, above.into_iter().find_map(heard_by))
        })
    }

    /// Who hears of what a unit left that is gone and has no successor: the district, and never a namesake.
    pub fn orphaned(
        &mut self,
        context: &Context<'_>,
        unit: &UnitCode,
        role: Role,
    ) -> Option<Recipient> {
        let organisation = &context.app.files.organisation;
        let today = context.app.day(context.as_of);
        let heard_by = |rung| organisation.holder(&organisation.district, rung, today);
        let above = RUNGS
            .into_iter()
            .filter(|rung| *rung > Role::Head && *rung >= role);
        self.note(unit, role, above.into_iter().find_map(heard_by))
    }

    fn note(
        &mut self,
        unit: &UnitCode,
        role: Role,
        instead: Option<Recipient>,
    ) -> Option<Recipient> {
        self.0.insert((unit.clone(), role), instead.clone());
        instead
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Tells the operator of each vacancy, once for as long as it lasts.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(self, context: &Context<'_>) -> Result<(), JobError> {
        for ((unit, role), instead) in self.0 {
            let (post, instead) = (format!("{}@{unit}", role.as_str()), instead.as_ref());
            let heard_by = instead.map(letter::post);
            tracing::warn!(post, ?heard_by, "nobody holds this post");
            if !context.run.holds_mails {
                let matter = matter(context, &unit, role, instead);
                Box::pin(tell_operator(context.app, matter)).await?;
            }
        }
        Ok(())
    }
}

/// A vacancy is one matter from the day on which its last holder left.
fn matter(
    context: &Context<'_>,
    unit: &UnitCode,
    role: Role,
    instead: Option<&Recipient>,
) -> Matter {
    let app = context.app;
    let today = app.day(context.as_of);
    let organisation = &app.files.organisation;
    let post = format!("{}@{unit}", role.as_str());
    let since = organisation.vacant_since(unit, role, today);
    let named = organisation.units.find(unit, today);
    Matter {
        about: format!("post/{post}"),
        occasion: match since {
            Some(day) => format!("vacant {day}"),
            None => "vacant".to_owned(),
        },
        reason: "nobody holds this post".to_owned(),
        what: What::Vacant(Vacancy {
            post,
            unit: named.map_or_else(|| unit.to_string(), letter::unit_in_sentence),
            instead: instead.map(|recipient| letter::title(app, recipient)),
        }),
    }
}
