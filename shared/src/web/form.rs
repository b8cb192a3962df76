//! Parameters of OAuth's endpoints and of forms, from a query, a form body or a JSON body.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;

use super::error::OAuthError;
use super::json;

/// How many parameters are read.
pub const MAX_PARAMETERS: usize = 100;

/// Parameters by name. A parameter without a value counts as left out, and one that is given twice is refused (RFC 6749
/// §3.1 and §3.2). Unknown ones are kept and ignored.
#[derive(Clone, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The parameters of a query.
    ///
    /// # Errors
    /// `invalid_request` if one is repeated or there are too many.
    pub fn from_query(query: Option<&str>) -> Result<Self, OAuthError> {
        let mut parameters = Self::default();
        parameters.add_encoded(query.unwrap_or_default().as_bytes())?;
        Ok(parameters)
    }

    /// The parameters of a body, a form or a JSON object of strings, as its content type says, and of the query beside it.
    ///
    /// # Errors
    /// `invalid_request` if one is repeated, there are too many, or the body is of another form.
    pub fn from_request(query: Option<&str>, headers: &HeaderMap, body: &Bytes) -> Result<Self, OAuthError> {
        let mut parameters = Self::from_query(query)?;
        if body.is_empty() {
            return Ok(parameters);
        }
        if json::is_json(headers) {
            parameters.add_json(body)?;
        } else if is_form(headers) {
            parameters.add_encoded(body)?;
        } else {
            let expected = "Expected the parameters as application/x-www-form-urlencoded.";
            return Err(OAuthError::invalid_request(expected));
        }
        Ok(parameters)
    }

    /// The parameters of a body alone: what is secret must not stand in an address, which others keep (RFC 6749 §2.3.1).
    ///
    /// # Errors
    /// Those of [`Parameters::from_request`].
    pub fn from_body(headers: &HeaderMap, body: &Bytes) -> Result<Self, OAuthError> {
        Self::from_request(None, headers, body)
    }

    /// The value of a parameter; `None` if it is left out or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// `invalid_request` naming the parameter, if it is left out or empty.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.text(name)
            .ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    }

    fn add_encoded(&mut self, encoded: &[u8]) -> Result<(), OAuthError> {
        for (name, value) in url::form_urlencoded::parse(encoded) {
            self.add(name.into_owned(), value.into_owned())?;
        }
        Ok(())
    }

    fn add_json(&mut self, body: &[u8]) -> Result<(), OAuthError> {
        let object: BTreeMap<String, Value> = serde_json::from_slice(body)
            .map_err(|_| OAuthError::invalid_request("The body is not a JSON object."))?;
        for (name, value) in object {
            match value {
                Value::String(value) => self.add(name, value)?,
                Value::Null => {}
                _ => {
                    let message = format!("The parameter {} must be a string.", shown(&name));
                    return Err(OAuthError::invalid_request(message));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: String, value: String) -> Result<(), OAuthError> {
        if self.0.contains_key(&name) {
            let message = format!("The parameter {} is given more than once.", shown(&name));
            return Err(OAuthError::invalid_request(message));
        }
        if self.0.len() == MAX_PARAMETERS {
            return Err(OAuthError::invalid_request(format!(
                "There are more than {MAX_PARAMETERS} parameters."
            )));
        }
        self.0.insert(name, value);
        Ok(())
    }
}

/// A parameter's name as an answer may repeat it.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// Whether the content type is a form's.
pub fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, content_type: &str, body: &str) -> Result<Parameters, OAuthError> {
        let headers = [(header::CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect();
        Parameters::from_request(Some(query), &headers, &Bytes::copy_from_slice(body.as_bytes()))
    }

    fn refusal(query: &str, content_type: &str, body: &str) -> String {
        match read(query, content_type, body) {
            Ok(_) => panic!("accepted"),
            Err(error) => format!("{}: {}", error.error, error.description),
        }
    }

    #[test]
    fn form_json_and_query_are_read_alike() {
        for (query, content_type, body) in [
            ("code=a%20b", "text/plain", ""),
            ("", "application/x-www-form-urlencoded; charset=utf-8", "code=a+b"),
            ("", "application/json", "{\"code\": \"a b\", \"state\": null}"),
        ] {
            assert_eq!(read(query, content_type, body).unwrap().text("code"), Some("a b"));
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_also_across_query_and_body() {
        let form = "application/x-www-form-urlencoded";
        let expected = "invalid_request: The parameter code is given more than once.";
        assert_eq!(refusal("", form, "code=a&code=a"), expected);
        assert_eq!(refusal("code=a", form, "code=a"), expected);
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_left_out() {
        let parameters = read("code=", "text/plain", "").unwrap();
        assert_eq!(parameters.text("code"), None);
        assert_eq!(parameters.required("code").unwrap_err().description, "The parameter code is missing.");
    }

    #[test]
    fn other_bodies_and_too_many_parameters_are_refused() {
        assert!(refusal("", "multipart/form-data", "code=a").starts_with("invalid_request: Expected"));
        assert!(refusal("", "application/json", "[1]").ends_with("not a JSON object."));
        assert!(refusal("", "application/json", "{\"code\": 1}").ends_with("code must be a string."));
        let many: Vec<String> = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=1")).collect();
        assert!(refusal(&many.join("&"), "text/plain", "").contains("more than 100"));
    }
}
