//! What the functions reach beside the table: stand-ins for KMS, Route 53 and SES, and the name server.

use super::{Options, StackError, listen, port_beside, serve};
use crate::dns::{DnsServer, Zones};
use crate::kms::Kms;
use crate::mail::Mails;
use crate::route53::Route53;
use crate::template::Template;
use std::io;
use std::net::SocketAddr;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How far after the API's port the name server's is.
const DNS_DISTANCE: u16 = 3;

pub(super) async fn start_kms(
    options: &Options,
    template: &Template,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), StackError> {
    let key_id = template.variable("KMS_KEY_ID").unwrap_or_default();
    let key_file = options.data_dir.join("kms.key");
    let kms = Kms::open(&key_file, key_id, options.rng.clone())
        .map_err(StackError::io(format!("the key file {}", key_file.display())))?;
    let listener = listen(0).await?;
    let address = listener.local_addr().map_err(StackError::io("the port of the key stand-in"))?;
    Ok((address, serve(listener, kms.router(), stopping)))
}

pub(super) async fn start_route53(
    route53: &Route53,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), StackError> {
    let listener = listen(0).await?;
    let address = listener.local_addr().map_err(StackError::io("the port of the stand-in for Route 53"))?;
    Ok((address, serve(listener, route53.router(), stopping)))
}

/// The name server stays at its port from one run to the next, as what stands beside the deployment does.
pub(super) async fn start_dns(
    options: &Options,
    zones: Zones,
    mut stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), StackError> {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let server = match DnsServer::start(zones.clone(), at(port_beside(options.port, DNS_DISTANCE))).await {
        Err(problem) if problem.kind() == io::ErrorKind::AddrInUse => DnsServer::start(zones, at(0)).await,
        other => other,
    };
    let server = server.map_err(StackError::io("the port of the name server"))?;
    let address = server.address();
    let task = tokio::spawn(async move {
        drop(stopping.wait_for(|stop| *stop).await);
        server.stop().await;
    });
    Ok((address, task))
}

pub(super) async fn start_mail(
    mails: &Mails,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), StackError> {
    let listener = listen(0).await?;
    let address = listener.local_addr().map_err(StackError::io("the port of the stand-in for SES"))?;
    Ok((address, serve(listener, mails.service(), stopping)))
}
