//! Dates as spreadsheets count them: days since an epoch.
//!
//! Owns: both epochs, and the 29 February 1900 that never was.
//! Never: a zone: a sheet shows wall time.
//! Reads next: `../moment.rs`.

use chrono::{Days, NaiveDate, NaiveTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Epoch {
    /// 1 is 1 January 1900, 60 the 29 February that year did not have.
    Of1900,
    /// 0 is 1 January 1904; workbooks of old Macintoshes.
    Of1904,
}

const SECONDS_A_DAY: f64 = 86_400.0;
/// 31 December 9999 by either epoch, or a little less.
const LAST: f64 = 2_957_003.0;

/// The day of a serial number, and its time to the second unless it is midnight.
pub(in crate::source) fn of_serial(
    serial: f64,
    epoch: Epoch,
) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let least = if epoch == Epoch::Of1900 { 1.0 } else { 0.0 };
    if !(least..LAST).contains(&serial) {
        return None;
    }
    let seconds = (serial * SECONDS_A_DAY).round();
    let days = whole(seconds / SECONDS_A_DAY)?;
    let second = u32::try_from(whole(seconds % SECONDS_A_DAY)?).ok()?;
    let day = day_of(days, epoch)?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?;
    Some((day, (second > 0).then_some(time)))
}

fn day_of(days: u64, epoch: Epoch) -> Option<NaiveDate> {
    let (year, back) = match (epoch, days) {
        (Epoch::Of1904, _) => (1904, 0),
        (Epoch::Of1900, 60) => return None,
        (Epoch::Of1900, ..60) => (1900, 1),
        (Epoch::Of1900, _) => (1900, 2),
    };
    NaiveDate::from_ymd_opt(year, 1, 1)?
        .checked_add_days(Days::new(days))?
        .checked_sub_days(Days::new(back))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both bounds are checked before"
)]
fn whole(number: f64) -> Option<u64> {
    (0.0..1e15).contains(&number).then_some(number as u64)
}
