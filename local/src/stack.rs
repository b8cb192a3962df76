//! The stack: everything that the deployment is made of, started in this process, and ended together.

mod beside;
mod deploy;
mod error;

pub use error::StackError;

use crate::dns::Zones;
use crate::dynamodb::{DynamoDb, Threads};
use crate::files;
use crate::gateway::Gateway;
use crate::lambda::{Functions, InvokeError};
use crate::mail::Mails;
use crate::observer::Observer;
use crate::route53::Route53;
use crate::routes::Routes;
use crate::schedules;
use crate::template::Template;
use beside::{start_dns, start_kms, start_mail, start_route53};
use deploy::{Endpoints, deploy};
use portico_shared::aws::Patience;
use portico_shared::config::PublicUrl;
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use serde_json::Value as Json;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The deployment that this program was built with.
const TEMPLATE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));

/// Parameters of the template that one machine wants otherwise than their defaults: nobody else writes to the table, so
/// that a reader of the event log need not wait for them.
const PARAMETERS: [(&str, &str); 5] = [
    ("EventLagSeconds", "1"),
    ("LogLevel", "warn"),
    ("ProofZone", "proof.portico.example"),
    ("AppName", "Sample app"),
    ("MailFrom", "no-reply@portico.example"),
];

/// How long requests that are under way may take when the stack stops.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How to start a [`Stack`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Port of the API on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the data is kept. It is created when it isn't there.
    pub data_dir: PathBuf,
    /// The address that browsers use, when it is not `http://127.0.0.1:port`: that of a TLS proxy before the port.
    pub public_url: Option<String>,
    /// Runs the built Lambda binaries in this directory instead of the functions in this process.
    pub binaries: Option<PathBuf>,
    /// The functions' clock, when they run in this process.
    pub clock: Clock,
    /// The functions' randomness, when they run in this process.
    pub rng: Rng,
    /// Sees the functions' calls to DynamoDB and KMS, when they run in this process.
    pub observer: Option<Observer>,
    /// How long the functions wait for DynamoDB and KMS, when they run in this process.
    pub patience: Patience,
    /// The name server that the functions ask, if it is not this machine's own.
    pub name_server: Option<SocketAddr>,
    /// What stands in for Route 53, with the ids of its hosted zones, if it is not this machine's own.
    pub route53: Option<(SocketAddr, Vec<String>)>,
    /// Whether the template's schedules run by themselves. Where they don't, [`Stack::invoke`] does what they would.
    pub schedules: bool,
}

impl Options {
    /// A free port, in-process functions, the machine's clock and randomness, data in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            port: 0,
            data_dir: data_dir.into(),
            public_url: None,
            binaries: None,
            clock: Clock::system(),
            rng: Rng::system(),
            observer: None,
            patience: Patience::default(),
            name_server: None,
            route53: None,
            schedules: true,
        }
    }
}

/// A running deployment on 127.0.0.1.
#[derive(Debug)]
pub struct Stack {
    public_url: PublicUrl,
    address: SocketAddr,
    client_id: String,
    template: Template,
    functions: Arc<Functions>,
    zones: Zones,
    dns: SocketAddr,
    route53: Route53,
    mails: Mails,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    table: SocketAddr,
    _store: Threads,
    _lock: File,
}

impl Stack {
    /// Starts everything and returns when the API answers.
    ///
    /// # Errors
    /// [`StackError`] says what is wrong in a sentence for whoever started it.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        files::create_private_directory(&options.data_dir)
            .map_err(StackError::io(format!("the data directory {}", options.data_dir.display())))?;
        let lock =
            files::lock_data(&options.data_dir).map_err(StackError::io("the data directory's lock"))?;
        let lock = lock.ok_or_else(|| StackError::DataInUse(options.data_dir.clone()))?;
        let parameters = PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let template = Template::parse(TEMPLATE, &parameters)?;
        let routes = Routes::new(&template.routes)?;
        let listener = listen(options.port).await?;
        let address = listener.local_addr().map_err(StackError::io("the API's port"))?;
        let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let public_url = PublicUrl::parse(&public_url).ok_or(StackError::PublicUrl(public_url))?;

        let (stop, stopping) = watch::channel(false);
        let dynamodb =
            DynamoDb::start(&options.data_dir.join("dynamodb.sqlite"), &template, stopping.clone()).await?;
        let (kms, kms_server) = start_kms(&options, &template, stopping.clone()).await?;
        let zones = Zones::open(&options.data_dir.join("dns.json"), options.rng.clone())?;
        let (dns, dns_server) = start_dns(&options, zones.clone(), stopping.clone()).await?;
        let route53 = Route53::new(zones.clone(), options.clock.clone(), options.rng.clone());
        let (route53_address, route53_server) = start_route53(&route53, stopping.clone()).await?;
        let here = || (route53_address, zones.all().iter().map(|zone| zone.id().to_string()).collect());
        let mails = Mails::new(options.clock.clone());
        let (ses, ses_server) = start_mail(&mails, stopping.clone()).await?;
        let (route53_elsewhere, hosted_zones) = options.route53.clone().unwrap_or_else(here);
        let endpoints = Endpoints {
            dynamodb: dynamodb.address,
            kms,
            dns: options.name_server.unwrap_or(dns),
            route53: route53_elsewhere,
            hosted_zones,
            ses,
        };
        let client_id = template.variable("CLIENT_ID").unwrap_or_default().to_owned();
        let functions = Arc::new(deploy(&template, &public_url, &endpoints, &options)?);
        let gateway = Gateway {
            routes,
            functions: functions.clone(),
            scheme: if public_url.is_loopback_http() { "http" } else { "https" }.to_owned(),
            clock: options.clock.clone(),
            rng: options.rng.clone(),
        };
        let gateway = serve(listener, gateway.router(), stopping);
        // The front door first: the functions behind it need the table until their last answer.
        let servers = vec![gateway, ses_server, route53_server, dns_server, kms_server, dynamodb.server];
        for schedule in template.schedules.iter().filter(|_| options.schedules) {
            schedules::start(schedule, functions.clone(), stop.subscribe())?;
        }
        let (store, table) = (dynamodb.threads, dynamodb.address);
        Ok(Self {
            public_url,
            address,
            client_id,
            template,
            functions,
            zones,
            dns,
            route53,
            mails,
            stop,
            servers,
            table,
            _store: store,
            _lock: lock,
        })
    }

    /// The base URL as browsers and apps use it, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.public_url.as_str()
    }

    /// The base URL of the port itself, whatever stands before it.
    pub fn local_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The name of the table.
    pub fn table_name(&self) -> &str {
        self.template.variable("TABLE_NAME").unwrap_or_default()
    }

    /// Where the embedded DynamoDB answers.
    pub fn table_address(&self) -> SocketAddr {
        self.table
    }

    /// The deployment's OAuth client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The zones that the name server answers from.
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// Where the name server answers, over UDP and TCP.
    pub fn dns_address(&self) -> SocketAddr {
        self.dns
    }

    /// The stand-in for Route 53, whose faults a test sets.
    pub fn route53(&self) -> &Route53 {
        &self.route53
    }

    /// The mail that was sent.
    pub fn mails(&self) -> &Mails {
        &self.mails
    }

    /// Invokes a function directly, as `aws lambda invoke` does under IAM. `function` is a binary's name (`management`) or
    /// a logical id.
    ///
    /// # Errors
    /// [`InvokeError`], the function's own error among them.
    pub async fn invoke(&self, function: &str, payload: Json) -> Result<Json, InvokeError> {
        let known = self.template.function(function);
        let known = known.ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))?;
        let answer = self.functions.invoke(&known.logical_id, payload).await?;
        if let Some(after) = answer.after {
            tokio::spawn(after.run());
        }
        Ok(answer.payload)
    }

    /// Serves one more router on a loopback port until the stack stops: the practice identity provider and the sample
    /// app run beside the deployment, not in it.
    pub(crate) fn serve_beside(&mut self, listener: TcpListener, router: axum::Router) {
        self.servers.insert(0, serve(listener, router, self.stop.subscribe()));
    }

    /// Lets requests under way finish, for 5 seconds at the most, and ends everything, processes of functions included.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let all = async {
            for server in self.servers {
                drop(server.await);
            }
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!("requests were still under way after {STOP_WITHIN:?}");
        }
    }
}

/// Listens on a loopback port; 0 is any free one.
pub(crate) async fn listen(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|problem| match problem.kind() {
        io::ErrorKind::AddrInUse => StackError::PortInUse(port),
        _ => StackError::Io { what: format!("port {port}"), problem },
    })
}

fn serve(listener: TcpListener, router: axum::Router, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move { drop(stopping.wait_for(|stop| *stop).await) };
    tokio::spawn(async move {
        if let Err(problem) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
            tracing::error!(%problem, "a server stopped");
        }
    })
}

/// The port `distance` after the API's, or a free one when the API's own was left to the system.
pub(crate) fn port_beside(port: u16, distance: u16) -> u16 {
    port.checked_add(distance).filter(|_| port != 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start(directory: &tempfile::TempDir) -> Stack {
        Stack::start(Options::new(directory.path())).await.unwrap()
    }

    async fn get(url: &str) -> (u16, String) {
        let response = reqwest::get(url).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn a_path_that_the_template_does_not_route_is_api_gateways_404_and_a_routed_one_is_the_functions() {
        let directory = tempfile::tempdir().unwrap();
        let stack = start(&directory).await;
        let gateways = (404, r#"{"message":"Not Found"}"#.to_owned());
        assert_eq!(get(&format!("{}/nowhere", stack.base_url())).await, gateways);
        let routed = get(&format!("{}/organizations/{}", stack.base_url(), "org_1/nothing/here")).await;
        assert_ne!(routed, gateways);
        assert!((400..500).contains(&routed.0), "{routed:?}");
        stack.stop().await;
    }

    #[test]
    fn what_stands_beside_the_api_has_a_port_of_its_own_unless_the_apis_is_any() {
        assert_eq!([4400, 0, 65_534].map(|port| port_beside(port, 3)), [4403, 0, 0]);
    }

    #[tokio::test]
    async fn a_port_in_use_is_named() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let stack = start(&one).await;
        let options = Options { port: stack.address.port(), ..Options::new(other.path()) };
        let refusal = Stack::start(options).await.unwrap_err().to_string();
        assert_eq!(
            refusal,
            format!(
                "port {} on 127.0.0.1 is in use. Choose another with --port, or --port 0 for a free one",
                stack.address.port()
            )
        );
        stack.stop().await;
    }

    #[tokio::test]
    async fn a_stack_starts_again_on_its_data() {
        let directory = tempfile::tempdir().unwrap();
        start(&directory).await.stop().await;
        start(&directory).await.stop().await;
    }

    #[tokio::test]
    async fn the_data_of_a_running_stack_is_not_opened_twice() {
        let directory = tempfile::tempdir().unwrap();
        let stack = start(&directory).await;
        let second = Stack::start(Options::new(directory.path())).await;
        assert!(matches!(second, Err(StackError::DataInUse(_))));
        stack.stop().await;
    }

    #[tokio::test]
    async fn a_public_url_that_no_browser_should_use_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            public_url: Some("http://sso.example.com".to_owned()),
            ..Options::new(directory.path())
        };
        assert!(matches!(Stack::start(options).await, Err(StackError::PublicUrl(_))));
    }

    #[tokio::test]
    async fn a_directory_without_a_functions_binary_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let options =
            Options { binaries: Some(directory.path().to_owned()), ..Options::new(directory.path()) };
        assert!(matches!(Stack::start(options).await, Err(StackError::MissingBinary { .. })));
    }
}
