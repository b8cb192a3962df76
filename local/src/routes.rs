//! Which route a request takes: API Gateway's rules for an HTTP API. A route key is a method or `ANY` and a path whose
//! segments are literal, `{name}` (one segment) or, last, `{name+}` (one segment or more). `$default` takes the rest.
//!
//! The most specific route wins: a full match before a greedy one, literal segments before `{name}`, a method before
//! `ANY` (API Gateway developer guide, "Routing API requests").

use crate::template::{RouteDeclaration, TemplateError};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// The routes of the API, the most specific first.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    routes: Vec<Route>,
}

/// One route, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// As declared; the event carries it.
    pub(crate) key: String,
    /// The logical id of the function.
    pub(crate) function: String,
    /// How long the integration waits for the function.
    pub(crate) timeout: Duration,
    method: Option<String>,
    path: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// A route and the parameters that it took from the path.
#[derive(Debug)]
pub(crate) struct Match<'r> {
    pub(crate) route: &'r Route,
    pub(crate) path_parameters: BTreeMap<String, String>,
}

impl Routes {
    /// # Errors
    /// A route key that API Gateway would not take.
    pub(crate) fn new(declarations: &[RouteDeclaration]) -> Result<Self, TemplateError> {
        let mut routes = declarations.iter().map(Route::parse).collect::<Result<Vec<_>, _>>()?;
        routes.sort_by_key(|route| Reverse(route.specificity()));
        Ok(Self { routes })
    }

    /// The route for a method and a decoded path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        self.routes.iter().find_map(|route| {
            let path_parameters = route.matches(method, &segments)?;
            Some(Match { route, path_parameters })
        })
    }
}

impl Route {
    fn parse(declaration: &RouteDeclaration) -> Result<Self, TemplateError> {
        let key = &declaration.route_key;
        let unknown = || TemplateError::unsupported(format!("the route {key:?}"), "is no method and path");
        let (method, path) = if key == "$default" {
            (None, vec![Segment::Greedy("proxy".to_owned())])
        } else {
            let (method, path) = key.split_once(" /").ok_or_else(unknown)?;
            let segments =
                path.split('/').map(Segment::parse).collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
            ((method != "ANY").then(|| method.to_owned()), segments)
        };
        let greedy = path.iter().position(|segment| matches!(segment, Segment::Greedy(_)));
        if greedy.is_some_and(|at| at + 1 != path.len()) {
            return Err(TemplateError::unsupported(
                format!("the route {key:?}"),
                "has a greedy part before its end",
            ));
        }
        Ok(Self {
            key: key.clone(),
            function: declaration.function.clone(),
            timeout: Duration::from_millis(declaration.timeout_millis),
            method,
            path,
        })
    }

    /// Compares as API Gateway ranks: not `$default`, not greedy, more literal segments from the left, a method.
    fn specificity(&self) -> (bool, bool, Vec<u8>, bool) {
        let ranks = self.path.iter().map(|segment| match segment {
            Segment::Literal(_) => 2,
            Segment::Parameter(_) => 1,
            Segment::Greedy(_) => 0,
        });
        let full = !matches!(self.path.last(), Some(Segment::Greedy(_)));
        (self.key != "$default", full, ranks.collect(), self.method.is_some())
    }

    fn matches(&self, method: &str, segments: &[&str]) -> Option<BTreeMap<String, String>> {
        if self.method.as_deref().is_some_and(|own| own != method) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let mut rest = segments;
        for segment in &self.path {
            let (first, tail) = rest.split_first()?;
            match segment {
                Segment::Literal(literal) if literal == first => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(_) if first.is_empty() => return None,
                Segment::Parameter(name) => drop(parameters.insert(name.clone(), (*first).to_owned())),
                Segment::Greedy(name) => {
                    let all = rest.join("/");
                    if self.key == "$default" {
                        return Some(BTreeMap::new());
                    }
                    return (!all.is_empty()).then(|| {
                        parameters.insert(name.clone(), all);
                        parameters
                    });
                }
            }
            rest = tail;
        }
        rest.is_empty().then_some(parameters)
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('{').map(|inner| inner.strip_suffix('}')) {
            None => Some(Self::Literal(text.to_owned())),
            Some(None) => None,
            Some(Some(name)) => Some(match name.strip_suffix('+') {
                Some(name) => Self::Greedy(name.to_owned()),
                None => Self::Parameter(name.to_owned()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        let declare = |key: &&str| RouteDeclaration {
            route_key: (*key).to_owned(),
            function: "F".to_owned(),
            timeout_millis: 30_000,
        };
        Routes::new(&keys.iter().map(declare).collect::<Vec<_>>()).unwrap()
    }

    fn taken(routes: &Routes, method: &str, path: &str) -> Option<String> {
        routes.find(method, path).map(|found| found.route.key.clone())
    }

    #[test]
    fn the_most_specific_route_wins_in_any_order_of_declaration() {
        let keys = [
            "$default",
            "ANY /{proxy+}",
            "ANY /pets/{proxy+}",
            "GET /pets/{id}",
            "ANY /pets/{id}",
            "GET /pets/dog",
            "ANY /pets/dog",
        ];
        let mut reversed = keys;
        reversed.reverse();
        for routes in [routes(&keys), routes(&reversed)] {
            assert_eq!(taken(&routes, "GET", "/pets/dog").as_deref(), Some("GET /pets/dog"));
            assert_eq!(taken(&routes, "POST", "/pets/dog").as_deref(), Some("ANY /pets/dog"));
            assert_eq!(taken(&routes, "GET", "/pets/7").as_deref(), Some("GET /pets/{id}"));
            assert_eq!(taken(&routes, "PUT", "/pets/7").as_deref(), Some("ANY /pets/{id}"));
            assert_eq!(taken(&routes, "PUT", "/pets/7/toys").as_deref(), Some("ANY /pets/{proxy+}"));
            assert_eq!(taken(&routes, "PUT", "/cars").as_deref(), Some("ANY /{proxy+}"));
            assert_eq!(taken(&routes, "PUT", "/").as_deref(), Some("$default"));
        }
    }

    #[test]
    fn a_greedy_part_takes_one_segment_or_more_and_never_none() {
        let routes = routes(&["ANY /organizations/{proxy+}"]);
        let found = routes.find("GET", "/organizations/org_1/policy").unwrap();
        assert_eq!(found.path_parameters["proxy"], "org_1/policy");
        assert!(routes.find("GET", "/organizations").is_none());
        assert!(routes.find("GET", "/organizations/").is_none());
    }

    #[test]
    fn a_trailing_slash_is_another_path() {
        let routes = routes(&["GET /sso/authorize"]);
        assert!(routes.find("GET", "/sso/authorize").is_some());
        assert!(routes.find("GET", "/sso/authorize/").is_none());
        assert!(routes.find("POST", "/sso/authorize").is_none());
    }

    #[test]
    fn a_greedy_part_before_the_end_is_refused() {
        let declaration = RouteDeclaration {
            route_key: "GET /a/{x+}/b".to_owned(),
            function: "F".to_owned(),
            timeout_millis: 1,
        };
        assert!(Routes::new(&[declaration]).is_err());
    }
}
