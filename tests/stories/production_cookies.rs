//! The cookies of production in a real browser: TLS, `__Host-`, `SameSite=None`, and an identity provider on another
//! site, whose cross-site POST has to bring the cookie back. Ports of one host are one site: `localhost` and `127.0.0.1`
//! are two.

use portico_tests::{Browser, Customer, Deployment, Landing, Peer, SamlIdp, Setup, TlsKey, authorize};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_production_cookie_comes_back_with_the_cross_site_post_of_an_identity_provider() {
    let mut proxy = Peer::node("tls_proxy.mjs");
    let TlsKey { key, certificate } = TlsKey::generate();
    let port = proxy.call("listen", json!({ "key": key, "cert": certificate })).await;
    let public_url = format!("https://localhost:{port}");
    let deployment =
        Deployment::start_with(Setup { public_url: Some(public_url.clone()), ..Setup::default() }).await;
    let inside = url::Url::parse(&deployment.stack.local_url()).unwrap();
    proxy.call("forward", json!({ "port": inside.port() })).await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    assert!(acme.acs_url.starts_with(&public_url) && acme.idp.metadata_url.starts_with("http://127.0.0.1:"));

    let landing = Landing::start(&deployment).await;
    let mut browser = Browser::start_with(json!({ "ignoreHTTPSErrors": true })).await;
    let begin = authorize(&deployment, &[("connection", &acme.connection), ("redirect_uri", &landing.uri)]);
    browser.goto(&begin).await;
    browser.arrive(&landing.uri).await;
    let (_, landed) = browser.read("Landed").await;
    let landed = url::Url::parse(&landed).unwrap();
    let code = landed
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap_or_else(|| panic!("{landed}"))
        .1
        .into_owned();

    let cookies = browser.cookies().await;
    let cookie = cookies.iter().find(|cookie| cookie["name"] == "__Host-portico_browser");
    let cookie = cookie.unwrap_or_else(|| panic!("{cookies:?}"));
    let attributes =
        (&cookie["secure"], &cookie["httpOnly"], &cookie["sameSite"], &cookie["path"], &cookie["domain"]);
    assert_eq!(attributes, (&json!(true), &json!(true), &json!("None"), &json!("/"), &json!("localhost")));
    assert_eq!(deployment.trade(&code).await.ok()["profile"]["email"], json!("ada@acme.test"));
    deployment.stop().await;
}
