//! Several changes in one request: all of them happen, or none.

use std::collections::HashMap;

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};

use super::error::{Route53Error, Subject, cause, explanation};
use super::names::{ChangeId, HostedZoneId, RecordName};
use super::records::{Standing, TxtSet};
use super::{Route53, txt};

/// The most records in a batch, those that go and those that come. A change has at least one.
const MOST_RECORDS: usize = 1000;

/// The most characters of all values in a batch.
const MOST_CHARACTERS: usize = 32_000;

/// How often a batch is tried whose records somebody else changes at the same time.
const MOST_TRIES: u32 = 3;

/// How many seconds resolvers may keep a set of ours. Short, since a value that is corrected is looked for at once.
const TTL: i64 = 60;

/// A wish for one value at one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxtChange {
    /// The value be there.
    Publish {
        /// The name of the record.
        name: RecordName,
        /// The value as a program means it: not in quotes.
        value: String,
    },
    /// The value not be there.
    Withdraw {
        /// The name of the record.
        name: RecordName,
        /// The value as a program means it: not in quotes.
        value: String,
    },
}

impl TxtChange {
    fn name(&self) -> &RecordName {
        match self {
            Self::Publish { name, .. } | Self::Withdraw { name, .. } => name,
        }
    }

    /// Changes values that are in Route 53's writing.
    fn apply_to(&self, values: &mut Vec<String>) {
        let same = |written: &String, value: &str| txt::unquote(written) == value.as_bytes();
        match self {
            Self::Publish { value, .. } if values.iter().any(|written| same(written, value)) => {}
            Self::Publish { value, .. } => values.push(txt::quote(value)),
            Self::Withdraw { value, .. } => values.retain(|written| !same(written, value)),
        }
    }
}

/// What becomes of the TXT records at one name.
#[derive(Debug, PartialEq, Eq)]
struct Replacement {
    name: RecordName,
    old: Option<TxtSet>,
    new: Option<TxtSet>,
}

impl Replacement {
    /// What the wishes for a name make of what is there. `None` where all is as they want it.
    fn plan(wishes: &Wishes<'_>, standing: Standing) -> Result<Option<Self>, Route53Error> {
        let name = wishes.name;
        let Standing { cname, txt: old } = standing;
        let mut values = old.as_ref().map(|set| set.values.clone()).unwrap_or_default();
        wishes.changes.iter().for_each(|change| change.apply_to(&mut values));
        if values == old.as_ref().map(|set| set.values.as_slice()).unwrap_or_default() {
            return Ok(None);
        }
        if cname {
            return Err(Route53Error::CnameInTheWay { name: name.clone() });
        }
        let ttl = old.as_ref().map_or(TTL, |set| set.ttl);
        let new = (!values.is_empty()).then_some(TxtSet { ttl, values });
        Ok(Some(Self { name: name.clone(), old, new }))
    }

    fn values(&self) -> impl Iterator<Item = &String> {
        self.old.iter().chain(&self.new).flat_map(|set| &set.values)
    }

    /// Takes away exactly what was there, then creates: either fails where somebody else was faster.
    fn changes(&self) -> Result<Vec<Change>, BuildError> {
        let old = self.old.iter().map(|set| (ChangeAction::Delete, set));
        let new = self.new.iter().map(|set| (ChangeAction::Create, set));
        let change = |(action, set): (ChangeAction, &TxtSet)| {
            let values = set.values.iter().map(|value| ResourceRecord::builder().value(value).build());
            let set = ResourceRecordSet::builder()
                .name(self.name.as_str())
                .r#type(RrType::Txt)
                .ttl(set.ttl)
                .set_resource_records(Some(values.collect::<Result<_, _>>()?))
                .build()?;
            Change::builder().action(action).resource_record_set(set).build()
        };
        old.chain(new).map(change).collect()
    }
}

/// What is sent in one request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Batch {
    replacements: Vec<Replacement>,
    records: usize,
    characters: usize,
}

impl Batch {
    /// Takes one more replacement, or gives it back if the batch is full. An empty one takes any: Route 53 will say.
    fn push(&mut self, replacement: Replacement) -> Result<(), Replacement> {
        let records = self.records + replacement.values().count();
        let characters =
            self.characters + replacement.values().map(|value| value.chars().count()).sum::<usize>();
        let full = records > MOST_RECORDS || characters > MOST_CHARACTERS;
        if full && !self.replacements.is_empty() {
            return Err(replacement);
        }
        self.replacements.push(replacement);
        (self.records, self.characters) = (records, characters);
        Ok(())
    }

    fn build(&self) -> Result<ChangeBatch, BuildError> {
        let changes: Vec<_> = self.replacements.iter().map(Replacement::changes).collect::<Result<_, _>>()?;
        ChangeBatch::builder().set_changes(Some(changes.into_iter().flatten().collect())).build()
    }
}

/// What Route 53 made of a batch.
enum Answer {
    /// It took the batch on.
    Accepted(ChangeId),
    /// It refused the batch: the records aren't as the batch says, or a value can't be. Its words.
    Contradicted(String),
}

impl Route53 {
    /// Fulfils wishes in a hosted zone, in as few requests as hold them, and says which changes that took: none where all is
    /// as wanted. Wishes for one name are fulfilled together. Where one batch fails, those before it are done; to wish the
    /// same again does no harm.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn apply(
        &self,
        zone: &HostedZoneId,
        changes: &[TxtChange],
    ) -> Result<Vec<ChangeId>, Route53Error> {
        self.check_zone(zone).await?;
        self.fulfil(zone, changes).await
    }

    /// The same in a zone that was found among those given.
    pub(super) async fn fulfil(
        &self,
        zone: &HostedZoneId,
        changes: &[TxtChange],
    ) -> Result<Vec<ChangeId>, Route53Error> {
        let wishes = Wishes::by_name(changes);
        let mut rest = wishes.as_slice();
        let mut sent = Vec::new();
        let mut refused: Option<Batch> = None;
        let mut tries = 0;
        while !rest.is_empty() {
            let (batch, taken) = self.plan(zone, rest).await?;
            let answer =
                if batch.replacements.is_empty() { None } else { Some(self.send(zone, &batch).await?) };
            if let Some(Answer::Contradicted(words)) = answer {
                tries += 1;
                // Nobody changed anything in between, so that isn't why.
                if refused.as_ref() == Some(&batch) {
                    return Err(Route53Error::Refused(words));
                }
                if tries >= MOST_TRIES {
                    return Err(Route53Error::Contended);
                }
                refused = Some(batch);
                continue;
            }
            if let Some(Answer::Accepted(change)) = answer {
                sent.push(change);
            }
            rest = rest.get(taken..).unwrap_or_default();
            (refused, tries) = (None, 0);
        }
        Ok(sent)
    }

    /// Looks at as many names as one batch can change. Says how many that were, too.
    async fn plan(&self, zone: &HostedZoneId, wishes: &[Wishes<'_>]) -> Result<(Batch, usize), Route53Error> {
        let mut batch = Batch::default();
        for (taken, wishes) in wishes.iter().enumerate() {
            let standing = self.standing(zone, wishes.name).await?;
            let planned = Replacement::plan(wishes, standing)?;
            if planned.is_some_and(|replacement| batch.push(replacement).is_err()) {
                return Ok((batch, taken));
            }
        }
        Ok((batch, wishes.len()))
    }

    async fn send(&self, zone: &HostedZoneId, batch: &Batch) -> Result<Answer, Route53Error> {
        let incomplete = |error: BuildError| Route53Error::Refused(error.to_string());
        let change = self
            .client
            .change_resource_record_sets()
            .hosted_zone_id(zone.as_str())
            .change_batch(batch.build().map_err(incomplete)?);
        self.pace.turn().await;
        match change.send().await {
            Ok(answer) => {
                let id = answer.change_info.map(|info| info.id).unwrap_or_default();
                let unreadable =
                    |error| Route53Error::Refused(format!("it answered without a change: {error}"));
                ChangeId::parse(&id).map(Answer::Accepted).map_err(unreadable)
            }
            Err(error) if error.as_service_error().is_some_and(|error| error.is_invalid_change_batch()) => {
                Ok(Answer::Contradicted(explanation(&error)))
            }
            Err(error) => Err(cause(&error, "route53:ChangeResourceRecordSets", Subject::Zone(zone))),
        }
    }
}

/// The wishes for one name, in order.
#[derive(Debug)]
struct Wishes<'a> {
    name: &'a RecordName,
    changes: Vec<&'a TxtChange>,
}

impl<'a> Wishes<'a> {
    /// Brings the wishes for each name together, names in the order in which they first come.
    fn by_name(changes: &'a [TxtChange]) -> Vec<Self> {
        let mut places = HashMap::new();
        let mut all: Vec<Self> = Vec::new();
        for change in changes {
            let place = *places.entry(change.name()).or_insert(all.len());
            match all.get_mut(place) {
                Some(wishes) => wishes.changes.push(change),
                None => all.push(Self { name: change.name(), changes: vec![change] }),
            }
        }
        all
    }
}
