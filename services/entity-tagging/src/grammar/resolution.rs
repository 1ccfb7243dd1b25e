//! Puts dates on the calendar: which year, month or day a relative or incomplete date means.

use gisa_article_model::{CalendarGranularity, CalendarInterval, DurationUnit, IsoDuration};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use rust_decimal::prelude::ToPrimitive;

use super::phrase::{DayOfMonth, Detail, Direction, MonthReference, Phrase, WeekDay, YearReference};
use super::scan::Cursor;
use super::tense::{Tense, tense_after};
use super::timeline::Timeline;

/// Where a phrase stands, for what its sentence says about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'text, 'line> {
    /// Its first byte.
    pub(super) start: Cursor<'text>,
    /// The byte behind it.
    pub(super) end: Cursor<'text>,
    /// The dates before it.
    pub(super) timeline: &'line Timeline,
}

/// The days that a phrase means.
pub(super) fn resolve(phrase: &Phrase, place: Place<'_, '_>) -> Option<CalendarInterval> {
    let reference = place.timeline.reference();
    match phrase.detail {
        Detail::DayFromReference(days) => Some(one_day(reference.checked_add(days.days()).ok()?)),
        Detail::DayFromMentioned(days) => Some(one_day(
            place
                .timeline
                .this_day(place.start)
                .checked_add(days.days())
                .ok()?,
        )),
        Detail::Week(weeks, day) => week(reference.checked_add((weeks * 7).days()).ok()?, day),
        Detail::NearestWeekday(weekday) => nearest_weekday(reference, weekday, phrase.direction),
        Detail::Years(first, last) => years(first, last),
        Detail::SamePeriod => same_period(phrase, place),
        Detail::FixedDay(year, month, day) => Date::new(year, month, day).ok().map(one_day),
        Detail::Quarters(first, last) => in_year(phrase, place, |year| quarters(year, first, last)),
        Detail::QuarterFromReference(shift) => quarter_from(reference, shift),
        Detail::QuarterFromMentioned(shift) => {
            let mentioned = place.timeline.last_nearby(place.start);
            let quarter = mentioned.filter(|last| last.granularity == CalendarGranularity::Quarter);
            quarter_from(quarter.map_or(reference, |last| last.last_day), shift)
        }
        Detail::Months(first, last) => in_year(phrase, place, |year| months(year, first, last)),
        Detail::Season(winter) => season(phrase, place, winter),
        Detail::WholeYear => whole_year(phrase, place),
        Detail::InMonth(day) => in_month(phrase, place, day),
    }
}

/// The days that the second phrase of a range means: it takes over what the first one said.
pub(super) fn resolve_end(
    first: &Phrase,
    start: CalendarInterval,
    last: &Phrase,
    place: Place<'_, '_>,
) -> Option<CalendarInterval> {
    let mut last = *last;
    last.direction = last.direction.or(first.direction);
    if let (Detail::InMonth(day), None, None) = (last.detail, last.year, last.month) {
        let day_of_month = |year: i16, month: i8| month_part(year, month, day);
        return months_from(start.first_day, 1, day_of_month).find(|end| end.last_day >= start.first_day);
    }
    if last.year.is_none() && !matches!(last.detail, Detail::DayFromReference(_) | Detail::FixedDay(..)) {
        let year = start.first_day.year();
        let in_year = |year: i16| {
            resolve(
                &Phrase {
                    year: Some(YearReference::Absolute(year)),
                    ..last
                },
                place,
            )
        };
        return [year, year + 1]
            .into_iter()
            .filter_map(in_year)
            .find(|end| end.last_day >= start.first_day);
    }
    resolve(&last, place)
}

/// The interval from the first day of one to the last day of the other.
pub(super) fn spanning(first: CalendarInterval, last: CalendarInterval) -> Option<CalendarInterval> {
    use CalendarGranularity::{Day, Month, Quarter, Week, Year};
    let granularity = match (first.granularity, last.granularity) {
        (a, b) if a == b => a,
        (Day | Week, _) | (_, Day | Week) => Day,
        (Month, _) | (_, Month) => Month,
        (Quarter | Year, _) => Quarter,
    };
    (first.first_day <= last.last_day).then_some(CalendarInterval {
        first_day: first.first_day,
        last_day: last.last_day,
        granularity,
    })
}

/// The date that lies `duration` away from the publication, as fine as its unit. `None` for hours and less.
pub(super) fn distant(
    timeline: &Timeline,
    cursor: Cursor<'_>,
    duration: &IsoDuration,
    sign: i64,
) -> Option<CalendarInterval> {
    // 지난 2일 …, 하루 전 …: days count from the day that the sentence speaks of.
    let in_days = duration.parts.iter().all(|(_, unit)| *unit == DurationUnit::Day);
    let spoken_of = timeline
        .last_in_sentence(cursor)
        .filter(|last| in_days && last.first_day == last.last_day);
    let reference = spoken_of.map_or(timeline.reference(), |last| last.last_day);
    let first = distant_point(reference, &duration.parts, sign)?;
    let Some(upper) = &duration.upper else {
        return Some(first);
    };
    let second = distant_point(reference, upper, sign)?;
    if sign > 0 {
        spanning(first, second)
    } else {
        spanning(second, first)
    }
}

fn distant_point(
    reference: Date,
    parts: &[(rust_decimal::Decimal, DurationUnit)],
    sign: i64,
) -> Option<CalendarInterval> {
    let mut span = Span::new();
    let mut finest = DurationUnit::Year;
    for (number, unit) in parts {
        let count = number.trunc().to_i64()?.checked_mul(sign)?;
        // Half years come as 1.5년.
        let half = !number.fract().is_zero();
        span = match unit {
            DurationUnit::Year if half => span.try_years(count).ok()?.try_months(6 * sign).ok()?,
            DurationUnit::Year => span.try_years(count).ok()?,
            DurationUnit::Month => span
                .try_months(count.checked_add(span.get_months().into())?)
                .ok()?,
            DurationUnit::Week => span.try_weeks(count).ok()?,
            DurationUnit::Day => span.try_days(count).ok()?,
            DurationUnit::Hour | DurationUnit::Minute | DurationUnit::Second => return None,
        };
        finest = finest.max(*unit);
    }
    let day = reference.checked_add(span).ok().filter(|day| day.year() > 0)?;
    match finest {
        DurationUnit::Year => years(day.year(), day.year()),
        DurationUnit::Month => months(day.year(), day.month(), day.month()),
        _ => Some(one_day(day)),
    }
}

fn one_day(day: Date) -> CalendarInterval {
    CalendarInterval {
        first_day: day,
        last_day: day,
        granularity: CalendarGranularity::Day,
    }
}

fn years(first: i16, last: i16) -> Option<CalendarInterval> {
    let (first_day, last_day) = (Date::new(first, 1, 1).ok()?, Date::new(last, 12, 31).ok()?);
    (first_day < last_day).then_some(CalendarInterval {
        first_day,
        last_day,
        granularity: CalendarGranularity::Year,
    })
}

fn months(year: i16, first: i8, last: i8) -> Option<CalendarInterval> {
    let first_day = Date::new(year, first, 1).ok()?;
    let last_day = Date::new(year, last, 1).ok()?.last_of_month();
    (first_day < last_day).then_some(CalendarInterval {
        first_day,
        last_day,
        granularity: CalendarGranularity::Month,
    })
}

fn quarters(year: i16, first: i8, last: i8) -> Option<CalendarInterval> {
    let span = months(year, first * 3 - 2, last * 3)?;
    Some(CalendarInterval {
        granularity: CalendarGranularity::Quarter,
        ..span
    })
}

/// The quarter so many quarters away from the one that `day` lies in.
fn quarter_from(day: Date, shift: i64) -> Option<CalendarInterval> {
    let month = day.first_of_month().checked_add((3 * shift).months()).ok()?;
    let number = (month.month() + 2) / 3;
    quarters(month.year(), number, number)
}

/// A week as a whole, its weekend or one of its days.
fn week(day: Date, part: Option<WeekDay>) -> Option<CalendarInterval> {
    let monday = day
        .checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
        .ok()?;
    let at = |offset: i8| monday.checked_add(i64::from(offset).days()).ok();
    let span = |first: i8, last: i8, granularity| {
        Some(CalendarInterval {
            first_day: at(first)?,
            last_day: at(last)?,
            granularity,
        })
    };
    match part {
        None => span(0, 6, CalendarGranularity::Week),
        Some(WeekDay::Weekend) => span(5, 6, CalendarGranularity::Day),
        Some(WeekDay::Day(weekday)) => at(weekday.to_monday_zero_offset()).map(one_day),
    }
}

fn nearest_weekday(
    reference: Date,
    weekday: Weekday,
    direction: Option<Direction>,
) -> Option<CalendarInterval> {
    let nth = if direction == Some(Direction::Next) { 1 } else { -1 };
    reference.nth_weekday(nth, weekday).ok().map(one_day)
}

/// The year that the phrase names; `None` if it names none.
fn named_year(phrase: &Phrase, place: Place<'_, '_>) -> Option<i16> {
    let reference = place.timeline.reference().year();
    match phrase.year? {
        YearReference::Absolute(year) => Some(year),
        YearReference::FromReference(years) => Some(reference + years),
        YearReference::FromSentence(years) => {
            let mentioned = place
                .timeline
                .last_in_sentence(place.start)
                .map(|last| last.last_day.year());
            Some(mentioned.unwrap_or(reference) + years)
        }
        YearReference::FromMentioned(years) => {
            let mentioned = place
                .timeline
                .last_nearby(place.start)
                .map(|last| last.last_day.year());
            Some(mentioned.unwrap_or(reference) + years)
        }
    }
}

fn whole_year(phrase: &Phrase, place: Place<'_, '_>) -> Option<CalendarInterval> {
    let reference = place.timeline.reference().year();
    let shifted = match phrase.direction {
        Some(Direction::Last) => reference - 1,
        _ => reference,
    };
    let year = named_year(phrase, place).unwrap_or(shifted);
    years(year, year)
}

/// The same period a year before: of the quarter or month spoken of, otherwise the year.
fn same_period(phrase: &Phrase, place: Place<'_, '_>) -> Option<CalendarInterval> {
    let year = named_year(phrase, place)?;
    match place.timeline.last_nearby(place.start) {
        Some(CalendarInterval {
            first_day,
            last_day,
            granularity: CalendarGranularity::Quarter,
        }) => quarters(year, (first_day.month() + 2) / 3, (last_day.month() + 2) / 3),
        Some(CalendarInterval {
            first_day,
            last_day,
            granularity: CalendarGranularity::Month,
        }) => months(year, first_day.month(), last_day.month()),
        _ => years(year, year),
    }
}

/// A season stands for its year; a winter for the year it begins in.
fn season(phrase: &Phrase, place: Place<'_, '_>, last_month: i8) -> Option<CalendarInterval> {
    let reference = place.timeline.reference();
    let year = named_year(phrase, place).unwrap_or(match phrase.direction {
        Some(Direction::Last) if reference.month() <= last_month => reference.year() - 1,
        Some(Direction::Next) if reference.month() > last_month => reference.year() + 1,
        _ => reference.year(),
    });
    years(year, year)
}

/// Something that comes once a year: in the year named, or in the one that the sentence means.
fn in_year(
    phrase: &Phrase,
    place: Place<'_, '_>,
    of_year: impl Fn(i16) -> Option<CalendarInterval>,
) -> Option<CalendarInterval> {
    if let Some(year) = named_year(phrase, place) {
        return of_year(year);
    }
    let reference = place.timeline.reference();
    let (last, this, next) = (
        of_year(reference.year() - 1),
        of_year(reference.year()),
        of_year(reference.year() + 1),
    );
    match phrase.direction {
        Some(Direction::Last) => this.filter(|this| this.first_day <= reference).or(last),
        Some(Direction::Next) => this.filter(|this| this.last_day >= reference).or(next),
        Some(Direction::This) => this,
        None => carried_year(place, &of_year)
            .or_else(|| by_tense(reference, last, this?, next, tense_after(place.end))),
    }
}

/// A month in the same sentence as an earlier date of another year belongs to that year: 2021년 4월 …, 6월 ….
fn carried_year(
    place: Place<'_, '_>,
    of_year: &impl Fn(i16) -> Option<CalendarInterval>,
) -> Option<CalendarInterval> {
    let last = place.timeline.last_in_sentence(place.start)?;
    let reference = place.timeline.reference();
    let is_other_year =
        last.first_day.year() < reference.year() - 1 || last.first_day.year() > reference.year();
    let is_single_date = last.granularity != CalendarGranularity::Year;
    (is_other_year && is_single_date)
        .then(|| of_year(last.first_day.year()))
        .flatten()
        .filter(|it| *it != last)
}

/// Which of three years in a row: newsrooms leave the year out for the current one, except close to its turn.
fn by_tense(
    reference: Date,
    last: Option<CalendarInterval>,
    this: CalendarInterval,
    next: Option<CalendarInterval>,
    tense: Tense,
) -> Option<CalendarInterval> {
    if this.first_day <= reference {
        let comes_soon = next.filter(|next| days_between(reference, next.first_day) <= 120);
        let over = this.last_day < reference && days_between(this.last_day, reference) > 180;
        return if tense == Tense::Future && over {
            comes_soon.or(Some(this))
        } else {
            Some(this)
        };
    }
    match tense {
        Tense::Past => last.or(Some(this)),
        Tense::Future => Some(this),
        Tense::Unknown => {
            let just_over = last.filter(|last| days_between(last.last_day, reference) <= 60);
            let far_ahead = days_between(reference, this.first_day) > 150;
            just_over.filter(|_| far_ahead).or(Some(this))
        }
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

/// A day, a part or a week of a month.
fn in_month(phrase: &Phrase, place: Place<'_, '_>, day: DayOfMonth) -> Option<CalendarInterval> {
    let reference = place.timeline.reference();
    match phrase.month {
        Some(MonthReference::Named(month)) => in_year(phrase, place, |year| month_part(year, month, day)),
        Some(MonthReference::FromReference(shift)) => {
            let month = reference.first_of_month().checked_add(shift.months()).ok()?;
            month_part(month.year(), month.month(), day)
        }
        Some(MonthReference::FromMentioned(shift)) => {
            let mentioned = place
                .timeline
                .last_nearby(place.start)
                .map_or(reference, |last| last.last_day);
            let month = mentioned.first_of_month().checked_add(shift.months()).ok()?;
            month_part(month.year(), month.month(), day)
        }
        None => bare_day(phrase.direction, place, |year, month| {
            month_part(year, month, day)
        }),
    }
}

fn month_part(year: i16, month: i8, day: DayOfMonth) -> Option<CalendarInterval> {
    match day {
        DayOfMonth::All => months(year, month, month),
        DayOfMonth::Days(first, last) => Some(CalendarInterval {
            first_day: Date::new(year, month, first).ok()?,
            last_day: Date::new(year, month, last).ok().filter(|_| first <= last)?,
            granularity: CalendarGranularity::Day,
        }),
        DayOfMonth::Week(nth, part) => {
            // The Korean standard: a week belongs to the month of its Thursday.
            let thursday = Date::new(year, month, 1)
                .ok()?
                .nth_weekday_of_month(nth, Weekday::Thursday)
                .ok()?;
            week(thursday, part)
        }
    }
}

/// A day without its month: this month's, or that of the month which direction, tense and the dates before it mean.
fn bare_day(
    direction: Option<Direction>,
    place: Place<'_, '_>,
    of_month: impl Fn(i16, i8) -> Option<CalendarInterval>,
) -> Option<CalendarInterval> {
    let reference = place.timeline.reference();
    let this = of_month(reference.year(), reference.month());
    let earlier = || months_from(reference, -1, &of_month).find(|it| it.first_day <= reference);
    let later = || months_from(reference, 1, &of_month).find(|it| it.last_day >= reference);
    match direction {
        Some(Direction::Last) => return earlier(),
        Some(Direction::Next) => return later(),
        _ => {}
    }
    let tense = tense_after(place.end);
    let carried = carried_month(place, &of_month);
    if let Some(carried) = carried.filter(|carried| tense != Tense::Past || carried.first_day <= reference) {
        return Some(carried);
    }
    let Some(this) = this.filter(|this| this.first_day > reference) else {
        return this.or_else(earlier);
    };
    let just_over = earlier().filter(|it| days_between(it.last_day, reference) <= 7);
    match tense {
        Tense::Past => earlier(),
        Tense::Future => Some(this),
        Tense::Unknown => just_over.or(Some(this)),
    }
}

/// A later day in the same sentence as a date of another month belongs to that month: 10월 23일 …, 26일 ….
fn carried_month(
    place: Place<'_, '_>,
    of_month: &impl Fn(i16, i8) -> Option<CalendarInterval>,
) -> Option<CalendarInterval> {
    let reference = place.timeline.reference();
    let last = place.timeline.last_in_sentence(place.start)?;
    let carried = of_month(last.last_day.year(), last.last_day.month())?;
    let this = of_month(reference.year(), reference.month());
    let is_report = this.is_some_and(|this| (0..=1).contains(&days_between(this.last_day, reference)));
    (last.granularity == CalendarGranularity::Day && !is_report && carried.first_day > last.last_day)
        .then_some(carried)
}

/// What `of_month` gives for the month of `from` and the ones behind (`step` 1) or before it (-1).
fn months_from(
    from: Date,
    step: i64,
    of_month: impl Fn(i16, i8) -> Option<CalendarInterval>,
) -> impl Iterator<Item = CalendarInterval> {
    let first = from.first_of_month();
    let month = move |count: i64| first.checked_add((count * step).months()).ok();
    (0..4)
        .filter_map(month)
        .filter_map(move |month| of_month(month.year(), month.month()))
}
