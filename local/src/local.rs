//! The local program as a whole: the deployment, and beside it what a newcomer needs to see it work.

use crate::dns::DnsPage;
use crate::practice_directory::PracticeDirectory;
use crate::practice_idp::PracticeIdp;
use crate::sample_app::SampleApp;
use crate::seed::{RedirectUri, SeedError, Seeded, seed};
use crate::stack::{Options, Stack, StackError, listen, port_beside};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// Why the local program does not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The deployment.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// What is made on the first start.
    #[error(transparent)]
    Seed(#[from] SeedError),
}

/// A deployment with a practice identity provider and a practice directory, a sample app, a page for the DNS, and an
/// organization that uses them.
#[derive(Debug)]
pub struct Local {
    stack: Stack,
    practice_idp: PracticeIdp,
    sample_app_url: String,
    dns_url: String,
    directory_url: String,
    mail_url: String,
    redirect_uri: String,
    data_dir: PathBuf,
    seeded: Seeded,
}

impl Local {
    /// Starts everything. `redirect_uris` are registered beside the sample app's. `progress` is told, in a few words,
    /// what takes a moment.
    ///
    /// # Errors
    /// [`LocalError`] says what is wrong in a sentence for whoever started it.
    pub async fn start(
        options: Options,
        redirect_uris: &[String],
        progress: impl Fn(&str),
    ) -> Result<Self, LocalError> {
        let (clock, rng) = (options.clock.clone(), options.rng.clone());
        let (port, data_dir) = (options.port, options.data_dir.clone());
        progress("starting the deployment");
        let mut stack = Stack::start(options).await?;

        let (listener, url) = listen_beside(port, 1).await?;
        let directory = data_dir.join("practice-idp");
        if !directory.exists() {
            progress("making the practice identity provider's key");
        }
        let practice_idp = PracticeIdp::open(url, &directory, clock.clone(), rng.clone())
            .map_err(StackError::io("the practice identity provider's key"))?;
        stack.serve_beside(listener, practice_idp.router());

        let (listener, sample_app_url) = listen_beside(port, 2).await?;
        let callback = SampleApp::callback(&sample_app_url);
        let mut wanted = vec![RedirectUri {
            uri: callback.clone(),
            initiate_login_uri: Some(SampleApp::initiate_login(&sample_app_url)),
        }];
        wanted.extend(
            redirect_uris.iter().map(|uri| RedirectUri { uri: uri.clone(), initiate_login_uri: None }),
        );
        progress("setting up the organization Acme");
        let seeded = seed(&stack, &practice_idp, &wanted, &data_dir).await?;
        let sample_app = SampleApp::new(&stack, &sample_app_url, &seeded, clock, rng);
        stack.serve_beside(listener, sample_app.router());

        let (listener, dns_url) = listen_beside(port, 4).await?;
        let dns_page = DnsPage::new(stack.zones().clone(), dns_url.clone(), stack.dns_address());
        stack.serve_beside(listener, dns_page.router());

        let (listener, directory_url) = listen_beside(port, 5).await?;
        let practice = PracticeDirectory::new(&stack.local_url(), directory_url.clone(), &seeded.directory);
        stack.serve_beside(listener, practice.router());

        let (listener, mail_url) = listen_beside(port, 6).await?;
        let mail_page = stack.mails().page();
        stack.serve_beside(listener, mail_page);

        let redirect_uri = redirect_uris.first().cloned().unwrap_or(callback);
        let data_dir = data_dir.canonicalize().map_err(StackError::io("the data directory"))?;
        Ok(Self {
            stack,
            practice_idp,
            sample_app_url,
            dns_url,
            directory_url,
            mail_url,
            redirect_uri,
            data_dir,
            seeded,
        })
    }

    /// The deployment.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The practice identity provider.
    pub fn practice_idp(&self) -> &PracticeIdp {
        &self.practice_idp
    }

    /// Where the sample app is.
    pub fn sample_app_url(&self) -> &str {
        &self.sample_app_url
    }

    /// Where the DNS is edited.
    pub fn dns_url(&self) -> &str {
        &self.dns_url
    }

    /// Where the sent mail is read.
    pub fn mail_url(&self) -> &str {
        &self.mail_url
    }

    /// Where the practice directory is.
    pub fn directory_url(&self) -> &str {
        &self.directory_url
    }

    /// Acme's directory.
    pub fn directory_id(&self) -> &str {
        &self.seeded.directory.id
    }

    /// The API key of the SaaS back end.
    pub fn api_key(&self) -> &str {
        &self.seeded.api_key
    }

    /// A registered redirect URI: the first that was asked for, else the sample app's.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The organization Acme.
    pub fn organization_id(&self) -> &str {
        &self.seeded.organization_id
    }

    /// Acme's connection to the practice identity provider.
    pub fn connection_id(&self) -> &str {
        &self.seeded.connection.id
    }

    /// The line that `--json` prints.
    pub fn ready(&self) -> Json {
        json!({
            "base_url": self.stack.base_url(),
            "api_key": self.api_key(),
            "client_id": self.stack.client_id(),
            "redirect_uri": self.redirect_uri,
            "mail_url": self.mail_url,
            "dns_addr": self.stack.dns_address().to_string(),
            "data_dir": self.data_dir,
            "pid": std::process::id(),
        })
    }

    /// What is printed for people.
    pub fn welcome(&self) -> String {
        format!(
            "\nPortico is running on this machine.\n\n  \
             Try it             {}\n                     \
             the sample app: sign in with your company, then choose a person\n  \
             API                {}\n  \
             API key            {}\n  \
             Client id          {}\n  \
             Identity provider  {} (for practice)\n  \
             Directory          {} (you play the provider)\n  \
             Mail               {} (what would be sent)\n  \
             DNS                {} (you are its admin)\n  \
             DNS server         {}\n  \
             Data               {}\n\n\
             Ctrl-C stops it.\n",
            self.sample_app_url,
            self.stack.base_url(),
            self.api_key(),
            self.stack.client_id(),
            self.practice_idp.url(),
            self.directory_url,
            self.mail_url,
            self.dns_url,
            self.stack.dns_address(),
            self.data_dir.display(),
        )
    }

    /// Ends everything, processes of functions included.
    pub async fn stop(self) {
        self.stack.stop().await;
    }
}

/// The port `distance` after the API's, so that addresses stay from one run to the next; a free one when that is taken
/// or the API's own was left to the system.
async fn listen_beside(port: u16, distance: u16) -> Result<(TcpListener, String), StackError> {
    let listener = match listen(port_beside(port, distance)).await {
        Err(StackError::PortInUse(_)) => listen(0).await?,
        other => other?,
    };
    let address = listener.local_addr().map_err(StackError::io("a port"))?;
    Ok((listener, format!("http://{address}")))
}
