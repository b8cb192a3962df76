//! One person's sign-in through the practice identity provider, up to wherever the program is killed.

use crate::portico::{Address, REDIRECT_URI, post};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

/// The people of the practice identity provider.
const PEOPLE: [&str; 3] = ["acme-1001", "acme-1002", "acme-1003"];

/// What reached the application.
pub(crate) enum Reached {
    /// Nothing.
    Nothing,
    /// A code; its trade was never answered.
    Code(String),
    /// A code and the token that it was traded for.
    Token { code: String, token: String },
}

/// Signs in. Each answer that comes is reported.
pub(crate) async fn sign_in(address: Arc<Address>, number: usize, progress: UnboundedSender<()>) -> Reached {
    let Some(code) = code(&address, number, &progress).await else { return Reached::Nothing };
    match address.trade(&code).await {
        Ok(token) => {
            let _ = progress.send(());
            Reached::Token { code, token }
        }
        Err(refusal) => {
            assert!(!refusal.starts_with('4'), "a code was refused while the program ran: {refusal}");
            Reached::Code(code)
        }
    }
}

async fn code(address: &Address, number: usize, progress: &UnboundedSender<()>) -> Option<String> {
    let asked = [
        ("client_id", address.client_id.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("connection", &address.connection),
    ];
    let url = Url::parse_with_params(&format!("{}/sso/authorize", address.base_url), asked).unwrap();
    let sent = answer(address.http.get(url), progress).await?;
    let cookie = sent.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let choose = Url::parse(sent.headers()[LOCATION].to_str().unwrap()).unwrap();
    let page = answer(address.http.get(choose.clone()), progress).await?.text().await.ok()?;
    let mut fields = hidden(&page);
    fields.push(("person".to_owned(), PEOPLE[number % PEOPLE.len()].to_owned()));
    let action = choose.join(&attribute(&page, "<form ", "action")).unwrap();
    let page = answer(form(address, &action, &fields), progress).await?.text().await.ok()?;
    let acs = choose.join(&attribute(&page, "<form ", "action")).unwrap();
    let back = answer(form(address, &acs, &hidden(&page)).header(COOKIE, cookie), progress).await?;
    let location = back.headers().get(LOCATION).unwrap_or_else(|| panic!("no code: {}", back.status()));
    let location = Url::parse(location.to_str().unwrap()).unwrap();
    location.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned())
}

fn form(address: &Address, url: &Url, fields: &[(String, String)]) -> RequestBuilder {
    post(&address.http, url.as_str(), fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// An answer; `None` where the program was killed before it.
async fn answer(request: RequestBuilder, progress: &UnboundedSender<()>) -> Option<Response> {
    let answer = request.send().await.ok()?;
    let _ = progress.send(());
    Some(answer)
}

fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    inputs.map(|input| (attribute(input, "", "name"), attribute(input, "", "value"))).collect()
}

/// The value of an attribute of the first tag that starts so, entities resolved.
fn attribute(html: &str, tag: &str, name: &str) -> String {
    let (_, rest) = html.split_once(tag).expect(tag);
    let (_, rest) = rest.split_once(&format!("{name}=\"")).expect(name);
    let value = rest.split('"').next().unwrap();
    value.replace("&#38;", "&").replace("&#43;", "+").replace("&#61;", "=").replace("&amp;", "&")
}
