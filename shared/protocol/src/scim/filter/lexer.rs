//! The words of a filter.

use serde_json::Value;

use crate::scim::ScimError;
use crate::scim::error::excerpt;

/// A word of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// A `.` right behind a bracket, with the part that it names.
    Part(String),
    /// A name, an operator, or a bare value.
    Word(String),
    /// A text in quotes.
    Text(String),
}

impl Token {
    /// The word for a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::OpenBracket => "[".to_owned(),
            Self::CloseBracket => "]".to_owned(),
            Self::Part(part) => format!(".{}", excerpt(part)),
            Self::Word(word) => excerpt(word),
            Self::Text(text) => format!("\"{}\"", excerpt(text)),
        }
    }
}

/// Takes a filter apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ScimError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenBracket),
            ']' => Some(Token::CloseBracket),
            _ => None,
        };
        if let Some(token) = single {
            rest = rest.get(1..).unwrap_or_default();
            tokens.push(token);
            if let (Some(Token::CloseBracket), Some(behind)) = (tokens.last(), rest.strip_prefix('.')) {
                let end = word_end(behind);
                let (part, left) = behind.split_at(end);
                tokens.push(Token::Part(part.to_owned()));
                rest = left;
            }
        } else if first == '"' {
            let (text, left) = quoted(rest)?;
            tokens.push(Token::Text(text));
            rest = left;
        } else {
            let (word, left) = rest.split_at(word_end(rest).max(first.len_utf8()));
            tokens.push(Token::Word(word.to_owned()));
            rest = left;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"')).unwrap_or(text.len())
}

/// A JSON string at the beginning of a text, and what follows.
fn quoted(text: &str) -> Result<(String, &str), ScimError> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let Some((end, _)) = end else {
        return Err(ScimError::filter(format!("The filter has a text without an end: {}", excerpt(text))));
    };
    let (literal, rest) = text.split_at(end + 1);
    match serde_json::from_str(literal) {
        Ok(Value::String(text)) => Ok((text, rest)),
        _ => Err(ScimError::filter(format!(
            "The filter has a text that isn't a JSON string: {}",
            excerpt(literal)
        ))),
    }
}
