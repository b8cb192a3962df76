//! Codes and access tokens, by their hashes.

use chrono::{DateTime, Utc};

use super::connections::ConnectionStatus;
use super::item::{Item, Versioned};
use super::keys::Key;
use super::reads::Found;
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::person::Person;
use crate::domain::sign_in::{AccessToken, AuthorizationCode, CODE_MEMORY};
use crate::domain::token::{Bearer, HashedToken};

/// What a sign-in rests on, as it is now.
#[derive(Debug)]
pub struct Standing {
    person: Option<Person>,
    connection: Option<ConnectionStatus>,
}

impl Standing {
    /// Whether a sign-in at `signed_in_at` still counts: its connection exists, and the person may sign in and has not
    /// been signed out since.
    pub fn honours(&self, signed_in_at: DateTime<Utc>) -> bool {
        self.connection.is_some() && self.person.as_ref().is_some_and(|person| person.honours(signed_in_at))
    }
}

/// An access token with what it rests on, read side by side.
#[derive(Debug)]
pub struct TokenWithStanding {
    /// The token.
    pub token: AccessToken,
    /// What it rests on.
    pub standing: Standing,
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

    /// What a sign-in of `bearer` rests on.
    pub async fn standing(&self, bearer: Bearer) -> Result<Standing, StoreError> {
        let mut found = self.read_many(&standing_keys(bearer)).await?;
        self.take_standing(&mut found, bearer)
    }

    /// An unexpired token with what it rests on; `bearer` is what the token itself claims.
    pub async fn access_token(
        &self,
        token: &HashedToken,
        bearer: Bearer,
    ) -> Result<Option<TokenWithStanding>, StoreError> {
        let own = keys::access_token(token);
        let [person, connection] = standing_keys(bearer);
        let mut found = self.read_many(&[own.clone(), person, connection]).await?;
        let token = found.take::<AccessToken>(self, &own)?.map(|read| read.value);
        let standing = self.take_standing(&mut found, bearer)?;
        let token = token.filter(|token| token.profile.bearer() == bearer);
        Ok(token.map(|token| TokenWithStanding { token, standing }))
    }

    fn take_standing(&self, found: &mut Found, bearer: Bearer) -> Result<Standing, StoreError> {
        let [person, connection] = standing_keys(bearer);
        Ok(Standing {
            person: found.take(self, &person)?.map(|read| read.value),
            connection: found.take(self, &connection)?.map(|read| read.value),
        })
    }

    /// Ends a token at once, if it lives.
    pub async fn revoke_access_token(&self, token: &HashedToken) -> Result<(), StoreError> {
        let key = super::item::key_attributes(&keys::access_token(token));
        self.client.delete_item().table_name(&*self.table).set_key(Some(key)).send().await?;
        Ok(())
    }
}

fn standing_keys(bearer: Bearer) -> [Key; 2] {
    [keys::person(bearer.person), keys::connection_state(bearer.connection)]
}
