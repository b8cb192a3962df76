use super::*;
use axum::body::Body;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{Request, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const SP: &str = "http://127.0.0.1:4400/sso/saml/metadata/conn_1";
const ACS_URL: &str = "http://127.0.0.1:4400/sso/saml/acs/conn_1";

fn idp(directory: &tempfile::TempDir) -> PracticeIdp {
    let url = "http://127.0.0.1:4401".to_owned();
    let idp = PracticeIdp::open(url, directory.path(), Clock::system(), Rng::system()).unwrap();
    idp.register(SP, ACS_URL);
    idp
}

fn request(issuer: &str, acs_url: &str) -> String {
    BASE64.encode(format!(
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\" Version=\"2.0\" \
         AssertionConsumerServiceURL=\"{acs_url}\"><saml:Issuer \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{issuer}</saml:Issuer></samlp:AuthnRequest>"
    ))
}

async fn post(idp: &PracticeIdp, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = idp.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.into()).unwrap())
}

async fn answer(idp: &PracticeIdp, acs_url: &str, failure: &str) -> (u16, String) {
    let request = request(SP, acs_url);
    let fields = [
        ("request", request.as_str()),
        ("service_provider", SP),
        ("person", "acme-1001"),
        ("failure", failure),
    ];
    post(idp, "/answer", &fields).await
}

/// The value of the hidden field that carries the response.
fn saml_response(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"SAMLResponse\" value=\"").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a_request_of_a_registered_app_is_answered_at_its_registered_address() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(&directory);
    let (status, page) =
        post(&idp, "/sso", &[("SAMLRequest", &request(SP, ACS_URL)), ("RelayState", "r")]).await;
    assert_eq!(status, 200);
    assert!(page.contains("Ada Lovelace") && page.contains("name=\"relay_state\" value=\"r\""), "{page}");
    let (status, page) = answer(&idp, ACS_URL, "").await;
    assert_eq!(status, 200);
    assert!(page.contains(&format!("action=\"{ACS_URL}\"")), "{page}");
}

#[tokio::test]
async fn no_answer_goes_to_an_app_or_an_address_that_was_not_registered() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(&directory);
    let foreign = "http://127.0.0.1:9999/acs";
    for request in [request(SP, foreign), request("http://127.0.0.1/unknown", ACS_URL)] {
        let (status, page) = post(&idp, "/sso", &[("SAMLRequest", &request)]).await;
        assert_eq!((status, page.contains("registered")), (403, true), "{page}");
    }
    assert_eq!(answer(&idp, foreign, "").await.0, 403);
}

#[tokio::test]
async fn a_replayed_response_is_the_last_good_one_again() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(&directory);
    assert_eq!(answer(&idp, ACS_URL, "replayed").await.0, 409);
    let (_, first) = answer(&idp, ACS_URL, "").await;
    answer(&idp, ACS_URL, "expired").await;
    let (_, again) = answer(&idp, ACS_URL, "replayed").await;
    assert_eq!(saml_response(&first), saml_response(&again));
}

#[tokio::test]
async fn what_is_no_request_gets_a_page_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let (status, page) = post(&idp(&directory), "/sso", &[("SAMLRequest", "%")]).await;
    assert_eq!((status, page.contains("not base64")), (400, true), "{page}");
}

#[test]
fn the_key_stays_the_same_from_one_run_to_the_next() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(idp(&directory).metadata_xml(), idp(&directory).metadata_xml());
}

#[test]
fn the_products_own_reader_takes_the_metadata() {
    let directory = tempfile::tempdir().unwrap();
    let idp = idp(&directory);
    let now = Clock::system().now();
    let read = portico_protocol::saml::idp_metadata::parse(idp.metadata_xml().as_bytes(), None, now).unwrap();
    assert_eq!(read.entity_id, "http://127.0.0.1:4401/metadata");
    assert_eq!(read.sso_redirect_url.as_deref(), Some("http://127.0.0.1:4401/sso"));
    assert_eq!(read.sso_post_url.as_deref(), Some("http://127.0.0.1:4401/sso"));
}
