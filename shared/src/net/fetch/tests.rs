use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn public() -> Fetch {
    Fetch::new(&PublicUrl::parse("https://sso.example.com").unwrap())
}

fn on_one_machine() -> Fetch {
    Fetch::new(&PublicUrl::parse("http://127.0.0.1:8080").unwrap())
}

/// A server that answers every request by what `answer` makes of its path, and then keeps the connection open.
async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let path = request_path(&mut stream).await;
            // The client may hang up in the middle of a document that is too large.
            let _ = stream.write_all(&answer(&path)).await;
            open.push(stream);
        }
    });
    base
}

async fn request_path(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(request).unwrap().split(' ').nth(1).unwrap().to_owned()
}

fn document(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes(), body].concat()
}

fn redirect(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

fn host() -> String {
    "127.0.0.1".to_owned()
}

#[tokio::test]
async fn an_address_that_cannot_be_a_public_servers_is_refused_before_anything_is_asked() {
    let ip = |address: &str| FetchError::IpLiteral { address: address.to_owned() };
    let scheme = |scheme: &str| FetchError::NotHttps { scheme: scheme.to_owned() };
    for (url, expected) in [
        ("idp.example.com/metadata", FetchError::NotAUrl),
        ("", FetchError::NotAUrl),
        ("http://idp.example.com/", scheme("http")),
        ("http://127.0.0.1/", scheme("http")),
        ("file:///etc/passwd", scheme("file")),
        ("data:text/plain,x", scheme("data")),
        ("https://169.254.169.254/latest/meta-data/", ip("169.254.169.254")),
        ("https://8.8.8.8/", ip("8.8.8.8")),
        ("https://2852039166/", ip("169.254.169.254")),
        ("https://0x7f.1/", ip("127.0.0.1")),
        ("https://0177.0.0.1/", ip("127.0.0.1")),
        ("https://[::1]/", ip("::1")),
        ("https://[::ffff:127.0.0.1]/", ip("::ffff:127.0.0.1")),
        ("https://user@idp.example.com/", FetchError::UserInfo),
        ("https://:secret@idp.example.com/", FetchError::UserInfo),
        ("https://idp.example.com:8443/", FetchError::Port { port: 8443 }),
        ("https://idp.example.com:22/", FetchError::Port { port: 22 }),
    ] {
        assert_eq!(public().text(url).await, Err(expected), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_after_it_was_looked_up() {
    let expected = FetchError::NotPublic { host: "localhost".to_owned(), class: AddressClass::Loopback };
    assert_eq!(public().text("https://localhost/").await, Err(expected));
}

#[test]
fn one_private_address_among_public_ones_refuses_the_name() {
    let host = || "idp.example.com".to_owned();
    let addresses = |list: &[&str]| list.iter().map(|one| SocketAddr::new(one.parse().unwrap(), 0)).collect();
    let refused = judge(host(), addresses(&["1.1.1.1", "10.0.0.1"]), false);
    assert_eq!(refused, Err(FetchError::NotPublic { host: host(), class: AddressClass::Private }));
    // Even where loopback is allowed, a stranger's name must not lead there.
    let refused = judge(host(), addresses(&["127.0.0.1"]), true);
    assert_eq!(refused, Err(FetchError::NotPublic { host: host(), class: AddressClass::Loopback }));
    assert_eq!(judge(host(), Vec::new(), false), Err(FetchError::NameNotFound { host: host() }));
    assert_eq!(judge(host(), addresses(&["1.1.1.1", "2a00::1"]), false).unwrap().len(), 2);
}

#[tokio::test]
async fn on_one_machine_a_document_is_fetched_by_http_from_loopback_and_nothing_else() {
    let base = server(|_| document("Content-Type: text/xml\r\nContent-Length: 3\r\n", b"<a>")).await;
    let fetched = on_one_machine().text(&base).await.unwrap();
    assert_eq!((&fetched.bytes[..], fetched.content_type.as_deref()), (&b"<a>"[..], Some("text/xml")));
    let refused = on_one_machine().text("http://10.0.0.1/").await;
    assert_eq!(refused, Err(FetchError::NotHttps { scheme: "http".to_owned() }));
}

#[tokio::test]
async fn a_document_of_the_limit_is_read_and_one_byte_more_is_refused_while_it_still_comes() {
    let base = server(|path| {
        let length: usize = path.trim_start_matches('/').parse().unwrap();
        document("", &vec![b'x'; length]) // without a length, and the connection stays open
    });
    let base = base.await;
    let too_large = on_one_machine().text(&format!("{base}/{}", MAX_BYTES + 1)).await;
    assert_eq!(too_large, Err(FetchError::TooLarge { host: host() }));

    let headers = format!("Content-Length: {MAX_BYTES}\r\n");
    let base = server(move |_| document(&headers, &vec![b'x'; MAX_BYTES])).await;
    assert_eq!(on_one_machine().text(&base).await.unwrap().bytes.len(), MAX_BYTES);
}

#[tokio::test]
async fn three_redirects_on_the_same_host_are_followed_and_a_fourth_is_not() {
    let base = server(|path| match path.trim_start_matches('/').parse::<u32>().unwrap() {
        0 => document("Content-Length: 2\r\n", b"ok"),
        left => redirect(&format!("/{}", left - 1)),
    });
    let base = base.await;
    assert_eq!(&on_one_machine().text(&format!("{base}/3")).await.unwrap().bytes[..], b"ok");
    let refused = on_one_machine().text(&format!("{base}/4")).await;
    assert_eq!(refused, Err(FetchError::TooManyRedirects { host: host() }));
}

#[tokio::test]
async fn a_redirect_to_another_host_or_to_nowhere_is_refused() {
    let base = server(|path| match path {
        "/elsewhere" => redirect("http://localhost/"),
        "/inside" => redirect("https://169.254.169.254/"),
        "/user" => redirect("//user@127.0.0.1/"),
        _ => b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
    });
    let base = base.await;
    for (path, expected) in [
        ("/elsewhere", FetchError::OtherHost { host: host(), target: "localhost".to_owned() }),
        ("/inside", FetchError::OtherHost { host: host(), target: "169.254.169.254".to_owned() }),
        ("/user", FetchError::UserInfo),
        ("/nowhere", FetchError::Status { host: host(), status: 302 }),
    ] {
        assert_eq!(on_one_machine().text(&format!("{base}{path}")).await, Err(expected), "{path}");
    }
}

#[tokio::test]
async fn other_answers_are_named_by_what_is_wrong_with_them() {
    let base = server(|path| match path {
        "/missing" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        _ => b"this is not HTTP\r\n\r\n".to_vec(),
    });
    let base = base.await;
    let missing = on_one_machine().text(&format!("{base}/missing")).await;
    assert_eq!(missing, Err(FetchError::Status { host: host(), status: 404 }));
    let other = on_one_machine().text(&format!("{base}/other")).await;
    assert_eq!(other, Err(FetchError::Connect { host: host() }));
}

#[tokio::test]
async fn a_document_that_breaks_off_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request_path(&mut stream).await;
        stream.write_all(&document("Content-Length: 10\r\n", b"half")).await.unwrap();
    });
    assert_eq!(on_one_machine().text(&url).await, Err(FetchError::Interrupted { host: host() }));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let base = server(|_| Vec::new()).await;
    let fetch = Fetch { max_time: Duration::from_millis(20), ..on_one_machine() };
    assert_eq!(fetch.text(&base).await, Err(FetchError::Timeout { host: host(), milliseconds: 20 }));
}
