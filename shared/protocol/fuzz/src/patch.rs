//! Changes of a user by SCIM PATCH, held against a second interpreter of the same rules ([`crate::patch_model`]), which was
//! written apart from the engine and knows nothing but a handful of attributes.

use arbitrary::{Arbitrary, Unstructured};
use portico_protocol::scim::{Patch, ResourceKind, read_value};
use serde_json::{Map, Value, json};

use crate::Seed;
use crate::patch_model::{self, ENTERPRISE};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Op {
    Add,
    Replace,
    Remove,
}

/// Which elements of `emails` are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Which {
    Work,
    Home,
    Other,
    Primary,
    WorkAndPrimary,
    BeginsWithW,
    NotWork,
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Place {
    UserName,
    Title,
    Active,
    Name,
    GivenName,
    Emails,
    EmailsValue,
    EmailsWhere(Which),
    EmailsValueWhere(Which),
    EmailsTypeWhere(Which),
    EmailsPrimaryWhere(Which),
    Department,
    Manager,
    ManagerValue,
    Enterprise,
    ShoeSize,
}

/// What it is changed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Given {
    Null,
    True,
    TextTrue,
    TextFalse,
    Empty,
    A,
    B,
    Number,
    NoElements,
    One,
    Two,
    TwoPrimary,
    Home,
    Bare,
    Nothing,
    Parts,
    WithUnknown,
    Unset,
}

impl Given {
    /// The value as JSON.
    pub fn json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::True => json!(true),
            Self::TextTrue => json!("True"),
            Self::TextFalse => json!(" FALSE "),
            Self::Empty => json!(""),
            Self::A => json!("a"),
            Self::B => json!("b@x"),
            Self::Number => json!(7),
            Self::NoElements => json!([]),
            Self::One => json!([{"value": "n@x", "type": "work"}]),
            Self::Two => json!([{"value": "n@x", "primary": "true"}, {"value": "a@home", "type": "home"}]),
            Self::TwoPrimary => json!([{"value": "1", "primary": true}, {"value": "2", "primary": true}]),
            Self::Home => json!({"value": "a@home", "type": "home"}),
            Self::Bare => json!([{"value": "", "type": "work", "primary": true}]),
            Self::Nothing => json!({}),
            Self::Parts => json!({"givenName": "G", "familyName": "", "value": "v"}),
            Self::WithUnknown => json!({"verified": true, "department": "D", "manager": "m9"}),
            Self::Unset => json!({"value": null, "type": null, "department": null, "givenName": null}),
        }
    }
}

/// One operation; without a path, several places at once.
#[derive(Debug, Clone, PartialEq, Eq, Arbitrary)]
pub struct Operation {
    pub op: Op,
    pub place: Place,
    pub given: Given,
    shouted: bool,
    pathless: bool,
}

impl Operation {
    fn json(&self) -> Value {
        let path = path(self.place);
        // An unknown name is kept as it came first.
        let path = if self.shouted && self.place != Place::ShoeSize { shout(&path) } else { path };
        let op = format!("{:?}", self.op);
        let op = if self.shouted { op } else { op.to_lowercase() };
        match self.is_pathless() {
            true => json!({"op": op, "value": Map::from_iter([(path, self.given.json())])}),
            false => json!({"op": op, "path": path, "value": self.given.json()}),
        }
    }

    fn is_pathless(&self) -> bool {
        self.pathless && self.op != Op::Remove
    }
}

/// Names are read without regard to case; texts in quotes aren't names.
fn shout(path: &str) -> String {
    let mut quoted = false;
    path.chars()
        .map(|c| {
            quoted ^= c == '"';
            if quoted { c } else { c.to_ascii_uppercase() }
        })
        .collect()
}

fn path(place: Place) -> String {
    let elements = |which| match which {
        Which::Work => "emails[type eq \"work\"]",
        Which::Home => "emails[type eq \"home\"]",
        Which::Other => "emails[type eq \"other\"]",
        Which::Primary => "emails[primary eq \"True\"]",
        Which::WorkAndPrimary => "emails[type eq \"work\" and primary eq true]",
        Which::BeginsWithW => "emails[type sw \"w\"]",
        Which::NotWork => "emails[not (type eq \"work\")]",
    };
    match place {
        Place::UserName => "userName".to_owned(),
        Place::Title => "title".to_owned(),
        Place::Active => "active".to_owned(),
        Place::Name => "name".to_owned(),
        Place::GivenName => "name.givenName".to_owned(),
        Place::Emails => "emails".to_owned(),
        Place::EmailsValue => "emails.value".to_owned(),
        Place::EmailsWhere(which) => elements(which).to_owned(),
        Place::EmailsValueWhere(which) => format!("{}.value", elements(which)),
        Place::EmailsTypeWhere(which) => format!("{}.type", elements(which)),
        Place::EmailsPrimaryWhere(which) => format!("{}.primary", elements(which)),
        Place::Department => format!("{ENTERPRISE}:department"),
        Place::Manager => "manager".to_owned(),
        Place::ManagerValue => format!("{ENTERPRISE}:manager.value"),
        Place::Enterprise => ENTERPRISE.to_owned(),
        Place::ShoeSize => "urn:acme:shoes:1.0:User:shoeSize".to_owned(),
    }
}

fn user() -> Value {
    json!({
        "userName": "ada", "active": true, "title": "Dr", "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [{"value": "a@work", "type": "work", "primary": true}, {"value": "a@home", "type": "home"}],
        (ENTERPRISE): {"department": "R&D", "manager": {"value": "m1"}},
    })
}

/// Both interpreters come to the same, or both refuse.
pub fn check(operations: &[Operation]) {
    let document = read_value(user(), ResourceKind::User).unwrap().document;
    let body = json!({"Operations": operations.iter().map(Operation::json).collect::<Vec<_>>()});
    let engine = Patch::of_value(&body, ResourceKind::User).and_then(|patch| patch.apply(&document));
    let model = patch_model::apply(user().as_object().unwrap().clone(), operations);
    match (engine, model) {
        (Ok(engine), Some(model)) => {
            assert_eq!(Value::Object(engine.attributes().clone()), Value::Object(model), "{body:#}");
        }
        (Err(_), None) => {}
        (engine, model) => panic!("{body:#}\nthe engine: {engine:#?}\nthe model: {model:#?}"),
    }
}

/// The input makes up to 12 operations.
pub fn run(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(operations) =
        input.arbitrary_iter().map(|all| all.take(12).filter_map(Result::ok).collect::<Vec<_>>())
    else {
        return;
    };
    if !operations.is_empty() {
        check(&operations);
    }
}

/// Bytes of which operations are made.
pub fn seeds() -> Vec<Seed> {
    (0..16_u8)
        .map(|seed| Seed {
            name: format!("patch-{seed}"),
            input: (0..64_u8).map(|byte| byte.wrapping_mul(31).wrapping_add(seed.wrapping_mul(67))).collect(),
        })
        .collect()
}
