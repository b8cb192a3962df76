use super::*;
use crate::in_process::InProcess;
use crate::lambda::{Code, Deployed};
use crate::template::RouteDeclaration;
use axum::routing::{any, get, post};
use std::time::Duration;
use tower::ServiceExt as _;

fn function() -> Router {
    Router::new()
        .route("/echo/{*rest}", any(|request: Request| async move { request.uri().to_string() }))
        .route("/panics", get(|| async { panic!("as a bug would") as String }))
        .route("/never", get(|| async { std::future::pending::<String>().await }))
        .route("/large", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/huge", get(|| async { "x".repeat(crate::lambda::PAYLOAD_LIMIT) }))
        .route(
            "/cookies",
            get(|| async { axum::response::AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2")]) }),
        )
        .layer(axum::extract::DefaultBodyLimit::disable())
}

fn gateway(timeout: Duration) -> Router {
    let declare = |key: &str| RouteDeclaration {
        route_key: key.to_owned(),
        function: "F".to_owned(),
        timeout_millis: u64::try_from(timeout.as_millis()).unwrap(),
    };
    let keys =
        ["ANY /echo/{proxy+}", "GET /panics", "GET /never", "POST /large", "GET /huge", "GET /cookies"];
    let code = Code::InProcess(InProcess::plain(function()));
    let deployed = Deployed { timeout: Duration::from_secs(60), code };
    Gateway {
        routes: Routes::new(&keys.map(declare)).unwrap(),
        functions: Arc::new(Functions { functions: [("F".to_owned(), deployed)].into(), rng: Rng::system() }),
        scheme: "http".to_owned(),
        clock: Clock::system(),
        rng: Rng::system(),
    }
    .router()
}

async fn send(gateway: Router, request: http::request::Builder, body: Vec<u8>) -> (u16, HeaderMap, String) {
    let source = SocketAddr::from(([127, 0, 0, 1], 1));
    let request = request.extension(ConnectInfo(source)).body(Body::from(body)).unwrap();
    let response = gateway.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, String::from_utf8(body.into()).unwrap())
}

fn to(path: &str) -> http::request::Builder {
    Request::get(path).header(HOST, "127.0.0.1")
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_request_goes_through_an_event_into_the_router_and_back() {
    let (status, _, body) = send(gateway(LONG), to("/echo/a%20b?x=1&x=%26"), vec![]).await;
    assert_eq!((status, body.as_str()), (200, "/echo/a%20b?x=1&x=%26"));
}

#[tokio::test]
async fn every_cookie_comes_back() {
    let (_, headers, _) = send(gateway(LONG), to("/cookies"), vec![]).await;
    assert_eq!(headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
}

#[tokio::test]
async fn no_route_is_a_404_in_api_gateways_words() {
    for request in [to("/nowhere"), to("/large"), to("/echo")] {
        let (status, _, body) = send(gateway(LONG), request, vec![]).await;
        assert_eq!((status, body.as_str()), (404, r#"{"message":"Not Found"}"#));
    }
}

#[tokio::test]
async fn a_panic_is_a_502_and_the_next_request_is_served() {
    let gateway = gateway(LONG);
    let (status, _, body) = send(gateway.clone(), to("/panics"), vec![]).await;
    assert_eq!((status, body.as_str()), (502, r#"{"message":"Internal Server Error"}"#));
    assert_eq!(send(gateway, to("/echo/a"), vec![]).await.0, 200);
}

#[tokio::test]
async fn an_integration_that_takes_too_long_is_a_503() {
    let (status, _, body) = send(gateway(Duration::from_millis(20)), to("/never"), vec![]).await;
    assert_eq!((status, body.as_str()), (503, r#"{"message":"Service Unavailable"}"#));
}

#[tokio::test]
async fn a_body_above_the_limits_of_api_gateway_and_of_lambda_is_a_413() {
    for (length, expected) in [(4 << 20, 200), (7 << 20, 413), (BODY_LIMIT + 1, 413)] {
        let request = Request::post("/large").header(HOST, "127.0.0.1");
        assert_eq!(send(gateway(LONG), request, vec![b'x'; length]).await.0, expected, "{length}");
    }
}

#[tokio::test]
async fn an_answer_above_the_limit_of_lambda_is_not_delivered() {
    assert_eq!(send(gateway(LONG), to("/huge"), vec![]).await.0, 502);
}

#[tokio::test]
async fn a_head_above_the_limit_and_a_host_that_is_none_are_refused() {
    let long = to("/echo/a").header("x-long", "x".repeat(HEAD_LIMIT));
    assert_eq!(send(gateway(LONG), long, vec![]).await.0, 431);
    for host in ["a b", "[", "user@host", "a/b"] {
        let request = Request::get("/echo/a").header(HOST, host);
        assert_eq!(send(gateway(LONG), request, vec![]).await.0, 400, "{host}");
    }
    assert_eq!(send(gateway(LONG), Request::get("/echo/a"), vec![]).await.0, 400);
}
