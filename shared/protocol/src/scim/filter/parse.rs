//! The grammar: `or` binds least, then `and`, then `not`.

use std::iter::Peekable;
use std::vec::IntoIter;

use serde_json::{Number, Value};

use super::lexer::{Token, tokens};
use super::{Expression, Operator};
use crate::scim::path::AttributePath;
use crate::scim::schema::{Attribute, ResourceKind, Type};
use crate::scim::{Limits, ScimError};

/// Whose names a filter has.
#[derive(Debug, Clone, Copy)]
enum Names {
    /// A resource's.
    Of(ResourceKind),
    /// Those of an element of a complex attribute.
    Inside(Option<&'static Attribute>),
}

impl Names {
    fn read(self, text: &str) -> Option<AttributePath> {
        match self {
            Self::Of(kind) => AttributePath::parse(text, kind).filter(|path| !path.name.is_empty()),
            Self::Inside(of) => AttributePath::inside(of, text),
        }
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
    terms: usize,
}

/// Reads a filter of resources.
pub(super) fn parse(text: &str, kind: ResourceKind) -> Result<Expression, ScimError> {
    whole(text, Names::Of(kind))
}

/// Reads what stands in the brackets behind an attribute.
pub(in crate::scim) fn parse_inside(
    text: &str,
    of: Option<&'static Attribute>,
) -> Result<Expression, ScimError> {
    whole(text, Names::Inside(of))
}

fn whole(text: &str, names: Names) -> Result<Expression, ScimError> {
    if text.len() > Limits::FILTER_BYTES {
        return Err(ScimError::filter(format!(
            "A filter has at most {} bytes, this one has {}.",
            Limits::FILTER_BYTES,
            text.len()
        )));
    }
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0, terms: 0 };
    let expression = parser.or(names)?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(expected("and, or, or the end", Some(&token))),
    }
}

fn expected(what: &str, got: Option<&Token>) -> ScimError {
    let got = got.map_or_else(|| "the end".to_owned(), |token| format!("“{}”", token.shown()));
    ScimError::filter(format!("The filter can't be read: expected {what}, got {got}."))
}

impl Parser {
    fn deeper(&mut self) -> Result<(), ScimError> {
        self.depth += 1;
        if self.depth > Limits::FILTER_DEPTH {
            return Err(ScimError::filter(format!("A filter has at most {} levels.", Limits::FILTER_DEPTH)));
        }
        Ok(())
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is_it = |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.tokens.next_if(is_it).is_some()
    }

    fn or(&mut self, names: Names) -> Result<Expression, ScimError> {
        let mut parts = vec![self.and(names)?];
        while self.takes("or") {
            parts.push(self.and(names)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Or(parts) })
    }

    fn and(&mut self, names: Names) -> Result<Expression, ScimError> {
        let mut parts = vec![self.term(names)?];
        while self.takes("and") {
            parts.push(self.term(names)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
    }

    fn term(&mut self, names: Names) -> Result<Expression, ScimError> {
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            return self.group(names);
        }
        match self.tokens.next() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                match self.tokens.next() {
                    Some(Token::Open) => {}
                    other => return Err(expected("( behind not", other.as_ref())),
                }
                Ok(Expression::Not(Box::new(self.group(names)?)))
            }
            Some(Token::Word(word)) => self.comparison(names, word),
            other => Err(expected("the name of an attribute", other.as_ref())),
        }
    }

    /// What stands behind an opening parenthesis.
    fn group(&mut self, names: Names) -> Result<Expression, ScimError> {
        self.deeper()?;
        let inside = self.or(names)?;
        self.depth -= 1;
        match self.tokens.next() {
            Some(Token::Close) => Ok(inside),
            other => Err(expected(")", other.as_ref())),
        }
    }

    fn comparison(&mut self, names: Names, word: String) -> Result<Expression, ScimError> {
        self.terms += 1;
        if self.terms > Limits::FILTER_TERMS {
            return Err(ScimError::filter(format!(
                "A filter has at most {} comparisons.",
                Limits::FILTER_TERMS
            )));
        }
        let word = Token::Word(word);
        let path = match &word {
            Token::Word(text) => names.read(text),
            _ => None,
        };
        let path = path.ok_or_else(|| expected("the name of an attribute", Some(&word)))?;
        if path.is_core("password") {
            return Err(ScimError::filter("Nothing is kept of a password, so a filter can't ask for one."));
        }
        if self.tokens.next_if_eq(&Token::OpenBracket).is_some() {
            return self.element(names, path);
        }
        self.operator(path)
    }

    /// What stands behind an opening bracket, and the part behind the closing one, as Entra ID asks for it.
    fn element(&mut self, names: Names, of: AttributePath) -> Result<Expression, ScimError> {
        if matches!(names, Names::Inside(_)) || of.sub.is_some() {
            return Err(ScimError::filter(
                "The filter has brackets inside brackets, or behind a part of an attribute.",
            ));
        }
        self.deeper()?;
        let inside = Names::Inside(of.known);
        let expression = self.or(inside)?;
        self.depth -= 1;
        match self.tokens.next() {
            Some(Token::CloseBracket) => {}
            other => return Err(expected("]", other.as_ref())),
        }
        let Some(Token::Part(part)) = self.tokens.next_if(|token| matches!(token, Token::Part(_))) else {
            return Ok(Expression::Element(of, Box::new(expression)));
        };
        let part = inside
            .read(&part)
            .ok_or_else(|| expected("a part of the attribute", Some(&Token::Part(part))))?;
        let compared = self.operator(part)?;
        Ok(Expression::Element(of, Box::new(Expression::And(vec![expression, compared]))))
    }

    fn operator(&mut self, path: AttributePath) -> Result<Expression, ScimError> {
        let token = self.tokens.next();
        let Some(Token::Word(word)) = &token else { return Err(expected("an operator", token.as_ref())) };
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Expression::Present(path));
        }
        let known = Operator::ALL.into_iter().find(|(_, name)| word.eq_ignore_ascii_case(name));
        let Some((operator, name)) = known else {
            return Err(expected("eq, ne, co, sw, ew, gt, ge, lt, le or pr", token.as_ref()));
        };
        let unordered = |known: &&Attribute| matches!(known.kind, Type::Boolean | Type::Binary);
        if operator.orders() && path.leaf().as_ref().is_some_and(unordered) {
            return Err(ScimError::filter(format!(
                "The values of {} have no order, so {name} can't be asked.",
                path.name
            )));
        }
        let value = self.value()?;
        Ok(Expression::Compare(path, operator, value))
    }

    fn value(&mut self) -> Result<Value, ScimError> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => bare(&word).ok_or_else(|| {
                expected(
                    "a value: a text in double quotes, a number, true, false or null",
                    Some(&Token::Word(word)),
                )
            }),
            other => Err(expected("a value", other.as_ref())),
        }
    }
}

/// A value without quotes. Some clients write booleans with a capital.
fn bare(word: &str) -> Option<Value> {
    match word.to_ascii_lowercase().as_str() {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        _ => serde_json::from_str::<Number>(word).ok().map(Value::Number),
    }
}
