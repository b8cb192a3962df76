//! What a directory uses: when its tokens were last shown, and until when its requests are paid for. One item that many
//! requests share, so it is written seldom, after answers, and says nothing that a decision about access rests on.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use super::super::item::{self, Attributes};
use super::super::{Store, StoreError, keys};
use crate::domain::directory::{DirectoryToken, RateLimit};
use crate::domain::ids::{DirectoryId, DirectoryTokenId};

/// How often a charge is made again on what another instance left.
const ATTEMPTS: u32 = 3;

/// What a directory has used, as far as its instances have said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryUsage {
    /// Until when its requests are paid for, at the lasting rate.
    pub paid_until: Option<DateTime<Utc>>,
    /// When the token that was shown was last used.
    pub token_used_at: Option<DateTime<Utc>>,
}

/// Requests that an instance has answered and not charged yet.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The directory.
    pub directory_id: DirectoryId,
    /// How many.
    pub requests: u32,
    /// The token that was shown, where it is time to say so.
    pub token: Option<DirectoryTokenId>,
}

fn used_by(token: DirectoryTokenId) -> String {
    format!("used_{token}")
}

fn instant(attributes: &Attributes, name: &str) -> Option<DateTime<Utc>> {
    item::text(attributes, name)?.parse().ok()
}

/// What the item says that `usage` names; nothing where there is none yet.
pub(super) fn read_usage(usage: Option<Attributes>, token: &DirectoryToken) -> DirectoryUsage {
    let Some(usage) = usage else { return DirectoryUsage::default() };
    DirectoryUsage {
        paid_until: instant(&usage, "paid_until"),
        token_used_at: instant(&usage, &used_by(token.id)),
    }
}

impl Store {
    /// When each of a directory's tokens was last used, in the order given; within a minute or so.
    pub async fn directory_tokens_used(
        &self,
        id: DirectoryId,
        tokens: &[DirectoryToken],
    ) -> Result<Vec<Option<DateTime<Utc>>>, StoreError> {
        let usage = self.raw(id).await?;
        let used = |token: &DirectoryToken| instant(usage.as_ref()?, &used_by(token.id));
        Ok(tokens.iter().map(used).collect())
    }

    /// A directory's live tokens, oldest first, each with when it was last used: one round trip.
    pub async fn directory_tokens_with_use(
        &self,
        id: DirectoryId,
    ) -> Result<Vec<(DirectoryToken, Option<DateTime<Utc>>)>, StoreError> {
        let (tokens, usage) = tokio::try_join!(self.directory_tokens(id), self.raw(id))?;
        let used = |token: &DirectoryToken| instant(usage.as_ref()?, &used_by(token.id));
        Ok(tokens.into_iter().map(|token| (token.clone(), used(&token))).collect())
    }

    /// Charges requests to a directory and notes the use of a token. Where other instances keep being faster, the charge
    /// is let go: the limit protects the table from a client run wild, not from a few requests more.
    pub async fn charge_directory(&self, charge: &Charge, limit: RateLimit) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let usage = self.raw(charge.directory_id).await?;
            let paid = usage.as_ref().and_then(|usage| instant(usage, "paid_until"));
            let after = paid.map_or(now, |paid| paid.max(now)) + limit.cost(charge.requests);
            if self.write_usage(charge, paid, (after, now)).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn raw(&self, id: DirectoryId) -> Result<Option<Attributes>, StoreError> {
        let key = keys::directory_usage(id);
        Ok(self.read_many(std::slice::from_ref(&key)).await?.take_raw(&key))
    }

    /// Writes where the item still is as it was read.
    async fn write_usage(
        &self,
        charge: &Charge,
        paid: Option<DateTime<Utc>>,
        (after, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<bool, StoreError> {
        let text = |instant: DateTime<Utc>| AttributeValue::S(instant.to_rfc3339());
        let mut expression = "SET paid_until = :after".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(item::key_attributes(&keys::directory_usage(charge.directory_id))))
            .expression_attribute_values(":after", text(after));
        if let Some(token) = charge.token {
            expression.push_str(", #used = :now");
            update = update
                .expression_attribute_names("#used", used_by(token))
                .expression_attribute_values(":now", text(now));
        }
        update = match paid {
            None => update.condition_expression("attribute_not_exists(paid_until)"),
            Some(paid) => update
                .condition_expression("paid_until = :paid")
                .expression_attribute_values(":paid", text(paid)),
        };
        match update.update_expression(expression).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
