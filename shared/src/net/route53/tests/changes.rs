use super::*;

#[tokio::test]
async fn a_change_is_followed_until_it_is_in_sync() {
    let fake = acme(&[]);
    publish(&fake).await.unwrap();
    let route53 = hurried(&fake, &[ZONE]);
    fake.in_sync_after(2);
    assert_eq!(route53.change_status(&first_change()).await, Ok(ChangeStatus::Pending));
    fake.asked();
    fake.fail("GetChange", &[Fault::Refused(400, "Throttling"); 3]);
    let minute = Duration::from_secs(60);
    assert_eq!(route53.wait_in_sync(&first_change(), minute).await, Ok(ChangeStatus::InSync));
    assert_eq!(fake.asked(), ["GetChange"; 5], "three were throttled");
    assert_eq!(route53.change_status(&first_change()).await, Ok(ChangeStatus::InSync));
}

#[tokio::test]
async fn a_change_that_stays_pending_is_pending_when_the_time_is_over() {
    let fake = acme(&[]);
    publish(&fake).await.unwrap();
    fake.in_sync_after(usize::MAX);
    let route53 = hurried(&fake, &[ZONE]);
    let most = Duration::from_millis(30);
    assert_eq!(route53.wait_in_sync(&first_change(), most).await, Ok(ChangeStatus::Pending));
}

#[tokio::test]
async fn a_change_that_route_53_does_not_know_is_no_pending_one() {
    let unknown = ChangeId::parse("C404").unwrap();
    let followed = hurried(&acme(&[]), &[ZONE]).wait_in_sync(&unknown, Duration::from_secs(60)).await;
    assert_eq!(followed, Err(Route53Error::NoSuchChange(unknown)));
}
