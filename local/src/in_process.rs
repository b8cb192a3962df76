//! Functions inside this process: the event goes through the same reading and the same router as in the function's own
//! `main`.

use crate::lambda::InvokeError;
use axum::Router;
use portico_shared::app::App;
use portico_shared::web::lambda::{self, Answer, Event};
use serde_json::{Value as Json, json};

/// One function's router, and what else it takes.
#[derive(Clone)]
pub(crate) struct InProcess {
    router: Router,
    also: Also,
}

/// What a function takes beside HTTP requests, with what that runs on.
#[derive(Clone)]
enum Also {
    Nothing,
    /// Commands of the cloud team.
    Commands(App),
    /// Its schedule.
    DomainChecks(App),
    /// Its schedule.
    Leftovers(App),
}

impl InProcess {
    /// A function that takes HTTP requests and nothing else.
    pub(crate) fn plain(router: Router) -> Self {
        Self { router, also: Also::Nothing }
    }

    /// The code of the function with this binary name.
    pub(crate) fn of(binary: &str, app: &App) -> Option<Self> {
        Some(match binary {
            "sso" => Self::plain(portico_sso::router(app)),
            "acs" => Self::plain(portico_acs::router(app)),
            "management" => {
                Self { router: portico_management::router(app), also: Also::Commands(app.clone()) }
            }
            "domain-verification" => Self {
                router: portico_domain_verification::router(app),
                also: Also::DomainChecks(app.clone()),
            },
            "portal-link" => Self::plain(portico_portal_link::router(app)),
            "portal" => Self::plain(portico_portal::router(app)),
            "scim" => Self { router: portico_scim::router(app), also: Also::Leftovers(app.clone()) },
            _ => return None,
        })
    }

    /// The function's answer to an event.
    pub(crate) async fn invoke(&self, event: Json) -> Result<Answer, InvokeError> {
        let code = self.clone();
        // A task of its own, because a panic ends only the task, as it ends only one instance in Lambda.
        let answer = tokio::spawn(async move { code.answer(&event.to_string()).await }).await;
        // What lambda_runtime posts for a function that answers with an error.
        let posted = |problem: lambda_http::Error| {
            InvokeError::Function(json!({ "errorType": "Error", "errorMessage": problem.to_string() }))
        };
        answer.map_err(|_| InvokeError::Crashed)?.map_err(posted)
    }

    async fn answer(self, event: &str) -> Result<Answer, lambda_http::Error> {
        match (Event::parse(event)?, &self.also) {
            (Event::Http(request), _) => lambda::answer(self.router, *request).await,
            (Event::Admin(command), Also::Commands(app)) => {
                Ok(portico_management::admin(app, command).await.into())
            }
            (Event::Schedule, Also::DomainChecks(app)) => {
                let swept = portico_domain_verification::sweep(app).await?;
                Ok(Json::from(swept).into())
            }
            (Event::Schedule, Also::Leftovers(app)) => Ok(Json::from(portico_scim::sweep(app).await?).into()),
            (Event::Admin(_), _) => Err("this function takes no commands".into()),
            (Event::Schedule, _) => Err("this function has no schedule".into()),
        }
    }
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}
