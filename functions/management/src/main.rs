//! The Lambda function `management`: the REST API of the SaaS back end, and commands of the cloud team.

use portico_management::{admin, router};
use portico_shared::app::App;
use portico_shared::telemetry;
use portico_shared::web::lambda::{self, Event};

// An instance has one request at a time, and less than one core: a second thread would only cost.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::from_env()?;
    telemetry::init(app.config().log_level, std::io::stdout);
    let router = router(&app);
    lambda::serve_events(|event| async {
        match event {
            Event::Http(request) => lambda::answer(router.clone(), *request).await,
            Event::Schedule => Err("this function has no schedule".into()),
            Event::Admin(command) => Ok(Box::pin(admin(&app, command)).await.into()),
        }
    })
    .await
}
