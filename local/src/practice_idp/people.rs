//! Whom the practice identity provider knows, and what it can do wrong.

/// A person with an account.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The NameID, which never changes.
    pub id: &'a str,
    /// The given name.
    pub first_name: &'a str,
    /// The family name.
    pub last_name: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// The groups.
    pub groups: &'a [&'a str],
}

/// The domain of everybody's e-mail address.
pub(crate) const DOMAIN: &str = "acme.example";

/// Everybody.
pub(super) const PEOPLE: [Person<'static>; 4] = [
    Person {
        id: "acme-1001",
        first_name: "Ada",
        last_name: "Lovelace",
        email: "ada@acme.example",
        groups: &["Engineering", "Admins"],
    },
    Person {
        id: "acme-1002",
        first_name: "Grace",
        last_name: "Hopper",
        email: "grace@acme.example",
        groups: &["Engineering"],
    },
    Person {
        id: "acme-1003",
        first_name: "Katherine",
        last_name: "Johnson",
        email: "katherine@acme.example",
        groups: &["Finance"],
    },
    Person {
        id: "acme-1004",
        first_name: "Alan",
        last_name: "Turing",
        email: "alan@acme.example",
        groups: &[],
    },
];

impl Person<'_> {
    pub(super) fn find(id: &str) -> Option<Person<'static>> {
        PEOPLE.into_iter().find(|person| person.id == id)
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// How the answer is to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Expired,
    WrongAudience,
    Unsigned,
    WrongKey,
    Replayed,
    OutsideDomain,
    Denied,
    IdpInitiated,
}

/// One line of the menu: the value in the form, the name, and what happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct FailureChoice {
    pub(super) value: &'static str,
    pub(super) failure: Failure,
    pub(super) label: &'static str,
    pub(super) explanation: &'static str,
}

const fn choice(
    value: &'static str,
    failure: Failure,
    label: &'static str,
    explanation: &'static str,
) -> FailureChoice {
    FailureChoice { value, failure, label, explanation }
}

/// The menu.
pub(super) const FAILURES: [FailureChoice; 8] = [
    choice("expired", Failure::Expired, "Expired", "The assertion was valid until an hour ago."),
    choice("wrong-audience", Failure::WrongAudience, "Wrong audience", "The assertion is for another app."),
    choice("unsigned", Failure::Unsigned, "Unsigned", "Nothing is signed."),
    choice("wrong-key", Failure::WrongKey, "Wrong key", "Signed by a key that the app was never told."),
    choice("replayed", Failure::Replayed, "Replayed", "The last good response is sent once more."),
    choice(
        "outside-domain",
        Failure::OutsideDomain,
        "E-mail outside the domain",
        "The address is at elsewhere.example.",
    ),
    choice(
        "denied",
        Failure::Denied,
        "Access denied",
        "The person may not use this app: a status, no assertion.",
    ),
    choice("idp-initiated", Failure::IdpInitiated, "IdP-initiated", "The response answers no request."),
];

impl Failure {
    /// The failure that a form names; nothing and an unknown one are none.
    pub(super) fn parse(value: &str) -> Option<Self> {
        FAILURES.iter().find(|choice| choice.value == value).map(|choice| choice.failure)
    }
}

/// Which elements of a response are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    Response,
    Assertion,
    Both,
    Neither,
}

impl Signed {
    /// What a form names; anything else is the assertion, as most identity providers do by default.
    pub(super) fn parse(value: &str) -> Self {
        match value {
            "response" => Self::Response,
            "both" => Self::Both,
            _ => Self::Assertion,
        }
    }

    pub(super) fn response(self) -> bool {
        matches!(self, Self::Response | Self::Both)
    }

    pub(super) fn assertion(self) -> bool {
        matches!(self, Self::Assertion | Self::Both)
    }
}
