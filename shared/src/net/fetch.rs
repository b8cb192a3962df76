//! `Fetch`: documents from addresses that other people give us, such as the metadata of an identity provider, without
//! letting those people reach into our own network (server-side request forgery).

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, LOCATION};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::address::{AddressClass, refused_class};
use crate::config::{PublicUrl, has_user_info, is_loopback};

/// The largest document, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The time that a document may take, redirects included.
pub const MAX_TIME: Duration = Duration::from_secs(5);

/// How many redirects are followed, all of them on the host that was asked for.
pub const MAX_REDIRECTS: usize = 3;

/// A document from outside. Nothing about it is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedDocument {
    /// The body, at most [`MAX_BYTES`].
    pub bytes: Bytes,
    /// The `Content-Type` header, if there is a readable one.
    pub content_type: Option<String>,
}

/// Why a document could not be fetched. The text is for the admin who gave the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an absolute URL.
    #[error("expected an address such as https://idp.example.com/metadata, but this is not one")]
    NotAUrl,
    /// Another scheme than https.
    #[error("expected an address that begins with https://, got {scheme}://")]
    NotHttps {
        /// The scheme that came.
        scheme: String,
    },
    /// The host is an IP address.
    #[error("expected a host name in the address, got the IP address {address}")]
    IpLiteral {
        /// The address that came.
        address: String,
    },
    /// The URL names a user or a password.
    #[error("expected an address without a user name or password")]
    UserInfo,
    /// Another port than 443.
    #[error("expected an address on port 443, got port {port}")]
    Port {
        /// The port that came.
        port: u16,
    },
    /// The name has no address.
    #[error("the name {host} has no address in DNS")]
    NameNotFound {
        /// The name that was looked up.
        host: String,
    },
    /// The name leads to an address that isn't a public server's.
    #[error("the name {host} leads to a {class} address; expected a server on the public internet")]
    NotPublic {
        /// The name that was looked up.
        host: String,
        /// What kind of address it has.
        class: AddressClass,
    },
    /// No connection, or no TLS that we trust.
    #[error(
        "no trusted connection to {host}: it does not answer, or its certificate is not valid for the name"
    )]
    Connect {
        /// The host that was asked.
        host: String,
    },
    /// The time is over.
    #[error("{host} did not answer completely within the {milliseconds} ms that are allowed")]
    Timeout {
        /// The host that was asked.
        host: String,
        /// The time that was allowed.
        milliseconds: u128,
    },
    /// A redirect to another host.
    #[error(
        "{host} redirects to {target}; expected the document on {host} itself, so give the final address"
    )]
    OtherHost {
        /// The host that was asked.
        host: String,
        /// The host that it points to.
        target: String,
    },
    /// More redirects than are followed.
    #[error("{host} redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects {
        /// The host that was asked.
        host: String,
    },
    /// Another status than 200.
    #[error("expected status 200 from {host}, got {status}")]
    Status {
        /// The host that was asked.
        host: String,
        /// The status that came.
        status: u16,
    },
    /// The body is larger than is read.
    #[error("the document at {host} is larger than {MAX_BYTES} bytes")]
    TooLarge {
        /// The host that was asked.
        host: String,
    },
    /// The body ended before its end.
    #[error("the connection to {host} broke before the document was complete")]
    Interrupted {
        /// The host that was asked.
        host: String,
    },
    /// The machine has no usable TLS: no root certificates, for example. Not the admin's doing.
    #[error("this deployment can't make TLS connections")]
    NoTls,
}

/// Fetches documents by https from public servers only. Cheap to clone.
///
/// Refused are IP literals, user information, ports other than 443 and every name that leads to an address which is not
/// public; the connection goes to exactly the addresses that were judged. While the public URL is http on loopback, the
/// same is allowed on loopback by http and on any port: one machine, with a practice identity provider on it.
#[derive(Clone)]
pub struct Fetch {
    client: Arc<OnceCell<reqwest::Client>>,
    loopback_allowed: bool,
    max_time: Duration,
}

impl Fetch {
    /// A `Fetch` for the deployment at `public_url`. TLS is set up by the first use, since most functions have none.
    pub fn new(public_url: &PublicUrl) -> Self {
        Self { client: Arc::default(), loopback_allowed: public_url.is_loopback_http(), max_time: MAX_TIME }
    }

    /// Gets the document at `url`: at most [`MAX_BYTES`] within [`MAX_TIME`].
    ///
    /// # Errors
    /// [`FetchError`], one variant per cause.
    pub async fn text(&self, url: &str) -> Result<FetchedDocument, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::NotAUrl)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let timeout = FetchError::Timeout { host, milliseconds: self.max_time.as_millis() };
        tokio::time::timeout(self.max_time, self.follow(url)).await.map_err(|_| timeout)?
    }

    async fn follow(&self, mut url: Url) -> Result<FetchedDocument, FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        for _ in 0..=MAX_REDIRECTS {
            self.check(&url)?;
            let response = self.send(&url, &host).await?;
            if !response.status().is_redirection() {
                return read(response, host).await;
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let status = response.status().as_u16();
            let target = location.and_then(|location| url.join(location).ok());
            let target = target.ok_or_else(|| FetchError::Status { host: host.clone(), status })?;
            if target.host_str() != Some(host.as_str()) {
                let target = target.host_str().unwrap_or("nowhere").to_owned();
                return Err(FetchError::OtherHost { host, target });
            }
            url = target;
        }
        Err(FetchError::TooManyRedirects { host })
    }

    /// Judges a URL before its name is looked up.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if has_user_info(url) {
            return Err(FetchError::UserInfo);
        }
        if self.loopback_allowed && url.scheme() == "http" && is_loopback(url) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(FetchError::NotHttps { scheme: url.scheme().to_owned() });
        }
        match url.host() {
            None => return Err(FetchError::NotAUrl),
            Some(Host::Ipv4(address)) => return Err(FetchError::IpLiteral { address: address.to_string() }),
            Some(Host::Ipv6(address)) => return Err(FetchError::IpLiteral { address: address.to_string() }),
            Some(Host::Domain(_)) => {}
        }
        match url.port_or_known_default() {
            Some(443) | None => Ok(()),
            Some(port) => Err(FetchError::Port { port }),
        }
    }

    async fn send(&self, url: &Url, host: &str) -> Result<reqwest::Response, FetchError> {
        let client = self.client.get_or_try_init(|| async { client(self.loopback_allowed) }).await?;
        client.get(url.clone()).send().await.map_err(|error| {
            let mut cause: Option<&(dyn Error + 'static)> = error.source();
            while let Some(error) = cause {
                if let Some(refusal) = error.downcast_ref::<FetchError>() {
                    return refusal.clone();
                }
                cause = error.source();
            }
            FetchError::Connect { host: host.to_owned() }
        })
    }
}

fn client(loopback_allowed: bool) -> Result<reqwest::Client, FetchError> {
    reqwest::Client::builder()
        .dns_resolver(PublicAddresses { loopback_allowed })
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // Every request looks its name up again: a kept connection would outlive the judgement.
        .pool_max_idle_per_host(0)
        .user_agent("Portico")
        .build()
        .map_err(|_| FetchError::NoTls)
}

/// Reads a body, and stops as soon as it is too large, whatever its headers say.
async fn read(mut response: reqwest::Response, host: String) -> Result<FetchedDocument, FetchError> {
    let status = response.status();
    if status != http::StatusCode::OK {
        return Err(FetchError::Status { host, status: status.as_u16() });
    }
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(FetchedDocument { bytes: bytes.freeze(), content_type }),
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_BYTES => {
                return Err(FetchError::TooLarge { host });
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(_) => return Err(FetchError::Interrupted { host }),
        }
    }
}

/// Looks names up and lets a name pass only if all of its addresses are public. The connection is made to what this
/// returns, so that a second, different answer of the name server is never asked for.
struct PublicAddresses {
    loopback_allowed: bool,
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback_allowed = self.loopback_allowed;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            let addresses: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
            let addresses = judge(host, addresses, loopback_allowed)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn judge(
    host: String,
    addresses: Vec<SocketAddr>,
    loopback_allowed: bool,
) -> Result<Vec<SocketAddr>, FetchError> {
    if addresses.is_empty() {
        return Err(FetchError::NameNotFound { host });
    }
    for address in &addresses {
        match refused_class(address.ip()) {
            None => {}
            Some(AddressClass::Loopback) if loopback_allowed && host == "localhost" => {}
            Some(class) => return Err(FetchError::NotPublic { host, class }),
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests;
