//! Pages of lists, as the REST contract has them: cursors are ids.

/// In which order of creation a list goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

/// Which part of a list is wanted. With both cursors, `before` wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many, 1–100.
    pub limit: usize,
    /// The order.
    pub order: Order,
    /// What stands in the list behind this id.
    pub after: Option<String>,
    /// What stands in the list just before this id.
    pub before: Option<String>,
}

impl PageRequest {
    /// The limit where none is named.
    pub const DEFAULT_LIMIT: usize = 10;
    /// The largest limit.
    pub const MOST: usize = 100;
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: Self::DEFAULT_LIMIT, order: Order::default(), after: None, before: None }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The entries, in the order asked for.
    pub items: Vec<T>,
    /// The cursor of the page before; `None` at the start.
    pub before: Option<String>,
    /// The cursor of the page behind; `None` at the end.
    pub after: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), before: self.before, after: self.after }
    }
}
