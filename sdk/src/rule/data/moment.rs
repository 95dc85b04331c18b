//! Times in documents and objects, held to the time of the scan: the only clock
//! there is.

use super::test::Held;
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::values;

/// The member whose number of days begins at the scan.
const DAYS: &str = "days-left";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The rule with the time of the scan beside every number of days.
pub fn fill(rule: &Value, now: &dyn Fn() -> String) -> Value {
    match rule {
        Value::Object(members) => {
            let mut filled = Vec::with_capacity(members.len());
            for (name, member) in *members {
                let member = match (*name, member) {
                    (DAYS, Value::Number(_)) => Value::Object(
                        vec![("days", *member), ("now", Value::String(now().leak()))].leak(),
                    ),
                    (_, member) => fill(member, now),
                };
                filled.push((*name, member));
            }
            Value::Object(filled.leak())
        }
        Value::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for item in *items {
                filled.push(fill(item, now));
            }
            Value::list(filled)
        }
        other => *other,
    }
}

/// Whether a time comes so many days after the scan, or later.
pub fn holds(text: &str, limit: &Value) -> Held {
    let now = limit["now"].as_str().and_then(seconds);
    let (Some(days), Some(now)) = (limit["days"].as_i64(), now) else {
        return Held::Unknown("the time of the scan is not known".to_owned());
    };
    match (seconds(text), days.checked_mul(DAY)) {
        (Some(time), Some(days)) if time - now >= days => Held::Yes,
        (Some(_), Some(_)) => Held::No,
        (None, _) => Held::Unknown(say![text, " is not a time such as 2030-01-31T12:00:00Z"]),
        (_, None) => Held::Unknown("the rule's number of days is too large".to_owned()),
    }
}

/// How many days it must be, for a person.
pub fn expected(limit: &Value) -> String {
    let days = match limit.as_i64() {
        Some(days) => days,
        None => limit["days"].as_i64().unwrap_or_default(),
    };
    say![days, " days after the scan or later"]
}

/// The seconds from 1970 to a time in UTC, as RFC 3339 writes it; parts of a
/// second are left out.
fn seconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        match digits.bytes().all(|b| b.is_ascii_digit()) {
            true => values::integer(digits.trim_start_matches('0')).or(Some(0)),
            false => None,
        }
    };
    let stands = |at: usize, mark: u8| bytes.get(at) == Some(&mark);
    let is_time = stands(4, b'-')
        && stands(7, b'-')
        && stands(10, b'T')
        && stands(13, b':')
        && stands(16, b':')
        && text.ends_with('Z')
        && (stands(19, b'Z') || stands(19, b'.'));
    if !is_time {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days - 719_468) * DAY + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn days_are_counted_over_years_and_leap_days() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:30:05Z", Some(951_827_405)),
            ("2026-11-21T12:00:00.5Z", Some(1_795_262_400)),
            ("2024-12-31T23:59:59Z", Some(1_735_689_599)),
            ("2024-13-01T00:00:00Z", None),
            ("2024-12-01", None),
            ("2024-12-01T00:00:00+01:00", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_time_is_held_to_that_of_the_scan() {
        let rule = json!([{"days-left": 30}, {"is": 1}]);
        let now = || "2026-11-21T12:00:00Z".to_owned();
        let filled = fill(&rule, &now);
        let wanted = json!([{"days-left": {"days": 30, "now": "2026-11-21T12:00:00Z"}}, {"is": 1}]);
        assert_eq!(filled, wanted);
        let limit = &filled.items()[0][DAYS];
        assert_eq!(holds("2026-12-21T12:00:00Z", limit), Held::Yes);
        assert_eq!(holds("2026-12-21T11:59:59Z", limit), Held::No);
        assert!(matches!(holds("never", limit), Held::Unknown(_)));
        // A number alone is no limit: nobody said when the scan is.
        assert!(matches!(
            holds("2030-01-01T00:00:00Z", &json!(30)),
            Held::Unknown(_)
        ));
        assert_eq!(expected(limit), "30 days after the scan or later");
    }
}
