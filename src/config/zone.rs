//! Names of time zones in files.
//!
//! Owns: what to write instead of a name that is none.
//! Never: the rules of a zone.
//! Reads next: `settings/read.rs`.

use chrono_tz::Tz;

use super::problem::{closest, did_you_mean};

/// What people of Việt Nam write for their zone, in lower case without blanks and accents.
const HOME: [&str; 9] = [
    "hanoi",
    "hanội",
    "hànội",
    "vietnam",
    "việtnam",
    "hochiminh",
    "hcm",
    "saigon",
    "sàigòn",
];

/// What to write instead of `text`, which is not a name of the IANA time zone database.
#[must_use]
pub fn instead_of(text: &str) -> String {
    let bare: String = text
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    let offset = ["+7", "+07", "utc+7", "gmt+7", "ict"].contains(&text.to_lowercase().trim());
    if offset || HOME.iter().any(|name| bare.ends_with(name)) {
        return did_you_mean(Tz::Asia__Ho_Chi_Minh.name());
    }
    let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    closest(text, known).map_or_else(
        || "write a name of the IANA time zone database, such as `Asia/Ho_Chi_Minh`".to_owned(),
        did_you_mean,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_viet_nam_is_meant_by_many_names() {
        let home = "did you mean `Asia/Ho_Chi_Minh`?";
        for text in [
            "Asia/Hanoi",
            "Asia/Ha_Noi",
            "Hà Nội",
            "Vietnam",
            "UTC+7",
            "+07",
            "asia/ho_chi_minh",
            "Asia/Ho_Chi_Min",
        ] {
            assert_eq!(instead_of(text), home, "{text}");
        }
        assert_eq!(instead_of("Europe/Lodnon"), "did you mean `Europe/London`?");
        assert!(instead_of("zzzz").starts_with("write a name"));
    }
}
