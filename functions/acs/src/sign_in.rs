//! A verified answer to an open request: who it is, whether they may come in, and the one transaction that makes it true.

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::SET_COOKIE;
use portico_protocol::saml::{MappedProfile, VerifiedAssertion};
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{PersonId, ProfileId};
use portico_shared::domain::organization::OrganizationDomain;
use portico_shared::domain::person::{AddressHolder, Person, PersonStatus, Profile};
use portico_shared::domain::sign_in::{AuthorizationCode, CODE_LIFETIME, Outcome, SignInRequest};
use portico_shared::domain::token::{HashedToken, PlainToken};
use portico_shared::operations::verdict;
use portico_shared::store::{CompletedSignIn, HeldAddress, Identity, SignInHints, SignInRefused};
use portico_shared::web::connection_event::connection_event;
use portico_shared::web::error::Trouble;
use portico_shared::web::redirect::see_other;

use crate::admission::{Address, Admission, Member, decide_admission};
use crate::answer::with_code;
use crate::attempt::Attempt;
use crate::error::Stopped;
use crate::open_request::OpenRequest;
use crate::refused::Refused;
use crate::{bounce, events};

/// How often what a sign-in rests on is read again because somebody else changed it in between.
const ATTEMPTS: u32 = 3;

/// How much of a profile is kept, in bytes of JSON. It stands in two items (the profile and the code), each of 400 KB at
/// the most.
const MOST_PROFILE_BYTES: usize = 256 * 1024;

/// The provider sent a link in place of the groups: use SCIM, or have it send only groups assigned to the application.
const GROUPS_OVERAGE: &str = "groups_overage";

/// The address still leads to another person of the organization.
const ADDRESS_OF_ANOTHER_PERSON: &str = "address_of_another_person";

/// The person whom a verified assertion names.
pub(crate) struct Subject {
    profile: MappedProfile,
    email: EmailAddress,
    authenticated_at: DateTime<Utc>,
}

impl Subject {
    /// Finds the person in an assertion.
    pub(crate) fn read(attempt: &Attempt<'_>, assertion: &VerifiedAssertion) -> Result<Self, Refused> {
        let (profile, email) = verdict::person(&attempt.connection.connection.value, assertion)?;
        // A clock ahead of ours must not have people sign in tomorrow.
        let authenticated_at = assertion.authn_instant().min(attempt.now);
        Ok(Self { profile, email, authenticated_at })
    }

    /// The address as it is shown.
    pub(crate) fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// The address of a proved domain that the known profile came with before, where it is another one now: whoever gets
    /// it next is somebody else.
    fn former_address(&self, identity: &Identity) -> Option<EmailAddress> {
        let known = &identity.profile.as_ref()?.value;
        let former = EmailAddress::parse(&known.email).filter(|_| known.email_verified)?;
        (former.folded() != self.email.folded()).then_some(former)
    }

    /// What an admin should look at although it stops nobody.
    pub(crate) fn warnings(&self) -> Option<&'static str> {
        // Whoever has too many groups would lose all roles without a word.
        self.profile.groups_overage.then_some(GROUPS_OVERAGE)
    }

    /// Refuses an authentication that is older than was asked for (OpenID Connect Core §3.1.2.1). That the provider was
    /// asked proves nothing: an unsigned request can be changed on its way by the browser that carries it.
    pub(crate) fn check_age(&self, attempt: &Attempt<'_>, request: &SignInRequest) -> Result<(), Refused> {
        let skew = TimeDelta::seconds(i64::from(attempt.app.config().clock_skew_seconds));
        let (begun, authenticated) = (request.created_at, self.authenticated_at);
        // `max_age=0` is `prompt=login` in other words.
        let fresh = request.force_authn || request.max_age == Some(0);
        if fresh && authenticated < begun - skew {
            return Err(Refused::AuthenticationNotFresh { begun, authenticated });
        }
        let Some(max_age) = request.max_age.filter(|max_age| *max_age > 0) else { return Ok(()) };
        let age = attempt.now - authenticated;
        if age > TimeDelta::seconds(i64::from(max_age)) + skew {
            return Err(Refused::AuthenticationTooOld { max_age, age: age.num_seconds() });
        }
        Ok(())
    }
}

/// Signs `subject` in and sends the browser to the application with a code.
pub(crate) async fn complete(attempt: &mut Attempt<'_>, subject: &Subject) -> Result<Response, Stopped> {
    let app = attempt.app;
    let connection_id = attempt.connection.connection.value.id;
    let organization = attempt.connection.connection.value.organization_id;
    let profile_id = ProfileId::derive(connection_id, &subject.profile.idp_id);
    let code = PlainToken::random(app.rng());
    let person_id = PersonId::mint(attempt.now, app.rng());
    let hint = attempt.request.as_ref().map(|request| request.value.id.clone());

    let validating = attempt.connection.status.value.state == ConnectionState::Validating;
    // Side by side: one round trip. The domains are for `connection.activated` alone.
    let own = (profile_id, subject.profile.idp_id.as_str());
    let (mut identity, details) =
        tokio::try_join!(app.store().identity(organization, own, &subject.email), async {
            if validating { app.store().organization(organization).await } else { Ok(None) }
        })?;
    let domains = details.map(|read| read.value.domains).unwrap_or_default();
    let (mut releases, mut ended) = (true, None);
    for _ in 0..ATTEMPTS {
        let request = attempt.request.as_ref().ok_or(Refused::RequestUnknown)?;
        let request = OpenRequest::verify(request, &attempt.connection, attempt.caller)?;
        subject.check_age(attempt, &request.request().value)?;
        let admission = decide_admission(&attempt.connection.connection.value, &identity, ended)
            .map_err(|reason| Refused::not_admitted(reason, subject.email.domain().as_str()))?;
        let member = admission.member;
        if admission.address == Address::Anothers && !attempt.warnings.contains(&ADDRESS_OF_ANOTHER_PERSON) {
            attempt.warnings.push(ADDRESS_OF_ANOTHER_PERSON);
        }
        let released = subject.former_address(&identity).filter(|_| releases);
        let entry =
            Entry { attempt, subject, request, identity: &identity, domains: &domains, admission, released };
        let Err(refused) = entry.write(profile_id, person_id, code.hashed()).await? else {
            return Ok(entry.succeeded(&code));
        };
        releases &= refused != SignInRefused::AddressPassedOn;
        match (refused, member) {
            // Somebody else may be behind the profile by now.
            (SignInRefused::PersonInactive, Member::Known(person)) if ended.is_none() => ended = Some(person),
            _ => {
                if let Some(refused) = Refused::by_transaction(refused) {
                    return Err(refused.into());
                }
            }
        }
        let (context, reread) = tokio::try_join!(
            app.store().sign_in_context(connection_id, SignInHints::plain(hint.as_ref())),
            app.store().identity(organization, own, &subject.email),
        )?;
        let connection = context.connection.ok_or(Refused::ConnectionChanged)?;
        // The verdict may rest on a certificate that is gone. What else may have changed, the request is held against.
        if !connection.connection.value.keeps_certificates_of(&attempt.connection.connection.value) {
            return Err(Refused::ConnectionChanged.into());
        }
        attempt.connection = connection;
        attempt.request = context.request;
        identity = reread;
    }
    Err(Stopped::Failed(Trouble::Conflict.into()))
}

/// A sign-in that is decided and not yet written.
struct Entry<'a> {
    attempt: &'a Attempt<'a>,
    subject: &'a Subject,
    request: OpenRequest<'a>,
    identity: &'a Identity,
    domains: &'a [OrganizationDomain],
    admission: Admission,
    /// The address that they had before, to be given up.
    released: Option<EmailAddress>,
}

impl Entry<'_> {
    async fn write(
        &self,
        profile_id: ProfileId,
        fresh: PersonId,
        code: HashedToken,
    ) -> Result<Result<(), SignInRefused>, Stopped> {
        let app = self.attempt.app;
        let person_id = match self.admission.member {
            Member::Known(person) | Member::Linked(person) => person,
            Member::New => fresh,
        };
        let profile = self.profile(profile_id, person_id)?;
        let person = (self.admission.member == Member::New).then(|| self.person(person_id));
        let code = self.code(code, &profile);
        let record = self.attempt.record(Outcome::Succeeded { profile_id });
        let connection = &self.attempt.connection;
        let first = connection.status.value.state == ConnectionState::Validating;
        let activated = first.then(|| {
            let (name, state) = (EventName::ConnectionActivated, ConnectionState::Active);
            connection_event(name, &connection.connection.value, state, self.domains)
        });
        let done = CompletedSignIn {
            connection,
            request: self.request.request(),
            profile: &profile,
            known_profile: self.identity.profile.as_ref(),
            new_person: person.as_ref(),
            held: self.held(person_id),
            holds_idp_id: self.identity.profile.is_none() && self.identity.idp_id_holder.is_none(),
            released: self.released.as_ref(),
            domain: self.admission.email_verified.then(|| self.subject.email.domain()),
            code: &code,
            record: &record,
            activated,
            event: events::succeeded(&record, person_id),
        };
        app.store().complete_sign_in(done).await.map_err(Stopped::in_writing)
    }

    /// What is to be kept of to whom the address leads.
    fn held(&self, person_id: PersonId) -> Option<HeldAddress<'_>> {
        let here = self.attempt.connection.connection.value.id;
        let (holder, read) = match (self.admission.address, &self.identity.address_holder) {
            (Address::Taken, _) => {
                let (connections, directories) = (vec![here], Vec::new());
                (AddressHolder { person_id, connections, directories, among_several: false }, None)
            }
            (Address::Joined, Some(known)) => {
                let mut holder = known.value.clone();
                holder.connections.push(here);
                (holder, Some(known.version))
            }
            _ => return None,
        };
        Some(HeldAddress { email: &self.subject.email, holder, read })
    }

    fn profile(&self, id: ProfileId, person_id: PersonId) -> Result<Profile, Refused> {
        let connection = &self.attempt.connection.connection.value;
        let mapped = self.subject.profile.clone();
        let profile = Profile {
            id,
            person_id,
            organization_id: connection.organization_id,
            connection_id: connection.id,
            connection_type: connection.connection_type,
            idp_id: mapped.idp_id,
            email: mapped.email,
            email_verified: self.admission.email_verified,
            first_name: mapped.first_name,
            last_name: mapped.last_name,
            name: mapped.name,
            role: self.admission.role.clone(),
            groups: mapped.groups,
            custom_attributes: mapped.custom_attributes,
            raw_attributes: mapped.raw_attributes,
        };
        let size = serde_json::to_vec(&profile).map_or(usize::MAX, |json| json.len());
        if size > MOST_PROFILE_BYTES {
            return Err(Refused::ProfileTooLarge { limit: MOST_PROFILE_BYTES, size });
        }
        Ok(profile)
    }

    fn person(&self, id: PersonId) -> Person {
        let now = self.attempt.now;
        Person {
            id,
            organization_id: self.attempt.connection.connection.value.organization_id,
            email: self.subject.email.folded(),
            status: PersonStatus::Active,
            role: self.admission.role.clone(),
            revoked_before: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn code(&self, code: HashedToken, profile: &Profile) -> AuthorizationCode {
        let asked = &self.request.request().value;
        AuthorizationCode {
            code,
            redirect_uri: asked.redirect_uri.clone(),
            client_kind: asked.client_kind,
            code_challenge: asked.code_challenge.clone(),
            nonce: asked.nonce.clone(),
            scope: asked.scope.clone(),
            surface: asked.surface,
            profile: profile.clone(),
            sign_in_id: self.attempt.id,
            auth_time: self.subject.authenticated_at,
            created_at: self.attempt.now,
            expires_at: self.attempt.now + CODE_LIFETIME,
            traded_for: None,
            token_salt: None,
            traded_at: None,
            traded_again: false,
        }
    }

    fn succeeded(&self, code: &PlainToken) -> Response {
        let app = self.attempt.app;
        let public_url = &app.config().public_url;
        app.metrics().sign_in_succeeded();
        let connection = self.attempt.connection.connection.value.id;
        let warnings = &self.attempt.warnings;
        tracing::info!(sign_in = %self.attempt.id, %connection, ?warnings, "sign-in succeeded");
        let mut response = see_other(&with_code(&self.request.request().value, code, public_url));
        if self.attempt.caller.bounced.is_some()
            && let Some(cookie) = bounce::forget(public_url)
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
