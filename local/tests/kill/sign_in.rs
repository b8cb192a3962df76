//! One person's sign-in through the practice identity provider, up to wherever the program is killed.

use crate::portico::{Address, PATIENCE, REDIRECT_URI, TRIES, Trade, post};
use reqwest::RequestBuilder;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

/// The people of the practice identity provider.
const PEOPLE: [&str; 3] = ["acme-1001", "acme-1002", "acme-1003"];

/// What reached the application.
pub(crate) enum Reached {
    /// Nothing.
    Nothing,
    /// A code; so many trades of it were never answered.
    Code { code: String, unanswered: usize },
    /// A code that two trades without an answer have used up.
    Gone,
    /// A code and the token that it was traded for.
    Token { code: String, token: String },
}

/// An answer came, but it says to come again.
struct Busy;

/// Signs in. What reaches the application is reported: the code, and the token.
pub(crate) async fn sign_in(address: Arc<Address>, number: usize, progress: UnboundedSender<()>) -> Reached {
    for _ in 0..TRIES {
        match code(&address, number).await {
            Some(Ok(code)) => {
                let _ = progress.send(());
                return trade(&address, code, &progress).await;
            }
            Some(Err(Busy)) => tokio::time::sleep(PATIENCE).await,
            None => break,
        }
    }
    Reached::Nothing
}

async fn trade(address: &Address, code: String, progress: &UnboundedSender<()>) -> Reached {
    match address.trade_patiently(&code).await {
        (Trade::Token(token), _) => {
            let _ = progress.send(());
            Reached::Token { code, token }
        }
        // Two trades without an answer use a code up.
        (Trade::Refused(_), 2..) => Reached::Gone,
        (Trade::Killed, unanswered) => Reached::Code { code, unanswered: unanswered + 1 },
        (Trade::Refused(refusal), unanswered) => {
            panic!("after {unanswered} trades without an answer a code was refused: {refusal}")
        }
        (Trade::Busy, _) => unreachable!("it is waited out"),
    }
}

/// From the application to its code; `None` where the program was killed on the way.
async fn code(address: &Address, number: usize) -> Option<Result<String, Busy>> {
    let asked = [
        ("client_id", address.client_id.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("connection", &address.connection),
    ];
    let url = Url::parse_with_params(&format!("{}/sso/authorize", address.base_url), asked).unwrap();
    let sent = address.answer(address.http.get(url)).await?;
    let Some(cookie) = sent.headers.get(SET_COOKIE) else { return Some(Err(Busy)) };
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
    let choose = Url::parse(sent.headers[LOCATION].to_str().unwrap()).unwrap();
    let page = address.answer(address.http.get(choose.clone())).await?.text;
    let mut fields = hidden(&page);
    fields.push(("person".to_owned(), PEOPLE[number % PEOPLE.len()].to_owned()));
    let action = choose.join(&attribute(&page, "<form ", "action")).unwrap();
    let page = address.answer(form(address, &action, &fields)).await?.text;
    let acs = choose.join(&attribute(&page, "<form ", "action")).unwrap();
    let back = address.answer(form(address, &acs, &hidden(&page)).header(COOKIE, cookie)).await?;
    // A page says that it was too busy: then they begin again at the application.
    let Some(location) = back.headers.get(LOCATION) else {
        assert_eq!(back.status, 503, "{}", back.text);
        return Some(Err(Busy));
    };
    let location = Url::parse(location.to_str().unwrap()).unwrap();
    location.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| Ok(code.into_owned()))
}

fn form(address: &Address, url: &Url, fields: &[(String, String)]) -> RequestBuilder {
    post(&address.http, url.as_str(), fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
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
