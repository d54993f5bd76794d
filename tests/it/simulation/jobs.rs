//! The jobs of a simulated site, and when they are due by a reckoning of our own.
//!
//! Owns: schedules as plain facts, their cron texts and job files, their occurrences counted day by day.
//! Never: the program's own arithmetic.
//! Reads next: `world.rs`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use dondoc::domain::calendar::Calendar;

const ASSESS: &str = "[[step]]\nassess = \"targets\"\n";
const ALERT: &str = "[[step]]\nalert = \"overdue-dossiers\"\nladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }]\n";
const DIGEST: &str = "[[step]]\ndigest = \"weekly\"\nto = [\"chair\"]\n";

/// On which days and at which times.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Daily {
        hour: u32,
        minute: u32,
    },
    /// 1 is Monday.
    Weekly {
        weekdays: &'static [u32],
        hour: u32,
        minute: u32,
    },
    /// So many times, some minutes apart, from one hour of one day of the month on.
    Burst {
        step: u32,
        times: u32,
        hour: u32,
        day: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    Latest,
    All { cap: usize },
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Alert,
    Assess,
    AssessAndAlert,
    Digest,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub name: &'static str,
    pub when: When,
    pub zone: Tz,
    pub only_working_days: bool,
    pub catch_up: CatchUp,
    pub window: TimeDelta,
    pub skips_overlap: bool,
    pub late_limit: Option<TimeDelta>,
    pub after: Option<&'static str>,
    pub work: Work,
}

impl When {
    fn cron(self) -> String {
        match self {
            Self::Daily { hour, minute } => format!("{minute} {hour} * * *"),
            Self::Weekly {
                weekdays,
                hour,
                minute,
            } => {
                let weekdays: Vec<String> = weekdays.iter().map(u32::to_string).collect();
                format!("{minute} {hour} * * {}", weekdays.join(","))
            }
            Self::Burst {
                step,
                times,
                hour,
                day,
            } => format!("0-{}/{step} {hour} {day} * *", step * (times - 1)),
        }
    }

    fn times_on(self, day: NaiveDate) -> Vec<NaiveTime> {
        let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        match self {
            Self::Daily { hour, minute } => vec![time(hour, minute)],
            Self::Weekly {
                weekdays,
                hour,
                minute,
            } if weekdays.contains(&day.weekday().number_from_monday()) => vec![time(hour, minute)],
            Self::Burst {
                step,
                times,
                hour,
                day: on,
            } if day.day() == on => (0..times).map(|nth| time(hour, nth * step)).collect(),
            Self::Weekly { .. } | Self::Burst { .. } => Vec::new(),
        }
    }
}

impl Plan {
    /// Every occurrence in (`after`, `until`], day by day. No schedule here meets an hour that a clock skips or repeats.
    pub fn occurrences(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let first = after.with_timezone(&self.zone).date_naive();
        let last = until.with_timezone(&self.zone).date_naive();
        let days = first.iter_days().take_while(|day| *day <= last);
        let walls = days.flat_map(|day| {
            self.when
                .times_on(day)
                .into_iter()
                .map(move |time| day.and_time(time))
        });
        walls
            .map(|wall| self.zone.from_local_datetime(&wall).unwrap().to_utc())
            .filter(|at| *at > after && *at <= until)
            .collect()
    }

    pub fn is_day_off(&self, at: DateTime<Utc>, calendar: &Calendar) -> bool {
        let day = at.with_timezone(&self.zone).date_naive();
        self.only_working_days && !calendar.is_worked(day).worked
    }

    /// The job's file.
    pub fn file(&self) -> String {
        let only_on = if self.only_working_days {
            ", only_on = \"working-days\""
        } else {
            ""
        };
        let (catch_up, cap) = match self.catch_up {
            CatchUp::Latest => ("latest", 100),
            CatchUp::All { cap } => ("all", cap),
            CatchUp::None => ("none", 100),
        };
        let overlap = if self.skips_overlap { "skip" } else { "queue" };
        let late_limit = self.late_limit.map_or_else(String::new, |limit| {
            format!("late_limit = \"{}s\"\n", limit.num_seconds())
        });
        let after = self
            .after
            .map_or_else(String::new, |job| format!("after = [\"{job}\"]\n"));
        let steps = match self.work {
            Work::Alert => ALERT.to_owned(),
            Work::Assess => ASSESS.to_owned(),
            Work::AssessAndAlert => format!("{ASSESS}\n{ALERT}"),
            Work::Digest => DIGEST.to_owned(),
        };
        format!(
            "title = \"{name}\"\nschedule = {{ cron = \"{cron}\", zone = \"{zone}\", catch_up = \"{catch_up}\"{only_on} }}\n\
             catch_up_window = \"{window}s\"\ncatch_up_cap = {cap}\noverlap = \"{overlap}\"\n{late_limit}{after}\
             retry = {{ attempts = 3, first = \"1s\", max = \"1m\" }}\n\n{steps}",
            name = self.name,
            cron = self.when.cron(),
            zone = self.zone,
            window = self.window.num_seconds(),
        )
    }
}

/// The jobs of one site, drawn by `rng`: the first always alerts every working day.
pub fn drawn(rng: &mut fastrand::Rng) -> Vec<Plan> {
    let home = chrono_tz::Asia::Ho_Chi_Minh;
    let day = TimeDelta::days(1);
    let (hour, minute) = (rng.u32(6..10), rng.u32(0..60));
    let mut plans = vec![Plan {
        name: "alerts",
        when: match rng.u8(0..3) {
            0 => When::Daily { hour, minute },
            1 => When::Weekly {
                weekdays: &[1, 3, 4],
                hour,
                minute,
            },
            _ => When::Weekly {
                weekdays: &[1, 5],
                hour,
                minute,
            },
        },
        zone: home,
        only_working_days: true,
        catch_up: CatchUp::Latest,
        window: day * 32,
        skips_overlap: rng.bool(),
        late_limit: None,
        after: None,
        work: if rng.u8(0..4) == 0 {
            Work::AssessAndAlert
        } else {
            Work::Alert
        },
    }];
    plans.push(Plan {
        name: "follows",
        when: When::Weekly {
            weekdays: [&[1], &[3], &[6]][rng.usize(0..3)],
            hour: rng.u32(10..20),
            minute: rng.u32(0..60),
        },
        work: Work::Assess,
        after: Some("alerts"),
        catch_up: CatchUp::All {
            cap: rng.usize(1..4),
        },
        only_working_days: rng.bool(),
        ..plans[0].clone()
    });
    let zones = [
        home,
        chrono_tz::Europe::Berlin,
        chrono_tz::America::New_York,
        chrono_tz::Asia::Kathmandu,
    ];
    plans.push(Plan {
        name: "burst",
        when: When::Burst {
            step: [1, 1, 2, 5][rng.usize(0..4)],
            times: rng.u32(3..10),
            hour: 9,
            day: rng.u32(1..29),
        },
        zone: zones[rng.usize(0..4)],
        only_working_days: false,
        catch_up: [CatchUp::Latest, CatchUp::None, CatchUp::All { cap: 5 }][rng.usize(0..3)],
        window: TimeDelta::hours(rng.i64(1..40)),
        skips_overlap: rng.bool(),
        late_limit: rng.bool().then(|| TimeDelta::minutes(rng.i64(5..60))),
        after: None,
        work: Work::Alert,
    });
    if rng.u8(0..3) == 0 {
        plans.push(Plan {
            name: "letters",
            when: When::Weekly {
                weekdays: &[1],
                hour: 7,
                minute: 0,
            },
            work: Work::Digest,
            zone: home,
            ..plans[0].clone()
        });
    }
    plans
}
