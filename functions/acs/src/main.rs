//! The Lambda function that identity providers call back.

use portico_shared::app::App;
use portico_shared::{telemetry, web};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::from_env()?;
    telemetry::init(app.config().log_level, std::io::stdout);
    web::lambda::serve(portico_acs::router(&app)).await
}
