//! The Lambda function `portal-link`: links into the admin portal.

use portico_portal_link::router;
use portico_shared::app::App;
use portico_shared::telemetry;
use portico_shared::web::lambda;

// An instance has one request at a time, and less than one core: a second thread would only cost.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::from_env()?;
    telemetry::init(app.config().log_level, std::io::stdout);
    lambda::serve(router(&app)).await
}
