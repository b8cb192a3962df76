//! Names and character strings as text, in the form that Route 53 takes and gives: `\ooo` stands for a byte that can't
//! be written as itself.

use std::str::Chars;

/// The longest character string, in bytes (RFC 1035 §3.3).
pub(super) const MAX_STRING: usize = 255;

/// What may stand between two character strings.
const BLANK: [char; 2] = [' ', '\t'];

/// Why a text is not a TXT record's value, in Route 53's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// Something stands outside of quotation marks, or one of them is missing.
    #[error("InvalidCharacterString (Value should be enclosed in quotation marks)")]
    NotQuoted,
    /// A character string has more than 255 bytes.
    #[error("CharacterStringTooLong (Value is too long)")]
    TooLong,
    /// A character that is not printable ASCII, or a backslash before something other than `"`, `\` or three octal digits.
    #[error("UnsupportedCharacter (Value contains unsupported characters)")]
    Unsupported,
}

/// Reads quoted character strings with blanks between them: at least one.
pub(super) fn read_strings(text: &str) -> Result<Vec<Vec<u8>>, TextProblem> {
    let mut strings = Vec::new();
    let mut rest = text.trim_matches(BLANK);
    while strings.is_empty() || !rest.is_empty() {
        let mut chars = rest.strip_prefix('"').ok_or(TextProblem::NotQuoted)?.chars();
        strings.push(read_string(&mut chars)?);
        let behind = chars.as_str();
        rest = behind.trim_start_matches(BLANK);
        if !rest.is_empty() && rest.len() == behind.len() {
            return Err(TextProblem::NotQuoted);
        }
    }
    Ok(strings)
}

/// Reads up to the closing quotation mark.
fn read_string(chars: &mut Chars<'_>) -> Result<Vec<u8>, TextProblem> {
    let mut string = Vec::new();
    loop {
        match chars.next().ok_or(TextProblem::NotQuoted)? {
            '"' => break,
            '\\' => string.push(read_escape(chars).ok_or(TextProblem::Unsupported)?),
            plain if plain == ' ' || plain.is_ascii_graphic() => {
                string.push(u8::try_from(plain).map_err(|_| TextProblem::Unsupported)?);
            }
            _ => return Err(TextProblem::Unsupported),
        }
    }
    if string.len() > MAX_STRING { Err(TextProblem::TooLong) } else { Ok(string) }
}

/// Reads what follows a backslash: a quotation mark, a backslash, or three octal digits.
fn read_escape(chars: &mut Chars<'_>) -> Option<u8> {
    let first = chars.next()?;
    if matches!(first, '"' | '\\') {
        return u8::try_from(first).ok();
    }
    let digits = [first, chars.next()?, chars.next()?];
    let value = digits.iter().try_fold(0, |value, digit| Some(value * 8 + digit.to_digit(8)?))?;
    u8::try_from(value).ok()
}

/// Writes character strings in quotation marks.
pub(super) fn write_strings(strings: &[Vec<u8>]) -> String {
    let quoted = strings.iter().map(|string| {
        let mut text = String::from('"');
        for byte in string {
            match byte {
                b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
                b' '..=b'~' => text.push(char::from(*byte)),
                _ => text.push_str(&octal(*byte)),
            }
        }
        text.push('"');
        text
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Reads the labels of a name, with or without the trailing dot. An empty label is for the caller to refuse.
pub(super) fn read_labels(text: &str) -> Option<Vec<Vec<u8>>> {
    let (mut labels, mut label) = (Vec::new(), Vec::new());
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match next {
            '.' => labels.push(std::mem::take(&mut label)),
            '\\' => label.push(read_escape(&mut chars)?),
            plain if plain.is_ascii_graphic() => label.push(u8::try_from(plain).ok()?),
            _ => return None,
        }
    }
    if !label.is_empty() {
        labels.push(label);
    }
    Some(labels)
}

/// Writes a name with a trailing dot. All but lower-case letters, digits, hyphens and underscores is escaped.
pub(super) fn write_labels<'a>(labels: impl Iterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for label in labels {
        for byte in label {
            match char::from(*byte) {
                plain if is_name_character(plain) => text.push(plain),
                _ => text.push_str(&octal(*byte)),
            }
        }
        text.push('.');
    }
    text
}

/// What Route 53 writes in a name as itself.
pub(crate) fn is_name_character(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '_')
}

fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_strings_come_back_as_they_were_written() {
        for text in [r#""""#, r#""a b""#, r#""a" "b""#, r#""say \"hi\" \\ \303\244 \000""#] {
            assert_eq!(write_strings(&read_strings(text).unwrap()), text);
        }
        let strings = read_strings("  \"a\"\t \"\\303\\244\\\"\" ").unwrap();
        assert_eq!(strings, [b"a".to_vec(), "ä\"".as_bytes().to_vec()]);
        assert_eq!(read_strings(&format!("\"{}\"", "x".repeat(255))).unwrap()[0].len(), 255);
    }

    #[test]
    fn what_is_no_character_string_is_refused_with_its_reason() {
        let long = format!("\"{}\"", "x".repeat(256));
        for (text, problem) in [
            ("", TextProblem::NotQuoted),
            ("  ", TextProblem::NotQuoted),
            ("plain", TextProblem::NotQuoted),
            ("\"open", TextProblem::NotQuoted),
            ("\"a\\\"", TextProblem::NotQuoted),
            ("\"a\" b", TextProblem::NotQuoted),
            ("\"a\"\"b\"", TextProblem::NotQuoted),
            (&long, TextProblem::TooLong),
            ("\"ä\"", TextProblem::Unsupported),
            ("\"\n\"", TextProblem::Unsupported),
            ("\"\\9\"", TextProblem::Unsupported),
            ("\"\\400\"", TextProblem::Unsupported),
            ("\"\\12", TextProblem::Unsupported),
        ] {
            assert_eq!(read_strings(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_names_unusual_bytes_are_written_in_octal() {
        let labels = read_labels(r"*.a\056b._x.example").unwrap();
        assert_eq!(labels[1], b"a.b");
        assert_eq!(write_labels(labels.iter().map(Vec::as_slice)), r"\052.a\056b._x.example.");
        for bad in ["a b.example", "ä.example", r"a\.example", r"a\08.example"] {
            assert_eq!(read_labels(bad), None, "{bad}");
        }
    }
}
