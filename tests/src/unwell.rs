//! A server that behaves as DynamoDB and KMS do when they are unwell. It stands between the SDK and the real endpoint,
//! speaks just enough HTTP to do what a well-behaved server library wouldn't, and serves one request a connection.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::faults::Fault;

const TARGET: &str = "x-amz-target";

/// The server. It ends with the process.
#[derive(Debug, Clone)]
pub(crate) struct Unwell {
    address: String,
}

impl Unwell {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let forward = reqwest::Client::new();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let forward = forward.clone();
                tokio::spawn(async move {
                    // A client that has given up is no matter.
                    let _ = serve(stream, forward).await;
                });
            }
        });
        Self { address }
    }

    /// Where a request to `endpoint` meets with `fault`.
    pub(crate) fn address(&self, fault: Fault, endpoint: &str) -> String {
        let real = url::Url::parse(endpoint).unwrap();
        format!("{}/{fault:?}/{}", self.address, real.port().unwrap())
    }
}

struct Request {
    fault: String,
    port: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn serve(stream: TcpStream, forward: reqwest::Client) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await? else { return Ok(()) };
    let target = request.headers[TARGET].to_str().unwrap_or_default().to_owned();
    let kms = target.starts_with("TrentService");
    match request.fault.as_str() {
        "Throttled" => answer(&mut stream, 400, &error(kms, "ThrottlingException")).await,
        "Failed" if kms => answer(&mut stream, 500, &error(kms, "KMSInternalException")).await,
        "Failed" => answer(&mut stream, 500, &error(kms, "InternalServerError")).await,
        "Slow" => until_the_other_side_gives_up(&mut stream).await,
        "Cut" => Ok(()),
        "LostAnswer" => execute(&forward, request).await.map(drop),
        "SilentAnswer" => {
            execute(&forward, request).await?;
            until_the_other_side_gives_up(&mut stream).await
        }
        "Conflict" => answer(&mut stream, 400, &conflict(&target, &request.body)).await,
        "LaggingIndex" if of_an_index(&request.body) => {
            answer(&mut stream, 200, &json!({ "Items": [], "Count": 0, "ScannedCount": 0 })).await
        }
        _ => {
            let (status, body) = execute(&forward, request).await?;
            answer(&mut stream, status, &body).await
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut path = line.split(' ').nth(1).unwrap_or_default().split('/').skip(1).map(str::to_owned);
    let (Some(fault), Some(port)) = (path.next(), path.next()) else { return Ok(None) };
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let name = HeaderName::try_from(name.to_ascii_lowercase()).unwrap();
        headers.insert(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { fault, port, headers, body }))
}

/// Hands the request to the real endpoint.
async fn execute(forward: &reqwest::Client, mut request: Request) -> std::io::Result<(u16, Value)> {
    for own in ["host", "content-length", "connection"] {
        request.headers.remove(own);
    }
    let url = format!("http://127.0.0.1:{}/", request.port);
    let sent = forward.post(url).headers(request.headers).body(request.body).send().await;
    let response = sent.map_err(std::io::Error::other)?;
    let status = response.status().as_u16();
    let body = response.text().await.map_err(std::io::Error::other)?;
    Ok((status, serde_json::from_str(&body).unwrap_or_default()))
}

async fn answer(stream: &mut BufReader<TcpStream>, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Unwell\r\n{CONTENT_TYPE}: application/x-amz-json-1.0\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await
}

async fn until_the_other_side_gives_up(stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    stream.read(&mut [0]).await.map(drop)
}

fn error(kms: bool, name: &str) -> Value {
    let namespace = if kms { "" } else { "com.amazonaws.dynamodb.v20120810#" };
    json!({ "__type": format!("{namespace}{name}"), "message": "unwell, as planned" })
}

/// A transaction names the item of each reason by its place; another write has an exception of its own.
fn conflict(target: &str, body: &[u8]) -> Value {
    if !target.ends_with("TransactWriteItems") {
        return error(false, "TransactionConflictException");
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = body["TransactItems"].as_array().map_or(1, Vec::len);
    let reasons: Vec<Value> = (0..items)
        .map(|place| {
            if place == 0 {
                json!({ "Code": "TransactionConflict", "Message": "ongoing" })
            } else {
                json!({ "Code": "None" })
            }
        })
        .collect();
    let mut canceled = error(false, "TransactionCanceledException");
    canceled["CancellationReasons"] = json!(reasons);
    canceled
}

fn of_an_index(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["IndexName"].is_string())
}
