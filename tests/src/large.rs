//! Large directories, made at once by the store's own batch writer.

use chrono::{DateTime, TimeDelta, Utc};
use portico_local::Stack;
use portico_shared::aws::{self, AwsSettings};
use portico_shared::domain::directory::{DirectoryGroup, DirectoryUser};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId, PersonId};
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use portico_shared::store::Store;
use serde_json::json;

use crate::Directory;

/// How many users are handed over at once.
const PART: u64 = 2_000;

/// The table of a running stack, as a function has it.
pub fn store(stack: &Stack) -> Store {
    let var = |name: &str| match name {
        "AWS_REGION" => Some("eu-west-2".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(format!("http://{}", stack.table_address())),
        _ => None,
    };
    let settings = AwsSettings::from_vars(&var).unwrap();
    let table = stack.table_name().to_owned();
    Store::new(aws::dynamodb_client(&settings, None), &table, Clock::system(), Rng::system(), 1)
}

/// An id for a number, in the order of numbers; all of them before any id that is minted today.
fn bytes(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[0] = 1;
    bytes
}

fn long_ago() -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(18_000)
}

/// The id of the user of this number.
pub fn user_id(number: u64) -> String {
    DirectoryUserId::from_bytes(bytes(number)).to_string()
}

/// Fills a directory with the users of these numbers, of about 700 bytes each.
pub async fn fill(stack: &Stack, directory: &Directory, numbers: std::ops::Range<u64>) {
    let store = store(stack);
    let mut first = numbers.start;
    while first < numbers.end {
        let part: Vec<_> =
            (first..(first + PART).min(numbers.end)).map(|number| user(directory, number)).collect();
        store.load_directory_users(part[0].directory_id, &part).await.unwrap();
        first += PART;
    }
}

fn user(directory: &Directory, number: u64) -> DirectoryUser {
    let document = json!({
        "userName": format!("user{number}@large.test"),
        "externalId": format!("ext{number}"),
        "displayName": format!("User Number {number}"),
        "name": { "givenName": "User", "familyName": format!("Number {number}") },
        "emails": [{ "value": format!("user{number}@large.test"), "type": "work", "primary": true }],
        "active": true,
        "title": "Engineer",
    });
    let user = json!({
        "id": DirectoryUserId::from_bytes(bytes(number)),
        "directory_id": directory.id,
        "organization_id": directory.organization,
        "person_id": PersonId::from_bytes(bytes(number)),
        "document": document.to_string(),
        "created_at": long_ago(),
        "updated_at": long_ago(),
    });
    serde_json::from_value(user).unwrap()
}

/// A group with the users of these numbers as its members; its id. The users needn't be there.
pub async fn fill_group(
    stack: &Stack,
    directory: &Directory,
    number: u64,
    members: std::ops::Range<u64>,
) -> String {
    let group = json!({
        "id": DirectoryGroupId::from_bytes(bytes(number)),
        "directory_id": directory.id,
        "organization_id": directory.organization,
        "document": json!({ "displayName": format!("Group {number}") }).to_string(),
        "created_at": long_ago(),
        "updated_at": long_ago(),
        // An event that says so, long ago.
        "last_event_id": "event_00000000000000000000000001",
    });
    let group: DirectoryGroup = serde_json::from_value(group).unwrap();
    let members = members.map(|number| DirectoryUserId::from_bytes(bytes(number)));
    store(stack).load_directory_group(&group, members).await.unwrap();
    group.id.to_string()
}
