//! Report form II.06 (TT 01/2020/TT-VPCP): the figures of a level, and whether they add up.
//!
//! Owns: the form's four identities, residuals with a name, stated totals against stored ones.
//! Never: counting dossiers (`board.rs`).
//! Reads next: `board/count.rs`.

use std::collections::BTreeMap;

use super::board::DossierCounts;
use super::finding::{About, Code, Finding};
use super::ratio::{Percent, Share};

/// The figures as somebody states them; what is not stated is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub received: Option<u64>,
    pub received_online: Option<u64>,
    /// Direct and postal.
    pub direct: Option<u64>,
    pub carried_over: Option<u64>,
    pub resolved: Option<u64>,
    pub early: Option<u64>,
    pub on_time: Option<u64>,
    pub late: Option<u64>,
    pub open: Option<u64>,
    pub in_time: Option<u64>,
    pub overdue: Option<u64>,
}

/// An identity that does not hold: `left` exceeds `right` by `difference` (negative: falls short).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residual {
    pub identity: &'static str,
    pub left: u64,
    pub right: u64,
    pub difference: i128,
    /// What the dossiers of the difference are, in words.
    pub name: &'static str,
}

/// One identity of the form: a whole, its parts, and what a remainder is called.
struct Identity {
    text: &'static str,
    whole: Option<u64>,
    parts: Vec<Option<u64>>,
    name: &'static str,
}

impl Form {
    /// The identities that do not hold, where all parts are stated. Where neither `open` nor `overdue` is,
    /// received and neither resolved nor in time is a residual too: it is what nobody has named.
    #[must_use]
    pub fn residuals(&self) -> Vec<Residual> {
        self.identities()
            .iter()
            .filter_map(Identity::residual)
            .collect()
    }

    fn identities(&self) -> Vec<Identity> {
        let identity = |text, whole, parts: &[Option<u64>], name| Identity {
            text,
            whole,
            parts: parts.into(),
            name,
        };
        let mut all = vec![
            identity(
                "received = online + direct and postal + carried over",
                self.received,
                &[self.received_online, self.direct, self.carried_over],
                "received by no stated channel and not carried over",
            ),
            identity(
                "resolved = early + on time + late",
                self.resolved,
                &[self.early, self.on_time, self.late],
                "resolved, neither early, on time nor late",
            ),
            identity(
                "open = in time + overdue",
                self.open,
                &[self.in_time, self.overdue],
                "open, neither in time nor overdue",
            ),
        ];
        all.push(match (self.open, self.overdue) {
            (Some(_), _) => identity(
                "received = resolved + open",
                self.received,
                &[self.resolved, self.open],
                "neither resolved nor open",
            ),
            (None, Some(_)) => identity(
                "received = resolved + in time + overdue",
                self.received,
                &[self.resolved, self.in_time, self.overdue],
                "neither resolved nor open",
            ),
            (None, None) => identity(
                "received = resolved + in time",
                self.received,
                &[self.resolved, self.in_time],
                "neither resolved nor in time",
            ),
        });
        all
    }
}

impl Identity {
    fn residual(&self) -> Option<Residual> {
        let left = self.whole?;
        let parts: Vec<u64> = self.parts.iter().copied().collect::<Option<_>>()?;
        let right = parts.into_iter().fold(0_u64, u64::saturating_add);
        let difference = i128::from(left) - i128::from(right);
        let (identity, name) = (self.text, self.name);
        (difference != 0).then_some(Residual {
            identity,
            left,
            right,
            difference,
            name,
        })
    }
}

/// Figures by their words, as sources state them.
impl From<&BTreeMap<String, u64>> for Form {
    fn from(figures: &BTreeMap<String, u64>) -> Self {
        let figure = |name: &str| figures.get(name).copied();
        Self {
            received: figure("received"),
            received_online: figure("received_online"),
            direct: figure("direct"),
            carried_over: figure("carried_over"),
            resolved: figure("resolved"),
            early: figure("early"),
            on_time: figure("on_time"),
            late: figure("late"),
            open: figure("open"),
            in_time: figure("in_time"),
            overdue: figure("overdue"),
        }
    }
}

impl From<&DossierCounts> for Form {
    fn from(counts: &DossierCounts) -> Self {
        Self {
            received: Some(counts.received),
            received_online: Some(counts.received_online),
            direct: Some(counts.direct),
            carried_over: Some(counts.carried_over),
            resolved: Some(counts.resolved),
            early: Some(counts.early),
            on_time: Some(counts.on_time),
            late: Some(counts.late),
            open: Some(counts.open),
            in_time: Some(counts.in_time),
            overdue: Some(counts.overdue),
        }
    }
}

/// What `source` states about a level or a unit against what is stored: a finding `stated-total` for each figure that
/// differs, a finding `residual` for each identity that the stated figures break.
///
/// A difference of more than `tolerance` of what was received makes figures unknown; a residual is the source's own
/// affair and does not.
#[must_use]
pub fn reconcile(
    source: &str,
    about: &About,
    stated: &Form,
    counted: &DossierCounts,
    tolerance: Percent,
) -> Vec<Finding> {
    let stored = Form::from(counted);
    let place = about.place().unwrap_or_default();
    let whole = stated.received.unwrap_or(counted.received);
    let totals = named(stated).into_iter().zip(named(&stored)).filter_map(
        |((name, stated), (_, stored))| {
            let (stated, stored) = (stated?, stored?);
            let message =
                format!("{place}: the source states {stated} {name}, {stored} are stored");
            let difference = stated.abs_diff(stored);
            (difference > 0).then(|| {
                Finding::new(source, Code::StatedTotal, message, difference)
                    .making_unknown(Share::new(difference, whole).exceeds(tolerance))
            })
        },
    );
    let residuals = stated.residuals().into_iter().map(|residual| {
        let message = format!("{place}: {}", told(&residual, stated, counted));
        let count = u64::try_from(residual.difference.unsigned_abs()).unwrap_or(u64::MAX);
        Finding::new(source, Code::Residual, message, count)
    });
    totals
        .chain(residuals)
        .map(|finding| finding.about(about.clone()))
        .collect()
}

/// Places about which `source` states the very same figures: a copying error until somebody says otherwise. Small
/// figures are the same by chance.
#[must_use]
pub fn same_figures(source: &str, stated: &[(About, Form)]) -> Vec<Finding> {
    const LEAST: u64 = 100;
    let pair = |form: &Form| Some((form.received.filter(|n| *n >= LEAST)?, form.resolved?));
    let mut found = Vec::new();
    for (index, (about, form)) in stated.iter().enumerate() {
        let Some(figures) = pair(form) else { continue };
        let twin = stated[..index]
            .iter()
            .find(|(_, earlier)| pair(earlier) == Some(figures));
        let Some((twin, _)) = twin else { continue };
        let message = format!(
            "{} and {}: the source states the same {} received and {} resolved: a copying error?",
            twin.place().unwrap_or_default(),
            about.place().unwrap_or_default(),
            figures.0,
            figures.1
        );
        found.push(Finding::new(source, Code::SamePair, message, 2).about(about.clone()));
    }
    found
}

fn told(residual: &Residual, stated: &Form, counted: &DossierCounts) -> String {
    match (stated.received, stated.resolved, stated.in_time) {
        (Some(received), Some(resolved), Some(in_time))
            if residual.name == "neither resolved nor in time" =>
        {
            format!(
                "{received} received - {resolved} resolved - {in_time} in time = {} that the source leaves \
                 unnamed; {} overdue dossiers are stored",
                residual.difference, counted.overdue
            )
        }
        _ => format!(
            "{} does not hold: {} against {}, a difference of {} ({})",
            residual.identity, residual.left, residual.right, residual.difference, residual.name
        ),
    }
}

/// The form's figures with their names, in the order of its columns.
fn named(form: &Form) -> [(&'static str, Option<u64>); 11] {
    [
        ("received", form.received),
        ("received online", form.received_online),
        ("received directly or by post", form.direct),
        ("carried over", form.carried_over),
        ("resolved", form.resolved),
        ("resolved early", form.early),
        ("resolved on time", form.on_time),
        ("resolved late", form.late),
        ("open", form.open),
        ("open and in time", form.in_time),
        ("open and overdue", form.overdue),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::row_count::MATERIAL;
    use crate::domain::sample::code;
    use crate::domain::unit::Level;

    fn ward() -> Form {
        Form {
            received: Some(26_631),
            received_online: Some(4_749),
            resolved: Some(24_854),
            late: Some(127),
            in_time: Some(1_610),
            ..Form::default()
        }
    }

    #[test]
    fn the_wards_of_2020_leave_167_dossiers_unnamed() {
        assert_eq!(
            ward().residuals(),
            [Residual {
                identity: "received = resolved + in time",
                left: 26_631,
                right: 26_464,
                difference: 167,
                name: "neither resolved nor in time",
            }]
        );
        let district = Form {
            received: Some(3_830),
            resolved: Some(3_602),
            in_time: Some(228),
            late: Some(12),
            ..Form::default()
        };
        assert_eq!(district.residuals(), []);
    }

    #[test]
    fn each_identity_is_checked_where_all_its_parts_are_stated() {
        let whole = Form {
            received: Some(10),
            received_online: Some(4),
            direct: Some(5),
            carried_over: Some(1),
            resolved: Some(6),
            early: Some(1),
            on_time: Some(3),
            late: Some(2),
            open: Some(4),
            in_time: Some(3),
            overdue: Some(1),
        };
        let with = |change: fn(&mut Form)| {
            let mut form = whole.clone();
            change(&mut form);
            form.residuals()
                .into_iter()
                .map(|r| (r.identity, r.difference))
                .collect::<Vec<_>>()
        };
        for (change, residuals, why) in [
            ((|_| ()) as fn(&mut Form), vec![], "all four hold"),
            (
                |form| form.direct = Some(3),
                vec![("received = online + direct and postal + carried over", 2)],
                "two came by no channel",
            ),
            (
                |form| form.direct = None,
                vec![],
                "what is not stated breaks nothing",
            ),
            (
                |form| form.late = Some(3),
                vec![("resolved = early + on time + late", -1)],
                "one too many is late",
            ),
            (
                |form| form.overdue = Some(0),
                vec![("open = in time + overdue", 1)],
                "one is open and neither",
            ),
            (
                |form| (form.open, form.in_time) = (Some(3), Some(2)),
                vec![("received = resolved + open", 1)],
                "one is lost",
            ),
            (
                |form| (form.open, form.overdue) = (None, Some(0)),
                vec![("received = resolved + in time + overdue", 1)],
                "without a total of the open ones, their parts stand for it",
            ),
            (
                |form| form.overdue = None,
                vec![],
                "the open ones are stated: nobody is unnamed",
            ),
            (
                |form| (form.open, form.overdue) = (None, None),
                vec![("received = resolved + in time", 1)],
                "nobody states the late ones",
            ),
        ] {
            assert_eq!(with(change), residuals, "{why}");
        }
    }

    #[test]
    fn stated_totals_are_compared_with_what_is_stored() {
        let counted = DossierCounts {
            received: 26_630,
            received_online: 4_749,
            resolved: 24_854,
            late: 127,
            in_time: 1_610,
            overdue: 167,
            ..DossierCounts::default()
        };
        let about = About {
            level: Some(Level::Ward),
            ..About::default()
        };
        let found = reconcile("one-stop-shop", &about, &ward(), &counted, MATERIAL);
        assert!(found.iter().all(|f| f.about == about && !f.makes_unknown));
        let told: Vec<_> = found
            .iter()
            .map(|f| (f.code.as_str(), f.message.as_str(), f.count))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "stated-total",
                    "ward: the source states 26631 received, 26630 are stored",
                    1
                ),
                (
                    "residual",
                    "ward: 26631 received - 24854 resolved - 1610 in time = 167 that the source leaves unnamed; \
                     167 overdue dossiers are stored",
                    167
                ),
            ]
        );
    }

    #[test]
    fn a_difference_that_matters_makes_figures_unknown() {
        let about = About {
            level: Some(Level::Ward),
            unit: Some(code("00118")),
            ..About::default()
        };
        for (received, late, unknown, why) in [
            (1_000, 10, vec![], "the same"),
            (990, 10, vec![false], "one in a hundred"),
            (989, 10, vec![true], "more than that"),
            (
                1_000,
                21,
                vec![true],
                "eleven late ones that nobody stored, of a thousand received",
            ),
            (
                1_000,
                19,
                vec![false],
                "nine of a thousand, though nearly twice as many as stored",
            ),
        ] {
            let stated = Form {
                received: Some(1_000),
                late: Some(late),
                ..Form::default()
            };
            let counted = DossierCounts {
                received,
                late: 10,
                ..DossierCounts::default()
            };
            let found = reconcile("city", &about, &stated, &counted, MATERIAL);
            let found: Vec<_> = found.iter().map(|finding| finding.makes_unknown).collect();
            assert_eq!(found, unknown, "{why}");
        }
    }

    #[test]
    fn two_places_with_the_very_same_figures_are_suspect() {
        let place = |unit: &str, received, resolved| {
            let about = About {
                level: Some(Level::Ward),
                unit: Some(code(unit)),
                ..About::default()
            };
            let form = Form {
                received: Some(received),
                resolved: Some(resolved),
                ..Form::default()
            };
            (about, form)
        };
        let stated = [
            place("00115", 2_211, 1_532),
            place("00118", 2_211, 1_532),
            place("00121", 2_211, 1_533),
            place("00124", 7, 7),
            place("00127", 7, 7),
        ];
        let found = same_figures("city", &stated);
        let told: Vec<_> = found
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "ward, unit 00115 and ward, unit 00118: the source states the same 2211 received and 1532 resolved: a \
                 copying error?"
            ],
            "small figures are the same by chance"
        );
    }
}
