//! What a calendar expression said, before it is put on the calendar.

use jiff::civil::Weekday;

use super::scan::Cursor;

/// A calendar expression as it was said, before it is put on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// 지난, 이번 or 오는 in front.
    pub(super) direction: Option<Direction>,
    /// The year that was said.
    pub(super) year: Option<YearReference>,
    /// The month that was said.
    pub(super) month: Option<MonthReference>,
    /// The finest part of it.
    pub(super) detail: Detail,
}

/// Which of several to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Last,
    This,
    Next,
}

/// How a year was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum YearReference {
    /// 2024년.
    Absolute(i16),
    /// 지난해: years from that of the publication.
    FromReference(i16),
    /// 전년: years from the one that the sentence speaks of.
    FromSentence(i16),
    /// 이듬해: years from the one mentioned last.
    FromMentioned(i16),
}

/// How a month was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MonthReference {
    /// 3월.
    Named(i8),
    /// 지난달: months from that of the publication.
    FromReference(i64),
    /// 같은 달, 전월: months from the one mentioned last.
    FromMentioned(i64),
}

/// The finest part of a calendar expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// 어제.
    DayFromReference(i64),
    /// 이날, 전날.
    DayFromMentioned(i64),
    /// 지난주, or one of its days.
    Week(i64, Option<WeekDay>),
    /// 지난 월요일.
    NearestWeekday(Weekday),
    /// 2021~2025, 1990년대.
    Years(i16, i16),
    /// 같은 기간 of another year.
    SamePeriod,
    /// 2024-04-02.
    FixedDay(i16, i8, i8),
    /// 1~3분기.
    Quarters(i8, i8),
    /// 지난 분기: quarters from the present one.
    QuarterFromReference(i64),
    /// 전 분기: quarters from the one mentioned last.
    QuarterFromMentioned(i64),
    /// 4~6월, 상반기.
    Months(i8, i8),
    /// A season by its last month.
    Season(i8),
    /// 지난해, 연말.
    WholeYear,
    /// 3월 5일, 5일, 3월 둘째 주.
    InMonth(DayOfMonth),
}

/// A part of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayOfMonth {
    /// The month, or a part of it that has no dates: 3월 말.
    All,
    /// 23~26일.
    Days(i8, i8),
    /// 둘째 주, or a day of it; -1 is the last one.
    Week(i8, Option<WeekDay>),
}

/// A part of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeekDay {
    Day(Weekday),
    Weekend,
}

/// What a part of the grammar read, and the cursor behind it.
pub(super) type Parsed<'text> = Option<(Phrase, Cursor<'text>)>;

/// A phrase of this detail alone.
pub(super) fn only(detail: Detail) -> Phrase {
    Phrase {
        direction: None,
        year: None,
        month: None,
        detail,
    }
}
