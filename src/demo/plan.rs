//! How many dossiers of each unit meet which fate, so that counting them gives the published figures.
//!
//! Owns: dividing the published totals over units and fates; the invented numbers that no count shows.
//! Never: dates (`stories.rs`).
//! Reads next: `stories.rs`.

use super::figures::Figures;
use super::units::{UnitShare, apportion, of_level};
use crate::domain::unit::Level;

/// What becomes of a dossier, seen from the morning after the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Early,
    OnTime,
    Late,
    Withdrawn,
    /// Open and in time; finishes in time later.
    Running,
    /// Open and in time; not finished when it falls due in the next days.
    Slipping,
    Stopped,
    Overdue,
    /// Received and finished before the period: in no count.
    DoneBefore,
    /// Status 1 or 3: in no count.
    NotReceived,
    /// Received after the period.
    New,
}

/// `count` dossiers of one unit with one fate; `carried`: received before the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    pub unit: &'static str,
    pub fate: Fate,
    pub carried: bool,
    pub count: usize,
}

/// Numbers that were not published. Carried-over, withdrawn and stopped dossiers are parts of published ones.
struct Invented {
    carried: usize,
    withdrawn: usize,
    stopped: usize,
    slipping: usize,
    done_before: usize,
    not_received: usize,
    new: usize,
    /// Of a hundred dossiers finished in time, how many before the due day.
    early: usize,
}

fn invented(level: Level) -> Invented {
    match level {
        Level::District => Invented {
            carried: 96,
            withdrawn: 18,
            stopped: 24,
            slipping: 32,
            done_before: 60,
            not_received: 14,
            new: 80,
            early: 56,
        },
        Level::Ward => Invented {
            carried: 312,
            withdrawn: 72,
            stopped: 48,
            slipping: 24,
            done_before: 350,
            not_received: 40,
            new: 260,
            early: 35,
        },
    }
}

/// Every lot of one level. The lots with a count sum up to the published figures.
pub fn lots(figures: &Figures, level: Level) -> Vec<Lot> {
    let units = of_level(level);
    let figures = figures.dossiers(level);
    let invented = invented(level);
    let divide = |total, weight: fn(&UnitShare) -> usize| {
        apportion(total, &units.iter().map(weight).collect::<Vec<_>>())
    };
    let received = divide(figures.received, |unit| unit.received);
    let in_time = divide(figures.in_time, |unit| unit.in_time);
    let stopped = divide(invented.stopped, |unit| unit.stopped);
    let slipping = divide(invented.slipping, |unit| unit.in_time - unit.stopped);
    let overdue = divide(figures.unaccounted, |unit| unit.overdue);
    let late = divide(figures.late, |unit| unit.late);
    let carried = divide(invented.carried, |unit| unit.carried);
    let withdrawn = divide(invented.withdrawn, |unit| unit.withdrawn);
    let done_before = divide(invented.done_before, |unit| unit.received);
    let not_received = divide(invented.not_received, |unit| unit.received);
    let new = divide(invented.new, |unit| unit.received);
    let unit_lots = units.iter().enumerate().flat_map(|(place, unit)| {
        let resolved = received[place] - in_time[place] - overdue[place];
        let punctual = resolved - late[place] - withdrawn[place];
        let early = punctual * invented.early / 100;
        let fates = [
            (Fate::Early, early),
            (Fate::OnTime, punctual - early),
            (Fate::Late, late[place]),
            (Fate::Withdrawn, withdrawn[place]),
            (
                Fate::Running,
                in_time[place] - stopped[place] - slipping[place],
            ),
            (Fate::Slipping, slipping[place]),
            (Fate::Stopped, stopped[place]),
            (Fate::Overdue, overdue[place]),
        ];
        let outside = [
            (Fate::DoneBefore, done_before[place]),
            (Fate::NotReceived, not_received[place]),
            (Fate::New, new[place]),
        ];
        let within = split(unit.code, fates, carried[place]);
        let outside = outside.map(|(fate, count)| Lot {
            unit: unit.code,
            fate,
            carried: false,
            count,
        });
        within.into_iter().chain(outside)
    });
    unit_lots.collect()
}

/// Takes the carried-over dossiers out of the fates that they can have: of twenty one stopped and one
/// late, of forty one withdrawn, the others finished early (two of three) or on time.
fn split(unit: &'static str, fates: [(Fate, usize); 8], carried: usize) -> Vec<Lot> {
    let mut left = carried;
    let mut take = |wanted: usize, available: usize| {
        let taken = wanted.min(available).min(left);
        left -= taken;
        taken
    };
    let mut taken = [0; 8];
    for (place, (fate, count)) in fates.iter().enumerate().rev() {
        taken[place] = match fate {
            Fate::Stopped | Fate::Late => take(carried.div_ceil(20), *count),
            Fate::Withdrawn => take(carried / 40, *count),
            Fate::OnTime => take(carried / 3, *count),
            Fate::Early => take(carried, *count),
            _ => 0,
        };
    }
    let lots = fates.iter().zip(taken).flat_map(|(&(fate, count), taken)| {
        let lot = |carried, count| Lot {
            unit,
            fate,
            carried,
            count,
        };
        [lot(true, taken), lot(false, count - taken)]
    });
    lots.collect()
}

#[cfg(test)]
mod tests {
    use super::super::figures::figures;
    use super::*;

    fn count(level: Level, which: impl Fn(&Lot) -> bool) -> usize {
        lots(&figures(), level)
            .iter()
            .filter(|lot| which(lot))
            .map(|lot| lot.count)
            .sum()
    }

    #[test]
    fn the_lots_add_up_to_the_figures() {
        for level in Level::ALL {
            let figures = figures();
            let figures = figures.dossiers(level);
            let outside = [Fate::DoneBefore, Fate::NotReceived, Fate::New];
            assert_eq!(
                count(level, |lot| !outside.contains(&lot.fate)),
                figures.received
            );
            assert_eq!(count(level, |lot| lot.fate == Fate::Late), figures.late);
            assert_eq!(
                count(level, |lot| lot.fate == Fate::Overdue),
                figures.unaccounted
            );
            assert_eq!(count(level, |lot| lot.carried), invented(level).carried);
        }
    }
}
