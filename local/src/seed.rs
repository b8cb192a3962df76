//! What a newcomer finds: an API key, the organization Acme with its domain, identity provider and directory, the sample
//! app's redirect URI. All of it is made through the API, as a back end would, and kept in the data directory.

use crate::api::{Api, ApiError};
use crate::files;
use crate::lambda::InvokeError;
use crate::practice_directory::SeededDirectory;
use crate::practice_idp::{PracticeIdp, people};
use crate::stack::Stack;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was seeded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// `management` was invoked for an API key and gave none.
    #[error("no API key: {0}")]
    Invoke(#[from] InvokeError),
    /// `management` answered the command with a refusal.
    #[error("no API key: {0}")]
    NoKey(Json),
    /// A call to the API failed.
    #[error("{0}\nIf data of an earlier run is in the way, --fresh starts without it")]
    Api(#[from] ApiError),
    /// The file that remembers what was made.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's answer, or what is wrong with its content.
        problem: io::Error,
    },
}

/// What was made, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seeded {
    pub(crate) api_key: String,
    pub(crate) organization_id: String,
    pub(crate) connection: Connection,
    pub(crate) directory: SeededDirectory,
}

/// The connection to the practice identity provider, and the addresses for which it was set up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) id: String,
    sp_entity_id: String,
    acs_url: String,
    idp_entity_id: String,
}

/// A redirect URI to be registered.
#[derive(Debug, Clone)]
pub(crate) struct RedirectUri {
    pub(crate) uri: String,
    /// Where a sign-in that the identity provider began starts over; the default redirect URI has one.
    pub(crate) initiate_login_uri: Option<String>,
}

/// Makes what isn't there yet, and brings to the present addresses what is.
pub(crate) async fn seed(
    stack: &Stack,
    idp: &PracticeIdp,
    redirect_uris: &[RedirectUri],
    data_dir: &Path,
) -> Result<Seeded, SeedError> {
    let file = data_dir.join("seed.json");
    let kept = read(&file)?;
    let api_key = match &kept {
        Some(kept) => kept.api_key.clone(),
        None => mint_key(stack).await?,
    };
    let api = Api::new(stack, api_key.clone());
    let seeded = match kept {
        Some(kept) => Seeded { connection: refresh(&api, stack, idp, kept.connection).await?, ..kept },
        None => {
            let organization_id = create_organization(&api).await?;
            let connection = create_connection(&api, idp, &organization_id).await?;
            let directory = create_directory(&api, &organization_id).await?;
            Seeded { api_key, organization_id, connection, directory }
        }
    };
    write(&file, &seeded)?;
    register(&api, redirect_uris).await?;
    idp.register(&seeded.connection.sp_entity_id, &seeded.connection.acs_url);
    Ok(seeded)
}

async fn mint_key(stack: &Stack) -> Result<String, SeedError> {
    let command = json!({ "portico_admin": { "action": "create_api_key", "name": "local" } });
    let answer = stack.invoke("management", command).await?;
    let key = answer.get("key").and_then(Json::as_str).map(str::to_owned);
    key.ok_or(SeedError::NoKey(answer))
}

async fn create_organization(api: &Api) -> Result<String, ApiError> {
    let body = json!({ "name": "Acme", "domain_data": [{ "domain": people::DOMAIN, "state": "verified" }] });
    api.post("/organizations", body).await?.text("/id")
}

async fn create_directory(api: &Api, organization_id: &str) -> Result<SeededDirectory, ApiError> {
    let body = json!({
        "organization_id": organization_id,
        "name": "Acme's directory",
        "type": "generic scim v2.0",
    });
    let answer = api.post("/directories", body).await?;
    Ok(SeededDirectory { id: answer.text("/id")?, bearer_token: answer.text("/bearer_token")? })
}

async fn create_connection(
    api: &Api,
    idp: &PracticeIdp,
    organization_id: &str,
) -> Result<Connection, ApiError> {
    let body = json!({
        "organization_id": organization_id,
        "name": "Acme's practice identity provider",
        "connection_type": "GenericSAML",
        "saml_options": { "idp_metadata_xml": idp.metadata_xml() },
        "state": "active",
    });
    let answer = api.post("/connections", body).await?;
    Ok(Connection {
        id: answer.text("/id")?,
        sp_entity_id: answer.text("/saml/sp_entity_id")?,
        acs_url: answer.text("/saml/acs_url")?,
        idp_entity_id: idp.entity_id(),
    })
}

/// Ports and the public URL may differ from one run to the next; they are part of the addresses on both sides.
async fn refresh(
    api: &Api,
    stack: &Stack,
    idp: &PracticeIdp,
    kept: Connection,
) -> Result<Connection, ApiError> {
    if kept.acs_url.starts_with(&format!("{}/", stack.base_url())) && kept.idp_entity_id == idp.entity_id() {
        return Ok(kept);
    }
    let body = json!({ "saml_options": { "idp_metadata_xml": idp.metadata_xml() }, "state": "active" });
    let answer = api.patch(&format!("/connections/{}", kept.id), body).await?;
    Ok(Connection {
        sp_entity_id: answer.text("/saml/sp_entity_id")?,
        acs_url: answer.text("/saml/acs_url")?,
        idp_entity_id: idp.entity_id(),
        ..kept
    })
}

async fn register(api: &Api, redirect_uris: &[RedirectUri]) -> Result<(), ApiError> {
    let registered = api.get("/user_management/redirect_uris?limit=100").await?;
    let registered = registered.body.get("data").and_then(Json::as_array).cloned().unwrap_or_default();
    for wanted in redirect_uris {
        if registered.iter().any(|known| known.get("uri") == Some(&json!(wanted.uri))) {
            continue;
        }
        let mut body = json!({ "uri": wanted.uri });
        if let (Some(initiate), Some(body)) = (&wanted.initiate_login_uri, body.as_object_mut()) {
            body.insert("default".to_owned(), json!(true));
            body.insert("initiate_login_uri".to_owned(), json!(initiate));
        }
        api.post("/user_management/redirect_uris", body).await?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Option<Seeded>, SeedError> {
    let named = |problem| SeedError::File { path: file.to_owned(), problem };
    if !file.exists() {
        return Ok(None);
    }
    let text = std::fs::read(file).map_err(named)?;
    serde_json::from_slice(&text).map(Some).map_err(|problem| named(problem.into()))
}

fn write(file: &Path, seeded: &Seeded) -> Result<(), SeedError> {
    let named = |problem: io::Error| SeedError::File { path: file.to_owned(), problem };
    let text = serde_json::to_vec_pretty(seeded).map_err(|problem| named(problem.into()))?;
    files::write_private(file, &text).map_err(named)
}
