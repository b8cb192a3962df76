use portico_shared::vault::{Class, VaultError};
use portico_testing::Bench;

#[tokio::test]
async fn a_secret_opens_only_in_its_own_place_and_class() {
    let bench = Bench::start().await;
    let vault = bench.app.vault();
    let sealed = vault.seal(Class::SpKeys, "conn_a", b"private").await.unwrap();
    assert_eq!(vault.open(Class::SpKeys, "conn_a", &sealed).await.unwrap(), b"private");
    let elsewhere = vault.open(Class::SpKeys, "conn_b", &sealed).await;
    assert!(matches!(elsewhere, Err(VaultError::Unsealable)), "{elsewhere:?}");
    let otherwise = vault.open(Class::SigningKeys, "conn_a", &sealed).await;
    assert!(matches!(otherwise, Err(VaultError::Unsealable)), "{otherwise:?}");
}

#[tokio::test]
async fn two_instances_that_start_at_once_share_one_data_key() {
    let bench = Bench::start().await;
    let (one, two) = (bench.another_instance(), bench.another_instance());
    let (first, second) = tokio::join!(
        one.vault().seal(Class::SpKeys, "a", b"one"),
        two.vault().seal(Class::SpKeys, "a", b"two")
    );
    assert_eq!(two.vault().open(Class::SpKeys, "a", &first.unwrap()).await.unwrap(), b"one");
    assert_eq!(one.vault().open(Class::SpKeys, "a", &second.unwrap()).await.unwrap(), b"two");
}
