//! One question to one server.

use std::net::SocketAddr;

use futures_util::StreamExt;
use hickory_net::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query};
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::tcp::TcpClientStream;
use hickory_net::udp::UdpClientStream;
use hickory_net::xfer::DnsRequestSender;
use hickory_net::{DnsHandle, NetError};

use super::{Dns, PATIENCE};

/// Why a server gave no answer that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Nothing came in time, or nothing can be sent there.
    Silent,
    /// What came is no answer to the question.
    Garbled,
}

impl Dns {
    /// Asks over UDP, and over TCP where the answer didn't fit into a datagram (RFC 7766 §5). Other answers than the one
    /// to this question, by address, id or name, are passed over as if they hadn't come (RFC 5452 §9.1).
    pub(super) async fn ask(
        &self,
        server: SocketAddr,
        query: &Query,
        recurse: bool,
    ) -> Result<DnsResponse, NoAnswer> {
        let Ok(_permit) = self.0.in_flight.acquire().await else { return Err(NoAnswer::Silent) };
        let mut options = DnsRequestOptions::default();
        options.recursion_desired = recurse;
        // The case of letters is something more to guess for whoever answers in the server's place.
        options.case_randomization = true;
        match over_udp(server, DnsRequest::from_query(query.clone(), options)).await {
            Some(Ok(answer)) if !answer.metadata.truncation => Ok(answer),
            // A server that changes the case of letters can still be asked where nobody else can answer.
            Some(Ok(_) | Err(NetError::QueryCaseMismatch)) => {
                options.case_randomization = false;
                over_tcp(server, DnsRequest::from_query(query.clone(), options)).await
            }
            Some(Err(error)) => Err(no_answer(&error)),
            None => Err(NoAnswer::Silent),
        }
    }
}

/// `None` where the time is over. A lost datagram is sent again once.
async fn over_udp(server: SocketAddr, request: DnsRequest) -> Option<Result<DnsResponse, NetError>> {
    let mut stream = UdpClientStream::builder(server, TokioRuntimeProvider::new())
        .with_timeout(Some(PATIENCE))
        .with_max_retries(1)
        .build();
    stream.send_message(request).next().await
}

async fn over_tcp(server: SocketAddr, request: DnsRequest) -> Result<DnsResponse, NoAnswer> {
    let asked = async {
        // The conversation's own task ends with the last clone of this.
        let provider = TokioRuntimeProvider::new();
        let exchange = TcpClientStream::exchange(server, None, PATIENCE, None, provider.clone()).await;
        let exchange = exchange.map_err(|error| no_answer(&error))?;
        let answer = exchange.send(request).next().await;
        drop(provider);
        answer.map_or(Err(NoAnswer::Silent), |answer| answer.map_err(|error| no_answer(&error)))
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Err(NoAnswer::Silent))
}

fn no_answer(error: &NetError) -> NoAnswer {
    match error {
        NetError::Proto(_) => NoAnswer::Garbled,
        _ => NoAnswer::Silent,
    }
}
