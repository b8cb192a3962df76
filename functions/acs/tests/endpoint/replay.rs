//! A response counts once.

use std::sync::Arc;

use portico_shared::domain::sign_in::Outcome;
use tokio::task::JoinSet;

use crate::support::{World, cookie};

#[tokio::test]
async fn the_same_response_again_signs_nobody_in_and_says_so_kindly() {
    let world = World::start().await;
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    let browser = cookie(&begun.browser);
    assert_eq!(world.post(&response, &[&browser]).await.status, 303);
    let answer = world.post(&response, &[&browser]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("This sign-in was already used"), "{}", answer.body);
    assert_eq!(answer.button(), None, "the request has had its answer");
    assert_eq!(world.last_reason().await.as_deref(), Some("request_consumed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_same_response_posted_many_times_at_once_exactly_one_counts() {
    let world = Arc::new(World::start().await);
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    let mut posts = JoinSet::new();
    for _ in 0..12 {
        let (world, response, browser) = (world.clone(), response.clone(), cookie(&begun.browser));
        posts.spawn(async move { world.post(&response, &[&browser]).await });
    }
    let answers = posts.join_all().await;
    let signed_in = answers.iter().filter(|answer| answer.parameter("code").is_some()).count();
    assert_eq!(signed_in, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| [303, 403].contains(&answer.status)), "{answers:?}");
    let log = world.log().await;
    let succeeded = log.iter().filter(|entry| matches!(entry.outcome, Outcome::Succeeded { .. })).count();
    assert_eq!((succeeded, log.len()), (1, 12));
}
