//! The places, setting by setting, in the words of the consoles. What stands in front of a colon is the way, what stands
//! behind it is the value to choose there or what to do with the value found there.

use super::{Place, Setting, Texts};

pub(super) fn place(setting: Setting) -> Place {
    let provider = |okta, entra, google, generic| Place::Provider(Texts { okta, entra, google, generic });
    match setting {
        Setting::Audience => provider(
            "General → SAML Settings → Edit → Audience URI (SP Entity ID)",
            "Single sign-on → Basic SAML Configuration → Identifier (Entity ID)",
            "Service provider details → Entity ID",
            "The application’s audience, also called SP entity ID or relying party identifier",
        ),
        Setting::AcsUrl => provider(
            "General → SAML Settings → Edit → Single sign-on URL, with “Use this for Recipient URL and Destination URL” ticked",
            "Single sign-on → Basic SAML Configuration → Reply URL (Assertion Consumer Service URL)",
            "Service provider details → ACS URL",
            "The application’s assertion consumer service (ACS) URL, also called reply URL, which is recipient and destination, too",
        ),
        Setting::IdpEntityId => provider(
            "Sign On → SAML Signing Certificates → Actions → View IdP metadata → entityID: the connection needs the same (saml_options.idp_entity_id)",
            "Single sign-on → Set up → Microsoft Entra Identifier: the connection needs the same (saml_options.idp_entity_id)",
            "Download metadata → Entity ID: the connection needs the same (saml_options.idp_entity_id)",
            "The provider’s own entity ID (issuer), as its metadata names it: the connection needs the same (saml_options.idp_entity_id)",
        ),
        Setting::IdpSsoUrl => provider(
            "Sign On → View SAML setup instructions → Identity Provider Single Sign-On URL: the connection needs the same (saml_options.idp_sso_url)",
            "Single sign-on → Set up → Login URL: the connection needs the same (saml_options.idp_sso_url)",
            "Download metadata → SSO URL: the connection needs the same (saml_options.idp_sso_url)",
            "The provider’s SingleSignOnService address, as its metadata names it: the connection needs the same (saml_options.idp_sso_url)",
        ),
        Setting::SigningCertificate => provider(
            "Sign On → SAML Signing Certificates → the active one → Actions → Download certificate: the connection needs it, too (POST /connections/{id}/saml_idp_signing_certs)",
            "Single sign-on → SAML Certificates → Token signing certificate → Certificate (Base64): the connection needs it, too (POST /connections/{id}/saml_idp_signing_certs)",
            "Download metadata → Certificate: the connection needs it, too (POST /connections/{id}/saml_idp_signing_certs)",
            "The signing certificate in the provider’s metadata: the connection needs it, too (POST /connections/{id}/saml_idp_signing_certs)",
        ),
        Setting::SignatureAlgorithm => provider(
            "General → SAML Settings → Edit → Show Advanced Settings → Signature Algorithm: RSA-SHA256, and Digest Algorithm: SHA256",
            "Single sign-on → SAML Certificates → Token signing certificate → Edit → Signing Algorithm: SHA-256",
            "Google offers no choice and signs by RSA with SHA-256: make sure that people of this connection really come from Google",
            "The application’s signature algorithm: RSA with SHA-256, and its digest: SHA-256",
        ),
        Setting::Signing => provider(
            "General → SAML Settings → Edit → Show Advanced Settings → Response: Signed, and Assertion Signature: Signed",
            "Single sign-on → SAML Certificates → Token signing certificate → Edit → Signing Option: Sign SAML response and assertion",
            "Service provider details → Signed response: ticked",
            "Whether the application’s assertions are signed: on, for the assertion, the response or both",
        ),
        Setting::Encryption => provider(
            "General → SAML Settings → Edit → Show Advanced Settings → Assertion Encryption, with its algorithms and its certificate",
            "Security → Token encryption: whether it is on, and its certificate",
            "Service provider details → the encryption certificate, if there is one",
            "The application’s assertion encryption: whether it is on, its algorithms, and the certificate that it encrypts to",
        ),
        Setting::Protocol => provider(
            "Applications → Create App Integration → SAML 2.0: an integration of another kind can’t be changed into one",
            "Single sign-on → Select a single sign-on method → SAML",
            "Apps → Web and mobile apps → Add app → Add custom SAML app: an app of another kind can’t be changed into one",
            "The application’s protocol: SAML 2.0, answered by HTTP-POST",
        ),
        Setting::NameId => provider(
            "General → SAML Settings → Edit → Name ID format: Persistent or EmailAddress",
            "Single sign-on → Attributes & Claims → Unique User Identifier (Name ID) → Choose name identifier format: Persistent or Email address",
            "Service provider details → Name ID format: PERSISTENT or EMAIL",
            "The format of the NameID that the application gets: persistent or emailAddress, not transient",
        ),
        Setting::EmailAttribute => provider(
            "General → SAML Settings → Edit → Attribute Statements: email with the value user.email",
            "Single sign-on → Attributes & Claims → Additional claims: emailaddress with the value user.mail, which the person must have",
            "SAML attribute mapping: Primary email to email",
            "The attributes that the application gets: one named email, with the person’s e-mail address",
        ),
        Setting::IdAttribute => provider(
            "General → SAML Settings → Edit → Application username, which is the NameID; or Attribute Statements: the one that the connection maps to the id",
            "Single sign-on → Attributes & Claims → Unique User Identifier (Name ID); or the claim that the connection maps to the id",
            "Service provider details → Name ID; or SAML attribute mapping: the attribute that the connection maps to the id",
            "The NameID that the application gets, or the attribute that the connection maps to the id: one value of at most 512 bytes that stays the same",
        ),
        Setting::ReleasedAttributes => provider(
            "General → SAML Settings → Edit → Group Attribute Statements: a filter that fewer groups match; and fewer Attribute Statements",
            "Single sign-on → Attributes & Claims → the group claim: Groups assigned to the application",
            "SAML attribute mapping → Group membership: fewer groups; and fewer attributes",
            "The attributes that the application gets: fewer groups, and fewer attributes",
        ),
        Setting::Assignment => provider(
            "Assignments → Assign → Assign to People, or Assign to Groups",
            "Users and groups → Add user/group",
            "User access: ON for the person’s organizational unit or group, which may take 24 hours",
            "Who may use the application: the person, or a group that they are in",
        ),
        Setting::ProviderLog => provider(
            "Reports → System Log, for this person and application; what it names is often a rule under Sign On → User authentication",
            "Sign-in logs, for this person and application; what they name is often a policy of Conditional Access",
            "Reporting → Audit and investigation → SAML log events, for this person and application",
            "The provider’s own log of sign-ins, for this person and application",
        ),
        Setting::Clock => provider(
            "Okta has no setting for it: sign in again without a pause; if it happens to everybody, raise ClockSkewSeconds of this deployment",
            "Entra ID has no setting for its clock: sign in again without a pause; if it happens to everybody, raise ClockSkewSeconds of this deployment",
            "Google has no setting for it: sign in again without a pause; if it happens to everybody, raise ClockSkewSeconds of this deployment",
            "The clock of the provider’s server (NTP), and how long its assertions are valid: 5 minutes is usual",
        ),
        Setting::ForceAuthn => provider(
            "General → SAML Settings → Edit → Show Advanced Settings → Honor Force Authentication: Yes",
            "Protection → Conditional Access → the policy for this application → Session → Sign-in frequency: Every time",
            "Google has no setting for it: sign out of Google first, or have the application ask for no fresh sign-in (prompt=login, max_age)",
            "Whether the application’s requests may force a fresh sign-in (ForceAuthn): yes",
        ),
        Setting::IdpInitiated => provider(
            "General → App Settings → Application visibility: hidden; and a Bookmark App that leads to the application’s own sign-in page instead",
            "Single sign-on → Basic SAML Configuration → Sign on URL: the application’s own sign-in page, where the tile then begins",
            "Google’s launcher can’t begin at the application: begin there, or allow it here (saml_options.allow_idp_initiated)",
            "The link in the provider’s list of applications: the application’s own sign-in page; or allow it here (saml_options.allow_idp_initiated)",
        ),
        Setting::ConnectionCertificate => Place::Portico(
            "POST /connections/{id}/saml_idp_signing_certs with the signing certificate in the provider’s metadata",
        ),
        Setting::ConnectionState => Place::Portico(
            "PATCH /connections/{id} with {\"state\": \"active\"}, once its saml_options are complete",
        ),
        Setting::VerifiedDomains => Place::Portico(
            "PUT /organizations/{id} with the domain in domain_data; or, for guests, PUT /organizations/{id}/policy with {\"allow_profiles_outside_organization\": true}",
        ),
        Setting::JustInTime => Place::Portico("PUT /organizations/{id}/policy with {\"jit\": true}"),
        Setting::Plan => {
            Place::Portico("PUT /organizations/{id}/policy with {\"features\": {\"sso\": true}}")
        }
        Setting::PersonStatus => {
            Place::Portico("The directory that deactivated the person is where they are made active again")
        }
        Setting::LoginStart => Place::Portico(
            "POST /user_management/redirect_uris with the default redirect URI and its initiate_login_uri",
        ),
        Setting::SilentSignIn => Place::Nowhere(
            "The application asked for a sign-in without a page (prompt=none): it has to begin one that the person sees",
        ),
        Setting::BeginAgain => Place::Nowhere("Nothing is set wrong: sign in again from the application"),
        Setting::Browser => Place::Nowhere(
            "Nothing is set wrong at the provider: the browser has to accept cookies from this address, and to end the sign-in that it began",
        ),
        Setting::ProviderProgram => Place::Nowhere(
            "No setting repairs this: the message is not as SAML 2.0 prescribes. If it stays so, ask the provider’s vendor, and give them the reason",
        ),
        Setting::Tampering => Place::Nowhere(
            "No setting repairs this: somebody may be tampering with the message (docs/security.md). If everybody’s sign-in fails so, ask the provider’s vendor",
        ),
    }
}
