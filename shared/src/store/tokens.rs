//! Codes and access tokens, by their hashes.

use super::item::{Item, Versioned};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::ids::PersonId;
use crate::domain::person::Person;
use crate::domain::sign_in::{AccessToken, AuthorizationCode, CODE_MEMORY};
use crate::domain::token::HashedToken;

/// An access token with the person behind it, read side by side.
#[derive(Debug)]
pub struct TokenWithPerson {
    /// The token.
    pub token: AccessToken,
    /// The person, as they are now.
    pub person: Person,
}

/// Why a code wasn't traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeRefused {
    /// It was traded already, by somebody who was faster.
    AlreadyTraded,
    /// The person was deactivated after signing in.
    PersonInactive,
}

impl Store {
    /// The code with this hash, traded or not, expired or not: the caller looks.
    pub async fn authorization_code(
        &self,
        code: &HashedToken,
    ) -> Result<Option<Versioned<AuthorizationCode>>, StoreError> {
        self.read_one(&keys::authorization_code(code)).await
    }

    /// Trades a code for a token: at most once, and only while the person is active.
    pub async fn trade_code(
        &self,
        code: &Versioned<AuthorizationCode>,
        token: &AccessToken,
    ) -> Result<Result<(), TradeRefused>, StoreError> {
        let traded = AuthorizationCode { traded_for: Some(token.token.clone()), ..code.value.clone() };
        let key = keys::authorization_code(&traded.code);
        let mut transaction = Transaction::new(self);
        let item = Item::new(key, &traded)?.expiring(traded.expires_at + CODE_MEMORY);
        transaction.replace(TradeRefused::AlreadyTraded, item, code.version);
        let active = Condition::BodyText("status", "active".to_owned());
        transaction.check(TradeRefused::PersonInactive, &keys::person(token.profile.person_id), active);
        transaction.put(Item::new(keys::access_token(&token.token), token)?.expiring(token.expires_at));
        match transaction.commit().await {
            Ok(_) => Ok(Ok(())),
            Err(CommitError::Refused(reason)) => Ok(Err(reason)),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// An unexpired token with its person; `person` is what the token itself claims.
    pub async fn access_token(
        &self,
        token: &HashedToken,
        person: PersonId,
    ) -> Result<Option<TokenWithPerson>, StoreError> {
        let (own, behind) = (keys::access_token(token), keys::person(person));
        let mut found = self.read_many(&[own.clone(), behind.clone()]).await?;
        let token = found.take::<AccessToken>(self, &own)?.map(|read| read.value);
        let person = found.take::<Person>(self, &behind)?.map(|read| read.value);
        Ok(token
            .zip(person)
            .filter(|(token, person)| token.profile.person_id == person.id)
            .map(|(token, person)| TokenWithPerson { token, person }))
    }

    /// Ends a token at once, if it lives.
    pub async fn revoke_access_token(&self, token: &HashedToken) -> Result<(), StoreError> {
        let key = super::item::key_attributes(&keys::access_token(token));
        self.client.delete_item().table_name(&*self.table).set_key(Some(key)).send().await?;
        Ok(())
    }
}
