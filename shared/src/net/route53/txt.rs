//! TXT values as Route 53 writes them: character strings in quotes, one after the other.

use super::escape;

/// The longest character string of a TXT record in bytes (RFC 1035 §3.3).
const MOST_BYTES: usize = 255;

/// A value in Route 53's writing. What is longer than one character string becomes several, which whoever looks the record
/// up puts together again.
pub(super) fn quote(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    let strings = value.as_bytes().chunks(MOST_BYTES);
    let quoted: Vec<String> = strings.map(|bytes| format!("\"{}\"", escaped(bytes))).collect();
    quoted.join(" ")
}

fn escaped(bytes: &[u8]) -> String {
    let escape = |byte: &u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    bytes.iter().map(escape).collect()
}

/// The bytes that a value in Route 53's writing stands for, its character strings put together. It only serves to find our
/// own value again: other people's values are kept as they are written.
pub(super) fn unquote(written: &str) -> Vec<u8> {
    let mut value = Vec::new();
    let mut quoted = false;
    let mut rest = written.as_bytes();
    loop {
        rest = match rest {
            [] => return value,
            [b'\\', next, after @ ..] => {
                let (byte, after) = escape::octal(rest).unwrap_or((*next, after));
                value.push(byte);
                after
            }
            [b'"', after @ ..] => {
                quoted = !quoted;
                after
            }
            [b' ' | b'\t', after @ ..] if !quoted => after,
            [byte, after @ ..] => {
                value.push(*byte);
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_written_in_quotes_with_its_quotes_backslashes_and_unprintable_bytes_escaped() {
        for (value, written) in [
            ("portico-verification=abc", r#""portico-verification=abc""#),
            ("v=spf1 -all", r#""v=spf1 -all""#),
            (r#"say "hi""#, r#""say \"hi\"""#),
            (r"a\b", r#""a\\b""#),
            ("a\tb", r#""a\011b""#),
            ("\u{7f}", r#""\177""#),
            ("\u{fc}", r#""\303\274""#),
            ("", r#""""#),
        ] {
            assert_eq!(quote(value), written);
        }
    }

    #[test]
    fn a_value_over_255_bytes_is_split_and_one_of_255_is_not() {
        assert_eq!(quote(&"a".repeat(255)), format!("\"{}\"", "a".repeat(255)));
        assert_eq!(quote(&"a".repeat(256)), format!("\"{}\" \"a\"", "a".repeat(255)));
        // The 255 are counted before the escapes, which make each of these bytes four characters long.
        let written = quote(&"\u{fc}".repeat(128));
        let (first, second) = written.split_once("\" \"").unwrap();
        assert_eq!((first.len(), second), (1 + 4 * 255, "\\274\""));
    }

    #[test]
    fn a_value_is_found_again_however_somebody_else_wrote_it() {
        for written in [r#""ab""#, r#""a" "b""#, r#""a""b""#, r#""\141b""#, r#""\a\b""#, "ab", "\"a\"\t\"b\""]
        {
            assert_eq!(unquote(written), b"ab", "{written}");
        }
        for written in [r#""a b""#, r#""AB""#, r#""ab\"""#, r#""ab\\""#] {
            assert_ne!(unquote(written), b"ab", "{written}");
        }
        // These digits aren't octal, so the backslash only takes a character's meaning away.
        assert_eq!(unquote(r#""\900\4""#), b"9004");
        assert_eq!(unquote("\"open\\"), b"open\\");
    }

    proptest! {
        #[test]
        fn every_value_comes_back_as_it_was(value in any::<String>()) {
            prop_assert_eq!(unquote(&quote(&value)), value.as_bytes());
        }
    }
}
