//! Commands of the cloud team, invoked directly under IAM: API keys. Nothing of this has an HTTP route.

use portico_shared::app::App;
use portico_shared::domain::api_key::ApiKey;
use portico_shared::domain::ids::ApiKeyId;
use portico_shared::domain::token::PlainToken;
use portico_shared::store::{MOST_API_KEYS, StoreError};
use portico_shared::web::error::Trouble;
use portico_shared::web::timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest name of a key, in characters.
const MOST_NAME_CHARACTERS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Command {
    CreateApiKey { name: String },
    ListApiKeys,
    RevokeApiKey { id: String },
}

/// Why a command isn't done.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    /// Not a command that there is.
    #[error(
        "expected {{\"action\": \"create_api_key\", \"name\": …}}, {{\"action\": \"list_api_keys\"}} or {{\"action\": \
         \"revoke_api_key\", \"id\": …}}: {0}"
    )]
    Unreadable(serde_json::Error),
    /// The key's name is empty or too long.
    #[error("name must have 1 to {MOST_NAME_CHARACTERS} characters and no control characters")]
    Name,
    /// As many keys as are ever listed.
    #[error("there are {MOST_API_KEYS} API keys already, revoked ones counted")]
    TooMany,
    /// No key has this id.
    #[error("there is no API key '{0}'")]
    NotFound(String),
    /// What any function can run into.
    #[error("{}", .0.message())]
    Trouble(Trouble),
}

impl CommandError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "invalid_command",
            Self::Name => "invalid_name",
            Self::TooMany => "too_many_api_keys",
            Self::NotFound(_) => "api_key_not_found",
            Self::Trouble(trouble) => trouble.code(),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

/// Does what `command` (the value of `portico_admin`) says: `create_api_key`, `list_api_keys` or `revoke_api_key`. A
/// failure is answered as `{"error": {"code", "message"}}`. The key itself is in the answer to its making, and nowhere else.
pub async fn admin(app: &App, command: Value) -> Value {
    run(app, command).await.unwrap_or_else(|error| {
        tracing::warn!(code = error.code(), "a command was refused");
        json!({"error": {"code": error.code(), "message": error.to_string()}})
    })
}

async fn run(app: &App, command: Value) -> Result<Value, CommandError> {
    match serde_json::from_value(command).map_err(CommandError::Unreadable)? {
        Command::CreateApiKey { name } => create(app, name.trim()).await,
        Command::ListApiKeys => {
            let keys = app.store().api_keys().await?.items;
            Ok(json!({"object": "list", "data": keys.iter().map(view).collect::<Vec<_>>()}))
        }
        Command::RevokeApiKey { id } => {
            let missing = || CommandError::NotFound(id.clone());
            let parsed = ApiKeyId::parse(&id).map_err(|_| missing())?;
            let key = app.store().revoke_api_key(parsed).await?.ok_or_else(missing)?;
            tracing::info!(api_key = %key.id, "an API key was revoked");
            Ok(view(&key))
        }
    }
}

async fn create(app: &App, name: &str) -> Result<Value, CommandError> {
    if !(1..=MOST_NAME_CHARACTERS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(CommandError::Name);
    }
    if app.store().api_keys().await?.items.len() >= MOST_API_KEYS {
        return Err(CommandError::TooMany);
    }
    let (now, plain) = (app.clock().now(), PlainToken::api_key(app.rng()));
    let last_four = plain.reveal().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let key = ApiKey {
        id: ApiKeyId::mint(now, app.rng()),
        name: name.to_owned(),
        hash: plain.hashed(),
        last_four,
        created_at: now,
        revoked_at: None,
    };
    app.store().create_api_key(&key).await?;
    tracing::info!(api_key = %key.id, "an API key was made");
    let mut answer = view(&key);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("key".to_owned(), json!(plain.reveal()));
    }
    Ok(answer)
}

fn view(key: &ApiKey) -> Value {
    json!({
        "object": "api_key",
        "id": key.id,
        "name": key.name,
        "last_four": key.last_four,
        "created_at": timestamp::text(key.created_at),
        "revoked_at": key.revoked_at.map(timestamp::text),
    })
}
