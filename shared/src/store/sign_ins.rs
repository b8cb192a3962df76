//! A sign-in's three steps at the table: the request, what the answer is held against, the one transaction that makes
//! it true. docs/data-model.md has the budget of each.

use chrono::{DateTime, Utc};

use super::connections::ConnectionStatus;
use super::item::{Item, Versioned};
use super::secrets::SealedSpKeys;
use super::transaction::{CommitError, Condition, Transaction};
use super::{ConnectionWithStatus, Store, StoreError, keys};
use crate::domain::connection::{Connection, ConnectionState};
use crate::domain::domain_name::{DomainName, EmailAddress};
use crate::domain::event::NewEvent;
use crate::domain::ids::{ConnectionId, OrganizationId, ProfileId, SignInId, SignInRequestId};
use crate::domain::organization::{DomainOwner, Policy};
use crate::domain::person::{AddressHolder, IdpIdHolder, Person, Profile};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::sign_in::{AuthorizationCode, CODE_MEMORY, SignInRecord, SignInRequest};

/// What `/sso/authorize` needs when it is told the connection.
#[derive(Debug)]
pub struct AuthorizeTarget {
    /// The connection with its state.
    pub connection: Option<ConnectionWithStatus>,
    /// The connection's own key pairs.
    pub sp_keys: Option<SealedSpKeys>,
    /// The registered redirect URI: the one that was named, or the default one.
    pub redirect_uri: Option<RedirectUri>,
}

/// What an identity provider's answer is held against.
#[derive(Debug)]
pub struct SignInContext {
    /// The connection with its state.
    pub connection: Option<ConnectionWithStatus>,
    /// The request that the answer claims to answer, unexpired.
    pub request: Option<Versioned<SignInRequest>>,
    /// Our key pairs, where they were asked for.
    pub sp_keys: Option<SealedSpKeys>,
}

/// What the answer itself says of what it is to be held against: hints, nothing more.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignInHints<'a> {
    /// The request that it claims to answer.
    pub request: Option<&'a SignInRequestId>,
    /// Whether it is encrypted, so that our key pairs are needed.
    pub encrypted: bool,
}

impl<'a> SignInHints<'a> {
    /// The hints of an answer that isn't encrypted.
    pub fn plain(request: Option<&'a SignInRequestId>) -> Self {
        Self { request, encrypted: false }
    }
}

/// What is known of the person whom a verified answer names.
#[derive(Debug)]
pub struct Identity {
    /// The organization's policy.
    pub policy: Policy,
    /// The owner of the e-mail address's domain.
    pub domain_owner: Option<DomainOwner>,
    /// The profile of this subject at this connection.
    pub profile: Option<Versioned<Profile>>,
    /// To whom of the organization the address leads.
    pub address_holder: Option<Versioned<AddressHolder>>,
    /// To whom of the organization the subject leads, at whatever connection or in whatever directory.
    pub idp_id_holder: Option<IdpIdHolder>,
}

/// An address that leads to a person from now on.
#[derive(Debug)]
pub struct HeldAddress<'a> {
    /// The address.
    pub email: &'a EmailAddress,
    /// To whom it leads.
    pub holder: AddressHolder,
    /// The version of the holder that was read; `None` where the address led to nobody.
    pub read: Option<u64>,
}

/// All that one sign-in makes true, at once or not at all.
#[derive(Debug)]
pub struct CompletedSignIn<'a> {
    /// The connection, as it was read.
    pub connection: &'a ConnectionWithStatus,
    /// The request that is consumed.
    pub request: &'a Versioned<SignInRequest>,
    /// The profile, to be written where it differs from `known_profile`.
    pub profile: &'a Profile,
    /// The profile as it was read.
    pub known_profile: Option<&'a Versioned<Profile>>,
    /// The person, where this sign-in makes them.
    pub new_person: Option<&'a Person>,
    /// The address by which the person is found again, where it is one of a verified domain and that isn't kept yet.
    pub held: Option<HeldAddress<'a>>,
    /// Whether the subject leads to the person from now on, so that a directory finds them by it; it led to nobody before.
    pub holds_idp_id: bool,
    /// The address that they had before and that leads nowhere from now on.
    pub released: Option<&'a EmailAddress>,
    /// The domain that must still be the organization's.
    pub domain: Option<&'a DomainName>,
    /// The code for the application.
    pub code: &'a AuthorizationCode,
    /// The log's entry.
    pub record: &'a SignInRecord,
    /// What the event log says of the connection, where this is its first sign-in and activates it.
    pub activated: Option<NewEvent>,
    /// What the event log says of the sign-in.
    pub event: NewEvent,
}

/// Why a completed sign-in changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRefused {
    /// The request was consumed by another answer.
    RequestConsumed,
    /// The connection's configuration changed, or it is gone.
    ConnectionChanged,
    /// The connection no longer serves.
    ConnectionInactive,
    /// The visit in which a test was begun is over.
    VisitOver,
    /// The domain is no longer the organization's.
    DomainLost,
    /// The person is deactivated.
    PersonInactive,
    /// The address that was to be released leads to somebody else by now.
    AddressPassedOn,
    /// Somebody else made the same person or profile just now: read the identity again.
    IdentityChanged,
}

impl Store {
    /// What `/sso/authorize` needs when it is told the connection; `redirect_uri` `None` asks for the default one.
    pub async fn authorize_target(
        &self,
        id: ConnectionId,
        redirect_uri: Option<&str>,
    ) -> Result<AuthorizeTarget, StoreError> {
        let (own, state, pairs) = (keys::connection(id), keys::connection_state(id), keys::sp_keys(id));
        let uri = redirect_uri.map_or_else(keys::default_redirect_uri, keys::redirect_uri);
        let mut found = self.read_many(&[own.clone(), state.clone(), pairs.clone(), uri.clone()]).await?;
        let connection = found.take(self, &own)?;
        let status = found.take(self, &state)?;
        Ok(AuthorizeTarget {
            connection: connection
                .zip(status)
                .map(|(connection, status)| ConnectionWithStatus { connection, status }),
            sp_keys: found.take(self, &pairs)?.map(|read| read.value),
            redirect_uri: found.take(self, &uri)?.map(|read| read.value),
        })
    }

    /// The registered redirect URI that is exactly `uri`, or the default one.
    pub async fn redirect_uri(&self, uri: Option<&str>) -> Result<Option<RedirectUri>, StoreError> {
        let key = uri.map_or_else(keys::default_redirect_uri, keys::redirect_uri);
        Ok(self.read_one(&key).await?.map(|read| read.value))
    }

    /// Those of an organization's connections that are active, in the order given, each with its key pairs if it signs its
    /// requests.
    pub async fn active_of(
        &self,
        connections: Vec<Connection>,
    ) -> Result<Vec<(Connection, Option<SealedSpKeys>)>, StoreError> {
        if connections.is_empty() {
            return Ok(Vec::new());
        }
        let states = connections.iter().map(|connection| keys::connection_state(connection.id));
        let signing = connections.iter().filter(|connection| connection.saml.sign_requests);
        let wanted: Vec<_> = states.chain(signing.map(|connection| keys::sp_keys(connection.id))).collect();
        let mut found = self.read_many(&wanted).await?;
        let mut active = Vec::new();
        for connection in connections {
            let status = found.take::<ConnectionStatus>(self, &keys::connection_state(connection.id))?;
            if status.is_some_and(|status| status.value.state == ConnectionState::Active) {
                let pairs = found.take(self, &keys::sp_keys(connection.id))?;
                active.push((connection, pairs.map(|read| read.value)));
            }
        }
        Ok(active)
    }

    /// Keeps a request. The id is fresh, so nothing is overwritten, and the same write twice is the same as once.
    pub async fn begin_sign_in(&self, request: &SignInRequest) -> Result<(), StoreError> {
        self.put(request_item(request)?).await
    }

    /// What an answer at this connection is held against.
    pub async fn sign_in_context(
        &self,
        connection: ConnectionId,
        hints: SignInHints<'_>,
    ) -> Result<SignInContext, StoreError> {
        let mut wanted = vec![keys::connection(connection), keys::connection_state(connection)];
        wanted.extend(hints.request.map(keys::sign_in_request));
        wanted.extend(hints.encrypted.then(|| keys::sp_keys(connection)));
        let mut found = self.read_many(&wanted).await?;
        let config = found.take::<Connection>(self, &keys::connection(connection))?;
        let status = found.take::<ConnectionStatus>(self, &keys::connection_state(connection))?;
        let request = match hints.request {
            Some(id) => found.take::<SignInRequest>(self, &keys::sign_in_request(id))?,
            None => None,
        };
        let sp_keys = found.take(self, &keys::sp_keys(connection))?.map(|read| read.value);
        let connection =
            config.zip(status).map(|(connection, status)| ConnectionWithStatus { connection, status });
        Ok(SignInContext { connection, request, sp_keys })
    }

    /// What is known of the person whom a verified answer names.
    pub async fn identity(
        &self,
        organization: OrganizationId,
        (profile, idp_id): (ProfileId, &str),
        email: &EmailAddress,
    ) -> Result<Identity, StoreError> {
        let policy = keys::policy(organization);
        let owner = keys::domain_owner(email.domain());
        let own = keys::profile(profile);
        let by_email = keys::person_by_email(organization, &email.folded());
        let by_idp_id = keys::person_by_idp_id(organization, idp_id);
        let wanted = [policy.clone(), owner.clone(), own.clone(), by_email.clone(), by_idp_id.clone()];
        let mut found = self.read_many(&wanted).await?;
        Ok(Identity {
            policy: found.take(self, &policy)?.map(|read| read.value).unwrap_or_default(),
            domain_owner: found.take(self, &owner)?.map(|read| read.value),
            profile: found.take(self, &own)?,
            address_holder: found.take(self, &by_email)?,
            idp_id_holder: found.take(self, &by_idp_id)?.map(|read| read.value),
        })
    }

    /// Makes a sign-in true: consumes the request, keeps person, profile, code, record and events, while the
    /// connection, the domain's owner and the person are still what the decision rested on.
    pub async fn complete_sign_in(
        &self,
        done: CompletedSignIn<'_>,
    ) -> Result<Result<(), SignInRefused>, StoreError> {
        let mut transaction = Transaction::new(self);
        consume_request(&mut transaction, done.request, done.record.id)?;
        let (now, activated) = (done.record.created_at, done.activated.clone());
        check_connection(&mut transaction, done.connection, (now, activated))?;
        if let Some(domain) = done.domain {
            let owner = done.connection.connection.value.organization_id.to_string();
            let owned = Condition::BodyText("organization_id", owner);
            transaction.check(SignInRefused::DomainLost, &keys::domain_owner(domain), owned);
        }
        keep_identity(&mut transaction, &done)?;
        let forgotten_at = done.code.expires_at + CODE_MEMORY;
        let code = Item::new(keys::authorization_code(&done.code.code), done.code)?.expiring(forgotten_at);
        transaction.put_new(SignInRefused::IdentityChanged, code);
        transaction.put(self.sign_in_item(done.record)?);
        transaction.event(done.event);
        match transaction.commit().await {
            Ok(_) => Ok(Ok(())),
            Err(CommitError::Refused(reason)) => Ok(Err(reason)),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

fn request_item(request: &SignInRequest) -> Result<Item, StoreError> {
    Ok(Item::new(keys::sign_in_request(&request.id), request)?.expiring(request.expires_at))
}

pub(super) fn consume_request(
    transaction: &mut Transaction<'_, SignInRefused>,
    request: &Versioned<SignInRequest>,
    by: SignInId,
) -> Result<(), StoreError> {
    let consumed = SignInRequest { consumed_by: Some(by), ..request.value.clone() };
    transaction.replace(SignInRefused::RequestConsumed, request_item(&consumed)?, request.version);
    Ok(())
}

pub(super) fn check_connection(
    transaction: &mut Transaction<'_, SignInRefused>,
    ConnectionWithStatus { connection, status }: &ConnectionWithStatus,
    (now, activated): (DateTime<Utc>, Option<NewEvent>),
) -> Result<(), StoreError> {
    let id = connection.value.id;
    let unchanged = Condition::Version(connection.version);
    transaction.check(SignInRefused::ConnectionChanged, &keys::connection(id), unchanged);
    if status.value.state == ConnectionState::Validating {
        let before = &status.value;
        let active = ConnectionStatus { state: ConnectionState::Active, updated_at: now, ..before.clone() };
        let item = Item::new(keys::connection_state(id), &active)?;
        transaction.replace(SignInRefused::IdentityChanged, item, status.version);
        let activated = activated.into_iter();
        activated.for_each(|event| transaction.event_of_last(event.exceeding(before.last_event_id)));
    } else {
        let active = Condition::BodyText("state", ConnectionState::Active.as_str().to_owned());
        transaction.check(SignInRefused::ConnectionInactive, &keys::connection_state(id), active);
    }
    Ok(())
}

fn keep_identity(
    transaction: &mut Transaction<'_, SignInRefused>,
    done: &CompletedSignIn<'_>,
) -> Result<(), StoreError> {
    let profile = done.profile;
    let person = keys::person(profile.person_id);
    match done.new_person {
        Some(new) => transaction.put_new(SignInRefused::IdentityChanged, Item::new(person, new)?),
        None => {
            let active = Condition::BodyText("status", "active".to_owned());
            transaction.check(SignInRefused::PersonInactive, &person, active);
        }
    }
    if let Some(held) = &done.held {
        let key = keys::person_by_email(profile.organization_id, &held.email.folded());
        let item = Item::new(key, &held.holder)?;
        match held.read {
            None => transaction.put_new(SignInRefused::IdentityChanged, item),
            Some(version) => transaction.replace(SignInRefused::IdentityChanged, item, version),
        }
    }
    if done.holds_idp_id {
        let key = keys::person_by_idp_id(profile.organization_id, &profile.idp_id);
        let (directories, names) = (Vec::new(), Vec::new());
        let holder = IdpIdHolder { person_id: profile.person_id, directories, names, ambiguous: false };
        transaction.put_new(SignInRefused::IdentityChanged, Item::new(key, &holder)?);
    }
    if let Some(email) = done.released {
        let key = keys::person_by_email(profile.organization_id, &email.folded());
        // What a directory says of an address, only it takes back.
        let theirs =
            Condition::AbsentOrHeldBy { person: profile.person_id.to_string(), directories: Vec::new() };
        transaction.delete_if(SignInRefused::AddressPassedOn, &key, theirs);
    }
    let item = Item::new(keys::profile(profile.id), profile)?;
    match done.known_profile {
        None => transaction.put_new(SignInRefused::IdentityChanged, item),
        Some(known) if known.value != *profile => {
            transaction.replace(SignInRefused::IdentityChanged, item, known.version);
        }
        Some(_) => {}
    }
    Ok(())
}
