//! What dates the text has named so far, which later bare dates lean on.

use gisa_article_model::{CalendarGranularity, CalendarInterval, NormalizedValue};
use jiff::civil::Date;

use super::decision::Match;
use super::scan::Cursor;

/// How long a named day stays what 이날 means, in days before the publication.
const REPORT_DAYS: i32 = 3;
/// How far a mention reaches, in bytes: about two sentences.
const REACH: usize = 400;

/// The dates of a text up to where it has been read.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    reference: Date,
    last: Option<Mentioned>,
    last_day: Option<Mentioned>,
    report_day: Option<Date>,
}

/// A date that was mentioned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mentioned {
    /// Byte behind the mention.
    pub(super) end: usize,
    /// The days it covers.
    pub(super) interval: CalendarInterval,
}

impl Timeline {
    /// Nothing is mentioned yet.
    pub(super) fn new(reference: Date) -> Self {
        Self {
            reference,
            last: None,
            last_day: None,
            report_day: None,
        }
    }

    /// When the text was published.
    pub(super) fn reference(&self) -> Date {
        self.reference
    }

    /// Remembers a match if it is a date.
    pub(super) fn note(&mut self, matched: &Match) {
        let Some(NormalizedValue::Date(interval)) = matched.value else {
            return;
        };
        let mentioned = Mentioned {
            end: matched.end,
            interval,
        };
        self.last = Some(mentioned);
        if interval.granularity == CalendarGranularity::Day {
            self.last_day = Some(mentioned);
            // Older days are the story's, the latest one is the report's.
            if self.is_report_day(interval.last_day) {
                self.report_day = self.report_day.max(Some(interval.last_day));
            }
        }
    }

    fn is_report_day(&self, day: Date) -> bool {
        day <= self.reference
            && self
                .reference
                .since(day)
                .is_ok_and(|span| span.get_days() <= REPORT_DAYS)
    }

    /// The date mentioned last in the sentence up to the cursor.
    pub(super) fn last_in_sentence(&self, cursor: Cursor<'_>) -> Option<CalendarInterval> {
        let sentence = cursor.sentence_before(REACH).len();
        self.last
            .filter(|last| last.end + sentence >= cursor.position())
            .map(|last| last.interval)
    }

    /// The date mentioned last not far in front of the cursor.
    pub(super) fn last_nearby(&self, cursor: Cursor<'_>) -> Option<CalendarInterval> {
        self.last
            .filter(|last| last.end + REACH >= cursor.position())
            .map(|last| last.interval)
    }

    /// The day that 이날 means: the day just spoken of, which in news is mostly that of the report.
    pub(super) fn this_day(&self, cursor: Cursor<'_>) -> Date {
        let nearby = self.last_day.filter(|day| day.end + REACH >= cursor.position());
        let past_day = nearby
            .map(|day| day.interval.last_day)
            .filter(|day| *day <= self.reference);
        self.report_day.or(past_day).unwrap_or(self.reference)
    }
}
