//! The Lambda function `sso`: what applications call to sign people in.

use portico_shared::app::App;
use portico_shared::{telemetry, web};

// An instance has one request at a time, and less than one core: a second thread would only cost.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::from_env()?;
    telemetry::init(app.config().log_level, std::io::stdout);
    web::lambda::serve(portico_sso::router(&app)).await
}
