//! What an id_token says.

use chrono::Duration;
use portico_protocol::oidc::{IdTokenClaims, at_hash};
use portico_shared::app::App;
use portico_shared::domain::sign_in::AuthorizationCode;

/// How long an id_token counts: it is read once, when the person comes back.
const LIFETIME: Duration = Duration::minutes(5);

/// The claims of the id_token that goes with `access_token`. The subject is the profile: the same id that the REST
/// surface shows.
pub(crate) fn claims(app: &App, code: &AuthorizationCode, access_token: &str) -> IdTokenClaims {
    let now = app.clock().now();
    let profile = &code.profile;
    IdTokenClaims {
        iss: app.config().public_url.as_str().to_owned(),
        sub: profile.id.to_string(),
        aud: app.config().client_id.clone(),
        exp: (now + LIFETIME).timestamp(),
        iat: now.timestamp(),
        auth_time: Some(code.auth_time.timestamp()),
        nonce: code.nonce.clone(),
        sid: code.sign_in_id.to_string(),
        at_hash: Some(at_hash(access_token)),
        email: profile.email.clone(),
        email_verified: profile.email_verified,
        given_name: profile.first_name.clone(),
        family_name: profile.last_name.clone(),
        name: profile.name.clone(),
        groups: profile.groups.clone(),
        org_id: profile.organization_id.to_string(),
        connection_id: profile.connection_id.to_string(),
        connection_type: profile.connection_type.as_str().to_owned(),
    }
}
