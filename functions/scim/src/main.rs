//! The Lambda function `scim`: what directories push, and the schedule that removes what is deleted.

use portico_scim::{router, sweep};
use portico_shared::app::App;
use portico_shared::telemetry;
use portico_shared::web::lambda::{self, Event};
use serde_json::Value;

// An instance has one request at a time, and less than one core: a second thread would only cost.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::from_env()?;
    telemetry::init(app.config().log_level, std::io::stdout);
    let router = router(&app);
    lambda::serve_events(|event| async {
        match event {
            Event::Http(request) => lambda::answer(router.clone(), *request).await,
            Event::Schedule => Ok(Value::from(Box::pin(sweep(&app)).await?).into()),
            Event::Admin(_) => Err("this function takes no commands".into()),
        }
    })
    .await
}
