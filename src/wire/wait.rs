//! How long to wait before another attempt, as the server says it: headers, and times in words.
//!
//! Reads no clock: an HTTP date counts from the reply's own `date` header.

use std::time::Duration;

use crate::chat::{FailureKind, Retry};

/// The retry that the headers leave of `retry`. A wait is heeded only where trying again makes
/// sense at all, and no header makes a used-up plan or a wrong key worth another try.
pub(super) fn heed(retry: Retry, kind: FailureKind, headers: &[(String, String)]) -> Retry {
    let hopeless = matches!(
        kind,
        FailureKind::Balance
            | FailureKind::Quota
            | FailureKind::NotInPlan
            | FailureKind::BadKey
            | FailureKind::PlanKey
            | FailureKind::Forbidden
            | FailureKind::ContentFilter
    );
    let retry = match (header(headers, "x-should-retry"), retry) {
        (Some("false"), _) => return Retry::Never,
        (Some("true"), Retry::Never) if !hopeless => Retry::Soon,
        (_, retry) => retry,
    };
    match (retry, named_wait(headers)) {
        (Retry::Soon, Some(wait)) => Retry::After(wait),
        (retry, _) => retry,
    }
}

/// The time after `resets at` or `will reset at`, in the vendor's own format.
pub(super) fn reset_time(message: &str) -> Option<String> {
    let (_, rest) = message
        .split_once("resets at ")
        .or_else(|| message.split_once("reset at "))?;
    let end = [" (", ", ", ". ", "\n"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()
        .unwrap_or(rest.len());
    let (time, _) = rest.split_at(end);
    let time = time.trim().trim_end_matches('.');
    let plausible = time.len() <= 64 && time.contains(|c: char| c.is_ascii_digit());
    plausible.then(|| time.to_owned())
}

/// The value of a header, whatever the case of its name; none when it is empty.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

fn named_wait(headers: &[(String, String)]) -> Option<Duration> {
    if let Some(millis) = header(headers, "retry-after-ms").and_then(number) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let after = header(headers, "retry-after")?;
    if let Some(seconds) = number(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let then = http_date(after)?;
    let now = http_date(header(headers, "date")?)?;
    Some(Duration::from_secs(then.saturating_sub(now)))
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// Seconds since 1970 of an HTTP date in any of the three forms of RFC 9110 §5.6.7.
fn http_date(text: &str) -> Option<u64> {
    let mut words = text
        .split([' ', '-', ','])
        .filter(|word| !word.is_empty())
        .skip(1);
    let first = words.next()?;
    let (day, month, year, time);
    if let Some(number) = month_number(first) {
        // asctime: Sun Nov  6 08:49:37 1994
        month = number;
        day = words.next()?;
        time = words.next()?;
        year = words.next()?;
    } else {
        day = first;
        month = month_number(words.next()?)?;
        year = words.next()?;
        time = words.next()?;
    }
    let day: u64 = day.parse().ok()?;
    let year: u64 = match year.parse().ok()? {
        short @ 0..70 => short + 2000,
        short @ 70..100 => short + 1900,
        year @ 1970..10_000 => year,
        _ => return None,
    };
    let mut parts = time.split(':').map(str::parse::<u64>);
    let (hour, minute, second) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if !(1..=31).contains(&day) || hour > 24 || minute > 60 || second > 61 {
        return None;
    }
    // Days from the civil date, with years that begin in March.
    let (shifted, march_month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = shifted * 365 + shifted / 4 - shifted / 100
        + shifted / 400
        + (march_month * 153 + 2) / 5
        + day;
    let days = days.checked_sub(719_469)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

fn month_number(name: &str) -> Option<u64> {
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    (1..)
        .zip(months)
        .find_map(|(number, month)| name.eq_ignore_ascii_case(month).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(headers: &[(&str, &str)]) -> Retry {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        heed(Retry::Soon, FailureKind::Server, &headers)
    }

    #[test]
    fn d38_a_wait_comes_in_seconds_milliseconds_or_as_a_date() {
        let after = |millis| Retry::After(Duration::from_millis(millis));
        assert_eq!(heard(&[("retry-after", "3")]), after(3000));
        assert_eq!(heard(&[("Retry-After", "0.25")]), after(250));
        assert_eq!(
            heard(&[("retry-after-ms", "40"), ("retry-after", "3")]),
            after(40)
        );
        let dated = [
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"),
        ];
        assert_eq!(heard(&dated), after(30_000));
        assert_eq!(heard(&[("retry-after", "-1")]), Retry::Soon);
        assert_eq!(heard(&[("retry-after", "1e300")]), Retry::Soon);
        assert_eq!(heard(&[("retry-after", "soon")]), Retry::Soon);
    }

    #[test]
    fn every_form_of_an_http_date_is_the_same_second() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun, 99 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn the_server_may_forbid_a_retry_but_not_talk_us_into_a_hopeless_one() {
        assert_eq!(heard(&[("x-should-retry", "false")]), Retry::Never);
        let yes = [("x-should-retry".to_owned(), "true".to_owned())];
        let heed = |kind| heed(Retry::Never, kind, &yes);
        assert_eq!(heed(FailureKind::BadRequest), Retry::Soon);
        assert_eq!(heed(FailureKind::Balance), Retry::Never);
    }

    #[test]
    fn reset_times_are_found_in_the_message() {
        let plan = "limit (1/1 used), resets at 2026-06-04T15:00:00+08:00 (2056)";
        assert_eq!(
            reset_time(plan).as_deref(),
            Some("2026-06-04T15:00:00+08:00")
        );
        assert_eq!(
            reset_time("The quota will reset at 08-18 10:07:00 UTC.").as_deref(),
            Some("08-18 10:07:00 UTC")
        );
        assert_eq!(reset_time("it resets at midnight"), None);
    }
}
