//! Access tokens that still count.

use portico_shared::app::App;
use portico_shared::domain::sign_in::AccessToken;
use portico_shared::domain::token::PlainToken;
use portico_shared::store::StoreError;

/// What a presented token stands for, if it is one of ours, unexpired, unrevoked, and its person may still sign in. One
/// round trip, none where the text hasn't the form of a token.
pub(crate) async fn live_token(app: &App, presented: &PlainToken) -> Result<Option<AccessToken>, StoreError> {
    let Some(person) = presented.claimed_person() else { return Ok(None) };
    let found = app.store().access_token(&presented.hashed(), person).await?;
    Ok(found.filter(|found| found.person.honours(found.token.issued_at)).map(|found| found.token))
}
