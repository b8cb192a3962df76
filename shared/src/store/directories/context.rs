//! The first round trip of a request to a directory: who is calling, and all whose keys the request itself names.

use std::collections::HashMap;

use super::super::item::Versioned;
use super::super::keys::{self, Key};
use super::super::reads::Found;
use super::super::{Store, StoreError};
use super::usage::{DirectoryUsage, read_usage};
use crate::domain::directory::{Directory, DirectoryGroup, DirectoryState, DirectoryToken, DirectoryUser};
use crate::domain::domain_name::EmailAddress;
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, OrganizationId};
use crate::domain::organization::Policy;
use crate::domain::person::{AddressHolder, IdpIdHolder};
use crate::domain::token::HashedToken;

/// What is read besides who is calling. At most 96 things.
#[derive(Debug, Clone, Default)]
pub struct DirectoryWants<'a> {
    /// Users by id.
    pub users: Vec<DirectoryUserId>,
    /// A group by id.
    pub group: Option<DirectoryGroupId>,
    /// Whose userName this is, folded.
    pub user_name: Option<&'a str>,
    /// Which user's externalId this is.
    pub user_external_id: Option<&'a str>,
    /// Which group's externalId this is.
    pub group_external_id: Option<&'a str>,
    /// Which group's name this is, folded, among those without an externalId.
    pub group_name_alone: Option<&'a str>,
    /// Which members of the organization a new user may be.
    pub identity: Option<IdentityHints<'a>>,
}

/// What a new user says of who they are.
#[derive(Debug, Clone, Copy)]
pub struct IdentityHints<'a> {
    /// The organization as the token claims it: a hint, held against the directory's own.
    pub organization: OrganizationId,
    /// What the provider may name the person by.
    pub idp_ids: &'a [&'a str],
    /// The address.
    pub email: Option<&'a EmailAddress>,
}

/// Which members of the organization a new user may be.
#[derive(Debug, Clone, Default)]
pub struct DirectoryIdentity {
    /// The organization's policy.
    pub policy: Policy,
    /// To whom what the provider may name the person by leads.
    pub idp_id_holders: HashMap<String, Versioned<IdpIdHolder>>,
    /// To whom the address leads.
    pub address_holder: Option<Versioned<AddressHolder>>,
}

/// A directory whose live token was shown, with what was wanted.
#[derive(Debug)]
pub struct DirectoryContext {
    /// The directory. It isn't being deleted.
    pub directory: Versioned<Directory>,
    /// The token that was shown.
    pub token: DirectoryToken,
    /// What the directory has used.
    pub usage: DirectoryUsage,
    /// The users that there are of those that were wanted.
    pub users: HashMap<DirectoryUserId, Versioned<DirectoryUser>>,
    /// The group.
    pub group: Option<Versioned<DirectoryGroup>>,
    /// Whose the userName is.
    pub by_user_name: Option<DirectoryUserId>,
    /// Whose the externalId is.
    pub by_user_external_id: Option<DirectoryUserId>,
    /// Which group's the externalId is.
    pub by_group_external_id: Option<DirectoryGroupId>,
    /// Which group's the name is.
    pub by_group_name_alone: Option<DirectoryGroupId>,
    /// Who a new user may be.
    pub identity: DirectoryIdentity,
}

fn wanted_keys(id: DirectoryId, token: &HashedToken, wants: &DirectoryWants<'_>) -> Vec<Key> {
    let mut wanted = vec![keys::directory(id), keys::directory_token(id, token), keys::directory_usage(id)];
    wanted.extend(wants.users.iter().map(|user| keys::directory_user(id, *user)));
    wanted.extend(wants.group.map(|group| keys::directory_group(id, group)));
    wanted.extend(wants.user_name.map(|folded| keys::user_by_user_name(id, folded)));
    wanted.extend(wants.user_external_id.map(|external| keys::user_by_external_id(id, external)));
    wanted.extend(wants.group_external_id.map(|external| keys::group_by_external_id(id, external)));
    wanted.extend(wants.group_name_alone.map(|folded| keys::group_by_name_alone(id, folded)));
    if let Some(IdentityHints { organization, idp_ids, email }) = wants.identity {
        wanted.push(keys::policy(organization));
        wanted.extend(idp_ids.iter().map(|idp_id| keys::person_by_idp_id(organization, idp_id)));
        wanted.extend(email.map(|email| keys::person_by_email(organization, &email.folded())));
    }
    wanted
}

impl Store {
    /// A directory by one of its live tokens, with what else is wanted: one read. `None` where the token isn't one of the
    /// directory's, or the directory isn't there or is being deleted.
    pub async fn directory_by_token(
        &self,
        id: DirectoryId,
        token: &HashedToken,
        wants: &DirectoryWants<'_>,
    ) -> Result<Option<DirectoryContext>, StoreError> {
        let mut found = self.read_many(&wanted_keys(id, token, wants)).await?;
        let directory = found.take::<Directory>(self, &keys::directory(id))?;
        let token = found.take::<DirectoryToken>(self, &keys::directory_token(id, token))?;
        let (Some(directory), Some(token)) = (directory, token) else { return Ok(None) };
        if directory.value.state == DirectoryState::Deleting {
            return Ok(None);
        }
        let mut users = HashMap::new();
        for user in &wants.users {
            let read = found.take::<DirectoryUser>(self, &keys::directory_user(id, *user))?;
            users.extend(read.map(|read| (*user, read)));
        }
        let usage = read_usage(found.take_raw(&keys::directory_usage(id)), &token.value);
        let organization = directory.value.organization_id;
        Ok(Some(DirectoryContext {
            usage,
            users,
            group: self.take_at(&mut found, wants.group.map(|group| keys::directory_group(id, group)))?,
            by_user_name: self
                .take_value(&mut found, wants.user_name.map(|folded| keys::user_by_user_name(id, folded)))?,
            by_user_external_id: self.take_value(
                &mut found,
                wants.user_external_id.map(|external| keys::user_by_external_id(id, external)),
            )?,
            by_group_external_id: self.take_value(
                &mut found,
                wants.group_external_id.map(|external| keys::group_by_external_id(id, external)),
            )?,
            by_group_name_alone: self.take_value(
                &mut found,
                wants.group_name_alone.map(|folded| keys::group_by_name_alone(id, folded)),
            )?,
            identity: self.take_identity(&mut found, wants.identity.as_ref(), organization)?,
            directory,
            token: token.value,
        }))
    }

    /// What the hints led to; nothing where they were of another organization.
    fn take_identity(
        &self,
        found: &mut Found,
        hints: Option<&IdentityHints<'_>>,
        organization: OrganizationId,
    ) -> Result<DirectoryIdentity, StoreError> {
        let Some(hints) = hints.filter(|hints| hints.organization == organization) else {
            return Ok(DirectoryIdentity::default());
        };
        let mut idp_id_holders = HashMap::new();
        for idp_id in hints.idp_ids {
            let read = found.take(self, &keys::person_by_idp_id(organization, idp_id))?;
            idp_id_holders.extend(read.map(|read| ((*idp_id).to_owned(), read)));
        }
        let by_email = hints.email.map(|email| keys::person_by_email(organization, &email.folded()));
        Ok(DirectoryIdentity {
            policy: self.take_value(found, Some(keys::policy(organization)))?.unwrap_or_default(),
            idp_id_holders,
            address_holder: self.take_at(found, by_email)?,
        })
    }

    fn take_at<T: serde::de::DeserializeOwned>(
        &self,
        found: &mut Found,
        key: Option<Key>,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        key.map_or(Ok(None), |key| found.take(self, &key))
    }

    fn take_value<T: serde::de::DeserializeOwned>(
        &self,
        found: &mut Found,
        key: Option<Key>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.take_at(found, key)?.map(|read| read.value))
    }
}
