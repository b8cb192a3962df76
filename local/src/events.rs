//! HTTP to API Gateway's event and back: payload format 2.0, as an HTTP API sends it to a function and reads its
//! answer (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs").

use crate::routes::Match;
use crate::template::ACCOUNT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A request as it came in.
pub(crate) struct Incoming<'r> {
    pub(crate) method: &'r Method,
    pub(crate) version: Version,
    /// The decoded path: an HTTP API decodes it before it looks for the route, and hands it on decoded.
    pub(crate) path: &'r str,
    /// The query as sent, without `?`.
    pub(crate) query: &'r str,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) source: IpAddr,
    /// `http` or `https`, from the public URL.
    pub(crate) scheme: &'r str,
    /// API Gateway's id of this request.
    pub(crate) request_id: &'r str,
    pub(crate) time: DateTime<Utc>,
}

/// The path of a request target, decoded. An HTTP API cuts it at a decoded `?`. `None` when it isn't UTF-8.
pub(crate) fn decoded_path(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    Some(decoded.split('?').next().unwrap_or_default().to_owned())
}

/// The event for a request that took this route.
pub(crate) fn event(request: &Incoming<'_>, found: &Match<'_>) -> Json {
    let key = &found.route.key;
    let domain = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let agent = request.headers.get(USER_AGENT).map(HeaderValue::as_bytes).map(String::from_utf8_lossy);
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers(request),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "portico",
            "domainName": domain,
            "domainPrefix": domain.split(['.', ':']).next(),
            "http": {
                "method": request.method.as_str(),
                "path": request.path,
                "protocol": format!("{:?}", request.version),
                "sourceIp": request.source.to_string(),
                "userAgent": agent.unwrap_or_default(),
            },
            "requestId": request.request_id,
            "routeKey": key,
            "stage": "$default",
            "time": request.time.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": request.time.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    if let Some(event) = event.as_object_mut() {
        let cookies = cookies(request.headers);
        if !cookies.is_empty() {
            event.insert("cookies".to_owned(), cookies.into());
        }
        let query = query_parameters(request.query);
        if !query.is_empty() {
            event.insert("queryStringParameters".to_owned(), json!(query));
        }
        if !found.path_parameters.is_empty() {
            event.insert("pathParameters".to_owned(), json!(found.path_parameters));
        }
        insert_body(event, request);
    }
    event
}

/// Names in lower case, repeated ones joined by commas, cookies apart, and what the front door adds.
fn headers(request: &Incoming<'_>) -> Json {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| **name != COOKIE) {
        add(&mut joined, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    add(&mut joined, "x-forwarded-for", &request.source.to_string());
    joined.insert("x-forwarded-proto".to_owned(), request.scheme.to_owned());
    joined.insert("x-amzn-trace-id".to_owned(), format!("Root={}", request.request_id));
    json!(joined)
}

fn add(headers: &mut BTreeMap<String, String>, name: &str, value: &str) {
    headers
        .entry(name.to_owned())
        .and_modify(|all| {
            all.push(',');
            all.push_str(value);
        })
        .or_insert_with(|| value.to_owned());
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect()
}

/// Decoded; the values of a repeated name are joined by commas.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        add(&mut joined, &name, &value);
    }
    joined
}

fn insert_body(event: &mut Map<String, Json>, request: &Incoming<'_>) {
    if request.body.is_empty() {
        return;
    }
    let content_type =
        request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = std::str::from_utf8(request.body).ok().filter(|_| is_text(content_type));
    event.insert("isBase64Encoded".to_owned(), text.is_none().into());
    event.insert("body".to_owned(), text.map_or_else(|| BASE64.encode(request.body), str::to_owned).into());
}

/// What an HTTP API hands on as text. Everything else is base64, forms among it.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

/// The answer of a function, payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Why API Gateway answers 502: the function's answer is not in the form it takes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MalformedAnswer {
    /// A member is missing or has the wrong type.
    #[error("the function's answer is not of payload format 2.0: {0}")]
    Shape(#[from] serde_json::Error),
    /// The body says that it is base64 and is not.
    #[error("the function's answer is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// A status, header name or header value that HTTP doesn't allow.
    #[error("the function's answer is not HTTP: {0}")]
    Http(#[from] http::Error),
}

/// What goes back to the caller.
///
/// # Errors
/// [`MalformedAnswer`]; the caller gets a 502.
pub(crate) fn response(answer: Json) -> Result<Response<Vec<u8>>, MalformedAnswer> {
    if answer.get("statusCode").is_none() {
        // Format 2.0 infers the rest: the answer is the body.
        let inferred = Response::builder().header(CONTENT_TYPE, "application/json");
        return Ok(inferred.body(answer.to_string().into_bytes())?);
    }
    let answer: Answer = serde_json::from_value(answer)?;
    let body = match answer.body {
        Some(body) if answer.is_base64_encoded => BASE64.decode(body)?,
        Some(body) => body.into_bytes(),
        None => Vec::new(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status_code).map_err(http::Error::from)?;
    for (name, value) in &answer.headers {
        let name = HeaderName::try_from(name).map_err(http::Error::from)?;
        response.headers_mut().append(name, HeaderValue::try_from(value).map_err(http::Error::from)?);
    }
    for cookie in &answer.cookies {
        response.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).map_err(http::Error::from)?);
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
