//! Scopes. They say what an application asks for; there is one client, so nothing is withheld by them.

/// What can be asked for (OpenID Connect Core §5.4).
pub(crate) const SUPPORTED: [&str; 3] = ["openid", "profile", "email"];

/// The known ones among the scopes asked for, in order; `None` without `openid`. Unknown ones are ignored (OpenID
/// Connect Core §3.1.2.1).
pub(crate) fn granted(asked: &str) -> Option<String> {
    let asked: Vec<&str> = asked.split_ascii_whitespace().collect();
    let known: Vec<&str> = SUPPORTED.into_iter().filter(|scope| asked.contains(scope)).collect();
    known.contains(&"openid").then(|| known.join(" "))
}

/// Whether `openid` was granted: only such a token opens userinfo (OpenID Connect Core §5.3).
pub(crate) fn is_openid(granted: &str) -> bool {
    granted.split(' ').any(|scope| scope == "openid")
}
