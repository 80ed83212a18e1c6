//! The front: a copy of the newest threads beside the head, so that the first list of a large store need not wait for
//! its pages.
//!
//! It is only a copy: whatever it can't prove is answered from the pages. Entries carry the threads that they change
//! and that neither the front nor an entry before them holds.

use std::ops::Bound;

use bytes::Bytes;
use serde::Serialize;

use super::entry::{Entry, FORMAT, Head, decode, encode};
use super::load::read_entry;
use super::replica::Replica;
use crate::catalog::{Archived, Catalog, Event, Ordinals, Place, Record};
use crate::error::Result;
use crate::id::ThreadId;
use crate::keys;
use crate::limits::{MAX_PAGE, PAGE_THREADS};
use crate::query::{ArchiveFilter, SortDirection, SortKey, ThreadPage, ThreadQuery};
use crate::storage::{Key, Table, Write};

/// The pages of a store without a front: so few are read as soon.
const FEW_PAGES: u32 = 4;
/// The most threads of one order that a front holds.
const THREADS: usize = 128;
/// A front of more bytes holds fewer threads …
const BYTES: usize = 256 * 1024;
/// … but not fewer than this.
const LEAST: usize = 8;

/// The newest threads of each order, as the checkpoint of that number left them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Front {
    v: u32,
    checkpoint: u64,
    /// For each order the first place that it does not hold; none where it holds all active threads.
    floors: Floors,
    /// These threads and their parents.
    threads: Vec<Record>,
}

/// By creation, update and recency.
type Floors = (Option<Place>, Option<Place>, Option<Place>);

crate::fields::fields! {
    Front, blank: Self { v: 0, checkpoint: 0, floors: Floors::default(), threads: Vec::new() },
    must "v" v,
    must "checkpoint" checkpoint,
    must "floors" floors,
    must "threads" threads,
}

/// Tells whether a store of so many threads has a front.
fn is_worth_it(next_ordinal: u32) -> bool {
    next_ordinal > FEW_PAGES * PAGE_THREADS
}

/// Returns the write of the front that goes with a checkpoint, whose records `after` makes.
pub(crate) fn write(
    catalog: &Catalog,
    checkpoint: u64,
    after: impl Fn(&Record) -> Record,
) -> Result<Option<Write>> {
    let (table, key) = (Table::Catalog, keys::FRONT);
    if !is_worth_it(catalog.next_ordinal()) {
        return Ok(None);
    }
    let mut most = THREADS;
    loop {
        let front = Front::of(catalog, checkpoint, most, &after);
        let value = encode(table, key, &front)?;
        if value.len() <= BYTES || most <= LEAST {
            return Ok(Some(Write::Put { table, key: key.into(), value }));
        }
        most /= 2;
    }
}

/// Reads the front that lies beside a head; what does not belong to it is none.
pub(crate) fn read(head: &Head, start: &[(Key, Bytes)]) -> Option<Front> {
    let (key, value) = start.iter().find(|(key, _)| key == keys::FRONT)?;
    let front: Front = decode(Table::Catalog, key, value).ok()?;
    (front.v == FORMAT && front.checkpoint == head.checkpoint).then_some(front)
}

/// Returns the threads that the front of a checkpoint of this state holds.
pub(crate) fn ordinals(catalog: &Catalog) -> Ordinals {
    if !is_worth_it(catalog.next_ordinal()) {
        return Ordinals::default();
    }
    newest(catalog, THREADS).0
}

/// Adds the threads that an entry holds to those that the front and the entries before it do.
pub(crate) fn follow_carried(carried: &mut Ordinals, entry: &Entry, catalog: &Catalog) {
    if !is_worth_it(catalog.next_ordinal()) {
        return;
    }
    let created = entry.events.iter().filter_map(|event| match event {
        Event::Created(record) => Some(record.ord),
        _ => None,
    });
    let more: Vec<u32> = entry.carried.iter().map(|record| record.ord).chain(created).collect();
    if !more.is_empty() {
        carried.extend(&more.into_iter().collect());
    }
}

/// Returns the threads that an entry of these events has to carry, as they are before it.
pub(crate) fn carried(replica: &Replica, events: &[Event]) -> Vec<Record> {
    let catalog = &replica.catalog;
    if !is_worth_it(catalog.next_ordinal()) {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    for event in events {
        let parent = match event {
            Event::Created(record) => record.parent,
            Event::Moved { parent, .. } => *parent,
            _ => None,
        };
        let thread = event.thread().filter(|_| surfaces(event)).and_then(|id| catalog.record(id));
        wanted.extend(parent);
        wanted.extend(thread.map(|record| record.ord));
        wanted.extend(thread.and_then(|record| record.parent));
    }
    wanted.retain(|ord| catalog.is_visible(*ord) && !replica.carried.contains(*ord));
    let wanted: Ordinals = wanted.into_iter().collect();
    wanted.iter().filter_map(|ord| catalog.slot(ord)).map(|it| summary(it)).collect()
}

/// Tells whether an event may move its thread up in an order.
fn surfaces(event: &Event) -> bool {
    match event {
        Event::Appended { touch, .. }
        | Event::Segmented { touch, .. }
        | Event::Truncated { touch, .. }
        | Event::Updated { touch, .. } => touch.updated_at.is_some() || touch.recency_at.is_some(),
        _ => false,
    }
}

/// A thread without what no list shows.
fn summary(record: &Record) -> Record {
    Record { goal: None, documents: None, ..record.clone() }
}

const ORDERS: [SortKey; 3] = [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::RecencyAt];

/// Returns the `most` newest active threads of each order with their parents, and the places after them.
///
/// Deleted threads are in no front, as parents neither: nothing of them must stay.
fn newest(catalog: &Catalog, most: usize) -> (Ordinals, [Option<Place>; 3]) {
    let mut ordinals = Vec::new();
    let floors = ORDERS.map(|key| {
        let at = |ord| catalog.place(ord, key);
        let order = catalog.indexes().order(false, key);
        let mut down = order.downwards(Bound::Unbounded, at);
        ordinals.extend(down.by_ref().take(most));
        down.next().map(at)
    });
    let parent = |ord: &u32| catalog.parent(catalog.slot(*ord)?).map(|parent| parent.ord);
    let parents: Vec<u32> = ordinals.iter().filter_map(parent).collect();
    ordinals.extend(parents);
    (ordinals.into_iter().collect(), floors)
}

impl Front {
    fn of(
        catalog: &Catalog,
        checkpoint: u64,
        most: usize,
        after: impl Fn(&Record) -> Record,
    ) -> Self {
        let (ordinals, [created, updated, recency]) = newest(catalog, most);
        let records = ordinals.iter().filter_map(|ord| catalog.slot(ord));
        let threads = records.map(|record| after(&summary(record))).collect();
        Self { v: FORMAT, checkpoint, floors: (created, updated, recency), threads }
    }

    /// Returns the threads that it holds.
    pub(crate) fn threads(&self) -> impl Iterator<Item = &Record> {
        self.threads.iter()
    }

    /// Returns the first of its threads that the pages have otherwise.
    pub(crate) fn odd(&self, catalog: &Catalog) -> Option<ThreadId> {
        let same = |record: &Record| {
            catalog.slot(record.ord).is_some_and(|there| summary(there) == *record)
        };
        self.threads.iter().find(|record| !same(record)).map(|record| record.id)
    }
}

/// What a store shows before its pages are read: the newest threads, as the journal left them.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// Of these threads alone, so it proves nothing about others.
    catalog: Catalog,
    floors: [Option<Place>; 3],
}

impl Preview {
    /// Puts the front and the journal after it together; `None` where they don't say enough.
    ///
    /// `before` is what the head says.
    pub(crate) fn of(before: Replica, front: Front, journal: &[(Key, Bytes)]) -> Option<Self> {
        let Replica { mut catalog, mut last, .. } = before;
        for record in front.threads {
            catalog.load_record(record).ok()?;
        }
        let (created, updated, recency) = front.floors;
        let mut preview = Self { catalog, floors: [created, updated, recency] };
        let first = preview.catalog.position;
        for (key, value) in journal {
            let n = keys::entry_number(key)?;
            if n == first {
                continue;
            }
            if n != preview.catalog.position + 1 {
                return None;
            }
            let entry = read_entry(key, value, n, &last).ok()?;
            preview.follow(&entry)?;
            last = entry.id;
        }
        (!journal.is_empty()).then_some(preview)
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Applies what an entry says of threads that are known; `None` where it may bring up others.
    fn follow(&mut self, entry: &Entry) -> Option<()> {
        let catalog = &mut self.catalog;
        catalog.apply_entry(entry.n, entry.at, &[]).ok()?;
        for record in &entry.carried {
            if catalog.slot(record.ord).is_none() {
                catalog.load_record(record.clone()).ok()?;
            }
        }
        for event in &entry.events {
            follow(catalog, event, entry.at)?;
        }
        Some(())
    }

    /// Returns a page of threads if it is certain to be the one that the whole store would give.
    pub(crate) fn list(&self, query: &ThreadQuery) -> Option<ThreadPage> {
        let whole = query.archived.unwrap_or_default() == ArchiveFilter::Active
            && query.sort_direction == SortDirection::Desc
            && query.parent_thread_id.is_none()
            && query.ancestor_thread_id.is_none();
        if !whole {
            return None;
        }
        let index = ORDERS.iter().position(|key| *key == query.sort_key)?;
        let page = self.catalog.list(query).ok()?;
        let Some(floor) = self.floors[index] else { return Some(page) };
        // One more than asked for, so that what comes next is as certain as what is shown.
        let limit = crate::catalog::page_limit(query.limit).ok()? + 1;
        let more = ThreadQuery { limit: u32::try_from(limit).ok(), ..query.clone() };
        let more = (limit <= MAX_PAGE).then(|| self.catalog.list(&more).ok()).flatten()?;
        let last = more.data.get(limit - 1)?;
        let time = match query.sort_key {
            SortKey::CreatedAt => last.created_at,
            SortKey::UpdatedAt => last.updated_at,
            SortKey::RecencyAt => last.recency_at,
        };
        ((time, last.id) > floor).then_some(page)
    }
}

fn follow(catalog: &mut Catalog, event: &Event, at: i64) -> Option<()> {
    match event {
        Event::Created(record) if !knows(catalog, record.parent) => None,
        Event::Moved { thread, parent, .. }
            if catalog.record(*thread).is_some() && !knows(catalog, *parent) =>
        {
            None
        }
        Event::Archived { group, members, .. } => {
            let archived = Archived { at, group: *group };
            change(catalog, members, |record| record.archived = Some(Box::new(archived)));
            Some(())
        }
        Event::Deleted { deletion, members, .. } => {
            change(catalog, members, |record| record.deletion = Some(*deletion));
            Some(())
        }
        // Their members may belong among the newest.
        Event::Unarchived { .. } | Event::Undeleted { .. } => None,
        Event::Erasing { members, .. } => {
            for ord in known(catalog, members) {
                catalog.put_back(ord, None);
            }
            Some(())
        }
        Event::Erased { .. }
        | Event::JobCreated(_)
        | Event::TaskSet { .. }
        | Event::JobDeleted { .. }
        | Event::Checkpoint { .. }
        | Event::DocumentsChanged { .. } => Some(()),
        _ if event.thread().is_some_and(|id| catalog.record(id).is_some())
            || matches!(event, Event::Created(_)) =>
        {
            catalog.apply(event, at).ok()
        }
        _ => (!surfaces(event)).then_some(()),
    }
}

fn knows(catalog: &Catalog, parent: Option<u32>) -> bool {
    parent.is_none_or(|parent| catalog.slot(parent).is_some())
}

fn known(catalog: &Catalog, members: &Ordinals) -> Vec<u32> {
    let members = members.iter_below(catalog.next_ordinal());
    members.filter(|ord| catalog.slot(*ord).is_some()).collect()
}

fn change(catalog: &mut Catalog, members: &Ordinals, change: impl Fn(&mut Record)) {
    for ord in known(catalog, members) {
        let Some(record) = catalog.slot(ord) else { continue };
        let mut record = Record::clone(record);
        change(&mut record);
        catalog.put_back(ord, Some(record));
    }
}
