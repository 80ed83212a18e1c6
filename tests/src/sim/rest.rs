//! The end of a run: no more faults, everything that was begun ends, and nothing is left over.

use super::check::{at_once, tokens};
use super::op::canary;
use super::world::{Checked, Instance, MOST_POLLS, Phase, World};

/// More than a day, by any of the clocks.
const DAY: i64 = 25 * 60 * 60 * 1000;

impl World {
    /// Without faults everything comes to its end, and what was acknowledged is there.
    pub(super) fn come_to_rest(&mut self) -> Checked {
        self.calm = true;
        self.note(|| "-- no more faults".into());
        for index in 0..self.instances.len() {
            self.instances[index].faults.disarm();
            if self.rng.u32(..4) == 0 {
                self.crash(index);
            }
        }
        loop {
            self.rest(false)?;
            let position = self.ledger.position();
            self.empty_queues()?;
            if self.ledger.position() == position {
                break;
            }
        }
        // What was begun and never finished is erased after a day.
        self.executor.advance(DAY);
        self.rest(true)?;
        if let Some(pending) = self.ledger.newest().pending().next() {
            return Err(format!("a deletion is pending in no instance: {pending:?}"));
        }
        self.check_memories()?;
        let deletions = self.ledger.newest().deletions.values().filter(|found| found.undone);
        self.counts.undone = deletions.clone().count() as u64;
        self.counts.undone_detached =
            deletions.filter(|found| !found.detached.is_empty()).count() as u64;
        Ok(())
    }

    /// Goes on until every instance is open, up to date and without a deletion to finish.
    fn rest(&mut self, after_a_day: bool) -> Checked {
        loop {
            self.release();
            let mut resting = self.under_way() == 0;
            let begun = self.ledger.newest().stagings.values().any(|staging| !staging.over);
            resting &= !(after_a_day && begun);
            for index in 0..self.instances.len() {
                match &self.instances[index].phase {
                    Phase::Down => {
                        self.open(index);
                        resting = false;
                    }
                    Phase::Open(store) => {
                        let stats = store.stats();
                        let behind = Some(stats.position) != self.ledger.position();
                        resting &= !behind && stats.pending_deletions == 0;
                        // One that a torn read has stopped is started again.
                        if at_once(store.pending_deletions()).is_some_and(|alive| alive.is_err()) {
                            self.crash(index);
                        }
                    }
                    _ => resting = false,
                }
            }
            if resting {
                return Ok(());
            }
            if !self.executor.step() && !self.executor.pass_time() {
                return Err(format!(
                    "nothing moves any more, and not all is done: {}",
                    self.states()
                ));
            }
            self.after_step()?;
        }
    }

    /// Where each instance stands.
    fn states(&self) -> String {
        let state = |instance: &Instance| match &instance.phase {
            Phase::Open(store) => format!("{:?}", store.stats()),
            Phase::Down => "down".into(),
            Phase::Opening => "opening".into(),
            Phase::Closing(_) => "closing".into(),
        };
        let states: Vec<String> = self.instances.iter().map(state).collect();
        let open = self.ledger.ops.iter().filter(|op| op.ended.is_none());
        let open: Vec<_> = open.map(|op| (op.id, &op.action)).collect();
        format!("at {:?}: {states:?}, under way: {open:?}", self.ledger.position())
    }

    /// What callers that went away have left is decided before a pull is answered.
    fn empty_queues(&mut self) -> Checked {
        for index in 0..self.instances.len() {
            let Phase::Open(store) = &self.instances[index].phase else { continue };
            // The first may be refused for a fault of before.
            let mut pulled = Err("a last refresh fails".into());
            for _ in 0..3 {
                let store = store.clone();
                let pull = self.executor.run(0, MOST_POLLS, async move { store.refresh().await });
                pulled = pull.ok_or("a last refresh does not end")?.map_err(|e| e.to_string());
                if pulled.is_ok() {
                    break;
                }
            }
            pulled?;
        }
        self.after_step()
    }

    /// What is erased is not left in the memory of an instance either.
    fn check_memories(&self) -> Checked {
        let gone = self.ledger.newest().without_copied(self.gone.clone());
        for (index, instance) in self.instances.iter().enumerate() {
            if let Phase::Open(store) = &instance.phase {
                let text = format!("{store:?}");
                let left = tokens(text.as_bytes());
                if let Some(token) = left.iter().find(|token| gone.contains_key(token)) {
                    let (thread, at) = (gone[token], text.find(&canary(*token)));
                    let around = at.and_then(|at| text.get(at.saturating_sub(200)..at));
                    let what = format!("content of {thread} in memory, after {around:?}");
                    return Err(format!("instance {index} still has {what}"));
                }
            }
        }
        Ok(())
    }
}
