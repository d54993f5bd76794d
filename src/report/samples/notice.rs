//! Samples of the letter to the operator.
//!
//! Owns: refused files (few, many, hostile), files accepted, silent jobs (once successful, never, hostile), a run given up, an outage,
//! blind sources, vacant posts, what is not theirs, mails that did not arrive (one hostile).
//! Never: real addresses.
//! Reads next: `../notice.rs`.

use std::time::Duration;

use chrono::TimeDelta;

use super::{HOSTILE, SITE, as_of};
use crate::config::problem::Problem;
use crate::report::notice::{
    Blindness, Disowned, GivenUp, LastRun, Notice, Outage, Outcome, Running, Silent, Trouble,
    Undelivered, Vacancy, What,
};

fn notice(what: What) -> Notice {
    Notice {
        site: SITE.to_owned(),
        recipient: "Quản trị hệ thống Đôn đốc".to_owned(),
        as_of: as_of(),
        what,
    }
}

fn running() -> Running {
    let jobs = ["overdue-alerts", "pull-city", "ward-lag", "weekly-digest"];
    Running {
        configuration: "5f0c2b9e71d4".to_owned(),
        jobs: jobs.map(str::to_owned).to_vec(),
    }
}

fn problem(file: &str, line: usize, column: usize, message: &str, help: &str) -> Problem {
    Problem {
        file: file.into(),
        line,
        column,
        message: message.to_owned(),
        help: help.to_owned(),
    }
}

pub(super) fn refused() -> Notice {
    let problems = vec![
        problem(
            "config/organisation.toml",
            212,
            12,
            "`chutich.ngocthuy@gmail.example` is outside the allowed mail domains",
            "use an address in `longbien.example`, or extend `mail.allowed_domains` in the settings",
        ),
        problem(
            "jobs/overdue-alerts.toml",
            5,
            50,
            "`Asia/Ho_Chi_Min` is not a time zone",
            "did you mean `Asia/Ho_Chi_Minh`?",
        ),
        problem("jobs/weekly-digest.toml", 9, 1, "unknown key `catchup`", ""),
    ];
    notice(What::Refused {
        problems,
        running: running(),
    })
}

pub(super) fn many_problems() -> Notice {
    let one = |line| {
        let message = "`1,5` is not a number of working days";
        problem("jobs/overdue-alerts.toml", line, 10, message, "write `2`")
    };
    notice(What::Refused {
        problems: (1..=60).map(one).collect(),
        running: Running {
            jobs: (1..=30).map(|number| format!("pull-{number}")).collect(),
            ..running()
        },
    })
}

pub(super) fn accepted() -> Notice {
    notice(What::Accepted(running()))
}

pub(super) fn silent() -> Notice {
    notice(What::Silent(Silent {
        job: "overdue-alerts".to_owned(),
        title: "Cảnh báo hồ sơ quá hạn".to_owned(),
        occurrence: as_of() - TimeDelta::days(3),
        within: Duration::from_secs(3 * 3600),
        last_success: Some(as_of() - TimeDelta::days(4)),
        last_run: Some(LastRun {
            scheduled_for: as_of() - TimeDelta::days(3),
            outcome: Outcome::Failed,
            reason: "source one-stop-shop: 503 Service Unavailable".to_owned(),
        }),
    }))
}

pub(super) fn never_run() -> Notice {
    notice(What::Silent(Silent {
        job: "weekly-digest".to_owned(),
        title: "Báo cáo tuần gửi lãnh đạo quận".to_owned(),
        occurrence: as_of() - TimeDelta::minutes(30),
        within: Duration::from_secs(15 * 60),
        last_success: None,
        last_run: Some(LastRun {
            scheduled_for: as_of() - TimeDelta::minutes(30),
            outcome: Outcome::Waiting,
            reason: String::new(),
        }),
    }))
}

pub(super) fn given_up() -> Notice {
    notice(What::GivenUp(GivenUp {
        job: "pull-city".to_owned(),
        title: "Lấy số liệu từ các hệ thống của Thành phố".to_owned(),
        occurrence: as_of() - TimeDelta::hours(1),
        deaths: 3,
    }))
}

pub(super) fn outage() -> Notice {
    notice(What::Outage(Outage {
        from: as_of() - TimeDelta::minutes(7),
        until: as_of() - TimeDelta::minutes(1),
        cause: "database: (code: 13) database or disk is full".to_owned(),
    }))
}

pub(super) fn undelivered() -> Notice {
    notice(What::Undelivered(Undelivered {
        mail: 12,
        post: "head@00118".to_owned(),
        address: "c…@longbien.example".to_owned(),
        subject: "[Long Biên] 12 hồ sơ quá hạn".to_owned(),
        trouble: Trouble::CameBack,
        reply: "5.1.1 smtp; 550 5.1.1 User unknown".to_owned(),
        deputy: Some("Phó Chủ tịch UBND phường Ngọc Thụy".to_owned()),
    }))
}

pub(super) fn refused_mail() -> Notice {
    notice(What::Undelivered(Undelivered {
        mail: 13,
        post: HOSTILE.to_owned(),
        address: HOSTILE.to_owned(),
        subject: HOSTILE.repeat(20),
        trouble: Trouble::Refused,
        reply: HOSTILE.to_owned(),
        deputy: None,
    }))
}

pub(super) fn unconfirmed_mail() -> Notice {
    notice(What::Undelivered(Undelivered {
        mail: 14,
        post: "chair@004".to_owned(),
        address: "c…@longbien.example".to_owned(),
        subject: "[Long Biên] Báo cáo tuần".to_owned(),
        trouble: Trouble::Unknown,
        reply: "no answer within 300 s (end of data)".to_owned(),
        deputy: None,
    }))
}

pub(super) fn blind() -> Notice {
    notice(What::Blind(Blindness {
        source: "one-stop-shop".to_owned(),
        fresh_at: Some(as_of() - TimeDelta::hours(49)),
        cause: Some("the server answered 503 Service Unavailable".to_owned()),
    }))
}

pub(super) fn sees() -> Notice {
    notice(What::Sees(Blindness {
        source: "one-stop-shop".to_owned(),
        fresh_at: Some(as_of()),
        cause: None,
    }))
}

pub(super) fn vacant() -> Notice {
    notice(What::Vacant(Vacancy {
        post: "head@00118".to_owned(),
        unit: "phường Ngọc Thụy".to_owned(),
        instead: Some("Phó Chủ tịch UBND quận Long Biên".to_owned()),
    }))
}

pub(super) fn unheard() -> Notice {
    notice(What::Vacant(Vacancy {
        post: "head@00127".to_owned(),
        unit: "phường Việt Hưng".to_owned(),
        instead: None,
    }))
}

pub(super) fn disowned() -> Notice {
    let things = [
        "H26.23.12-200504-0017",
        "phường Ngọc Thụy (Hồ sơ đúng hạn của từng phường)",
    ];
    notice(What::Disowned(Disowned {
        post: "head@00118".to_owned(),
        title: "Chủ tịch UBND phường Ngọc Thụy".to_owned(),
        things: things.map(str::to_owned).to_vec(),
    }))
}

pub(super) fn hostile_things() -> Notice {
    notice(What::Disowned(Disowned {
        post: HOSTILE.to_owned(),
        title: HOSTILE.to_owned(),
        things: vec![HOSTILE.repeat(20); 60],
    }))
}

pub(super) fn hostile() -> Notice {
    let long = HOSTILE.repeat(20);
    Notice {
        site: HOSTILE.to_owned(),
        recipient: HOSTILE.to_owned(),
        ..notice(What::Refused {
            problems: vec![
                problem(HOSTILE, 1, 1, HOSTILE, HOSTILE),
                problem("jobs/a.toml", 1, 1, &long, &long),
            ],
            running: Running {
                configuration: HOSTILE.to_owned(),
                jobs: vec![HOSTILE.to_owned(); 2],
            },
        })
    }
}

pub(super) fn hostile_job() -> Notice {
    notice(What::Silent(Silent {
        job: HOSTILE.to_owned(),
        title: HOSTILE.to_owned(),
        occurrence: as_of(),
        within: Duration::ZERO,
        last_success: Some(as_of()),
        last_run: Some(LastRun {
            scheduled_for: as_of(),
            outcome: Outcome::Abandoned,
            reason: HOSTILE.repeat(20),
        }),
    }))
}
