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
use crate::domain::token::{Bearer, HashedToken, TokenSalt};

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

/// An authorization code as it was read, beside the mark of its trade.
#[derive(Debug)]
pub struct IssuedCode {
    /// The code, traded or not, expired or not.
    pub value: AuthorizationCode,
    /// How often it has been written.
    pub version: u64,
    /// Whether the answer to its trade was handed over.
    pub answered: bool,
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
    pub async fn authorization_code(&self, code: &HashedToken) -> Result<Option<IssuedCode>, StoreError> {
        let (own, mark) = (keys::authorization_code(code), keys::answered_trade(code));
        let mut found = self.read_many(&[own.clone(), mark.clone()]).await?;
        let answered = found.take::<DateTime<Utc>>(self, &mark)?.is_some();
        let code = found.take(self, &own)?;
        Ok(code.map(|Versioned { value, version }| IssuedCode { value, version, answered }))
    }

    /// Trades a code for a token that `salt` makes of it, only while it is as it was read and the person is active. If it
    /// was traded before, the answer to that must still not have been handed over, and a token of another salt ends.
    pub async fn trade_code(
        &self,
        code: &IssuedCode,
        token: &AccessToken,
        salt: &TokenSalt,
    ) -> Result<Result<(), TradeRefused>, StoreError> {
        if code.value.traded_again {
            return Ok(Err(TradeRefused::AlreadyTraded));
        }
        let lost = code.value.traded_for.as_ref();
        let traded = AuthorizationCode {
            traded_for: Some(token.token.clone()),
            token_salt: Some(salt.clone()),
            traded_at: Some(token.issued_at),
            traded_again: lost.is_some(),
            ..code.value.clone()
        };
        let key = keys::authorization_code(&traded.code);
        let mut transaction = Transaction::new(self);
        let item = Item::new(key, &traded)?.expiring(traded.expires_at + CODE_MEMORY);
        transaction.replace(TradeRefused::AlreadyTraded, item, code.version);
        let active = Condition::BodyText("status", "active".to_owned());
        transaction.check(TradeRefused::PersonInactive, &keys::person(token.profile.person_id), active);
        transaction.put(Item::new(keys::access_token(&token.token), token)?.expiring(token.expires_at));
        if let Some(lost) = lost {
            let mark = keys::answered_trade(&traded.code);
            transaction.check(TradeRefused::AlreadyTraded, &mark, Condition::Absent);
            if *lost != token.token {
                transaction.delete(&keys::access_token(lost));
            }
        }
        match transaction.commit().await {
            Ok(_) => Ok(Ok(())),
            Err(CommitError::Refused(reason)) => Ok(Err(reason)),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Marks that the answer to a code's trade was handed over: from now on the code is used up. The mark is an item of its
    /// own, so that the code with its profile needn't be written again.
    pub async fn mark_answered(&self, code: &AuthorizationCode) -> Result<(), StoreError> {
        let mark = Item::new(keys::answered_trade(&code.code), &self.clock.now())?;
        self.put(mark.expiring(code.expires_at + CODE_MEMORY)).await
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
