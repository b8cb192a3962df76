//! Instants as the REST API writes them: RFC 3339 with milliseconds and `Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// An instant as text, such as `2026-11-21T22:12:38.000Z`.
pub fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// For `#[serde(serialize_with = "timestamp::serialize")]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*instant))
}

/// For `#[serde(serialize_with = "timestamp::serialize_option")]`: `null` where there is none.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_option<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serialize(instant, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_always_has_three_digits_of_milliseconds() {
        assert_eq!(
            text(DateTime::from_timestamp_millis(1_700_000_000_000).unwrap()),
            "2023-11-14T22:13:20.000Z"
        );
        assert_eq!(
            text(DateTime::from_timestamp_micros(1_700_000_000_012_999).unwrap()),
            "2023-11-14T22:13:20.012Z"
        );
    }
}
