//! What the page's form sends, and what its address asks for.
//!
//! Owns: reading both; what is not understood is left out.
//! Never: whether an answer may be given.
//! Reads next: `letter.rs`.

use chrono::NaiveDate;

use crate::domain::answer::AnswerKind;

/// A form as it was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub kind: Option<AnswerKind>,
    /// Marked alerts, by their number.
    pub alerts: Vec<i64>,
    pub promised_day: Option<NaiveDate>,
    pub silenced_day: Option<NaiveDate>,
}

/// What the address of the page asks to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Chosen beforehand.
    pub answer: Option<AnswerKind>,
    /// All or none marked beforehand.
    pub mark_all: Option<bool>,
    /// What was noted, after a form was sent.
    pub noted: Option<AnswerKind>,
}

impl Form {
    pub fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "answer" => form.kind = AnswerKind::parse(&value),
                "alert" => form.alerts.extend(value.parse::<i64>().ok()),
                "promised_day" => form.promised_day = value.parse().ok(),
                "silenced_day" => form.silenced_day = value.parse().ok(),
                _ => {}
            }
        }
        form
    }

    /// The day that belongs to the answer.
    pub fn until(&self) -> Option<NaiveDate> {
        match self.kind? {
            AnswerKind::Promised => self.promised_day,
            AnswerKind::Silenced => self.silenced_day,
            AnswerKind::Seen | AnswerKind::NotMine | AnswerKind::Withdrawn => None,
        }
    }
}

impl Wish {
    pub fn read(query: Option<&str>) -> Self {
        let mut wish = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("answer", kind) => wish.answer = AnswerKind::parse(kind),
                ("noted", kind) => wish.noted = AnswerKind::parse(kind),
                ("mark", "all") => wish.mark_all = Some(true),
                ("mark", "none") => wish.mark_all = Some(false),
                _ => {}
            }
        }
        wish
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_what_is_not_understood_left_out() {
        let body =
            b"alert=7&alert=12&alert=x&answer=promised&promised_day=2020-06-05&silenced_day=&a=b";
        let form = Form::read(body);
        assert_eq!(form.kind, Some(AnswerKind::Promised));
        assert_eq!(form.alerts, [7, 12]);
        assert_eq!(form.until(), "2020-06-05".parse().ok());
        assert_eq!(
            Form::read(b"answer=seen&promised_day=2020-06-05").until(),
            None
        );
        assert_eq!(Form::read(&[0xff, b'=', 0xfe]), Form::default());
    }

    #[test]
    fn an_address_asks_for_what_the_letter_offered() {
        let wish = Wish::read(Some("answer=not-mine&mark=all"));
        assert_eq!(wish.answer, Some(AnswerKind::NotMine));
        assert_eq!(wish.mark_all, Some(true));
        assert_eq!(Wish::read(Some("answer=delete&mark=9")), Wish::default());
        assert_eq!(Wish::read(None), Wish::default());
    }
}
