use super::super::domain_name::DomainName;
use super::super::domain_proof::{Outcome, Said};
use super::super::random::Rng;
use super::*;

const WANTED: Wanted<'_> = Wanted { txt: "right", cname: None };

/// A claim whose days pass as told.
struct Life {
    claim: OrganizationDomain,
    check: DomainCheck,
    now: DateTime<Utc>,
}

impl Life {
    fn of(state: DomainState, strategy: DomainStrategy) -> Self {
        let now: DateTime<Utc> = "2026-11-02T09:00:00Z".parse().unwrap();
        let rng = Rng::new(|bytes| bytes.fill(7));
        let id = OrganizationDomainId::mint(now, &rng);
        let domain = DomainName::parse("acme.com").unwrap();
        let claim = OrganizationDomain::claim(id, OrganizationId::mint(now, &rng), domain, now, &rng);
        let claim = claim.turned(state, strategy, now);
        Self { check: DomainCheck::new(&claim, now), claim, now }
    }

    /// Looks, becomes what that says, and waits for the next look.
    fn look(&mut self, sighting: &Sighting) -> Step {
        let step = self.check.note(&self.claim, sighting, &WANTED, self.now);
        self.claim.state = match step {
            Step::Waits => self.claim.state,
            Step::Proved | Step::Recovered => DomainState::Verified,
            Step::AtRisk => DomainState::AtRisk,
            Step::Lapsed => DomainState::Lapsed,
            Step::Expired => DomainState::Failed,
        };
        if let Some(next) = self.check.next_due(&self.claim, self.now) {
            self.now = next;
        }
        step
    }
}

fn all(said: Said) -> Sighting {
    let each = |name: &str| (name.to_owned(), said.clone());
    Sighting { servers: vec![each("ns")], resolvers: vec![each("1"), each("2")], ..Sighting::default() }
}

fn there() -> Sighting {
    all(Said::Records { txt: vec!["right".to_owned()], cnames: Vec::new() })
}

fn gone() -> Sighting {
    all(Said::NoRecord)
}

fn unheard() -> Sighting {
    all(Said::Silent)
}

#[test]
fn a_claim_is_looked_at_after_one_five_and_fifteen_minutes_then_hourly_and_fails_after_thirty_days() {
    let mut life = Life::of(DomainState::Pending, DomainStrategy::Dns);
    let begin = life.now;
    let mut pauses = Vec::new();
    let mut looks = 0;
    loop {
        let before = life.now;
        let step = life.look(&gone());
        looks += 1;
        pauses.push((life.now - before).num_minutes());
        if step == Step::Expired {
            break;
        }
        assert_eq!(step, Step::Waits);
        assert!(looks < 1_000, "it ends");
    }
    assert_eq!(pauses[..6], [1, 5, 15, 60, 60, 60]);
    assert!(
        (life.now - begin) >= Duration::days(30)
            && (life.now - begin) < Duration::days(30) + Duration::hours(1)
    );
    assert_eq!(life.check.next_due(&life.claim, life.now), None, "nobody looks any more");
    assert_eq!(life.check.last.unwrap().finding.outcome, Outcome::NoRecord);
}

#[test]
fn a_domain_is_at_risk_after_three_days_and_lapses_after_fourteen_more_and_comes_back() {
    let mut life = Life::of(DomainState::Verified, DomainStrategy::Dns);
    assert_eq!(
        [life.look(&gone()), life.look(&gone()), life.look(&gone())],
        [Step::Waits, Step::Waits, Step::AtRisk]
    );
    let at_risk_since = life.check.lost_since.unwrap();
    while life.claim.state == DomainState::AtRisk {
        life.look(&gone());
    }
    let lapsed_after = life.check.lost_since.unwrap() - at_risk_since;
    assert!(lapsed_after >= GRACE && lapsed_after <= GRACE + Duration::hours(1), "{lapsed_after}");
    assert_eq!(life.claim.state, DomainState::Lapsed);
    let before = life.now;
    assert_eq!(life.look(&gone()), Step::Waits);
    assert_eq!(life.now - before, Duration::hours(1));
    assert_eq!(life.look(&there()), Step::Proved);
}

#[test]
fn a_domain_at_risk_recovers_with_its_record_and_begins_to_count_anew() {
    let mut life = Life::of(DomainState::Verified, DomainStrategy::Dns);
    life.look(&gone());
    life.look(&gone());
    assert_eq!(life.look(&there()), Step::Waits);
    assert_eq!(
        [life.look(&gone()), life.look(&gone()), life.look(&gone())],
        [Step::Waits, Step::Waits, Step::AtRisk]
    );
    assert_eq!(life.look(&there()), Step::Recovered);
    assert_eq!((life.check.misses, life.check.lost_since), (0, None));
}

#[test]
fn what_nobody_answered_counts_for_nothing_however_long() {
    for state in [DomainState::Verified, DomainState::AtRisk] {
        let mut life = Life::of(state, DomainStrategy::Dns);
        life.check.lost_since = Some(life.now);
        for _ in 0..100 {
            assert_eq!(life.look(&unheard()), Step::Waits);
        }
        assert_eq!((life.claim.state, life.check.misses), (state, 0));
    }
}

#[test]
fn a_domain_that_somebody_vouches_for_is_not_looked_at() {
    let life = Life::of(DomainState::Verified, DomainStrategy::Manual);
    assert_eq!(DomainCheck::first_due(&life.claim, life.now), None);
    assert_eq!(life.check.next_due(&life.claim, life.now), None);
}

#[test]
fn a_lapsed_domain_is_looked_at_daily_once_a_month_has_passed() {
    let mut life = Life::of(DomainState::Lapsed, DomainStrategy::Dns);
    life.check.lost_since = Some(life.now - Duration::days(31));
    let before = life.now;
    life.look(&gone());
    assert_eq!(life.now - before, Duration::days(1));
}
