//! Mail by SES: plain text, one receiver.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::DisplayErrorContext;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// Its subject: one line.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Why a mail wasn't taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// It can't be written as a mail.
    #[error("the mail can't be written: {0}")]
    Malformed(String),
    /// SES refused it, or didn't answer.
    #[error("SES didn't take the mail: {0}")]
    Refused(String),
}

/// Sends mail from one address.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    from: String,
}

impl Mailer {
    /// Mail from this address, which SES has to know as ours.
    pub fn new(client: Client, from: &str) -> Self {
        Self { client, from: from.to_owned() }
    }

    /// Hands a mail over to SES.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let malformed = |error: aws_sdk_sesv2::error::BuildError| MailError::Malformed(error.to_string());
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(malformed);
        let message = Message::builder()
            .subject(content(&mail.subject)?)
            .body(Body::builder().text(content(&mail.text)?).build())
            .build();
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|error| MailError::Refused(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
