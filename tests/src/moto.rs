//! moto's server: a Route 53 that we didn't write. It serves no DNS; what it holds is read through its API.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often it is asked whether it answers yet, and how long it may take in between.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(50);

/// By the signature's scope, which it reads and doesn't check, it knows which service is meant.
const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=story/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0";

/// A running server with one hosted zone. It ends when it is dropped.
pub struct Moto {
    process: Child,
    address: SocketAddr,
    zone: String,
    client: reqwest::Client,
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

impl Moto {
    /// A server with a hosted zone of this name.
    // The test command says where it installed things: no App is involved.
    #[allow(clippy::disallowed_methods)]
    pub async fn start(domain: &str) -> Self {
        let python =
            std::env::var("PORTICO_PEERS_PYTHON").expect("run tests/run, which sets PORTICO_PEERS_PYTHON");
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut moto = Self { process, address, zone: String::new(), client: reqwest::Client::new() };
        moto.zone = moto.create_zone(domain).await;
        moto
    }

    async fn create_zone(&self, domain: &str) -> String {
        let body = format!(
            "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
             <Name>{domain}.</Name><CallerReference>story</CallerReference></CreateHostedZoneRequest>"
        );
        for _ in 0..TRIES {
            let asked =
                self.client.post(self.url("hostedzone")).header("authorization", SCOPE).body(body.clone());
            let asked = asked.send().await;
            if let Ok(answer) = asked {
                let text = answer.text().await.unwrap();
                let id = text.split("<Id>/hostedzone/").nth(1).and_then(|rest| rest.split('<').next());
                return id.unwrap_or_else(|| panic!("moto made no zone: {text}")).to_owned();
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("moto does not answer");
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/2013-04-01/{path}", self.address)
    }

    /// Where it is, and its zone: what a deployment has to know.
    pub fn route53(&self) -> (SocketAddr, Vec<String>) {
        (self.address, vec![self.zone.clone()])
    }

    /// Everything in the zone, as its API writes it.
    pub async fn records(&self) -> String {
        let asked = self.client.get(self.url(&format!("hostedzone/{}/rrset", self.zone)));
        let answer = asked.header("authorization", SCOPE).send().await.unwrap();
        answer.text().await.unwrap().replace("&quot;", "\"")
    }
}
