//! What a newcomer starts: the deployment with the practice identity provider and the sample app.

use portico_local::{Local, Options};
use tempfile::TempDir;

use crate::deployment::observed;
use crate::{Api, Faults, RoundTrips};

/// The local program, in this process.
pub struct Practice {
    /// The program.
    pub local: Local,
    /// The REST API by its key.
    pub api: Api,
    _data: TempDir,
}

impl Practice {
    /// Starts it with data of its own.
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let observer = observed(RoundTrips::default(), Faults::start().await);
        let options = Options { observer: Some(observer), ..Options::new(data.path()) };
        let local = Local::start(options, &[], |_| {}).await.unwrap();
        let api = Api::new(local.stack().base_url(), local.api_key());
        Self { local, api, _data: data }
    }

    /// Why the newest sign-in was refused; empty if it wasn't.
    pub async fn last_reason(&self) -> String {
        let path = format!("/sign_ins?organization_id={}", self.local.organization_id());
        let log = self.api.get(&path).await.ok();
        log["data"][0]["refusal"]["reason"].as_str().unwrap_or_default().to_owned()
    }
}
