//! Where a place of a text stands: in which statement, within which brackets, in which text between quotes.
//!
//! Owns: the few rules of TOML by which brackets, quotes and remarks are told apart.
//! Never: values.
//! Reads next: `wording.rs`.

use std::ops::Range;

/// The surroundings of a byte.
#[derive(Clone)]
pub struct Scan<'t> {
    pub text: &'t str,
    pub at: usize,
    /// The statement around it: whole lines.
    pub statement: Range<usize>,
    /// The quote that opens the text between quotes around it, or that ends just before it.
    pub quote: Option<usize>,
    /// Brackets that are open there, with their places.
    open: Vec<(usize, char)>,
}

#[derive(Clone, Copy)]
enum State {
    Plain,
    Remark,
    /// Between quotes that open at a byte; `long` goes over lines.
    Quoted {
        from: usize,
        mark: char,
        long: bool,
    },
}

impl<'t> Scan<'t> {
    /// Reads `text` up to the byte `at`, and on to the end of the statement there.
    pub fn until(text: &'t str, at: usize) -> Self {
        let mut scan = Self {
            text,
            at,
            statement: 0..0,
            quote: None,
            open: Vec::new(),
        };
        let state = scan.read(0..at, State::Plain);
        if let State::Quoted { from, .. } = state {
            scan.quote = Some(from);
        }
        scan.statement.end = scan.clone().end_of_statement(state);
        scan
    }

    fn read(&mut self, range: Range<usize>, mut state: State) -> State {
        let mut skip = 0;
        for (place, letter) in self.text[range.clone()].char_indices() {
            if range.start + place >= skip {
                (state, skip) = self.step(state, range.start + place, letter);
            }
        }
        state
    }

    /// The end of the line at which all brackets are closed, or after which another statement begins.
    fn end_of_statement(mut self, mut state: State) -> usize {
        let start = self.statement.start;
        let mut from = self.at;
        loop {
            let end = self.line_end(from);
            state = self.read(from..end, state);
            let next = (end + 1).min(self.text.len());
            let goes_on = next > end && !self.open.is_empty() && !self.begins_statement(next);
            if !goes_on {
                return end;
            }
            state = self.read(end..next, state);
            if self.statement.start != start {
                return end;
            }
            from = next;
        }
    }

    /// The state after a letter, and the byte at which to go on.
    fn step(&mut self, state: State, place: usize, letter: char) -> (State, usize) {
        let next = place + letter.len_utf8();
        match (state, letter) {
            (State::Quoted { long: true, .. }, _) | (_, _) if self.ends(state, place, letter) => {
                let long = matches!(state, State::Quoted { long: true, .. });
                (State::Plain, if long { place + 3 } else { next })
            }
            (State::Quoted { mark: '"', .. }, '\\') => (state, next + 1),
            (State::Quoted { long: true, .. }, _) => (state, next),
            (_, '\n') => {
                self.line(next);
                (State::Plain, next)
            }
            (State::Quoted { .. } | State::Remark, _) => (state, next),
            (State::Plain, '#') => (State::Remark, next),
            (State::Plain, '"' | '\'') => self.quoted(place, letter),
            (State::Plain, '[' | '{') => {
                self.open.push((place, letter));
                (state, next)
            }
            (State::Plain, ']' | '}') => {
                if self
                    .open
                    .last()
                    .is_some_and(|(_, open)| closing(*open) == letter)
                {
                    self.open.pop();
                }
                (state, next)
            }
            _ => (state, next),
        }
    }

    fn ends(&self, state: State, place: usize, letter: char) -> bool {
        match state {
            State::Quoted { mark, long, .. } if letter == mark => {
                !long || self.text[place..].starts_with(&mark.to_string().repeat(3))
            }
            _ => false,
        }
    }

    fn quoted(&self, from: usize, mark: char) -> (State, usize) {
        let long = self.text[from..].starts_with(&mark.to_string().repeat(3));
        let state = State::Quoted { from, mark, long };
        (state, from + if long { 3 } else { 1 })
    }

    /// A new line begins a statement unless brackets are open; those of a header close with its line.
    fn line(&mut self, next: usize) {
        let statement = &self.text[self.statement.start..];
        if statement.trim_start().starts_with('[') {
            self.open.clear();
        }
        if self.open.is_empty() {
            self.statement.start = next;
        }
    }

    /// The bracket that ought to have closed before this place.
    pub fn unclosed(&self) -> Option<(usize, char)> {
        let (open, bracket) = *self.open.last()?;
        let here = self.text[self.at..].chars().next();
        let other =
            here.is_some_and(|letter| matches!(letter, ']' | '}') && letter != closing(bracket));
        let later = self.text[open..self.at].contains('\n');
        let in_header = self.header() == Some(open);
        let ends = self.text[self.at..].trim().is_empty();
        let breaks_off = later && (bracket == '{' || self.begins_statement(self.at));
        (self.quote.is_none() && (other || ends || breaks_off || in_header))
            .then_some((open, bracket))
    }

    /// Where the statement with the unclosed bracket breaks off: before the line of this place, or after it where
    /// the bracket is on that line.
    pub fn break_off(&self) -> usize {
        let line = self.line_start(self.at);
        if line > self.statement.start {
            line
        } else {
            self.statement.end
        }
    }

    /// The first bracket of the statement, if that is a header.
    pub fn header(&self) -> Option<usize> {
        let statement = &self.text[self.statement.start..self.at];
        let indent = statement.len() - statement.trim_start().len();
        let first = self.statement.start + indent;
        self.text[first..].starts_with('[').then_some(first)
    }

    /// Whether the line of a place reads like `key = …` or `[table]`.
    fn begins_statement(&self, at: usize) -> bool {
        let line = self.text[self.line_start(at)..].lines().next();
        let line = line.unwrap_or_default().trim_start();
        let is_key = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let header = line.trim_start_matches('[');
        let key = line.split_once('=').map_or("", |(key, _)| key.trim());
        is_key(key)
            || header.len() < line.len() && header.starts_with(|c: char| c.is_ascii_alphabetic())
    }

    pub fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    pub fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |end| at + end)
    }

    pub fn within_brackets(&self) -> bool {
        !self.open.is_empty()
    }
}

pub fn closing(bracket: char) -> char {
    if bracket == '{' { '}' } else { ']' }
}
