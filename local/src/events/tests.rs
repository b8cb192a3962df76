use super::*;
use crate::routes::Routes;
use crate::template::RouteDeclaration;
use lambda_http::RequestExt as _;
use std::net::Ipv4Addr;

fn routes(key: &str) -> Routes {
    Routes::new(&[RouteDeclaration {
        route_key: key.to_owned(),
        function: "F".to_owned(),
        timeout_millis: 1,
    }])
    .unwrap()
}

fn event_of(key: &str, request: &http::Request<Vec<u8>>) -> Json {
    let path = decoded_path(request.uri().path()).unwrap();
    let routes = routes(key);
    let found = routes.find(request.method().as_str(), &path).expect("a route");
    let incoming = Incoming {
        method: request.method(),
        version: request.version(),
        path: &path,
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        body: request.body(),
        source: Ipv4Addr::LOCALHOST.into(),
        scheme: "http",
        request_id: "request-1",
        time: DateTime::from_timestamp(1_763_762_400, 0).unwrap(),
    };
    event(&incoming, &found)
}

fn get(target: &str) -> http::Request<Vec<u8>> {
    http::Request::get(target).header("Host", "127.0.0.1:4400").body(Vec::new()).unwrap()
}

fn as_lambda_http_sees(event: &Json) -> lambda_http::Request {
    lambda_http::request::from_str(&event.to_string()).unwrap()
}

#[test]
fn repeated_headers_are_joined_by_commas_and_their_names_are_lower_case() {
    let mut request = get("/a");
    request.headers_mut().append("X-Many", "one".parse().unwrap());
    request.headers_mut().append("x-many", "two".parse().unwrap());
    let event = event_of("ANY /a", &request);
    assert_eq!(event["headers"]["x-many"], "one,two");
    assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(as_lambda_http_sees(&event).headers()["x-many"], "one,two");
}

#[test]
fn cookies_are_a_list_of_their_own_and_come_back_as_one_header() {
    let mut request = get("/a");
    request.headers_mut().append("cookie", "a=1; b=2".parse().unwrap());
    request.headers_mut().append("cookie", "c=3".parse().unwrap());
    let event = event_of("ANY /a", &request);
    assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
    assert!(event["headers"].get("cookie").is_none());
    assert_eq!(as_lambda_http_sees(&event).headers()["cookie"], "a=1; b=2; c=3");
}

#[test]
fn a_json_body_is_text_and_a_form_or_binary_body_is_base64() {
    for (content_type, body, encoded) in [
        ("application/json; charset=utf-8", b"{}".as_slice(), false),
        ("application/samlmetadata+xml", b"<a/>", false),
        ("text/plain", b"\xff\xfe", true),
        ("application/x-www-form-urlencoded", b"SAMLResponse=abc", true),
        ("application/octet-stream", b"\x00\x01", true),
    ] {
        let mut request = get("/a");
        *request.method_mut() = Method::POST;
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        *request.body_mut() = body.to_vec();
        let event = event_of("POST /a", &request);
        assert_eq!(event["isBase64Encoded"], encoded, "{content_type}");
        assert_eq!(as_lambda_http_sees(&event).body().as_ref(), body, "{content_type}");
    }
}

#[test]
fn an_empty_body_is_no_body() {
    assert!(event_of("ANY /a", &get("/a")).get("body").is_none());
}

#[test]
fn the_values_of_a_repeated_query_name_are_joined_and_the_raw_query_stays_as_sent() {
    let event = event_of("ANY /a", &get("/a?x=1&x=two%20words&y=%26"));
    assert_eq!(event["rawQueryString"], "x=1&x=two%20words&y=%26");
    assert_eq!(event["queryStringParameters"], json!({ "x": "1,two words", "y": "&" }));
    assert_eq!(as_lambda_http_sees(&event).uri().query(), Some("x=1&x=two%20words&y=%26"));
}

#[test]
fn a_path_is_decoded_before_the_route_is_chosen_and_handed_on_decoded() {
    let event = event_of("ANY /users/{proxy+}", &get("/users/Ren%C3%A9%2Fx%20y%3Fadmin=true"));
    assert_eq!(event["rawPath"], "/users/René/x y");
    assert_eq!(event["pathParameters"], json!({ "proxy": "René/x y" }));
    let request = as_lambda_http_sees(&event);
    assert_eq!(request.uri().path(), "/users/Ren%C3%A9/x%20y");
    assert_eq!(request.path_parameters().first("proxy"), Some("René/x y"));
    assert!(decoded_path("/%ff").is_none());
}

#[test]
fn the_request_context_says_who_asked_what_and_when() {
    let mut request = get("/sso/authorize?a=b");
    request.headers_mut().insert("user-agent", "test/1".parse().unwrap());
    let event = event_of("GET /sso/authorize", &request);
    assert_eq!(
        event["requestContext"],
        json!({
            "accountId": "000000000000",
            "apiId": "portico",
            "domainName": "127.0.0.1:4400",
            "domainPrefix": "127",
            "http": {
                "method": "GET",
                "path": "/sso/authorize",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test/1",
            },
            "requestId": "request-1",
            "routeKey": "GET /sso/authorize",
            "stage": "$default",
            "time": "21/Nov/2025:22:00:00 +0000",
            "timeEpoch": 1_763_762_400_000_i64,
        })
    );
}

#[test]
fn an_answer_becomes_status_headers_every_cookie_and_the_decoded_body() {
    let response = response(json!({
        "statusCode": 303,
        "headers": { "location": "/next" },
        "multiValueHeaders": {},
        "cookies": ["a=1; Secure", "b=2"],
        "body": "AAE=",
        "isBase64Encoded": true,
    }))
    .unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/next");
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    assert_eq!(response.body(), &[0, 1]);
}

#[test]
fn an_answer_without_a_status_is_the_body_and_a_malformed_one_is_refused() {
    let inferred = response(json!({ "hello": 1 })).unwrap();
    assert_eq!((inferred.status().as_u16(), inferred.body().as_slice()), (200, b"{\"hello\":1}".as_slice()));
    for malformed in [
        json!({ "statusCode": "two hundred" }),
        json!({ "statusCode": 99 }),
        json!({ "statusCode": 200, "headers": { "a b": "" } }),
        json!({ "statusCode": 200, "cookies": ["a\nb"] }),
        json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
    ] {
        assert!(response(malformed.clone()).is_err(), "{malformed}");
    }
}
