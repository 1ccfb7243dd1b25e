//! Normalised values of expressions, and the one notation they are written in.
//!
//! `Display` of each value is that notation: `2024-04-02`, `2021/2025`, `2024-Q2`, `P3Y`, `14:30`, `123000 USD`,
//! `59.1`, `1.5 point`, `3000 명`.

use std::fmt;

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;

/// The typed value of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NormalizedValue {
    /// Of a DATE.
    Date(CalendarInterval),
    /// Of a TIME.
    Time(ClockTime),
    /// Of a DURATION.
    Duration(IsoDuration),
    /// Of MONEY.
    Money {
        /// How much.
        amount: Amount,
        /// ISO 4217 code.
        currency_code: String,
    },
    /// Of a PERCENT.
    Percent {
        /// How much.
        amount: Amount,
        /// Whether percentage points are meant.
        points: bool,
    },
    /// Of a QUANTITY.
    Quantity {
        /// How much.
        amount: Amount,
        /// Unit as written.
        unit: String,
    },
}

impl fmt::Display for NormalizedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(interval) => interval.fmt(formatter),
            Self::Time(time) => time.fmt(formatter),
            Self::Duration(duration) => duration.fmt(formatter),
            Self::Money {
                amount,
                currency_code,
            } => write!(formatter, "{amount} {currency_code}"),
            Self::Percent {
                amount,
                points: false,
            } => amount.fmt(formatter),
            Self::Percent { amount, points: true } => write!(formatter, "{amount} point"),
            Self::Quantity { amount, unit } => write!(formatter, "{amount} {unit}"),
        }
    }
}

/// A number or a range of numbers, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// One number.
    Exact(Decimal),
    /// From the first to the second.
    Range(Decimal, Decimal),
}

impl fmt::Display for Amount {
    /// Without exponent and without trailing zeros; `a/b` for a range.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => number.normalize().fmt(formatter),
            Self::Range(low, high) => write!(formatter, "{}/{}", low.normalize(), high.normalize()),
        }
    }
}

/// The days that a calendar expression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CalendarInterval {
    /// First day.
    pub first_day: Date,
    /// Last day, inclusive; not before the first.
    pub last_day: Date,
    /// How fine the expression is.
    pub granularity: CalendarGranularity,
}

/// Granularity of a calendar expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalendarGranularity {
    /// Days.
    Day,
    /// Weeks, Monday to Sunday; written as a range of days.
    Week,
    /// Months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// Years and longer.
    Year,
}

impl fmt::Display for CalendarInterval {
    /// The shortest ISO 8601 form for the granularity; `first/last` when it covers more than one unit.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = |day: Date| match self.granularity {
            CalendarGranularity::Day | CalendarGranularity::Week => day.to_string(),
            CalendarGranularity::Month => format!("{:04}-{:02}", day.year(), day.month()),
            CalendarGranularity::Quarter => format!("{:04}-Q{}", day.year(), (day.month() + 2) / 3),
            CalendarGranularity::Year => format!("{:04}", day.year()),
        };
        let (first, last) = (unit(self.first_day), unit(self.last_day));
        if first == last {
            formatter.write_str(&first)
        } else {
            write!(formatter, "{first}/{last}")
        }
    }
}

/// A clock time, or a span of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockTime {
    /// The time, or where the span starts.
    pub start: Time,
    /// Where the span ends.
    pub end: Option<Time>,
}

impl fmt::Display for ClockTime {
    /// `HH:MM`, or `HH:MM/HH:MM` for a span.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.start.hour(), self.start.minute())?;
        match self.end {
            Some(end) => write!(formatter, "/{:02}:{:02}", end.hour(), end.minute()),
            None => Ok(()),
        }
    }
}

/// A length of time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IsoDuration {
    /// Its parts from large to small, each unit at most once, for example 1 year and 6 months; not empty.
    pub parts: Vec<(Decimal, DurationUnit)>,
    /// The upper end when the expression is a range of two lengths.
    pub upper: Option<Vec<(Decimal, DurationUnit)>>,
}

/// Units of a [`IsoDuration`], large to small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DurationUnit {
    /// Years.
    Year,
    /// Months.
    Month,
    /// Weeks.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
}

impl DurationUnit {
    fn is_clock_unit(self) -> bool {
        matches!(self, Self::Hour | Self::Minute | Self::Second)
    }

    fn designator(self) -> char {
        match self {
            Self::Year => 'Y',
            Self::Month | Self::Minute => 'M',
            Self::Week => 'W',
            Self::Day => 'D',
            Self::Hour => 'H',
            Self::Second => 'S',
        }
    }
}

impl fmt::Display for IsoDuration {
    /// ISO 8601, for example `P1Y6M`, `PT3M`, `P11.5Y`; `P3Y/P5Y` for a range.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_iso_duration(&self.parts, formatter)?;
        match &self.upper {
            Some(upper) => {
                formatter.write_str("/")?;
                write_iso_duration(upper, formatter)
            }
            None => Ok(()),
        }
    }
}

fn write_iso_duration(parts: &[(Decimal, DurationUnit)], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_str("P")?;
    let mut in_clock_part = false;
    for (number, unit) in parts {
        if unit.is_clock_unit() && !in_clock_part {
            formatter.write_str("T")?;
            in_clock_part = true;
        }
        write!(formatter, "{}{}", number.normalize(), unit.designator())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn interval(first: Date, last: Date, granularity: CalendarGranularity) -> String {
        CalendarInterval {
            first_day: first,
            last_day: last,
            granularity,
        }
        .to_string()
    }

    #[test]
    fn calendar_notation() {
        use CalendarGranularity::{Day, Month, Quarter, Year};
        assert_eq!(interval(date(2024, 4, 2), date(2024, 4, 2), Day), "2024-04-02");
        assert_eq!(
            interval(date(2024, 4, 3), date(2024, 4, 4), Day),
            "2024-04-03/2024-04-04"
        );
        assert_eq!(interval(date(2023, 12, 1), date(2023, 12, 31), Month), "2023-12");
        assert_eq!(
            interval(date(2023, 7, 1), date(2023, 12, 31), Month),
            "2023-07/2023-12"
        );
        assert_eq!(interval(date(2024, 4, 1), date(2024, 6, 30), Quarter), "2024-Q2");
        assert_eq!(interval(date(2021, 1, 1), date(2025, 12, 31), Year), "2021/2025");
    }

    #[test]
    fn other_notation() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let duration = |parts: &[(Decimal, DurationUnit)]| {
            IsoDuration {
                parts: parts.to_vec(),
                upper: None,
            }
            .to_string()
        };
        assert_eq!(duration(&[(number("11.5"), DurationUnit::Year)]), "P11.5Y");
        assert_eq!(
            duration(&[
                (number("1"), DurationUnit::Year),
                (number("6"), DurationUnit::Month)
            ]),
            "P1Y6M"
        );
        assert_eq!(duration(&[(number("3"), DurationUnit::Minute)]), "PT3M");
        assert_eq!(
            duration(&[
                (number("1"), DurationUnit::Day),
                (number("2"), DurationUnit::Hour)
            ]),
            "P1DT2H"
        );
        assert_eq!(
            Amount::Exact(number("7200000000000.00")).to_string(),
            "7200000000000"
        );
        let points = NormalizedValue::Percent {
            amount: Amount::Exact(number("1.50")),
            points: true,
        };
        assert_eq!(points.to_string(), "1.5 point");
        let cold = NormalizedValue::Quantity {
            amount: Amount::Exact(number("-10")),
            unit: "도".into(),
        };
        assert_eq!(cold.to_string(), "-10 도");
    }
}
