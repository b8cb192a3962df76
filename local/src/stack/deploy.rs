//! From what the template declares to functions that can be invoked here.

use super::{Options, StackError};
use crate::binaries::{self, Binaries};
use crate::in_process::InProcess;
use crate::lambda::{Code, Deployed, Functions};
use crate::template::{Function, REGION, Template};
use portico_shared::app::App;
use portico_shared::aws::{AwsSettings, Clients};
use portico_shared::config::{Config, PublicUrl};
use portico_shared::telemetry::metrics::Metrics;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where the stand-ins for AWS listen, and the name server with its zones.
pub(super) struct Endpoints {
    pub(super) dynamodb: SocketAddr,
    pub(super) kms: SocketAddr,
    pub(super) dns: SocketAddr,
    pub(super) route53: SocketAddr,
    /// The ids of all zones.
    pub(super) hosted_zones: Vec<String>,
    /// The stand-in for SES.
    pub(super) ses: SocketAddr,
}

/// Makes the functions ready to be invoked.
pub(super) fn deploy(
    template: &Template,
    public_url: &PublicUrl,
    endpoints: &Endpoints,
    options: &Options,
) -> Result<Functions, StackError> {
    let mut functions = BTreeMap::new();
    for function in &template.functions {
        let environment = environment(function, public_url, endpoints);
        let code = match &options.binaries {
            Some(directory) => Code::Binaries(binary(directory, function, environment)?),
            None => Code::InProcess(in_process(function, &environment, options)?),
        };
        let timeout = Duration::from_secs(function.timeout_seconds);
        functions.insert(function.logical_id.clone(), Deployed { timeout, code });
    }
    Ok(Functions { functions, rng: options.rng.clone() })
}

/// The function's variables as the template has them, those about the world around it as they are here, and what Lambda
/// sets to reach AWS.
fn environment(
    function: &Function,
    public_url: &PublicUrl,
    endpoints: &Endpoints,
) -> BTreeMap<String, String> {
    let mut variables = function.environment.clone();
    for (name, value) in [
        ("PUBLIC_URL", public_url.as_str().to_owned()),
        // One server has two voices here: a resolver alone is never believed.
        ("DNS_RESOLVERS", format!("{0},{0}", endpoints.dns)),
        ("DNS_NAME_SERVER_PORT", endpoints.dns.port().to_string()),
        ("HOSTED_ZONE_IDS", endpoints.hosted_zones.join(",")),
    ] {
        if let Some(declared) = variables.get_mut(name) {
            *declared = value;
        }
    }
    for (name, value) in [
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", endpoints.dynamodb)),
        ("AWS_ENDPOINT_URL_KMS", format!("http://{}", endpoints.kms)),
        ("AWS_ENDPOINT_URL_ROUTE_53", format!("http://{}", endpoints.route53)),
        ("AWS_ENDPOINT_URL_SESV2", format!("http://{}", endpoints.ses)),
    ] {
        variables.insert(name.to_owned(), value);
    }
    variables
}

fn binary(
    directory: &Path,
    function: &Function,
    environment: BTreeMap<String, String>,
) -> Result<Binaries, StackError> {
    let path = binaries::locate(directory, function).ok_or_else(|| StackError::MissingBinary {
        directory: directory.to_owned(),
        binary: function.binary.clone(),
        logical_id: function.logical_id.clone(),
    })?;
    Ok(Binaries::new(path, function, environment))
}

fn in_process(
    function: &Function,
    environment: &BTreeMap<String, String>,
    options: &Options,
) -> Result<InProcess, StackError> {
    let named = |problem| StackError::Config { function: function.logical_id.clone(), problem };
    let var = |name: &str| environment.get(name).cloned();
    let config = Config::from_vars(&var).map_err(named)?;
    let mut settings = AwsSettings::from_vars(&var).map_err(named)?.with_patience(options.patience);
    if let Some(observer) = &options.observer {
        settings = settings.with_http_client(observer.http_client());
    }
    let interceptor = || options.observer.as_ref().map(|observer| observer.of(&function.binary));
    let clients = Clients::new(&settings, interceptor);
    // CloudWatch reads metrics from the log; nobody does here.
    let metrics =
        Metrics::new(options.clock.clone(), function.logical_id.clone(), Arc::new(Mutex::new(io::sink())));
    let app = App::new(config, options.clock.clone(), options.rng.clone(), clients, metrics);
    InProcess::of(&function.binary, &app)
        .ok_or_else(|| StackError::UnknownFunction(function.logical_id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_template_declares_about_the_world_is_set_as_it_is_here_and_nothing_else_is_added() {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let endpoints = Endpoints {
            dynamodb: at(1),
            kms: at(2),
            dns: at(3),
            route53: at(4),
            hosted_zones: vec!["ZA".to_owned(), "ZB".to_owned()],
            ses: at(5),
        };
        let declared = ["PUBLIC_URL", "DNS_RESOLVERS", "DNS_NAME_SERVER_PORT", "HOSTED_ZONE_IDS", "OTHER"];
        let mut function = Function {
            logical_id: "F".to_owned(),
            binary: "f".to_owned(),
            environment: declared.map(|name| (name.to_owned(), "declared".to_owned())).into(),
            timeout_seconds: 1,
            memory_megabytes: 128,
        };
        let url = PublicUrl::parse("http://127.0.0.1:4400").unwrap();
        let variables = environment(&function, &url, &endpoints);
        let expected = ["http://127.0.0.1:4400", "127.0.0.1:3,127.0.0.1:3", "3", "ZA,ZB", "declared"];
        assert_eq!(declared.map(|name| variables[name].as_str()), expected);
        assert_eq!(variables["AWS_ENDPOINT_URL_ROUTE_53"], "http://127.0.0.1:4");
        function.environment.clear();
        let variables = environment(&function, &url, &endpoints);
        assert!(declared.iter().all(|name| !variables.contains_key(*name)));
    }
}
