//! Pages of lists: from the query to the store, and of lists that are read whole because they are bounded.

use std::fmt::Display;
use std::str::FromStr;

use portico_shared::domain::ids::InvalidId;
use portico_shared::store::page::{Order, Page, PageRequest};
use portico_shared::web::list::{ListEnvelope, ListQuery};

use crate::error::RouteError;

/// The part of a list that a query asks for; `Id` is what its cursors are.
///
/// # Errors
/// A cursor isn't an id of that kind.
pub(crate) fn page_request<Id: FromStr<Err = InvalidId>>(
    query: &ListQuery,
) -> Result<PageRequest, RouteError> {
    for (name, cursor) in [("before", &query.before), ("after", &query.after)] {
        if let Some(Err(error)) = cursor.as_deref().map(Id::from_str) {
            return Err(RouteError::field(
                name,
                "invalid",
                format!("{name} must be a cursor of this list: {error}."),
            ));
        }
    }
    Ok(PageRequest {
        limit: query.limit,
        order: query.order,
        after: query.after.clone(),
        before: query.before.clone(),
    })
}

/// In which direction a list is read, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Direction {
    /// The id behind which reading begins.
    pub(crate) cursor: Option<String>,
    /// Whether the largest ids come first.
    pub(crate) descending: bool,
}

impl Direction {
    /// The direction that a request asks for: what stands before a cursor is read backwards.
    pub(crate) fn of(request: &PageRequest) -> Self {
        let backwards = request.before.is_some();
        Self {
            cursor: request.before.clone().or_else(|| request.after.clone()),
            descending: (request.order == Order::Desc) != backwards,
        }
    }
}

/// The page of what was read in the direction of a request, one entry more than the page has.
pub(crate) fn part_of<T, Id: Display>(
    mut items: Vec<T>,
    request: &PageRequest,
    id: impl Fn(&T) -> Id,
) -> Page<T> {
    let id = |item: &T| id(item).to_string();
    let backwards = request.before.is_some();
    let more = items.len() > request.limit;
    items.truncate(request.limit);
    let far = items.last().map(&id).filter(|_| more);
    let started = backwards || request.after.is_some();
    let near = items.first().map(&id).filter(|_| started);
    if backwards {
        items.reverse();
        return Page { items, before: far, after: near };
    }
    Page { items, before: near, after: far }
}

/// The part of a whole list that is asked for. Ids order as their texts do: by creation.
pub(crate) fn page_of<T, Id: Display>(
    mut items: Vec<T>,
    request: &PageRequest,
    id: impl Fn(&T) -> Id,
) -> Page<T> {
    items.sort_by_key(|item| id(item).to_string());
    let Direction { cursor, descending } = Direction::of(request);
    if descending {
        items.reverse();
    }
    if let Some(cursor) = cursor {
        let beyond =
            |item: &T| if descending { id(item).to_string() < cursor } else { id(item).to_string() > cursor };
        items.retain(beyond);
    }
    part_of(items, request, id)
}

/// A page of nothing: what a foreign or unknown id leads to.
pub(crate) fn none<T>() -> Page<T> {
    Page { items: Vec::new(), before: None, after: None }
}

/// A page as it is answered.
pub(crate) fn envelope<T>(page: Page<T>) -> ListEnvelope<T> {
    ListEnvelope::new(page.items, page.before, page.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        order: Order,
        after: Option<&str>,
        before: Option<&str>,
    ) -> (String, Option<String>, Option<String>) {
        let request = PageRequest {
            limit: 2,
            order,
            after: after.map(str::to_owned),
            before: before.map(str::to_owned),
        };
        let page = page_of(vec!["c", "a", "e", "b", "d"], &request, |item| *item);
        (page.items.concat(), page.before, page.after)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_list_is_walked_forwards_and_backwards_by_its_cursors() {
        assert_eq!(page(Order::Desc, None, None), ("ed".to_owned(), None, some("d")));
        assert_eq!(page(Order::Desc, Some("d"), None), ("cb".to_owned(), some("c"), some("b")));
        assert_eq!(page(Order::Desc, Some("b"), None), ("a".to_owned(), some("a"), None));
        assert_eq!(page(Order::Desc, None, Some("c")), ("ed".to_owned(), None, some("d")));
        assert_eq!(page(Order::Asc, Some("b"), None), ("cd".to_owned(), some("c"), some("d")));
        assert_eq!(page(Order::Asc, None, Some("d")), ("bc".to_owned(), some("b"), some("c")));
    }

    #[test]
    fn the_cursor_of_an_entry_that_is_gone_still_counts() {
        let request = PageRequest { limit: 2, order: Order::Asc, after: some("b"), before: None };
        assert_eq!(page_of(vec!["a", "c"], &request, |item| *item).items, ["c"]);
    }
}
