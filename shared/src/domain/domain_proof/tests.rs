use super::*;

const TXT: &str = "portico-verification=0123456789abcdef0123456789abcdef";
const CNAME: &str = "fedcba9876543210fedcba9876543210.proof.example.com";
const WANTED: Wanted<'_> = Wanted { txt: TXT, cname: Some(CNAME) };

fn txt(values: &[&str]) -> Said {
    Said::Records { txt: values.iter().map(|value| (*value).to_owned()).collect(), cnames: Vec::new() }
}

fn cname(names: &[&str]) -> Said {
    Said::Records { txt: Vec::new(), cnames: names.iter().map(|name| (*name).to_owned()).collect() }
}

fn said(servers: &[Said], resolvers: &[Said]) -> Sighting {
    let named = |prefix: &str, said: &[Said]| {
        said.iter().enumerate().map(|(number, said)| (format!("{prefix}{number}"), said.clone())).collect()
    };
    Sighting { servers: named("ns", servers), resolvers: named("resolver", resolvers), ..Sighting::default() }
}

fn outcome(servers: &[Said]) -> Outcome {
    said(servers, &[]).finding(&WANTED).outcome
}

#[test]
fn a_value_is_found_as_panels_and_people_leave_it() {
    let quoted = format!("\"{TXT}\"");
    let spaced = format!("  {TXT}\t");
    let both = format!(" \" {TXT} \" ");
    for value in [TXT, &quoted, &spaced, &both, &TXT.to_uppercase()] {
        assert_eq!(outcome(&[txt(&[value])]), Outcome::Found, "{value:?}");
    }
}

#[test]
fn a_value_is_found_among_fifty_others() {
    let others: Vec<String> = (0..50).map(|number| format!("v=spf{number} -all")).collect();
    let mut values: Vec<&str> = others.iter().map(String::as_str).collect();
    values.insert(25, TXT);
    assert_eq!(outcome(&[txt(&values)]), Outcome::Found);
}

#[test]
fn what_is_nearly_the_value_is_a_wrong_one_and_shown() {
    let token = TXT.split('=').nth(1).unwrap();
    let longer = format!("{TXT}0");
    let twice = format!("{TXT} {token}");
    for value in [token, &longer, &twice, "portico-verification=", ""] {
        let finding = said(&[txt(&[value])], &[]).finding(&WANTED);
        assert_eq!((finding.outcome, finding.found), (Outcome::WrongValue, vec![value.to_owned()]));
    }
}

#[test]
fn what_is_shown_is_cut_and_has_no_control_characters() {
    let long = "ü".repeat(150);
    let many = ["1", "2", "3", "4", "5", "6", "7"];
    let finding = said(&[txt(&[&long, "a\u{1b}[31mb\r\n"]), txt(&many)], &[]).finding(&WANTED);
    assert_eq!(finding.found.len(), 5);
    assert_eq!(finding.found[0], format!("{}…", "ü".repeat(100)));
    assert_eq!(finding.found[1], "a�[31mb��");
}

#[test]
fn a_cname_proves_wherever_in_its_chain_the_proof_stands_and_also_when_it_leads_nowhere() {
    assert_eq!(outcome(&[cname(&[CNAME])]), Outcome::Found);
    assert_eq!(outcome(&[cname(&["proofs.acme.com", &CNAME.to_uppercase()])]), Outcome::Found);
    let astray = Said::Astray { cnames: vec![CNAME.to_owned()], failure: Failure::DeadCname };
    assert_eq!(outcome(&[astray]), Outcome::Found);
    let finding = said(&[cname(&["other.example.com"])], &[]).finding(&WANTED);
    assert_eq!(finding.found, ["CNAME to other.example.com"]);
    let without = Wanted { cname: None, ..WANTED };
    assert!(!said(&[cname(&[CNAME])], &[]).proves(&without), "a deployment without a proof zone");
}

#[test]
fn every_server_that_answers_must_have_it() {
    assert_eq!(outcome(&[txt(&[TXT]), txt(&[TXT])]), Outcome::Found);
    assert_eq!(outcome(&[txt(&[TXT]), Said::Silent, Said::Failed(Failure::Refused)]), Outcome::Found);
    let lagging = said(&[txt(&[TXT]), Said::NoRecord, txt(&[TXT])], &[]).finding(&WANTED);
    assert_eq!((lagging.outcome, lagging.servers), (Outcome::Split, vec!["ns1".to_owned()]));
    assert_eq!(outcome(&[txt(&[TXT]), txt(&["old"])]), Outcome::Split);
}

#[test]
fn outcomes_are_told_apart() {
    assert_eq!(outcome(&[Said::NoRecord, Said::Silent]), Outcome::NoRecord);
    assert_eq!(outcome(&[Said::NoSuchName]), Outcome::NoRecord);
    assert_eq!(outcome(&[Said::Silent, Said::Silent]), Outcome::Timeout);
    assert_eq!(outcome(&[]), Outcome::Timeout);
    let failing = said(&[Said::Failed(Failure::Lame), Said::Silent], &[]).finding(&WANTED);
    assert_eq!((failing.outcome, failing.failure), (Outcome::ServerFailure, Some(Failure::Lame)));
    let mixed = [Said::Failed(Failure::Lame), Said::Failed(Failure::Refused)];
    assert_eq!(said(&mixed, &[]).finding(&WANTED).failure, None);
    let nowhere = Sighting { no_such_domain: true, ..Sighting::default() };
    assert_eq!(nowhere.finding(&WANTED).outcome, Outcome::NoSuchDomain);
    let elsewhere = Sighting { misplaced: Some("acme.com".to_owned()), ..said(&[Said::NoRecord], &[]) };
    let finding = elsewhere.finding(&WANTED);
    assert_eq!((finding.outcome, finding.found), (Outcome::Misplaced, vec!["acme.com".to_owned()]));
}

#[test]
fn where_no_server_of_the_zone_answers_two_resolvers_are_believed_and_one_is_not() {
    let silent = [Said::Silent];
    assert!(said(&silent, &[txt(&[TXT]), txt(&[TXT]), Said::Silent]).proves(&WANTED));
    assert!(!said(&silent, &[txt(&[TXT]), Said::Silent, Said::Silent]).proves(&WANTED));
    assert!(!said(&silent, &[txt(&[TXT]), txt(&[TXT]), Said::NoRecord]).proves(&WANTED), "one contradicts");
    let denied = said(&[Said::NoRecord], &[txt(&[TXT]), txt(&[TXT])]);
    assert!(!denied.proves(&WANTED), "the zone's own servers have the last word");
}

#[test]
fn a_record_is_gone_only_where_the_zone_and_two_resolvers_say_so() {
    let gone = [Said::NoRecord];
    assert!(said(&gone, &[Said::NoRecord, Said::NoSuchName]).disproves(&WANTED));
    assert!(said(&[txt(&["other"])], &[Said::NoRecord, txt(&["other"])]).disproves(&WANTED));
    assert!(!said(&gone, &[Said::NoRecord, Said::Silent]).disproves(&WANTED));
    assert!(!said(&gone, &[]).disproves(&WANTED));
    assert!(!said(&[Said::Silent], &[Said::NoRecord, Said::NoRecord]).disproves(&WANTED));
    assert!(
        !said(&[Said::Failed(Failure::ServerFailure)], &[Said::NoRecord, Said::NoRecord]).disproves(&WANTED)
    );
    assert!(!said(&gone, &[Said::NoRecord, Said::NoRecord, txt(&[TXT])]).disproves(&WANTED));
    assert!(!said(&[Said::NoRecord, txt(&[TXT])], &[Said::NoRecord, Said::NoRecord]).disproves(&WANTED));
    let unregistered = Sighting { no_such_domain: true, ..said(&[], &[Said::NoSuchName, Said::NoSuchName]) };
    assert!(unregistered.disproves(&WANTED));
}
