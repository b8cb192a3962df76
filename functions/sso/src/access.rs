//! Access tokens that still count.

use portico_shared::app::App;
use portico_shared::domain::sign_in::AccessToken;
use portico_shared::domain::token::PlainToken;
use portico_shared::store::StoreError;

/// What a presented token stands for, if it is one of ours, unexpired, unrevoked, and its sign-in still counts. One
/// round trip, none where the text hasn't the form of a token.
pub(crate) async fn live_token(app: &App, presented: &PlainToken) -> Result<Option<AccessToken>, StoreError> {
    let Some(bearer) = presented.claimed_bearer() else { return Ok(None) };
    let found = app.store().access_token(&presented.hashed(), bearer).await?;
    Ok(found.filter(|found| found.standing.honours(found.token.signed_in_at)).map(|found| found.token))
}
