//! What an application asks for at an authorization endpoint, read from its parameters.

use portico_protocol::oidc::S256Challenge;
use portico_shared::domain::domain_name::{DomainName, EmailAddress};
use portico_shared::domain::ids::{ConnectionId, OrganizationId};
use portico_shared::domain::sign_in::Surface;
use portico_shared::web::form::Parameters;

use super::denied::Denied;
use crate::scope;

/// The longest `state`, in bytes.
const MAX_STATE: usize = 2048;
/// The longest `nonce`, in bytes.
const MAX_NONCE: usize = 512;

/// Which connection is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// This one.
    Connection(ConnectionId),
    /// The one of this organization.
    Organization(OrganizationId),
    /// The one of the organization that has verified this domain.
    Domain(DomainName),
}

/// What an application asks for; well-formed, nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Which connection is meant.
    pub(crate) selector: Selector,
    /// Returned as it came.
    pub(crate) state: Option<String>,
    /// For the id_token.
    pub(crate) nonce: Option<String>,
    /// PKCE.
    pub(crate) code_challenge: Option<S256Challenge>,
    /// The known ones of the scopes asked for; empty on the REST surface.
    pub(crate) scope: String,
    /// The endpoint.
    pub(crate) surface: Surface,
    /// How old the authentication may be, in seconds.
    pub(crate) max_age: Option<u32>,
    /// Whether the person must show credentials anew: `prompt=login`.
    pub(crate) force_authn: bool,
    /// Whether the provider must show nothing.
    pub(crate) is_passive: bool,
}

impl Asked {
    /// Reads the parameters of an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
    pub(crate) fn read(parameters: &Parameters, surface: Surface) -> Result<Self, Denied> {
        if parameters.text("response_type") != Some("code") {
            return Err(Denied::ResponseType);
        }
        if parameters.text("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Denied::ResponseMode);
        }
        if parameters.text("request").is_some() {
            return Err(Denied::RequestObject);
        }
        if parameters.text("request_uri").is_some() {
            return Err(Denied::RequestUri);
        }
        let scope = match surface {
            Surface::Sso => String::new(),
            Surface::OpenId => {
                scope::granted(parameters.text("scope").unwrap_or_default()).ok_or(Denied::Scope)?
            }
        };
        let (login, is_passive) = prompt(parameters.text("prompt"))?;
        let max_age = max_age(parameters.text("max_age"))?;
        Ok(Self {
            selector: selector(parameters)?,
            state: bounded(parameters, "state", MAX_STATE)?,
            nonce: bounded(parameters, "nonce", MAX_NONCE)?,
            code_challenge: code_challenge(parameters)?,
            scope,
            surface,
            max_age,
            force_authn: login,
            is_passive,
        })
    }
}

impl Asked {
    /// What the page at /login asks for in a person's name.
    pub(crate) fn for_address(email: &EmailAddress, parameters: &Parameters) -> Result<Self, Denied> {
        Ok(Self {
            selector: Selector::Domain(email.domain().clone()),
            state: bounded(parameters, "state", MAX_STATE)?,
            nonce: None,
            code_challenge: None,
            scope: String::new(),
            surface: Surface::Sso,
            max_age: None,
            force_authn: false,
            is_passive: false,
        })
    }
}

fn bounded(parameters: &Parameters, name: &'static str, limit: usize) -> Result<Option<String>, Denied> {
    match parameters.text(name) {
        Some(value) if value.len() > limit => Err(Denied::TooLong { name, limit }),
        value => Ok(value.map(str::to_owned)),
    }
}

/// A hint beside a connection or an organization is for the provider's own form, and selects nothing.
fn selector(parameters: &Parameters) -> Result<Selector, Denied> {
    if parameters.text("provider").is_some() {
        return Err(Denied::Provider);
    }
    match (parameters.text("connection"), parameters.text("organization")) {
        (Some(_), Some(_)) => Err(Denied::TwoSelectors),
        (Some(id), None) => {
            ConnectionId::parse(id).map(Selector::Connection).map_err(|_| Denied::UnknownConnection)
        }
        (None, Some(id)) => {
            OrganizationId::parse(id).map(Selector::Organization).map_err(|_| Denied::UnknownOrganization)
        }
        (None, None) => {
            let mut hints =
                ["login_hint", "domain_hint", "domain"].into_iter().filter_map(|name| parameters.text(name));
            let hint = hints.next().ok_or(Denied::NoSelector)?;
            let found = std::iter::once(hint).chain(hints).find_map(domain);
            found.map(Selector::Domain).ok_or(Denied::HintWithoutDomain)
        }
    }
}

fn domain(hint: &str) -> Option<DomainName> {
    let of_address = EmailAddress::parse(hint).map(|address| address.domain().clone());
    of_address.or_else(|| DomainName::parse(hint).ok())
}

fn code_challenge(parameters: &Parameters) -> Result<Option<S256Challenge>, Denied> {
    match (parameters.text("code_challenge"), parameters.text("code_challenge_method")) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) => {
            S256Challenge::parse(challenge).map(Some).map_err(|_| Denied::Challenge)
        }
        (None, Some("S256")) => Err(Denied::Challenge),
        // Without a method `plain` would be meant (RFC 7636 §4.3), which protects nothing.
        (_, _) => Err(Denied::ChallengeMethod),
    }
}

/// Whether `login` and `none` are in the list (OpenID Connect Core §3.1.2.1). Consent and the choice of an account are
/// the provider's to ask for.
fn prompt(value: Option<&str>) -> Result<(bool, bool), Denied> {
    let (mut login, mut none, mut other) = (false, false, false);
    for word in value.unwrap_or_default().split_ascii_whitespace() {
        match word {
            "login" => login = true,
            "none" => none = true,
            "consent" | "select_account" => other = true,
            _ => return Err(Denied::Prompt),
        }
    }
    if none && (login || other) { Err(Denied::Prompt) } else { Ok((login, none)) }
}

fn max_age(value: Option<&str>) -> Result<Option<u32>, Denied> {
    value.map(|seconds| seconds.parse().map_err(|_| Denied::MaxAge)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = "conn_01J00000000000000000000000";

    fn read(query: &str, surface: Surface) -> Result<Asked, Denied> {
        Asked::read(&Parameters::from_query(Some(query)).unwrap(), surface)
    }

    fn sso(rest: &str) -> Result<Asked, Denied> {
        read(&format!("response_type=code&{rest}"), Surface::Sso)
    }

    fn at_connection(rest: &str) -> Result<Asked, Denied> {
        sso(&format!("connection={CONNECTION}&{rest}"))
    }

    #[test]
    fn exactly_one_thing_says_where_to_sign_in_and_a_hint_beside_it_does_not_count() {
        let selected = |query: &str| sso(query).map(|asked| asked.selector);
        let connection = Selector::Connection(ConnectionId::parse(CONNECTION).unwrap());
        assert_eq!(selected(&format!("connection={CONNECTION}&login_hint=ada@acme.com")), Ok(connection));
        let acme = Ok(Selector::Domain(DomainName::parse("acme.com").unwrap()));
        assert_eq!(selected("login_hint=Ada@ACME.com"), acme);
        assert_eq!(selected("domain_hint=acme.com"), acme);
        assert_eq!(selected("domain_hint=ada@acme.com"), acme);
        assert_eq!(selected("login_hint=ada&domain_hint=acme.com"), acme);
        assert_eq!(selected("login_hint=ada"), Err(Denied::HintWithoutDomain));
        assert_eq!(selected(""), Err(Denied::NoSelector));
        assert_eq!(selected(&format!("connection={CONNECTION}&organization=x")), Err(Denied::TwoSelectors));
        assert_eq!(selected("connection=conn_1"), Err(Denied::UnknownConnection));
        assert_eq!(selected("organization=acme"), Err(Denied::UnknownOrganization));
        assert_eq!(selected("provider=GoogleOAuth"), Err(Denied::Provider));
    }

    #[test]
    fn only_s256_counts_as_pkce() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let asked = |rest: &str| at_connection(rest).map(|asked| asked.code_challenge.is_some());
        assert_eq!(asked(""), Ok(false));
        assert_eq!(asked(&format!("code_challenge={challenge}&code_challenge_method=S256")), Ok(true));
        assert_eq!(
            asked(&format!("code_challenge={challenge}&code_challenge_method=plain")),
            Err(Denied::ChallengeMethod)
        );
        assert_eq!(asked(&format!("code_challenge={challenge}")), Err(Denied::ChallengeMethod));
        assert_eq!(asked("code_challenge=x&code_challenge_method=S256"), Err(Denied::Challenge));
        assert_eq!(asked("code_challenge_method=S256"), Err(Denied::Challenge));
    }

    #[test]
    fn prompt_is_login_or_none_and_the_rest_is_the_providers() {
        let asked = |rest: &str| at_connection(rest).map(|asked| (asked.force_authn, asked.is_passive));
        assert_eq!(asked(""), Ok((false, false)));
        assert_eq!(asked("prompt=login"), Ok((true, false)));
        assert_eq!(asked("prompt=none"), Ok((false, true)));
        assert_eq!(asked("prompt=consent+select_account"), Ok((false, false)));
        assert_eq!(asked("prompt=none+login"), Err(Denied::Prompt));
        assert_eq!(asked("prompt=create"), Err(Denied::Prompt));
        assert_eq!(asked("max_age=-1"), Err(Denied::MaxAge));
    }

    #[test]
    fn a_state_of_2_kilobytes_is_kept_and_a_longer_one_refused() {
        let state = "s".repeat(MAX_STATE);
        assert_eq!(at_connection(&format!("state={state}")).unwrap().state, Some(state.clone()));
        let refused = at_connection(&format!("state={state}s"));
        assert_eq!(refused, Err(Denied::TooLong { name: "state", limit: MAX_STATE }));
    }

    #[test]
    fn openid_connect_wants_its_scope_and_takes_no_request_objects() {
        let asked =
            |rest: &str| read(&format!("response_type=code&connection={CONNECTION}&{rest}"), Surface::OpenId);
        assert_eq!(asked("scope=openid+email+x").unwrap().scope, "openid email");
        assert_eq!(asked("scope=email"), Err(Denied::Scope));
        assert_eq!(asked("scope=openid&request=x"), Err(Denied::RequestObject));
        assert_eq!(asked("scope=openid&request_uri=x"), Err(Denied::RequestUri));
        assert_eq!(asked("scope=openid&response_mode=fragment"), Err(Denied::ResponseMode));
        assert_eq!(read("response_type=token", Surface::OpenId), Err(Denied::ResponseType));
    }
}
