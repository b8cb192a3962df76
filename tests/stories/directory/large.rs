//! The same in large directories. It takes minutes: `cargo test --release --workspace --test stories -- --ignored --nocapture large`.

use portico_tests::{Deployment, Directory, fill};

use super::lists::{by_cursor, by_number, exact};

const USERS: usize = 100_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_are_each_shown_once_by_number_and_by_cursor() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..USERS as u64).await;
    let by_cursor = by_cursor(&directory, 200).await;
    let mut once = by_cursor.clone();
    once.sort();
    once.dedup();
    assert_eq!((by_cursor.len(), once.len()), (USERS, USERS), "by cursor");
    for count in [200, 137] {
        assert!(by_number(&directory, count, USERS).await == by_cursor, "by number, {count} a page");
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn the_number_of_users_is_exact_after_a_thousand_creates_and_deletes_at_once() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..10_000).await;
    exact(&deployment, &directory, (10_000, 1_000), 100).await;
    deployment.stop().await;
}
