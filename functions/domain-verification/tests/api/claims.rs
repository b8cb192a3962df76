use super::*;

#[tokio::test]
async fn a_claim_says_what_to_publish_and_is_verified_once_it_is() {
    let api = Api::start().await;
    let begin = api.mark();
    let claim = api.claim().await;
    assert_eq!((&claim["state"], &claim["verification_strategy"]), (&json!("pending"), &json!("dns")));
    let token = claim["verification_token"].as_str().unwrap();
    assert_eq!(token.len(), 32);
    let records = &claim["dns_records"];
    assert_eq!(
        records[0],
        json!({"type": "TXT", "name": "_portico.acme.com", "host": "_portico", "value": format!("portico-verification={token}")})
    );
    assert_eq!(records[1]["type"], "CNAME");
    let target = records[1]["value"].as_str().unwrap();
    assert!(target.ends_with(".proof.portico.example") && !target.contains(token));

    let missing = api.verify(&id(&claim)).await.expect(201);
    assert_eq!((&missing["state"], status(&missing)), (&json!("pending"), "pending"));
    assert_eq!(missing["verification"]["outcome"], "no_record");
    assert!(
        missing["verification"]["message"]
            .as_str()
            .unwrap()
            .contains("There is no TXT record at _portico.acme.com")
    );

    api.publish(&claim);
    let verified = api.verify(&id(&claim)).await.expect(201);
    assert_eq!(
        (&verified["state"], &verified["verification"]["outcome"]),
        (&json!("verified"), &json!("found"))
    );
    assert_eq!(verified["verification_token"], claim["verification_token"], "the token stays the same");
    assert_eq!(api.get(&id(&claim)).await, verified);
    assert_eq!(api.owner().await.unwrap().to_string(), claim["organization_id"]);
    assert_eq!(api.events(&claim["organization_id"], begin).await, ["created", "verified"]);
    assert_eq!(api.verify(&id(&claim)).await.refused(400), "domain_already_verified");
}

#[tokio::test]
async fn a_cname_record_verifies_as_well() {
    let api = Api::start().await;
    let claim = api.claim().await;
    let target = claim["dns_records"][1]["value"].as_str().unwrap();
    api.dns.cname(TestDns::server(0), "_portico.acme.com", target);
    assert_eq!(api.verify(&id(&claim)).await.expect(201)["state"], "verified");
}

#[tokio::test]
async fn a_claim_that_is_given_up_leaves_nothing_and_its_token_is_not_given_out_again() {
    let api = Api::start().await;
    let begin = api.mark();
    let claim = api.claim().await;
    api.publish(&claim);
    api.verify(&id(&claim)).await.expect(201);
    let path = format!("/organization_domains/{}", id(&claim));
    assert_eq!(api.call(Method::DELETE, &path, None).await.expect(204), Value::Null);
    assert_eq!(api.call(Method::GET, &path, None).await.refused(404), "entity_not_found");
    assert_eq!(api.call(Method::DELETE, &path, None).await.refused(404), "entity_not_found");
    assert_eq!(api.verify(&id(&claim)).await.refused(404), "entity_not_found");
    assert_eq!(api.owner().await, None);
    assert_eq!(api.events(&claim["organization_id"], begin).await, ["created", "verified", "deleted"]);
    let organization = OrganizationId::parse(claim["organization_id"].as_str().unwrap()).unwrap();
    let again = api.create(organization, "acme.com").await.expect(201);
    assert_ne!(again["verification_token"], claim["verification_token"]);
    assert_eq!(
        api.verify(&id(&again)).await.expect(201)["state"],
        "pending",
        "the old record proves nothing"
    );
    api.bench.clock.advance(Duration::days(2));
    assert_eq!(api.sweep().await.checked, 1);
}

#[tokio::test]
async fn what_is_no_domain_of_ones_own_is_refused_by_name() {
    let api = Api::start().await;
    let organization = api.organization().await;
    let long = format!("{}.com", "a".repeat(300));
    for (domain, code, words) in [
        ("co.uk", "domain_is_public_suffix", "nobody can own this name"),
        ("gmail.com", "domain_is_consumer_mail", "a mail provider for everybody"),
        ("localhost", "domain_is_public_suffix", "nobody can own this name"),
        ("192.0.2.1", "domain_is_ip_address", "an IP address"),
        ("[2001:db8::1]", "domain_is_ip_address", "an IP address"),
        (&long, "domain_malformed", "isn't a domain name"),
        ("acme", "domain_is_public_suffix", "nobody can own this name"),
        ("", "domain_malformed", "got nothing"),
        ("acme.com, acme.io", "too_many", "expected one domain, got several"),
    ] {
        let refusal = api.create(organization, domain).await.expect(422);
        let error = &refusal["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("domain"), &json!(code)), "{domain}");
        assert!(error["message"].as_str().unwrap().contains(words), "{domain}: {error}");
    }
}

#[tokio::test]
async fn a_domain_is_read_in_any_spelling_and_from_an_address() {
    let api = Api::start().await;
    for (typed, domain) in [
        ("https://Acme.com/x", "acme.com"),
        ("bob@acme.io", "acme.io"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("xn--mller-kva.example.com", "xn--mller-kva.example.com"),
        ("acme.net, ACME.net", "acme.net"),
    ] {
        let organization = api.organization().await;
        assert_eq!(api.create(organization, typed).await.expect(201)["domain"], domain);
    }
}

#[tokio::test]
async fn one_organization_claims_a_domain_once_and_no_more_than_its_plan_includes() {
    let api = Api::start().await;
    let mut policy = Policy::default();
    policy.features.domains = 1;
    let organization = api.organization_with(&policy, None).await;
    api.create(organization, "acme.com").await.expect(201);
    assert_eq!(api.create(organization, "ACME.com").await.refused(409), "domain_already_exists");
    let full = api.create(organization, "acme.io").await.expect(422);
    assert!(full["message"].as_str().unwrap().contains("plan includes 1 domains"), "{full}");
}

#[tokio::test]
async fn nothing_is_reached_without_an_api_key_or_by_an_id_that_is_not_there() {
    let api = Api::start().await;
    for path in
        ["/organization_domains/org_domain_01EHZNVPK2QXHMVWCEDQEKY69A", "/organization_domains/nonsense"]
    {
        assert_eq!(api.call(Method::GET, path, None).await.refused(404), "entity_not_found");
        let keyless = Request::builder().uri(path).body(Body::empty()).unwrap();
        assert_eq!(api.router.clone().oneshot(keyless).await.unwrap().status(), 401);
    }
    let body = json!({"organization_id": "org_01EHQMYV6MBK39QC5PZXHY59C3", "domain": "acme.com"});
    assert_eq!(
        api.call(Method::POST, "/organization_domains", Some(body)).await.refused(404),
        "entity_not_found"
    );
    let wrong = json!({"organization_id": 7, "domain": "acme.com"});
    let refusal = api.call(Method::POST, "/organization_domains", Some(wrong)).await.expect(422);
    assert!(refusal.to_string().contains("organization_id"), "{refusal}");
}

#[tokio::test]
async fn a_wrong_value_is_shown_with_what_was_expected() {
    let api = Api::start().await;
    let claim = api.claim().await;
    api.dns.txt(TestDns::server(0), "_portico.acme.com", &["<script>alert(1)</script>"]);
    let looked = api.verify(&id(&claim)).await.expect(201);
    let verification = &looked["verification"];
    assert_eq!(verification["outcome"], "wrong_value");
    assert_eq!(verification["found"], json!(["<script>alert(1)</script>"]));
    let message = verification["message"].as_str().unwrap();
    assert!(message.contains(claim["dns_records"][0]["value"].as_str().unwrap()), "{message}");
}
