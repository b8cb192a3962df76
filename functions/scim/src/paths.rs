//! Resource names in a path, without regard to case.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Uri;

/// The names that stand behind the directory in a path.
const NAMES: [&str; 7] =
    ["Users", "Groups", "Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas"];

/// Where the name stands: `/scim/v2/{directory}/Users`.
const PLACE: usize = 4;

/// The request with the resource's name in RFC 7644's spelling, and without an empty last segment.
pub(crate) async fn in_one_spelling(mut request: Request, next: Next) -> Response {
    if let Some(uri) = spelt(request.uri()) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn spelt(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
    let mut segments: Vec<&str> = path.split('/').collect();
    let place = segments.get_mut(PLACE)?;
    let name = NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(place))?;
    *place = name;
    let mut path = segments.join("/");
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    path.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_the_rfc_has_them_and_everything_else_stays() {
        let spelt = |path: &str| spelt(&path.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(spelt("/scim/v2/d/users?filter=a+b"), Some("/scim/v2/d/Users?filter=a+b".to_owned()));
        assert_eq!(spelt("/scim/v2/d/GROUPS/Id/"), Some("/scim/v2/d/Groups/Id".to_owned()));
        assert_eq!(
            spelt("/scim/v2/d/serviceproviderconfig"),
            Some("/scim/v2/d/ServiceProviderConfig".to_owned())
        );
        assert_eq!(spelt("/scim/v2/d/.search"), None);
        assert_eq!(spelt("/scim/v2/d"), None);
    }
}
