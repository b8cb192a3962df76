//! Where a browser lands in the application: a page that says so, because a browser, unlike [`crate::Person`], has to be
//! answered.

use axum::Router;
use axum::response::Html;
use serde_json::json;
use tokio::net::TcpListener;

use crate::Deployment;

/// A callback of the application, registered and listening.
pub struct Landing {
    /// Its address.
    pub uri: String,
}

impl Landing {
    /// Listens on a port that the system chooses, and registers the address as a redirect URI.
    pub async fn start(deployment: &Deployment) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/callback", listener.local_addr().unwrap());
        let page =
            || async { Html("<!doctype html><html lang=\"en\"><title>Landed</title><h1>Landed</h1></html>") };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page)).await.unwrap() });
        deployment.api.post("/user_management/redirect_uris", &json!({ "uri": uri })).await.ok();
        Self { uri }
    }
}
