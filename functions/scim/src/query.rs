//! What a request asks of a list or a resource, in its query or in a search request. Unknown parameters count for nothing:
//! Entra's flags travel in the query, too.

use portico_protocol::scim::{Filter, Limits, Projection, ResourceKind, ScimError, ScimType, Sort};

/// What is asked of a list.
#[derive(Debug)]
pub(crate) struct ListQuery {
    /// Which of them.
    pub(crate) filter: Option<Filter>,
    /// In which order.
    pub(crate) sort: Option<Sort>,
    /// How many at the most; 0 asks for the number alone.
    pub(crate) count: usize,
    /// From where on.
    pub(crate) from: From,
    /// Which attributes.
    pub(crate) projection: Projection,
}

/// From where on a list is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// From this number on, counted from 1 (RFC 7644 §3.4.2.4).
    Index(u64),
    /// From a cursor on; `None` is the beginning (RFC 9865).
    Cursor(Option<String>),
}

/// The parameters as they came.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) filter: Option<String>,
    pub(crate) sort_by: Option<String>,
    pub(crate) sort_order: Option<String>,
    pub(crate) start_index: Option<String>,
    pub(crate) count: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) excluded_attributes: Option<String>,
}

/// How many resources a page has where the request doesn't say.
const DEFAULT_COUNT: usize = 100;

impl Parameters {
    /// Those of a query; a name counts without regard to case, and the last of several.
    pub(crate) fn of_query(query: Option<&str>) -> Result<Self, ScimError> {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query.unwrap_or_default())
            .map_err(|_| invalid("The query of the address can't be read."))?;
        let mut parameters = Self::default();
        for (name, value) in pairs {
            let place = match name.to_ascii_lowercase().as_str() {
                "filter" => &mut parameters.filter,
                "sortby" => &mut parameters.sort_by,
                "sortorder" => &mut parameters.sort_order,
                "startindex" => &mut parameters.start_index,
                "count" => &mut parameters.count,
                "cursor" => &mut parameters.cursor,
                "attributes" => &mut parameters.attributes,
                "excludedattributes" => &mut parameters.excluded_attributes,
                _ => continue,
            };
            *place = Some(value);
        }
        Ok(parameters)
    }

    /// What they say of the attributes to be shown.
    pub(crate) fn projection(&self, kind: ResourceKind) -> Result<Projection, ScimError> {
        Projection::parse(self.attributes.as_deref(), self.excluded_attributes.as_deref(), kind)
    }

    /// Refuses a cursor: it is one list's.
    pub(crate) fn by_number_alone(&self) -> Result<(), ScimError> {
        match self.cursor {
            None => Ok(()),
            Some(_) => Err(ScimError {
                status: 400,
                scim_type: Some(ScimType::InvalidCursor),
                detail: "cursor: users and groups together are paged by startIndex. Search Users or Groups to use a cursor."
                    .to_owned(),
            }),
        }
    }

    /// What they ask of a list.
    pub(crate) fn list(&self, kind: ResourceKind) -> Result<ListQuery, ScimError> {
        let written = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let from = match &self.cursor {
            Some(cursor) => From::Cursor(Some(cursor.clone()).filter(|cursor| !cursor.is_empty())),
            None => From::Index(self.start_index()?),
        };
        Ok(ListQuery {
            filter: written(&self.filter).map(|filter| Filter::parse(&filter, kind)).transpose()?,
            sort: written(&self.sort_by)
                .map(|by| Sort::parse(&by, self.sort_order.as_deref(), kind))
                .transpose()?,
            count: self.count()?,
            from,
            projection: self.projection(kind)?,
        })
    }

    /// Less than 1 means 1 (RFC 7644 §3.4.2.4).
    fn start_index(&self) -> Result<u64, ScimError> {
        let Some(text) = self.start_index.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(1);
        };
        match text.parse::<i64>() {
            Ok(number) => Ok(u64::try_from(number).unwrap_or(1).max(1)),
            Err(_) => Err(invalid(format!(
                "startIndex: expected a whole number from 1 on, got “{}”.",
                excerpt(text)
            ))),
        }
    }

    /// Less than 0 means 0, more than a page holds means a page.
    fn count(&self) -> Result<usize, ScimError> {
        let Some(text) = self.count.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(DEFAULT_COUNT);
        };
        match text.parse::<i64>() {
            Ok(number) => Ok(usize::try_from(number).unwrap_or(0).min(Limits::PAGE)),
            Err(_) => {
                Err(invalid(format!("count: expected a whole number from 0 on, got “{}”.", excerpt(text))))
            }
        }
    }
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn invalid(detail: impl Into<String>) -> ScimError {
    ScimError { status: 400, scim_type: Some(ScimType::InvalidValue), detail: detail.into() }
}
