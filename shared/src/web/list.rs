//! Lists of the REST API: their query and their envelope.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;

use super::error::{FieldError, RestError};
use crate::store::page::{Order, PageRequest};

/// What every list takes: `before`, `after`, `limit` (1 to 100), `order`; and the filters of its own. As an extractor it
/// answers 422 with what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The id before which the page ends.
    pub before: Option<String>,
    /// The id after which the page begins.
    pub after: Option<String>,
    /// How many entries at the most.
    pub limit: usize,
    /// In which order.
    pub order: Order,
    pairs: Vec<(String, String)>,
}

impl ListQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// 422 with every wrong parameter.
    pub fn parse(query: Option<&str>) -> Result<Self, RestError> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, value)| key == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let mut errors = Vec::new();
        let limit = match value("limit").map(str::parse) {
            None => PageRequest::DEFAULT_LIMIT,
            Some(Ok(limit)) if (1..=PageRequest::MOST).contains(&limit) => limit,
            Some(_) => {
                errors.push(FieldError::new(
                    "limit",
                    "invalid",
                    "limit must be a whole number from 1 to 100.",
                ));
                PageRequest::DEFAULT_LIMIT
            }
        };
        let order = match value("order") {
            None | Some("desc") => Order::Desc,
            Some("asc") => Order::Asc,
            Some(_) => {
                errors.push(FieldError::new("order", "invalid", "order must be asc or desc."));
                Order::Desc
            }
        };
        let before = value("before").map(str::to_owned);
        let after = value("after").map(str::to_owned);
        if before.is_some() && after.is_some() {
            errors.push(FieldError::new("before", "invalid", "before and after can't be combined."));
        }
        if errors.is_empty() {
            Ok(Self { before, after, limit, order, pairs })
        } else {
            Err(RestError::invalid(errors))
        }
    }

    /// The value of a filter, if there is one.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.filters(name).into_iter().next()
    }

    /// The values of a filter that may be given several times: `domains=a&domains=b` or `domains[]=a&domains[]=b`.
    pub fn filters(&self, name: &str) -> Vec<&str> {
        let is_named = |key: &str| key == name || key.strip_suffix("[]") == Some(name);
        let named = self.pairs.iter().filter(|(key, value)| is_named(key) && !value.is_empty());
        named.map(|(_, value)| value.as_str()).collect()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RestError> {
        Self::parse(parts.uri.query())
    }
}

/// A page of a list as the REST API answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListEnvelope<T> {
    object: &'static str,
    /// The page.
    pub data: Vec<T>,
    /// Where the neighbouring pages are.
    pub list_metadata: ListMetadata,
}

/// The cursors of the neighbouring pages; `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ListMetadata {
    /// The `before` of the page before this one.
    pub before: Option<String>,
    /// The `after` of the page after this one.
    pub after: Option<String>,
}

impl<T> ListEnvelope<T> {
    /// A page with its cursors.
    pub fn new(data: Vec<T>, before: Option<String>, after: Option<String>) -> Self {
        Self { object: "list", data, list_metadata: ListMetadata { before, after } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_query_is_the_first_ten_newest_first() {
        let query = ListQuery::parse(Some("limit=&order=")).unwrap();
        assert_eq!((query.limit, query.order, query.before, query.after), (10, Order::Desc, None, None));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let error = ListQuery::parse(Some("limit=101&order=up&before=a&after=b")).unwrap_err();
        let fields: Vec<&str> = error.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "order", "before"]);
        for limit in ["0", "-1", "x", "1.5", "99999999999"] {
            assert!(ListQuery::parse(Some(&format!("limit={limit}"))).is_err(), "{limit}");
        }
    }

    #[test]
    fn a_filter_may_be_repeated_in_both_spellings() {
        let query =
            ListQuery::parse(Some("domains=a.test&domains%5B%5D=b.test&order=asc&limit=100")).unwrap();
        assert_eq!(query.filters("domains"), ["a.test", "b.test"]);
        assert_eq!(query.filter("organization_id"), None);
        assert_eq!((query.limit, query.order), (100, Order::Asc));
    }

    #[test]
    fn the_envelope_always_has_both_cursors() {
        let text =
            serde_json::to_string(&ListEnvelope::new(vec![1], None, Some("org_1".to_owned()))).unwrap();
        assert_eq!(text, r#"{"object":"list","data":[1],"list_metadata":{"before":null,"after":"org_1"}}"#);
    }
}
