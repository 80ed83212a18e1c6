//! Looking at every instance and at the storage after a step.

use creel::storage::Storage;
use creel::{Error, Store, ThreadId};

use super::check::{Copy, Look, at_once, compare_thread, compare_view};
use super::fault::FaultKind;
use super::world::{Checked, Phase, World};

impl World {
    pub(super) fn compare_instances(&mut self) -> Checked {
        let mut stopped = Vec::new();
        for (index, instance) in self.instances.iter_mut().enumerate() {
            let (Phase::Open(store) | Phase::Closing(store)) = &instance.phase else { continue };
            let position = store.stats().position;
            if instance.compared == Some(position) {
                continue;
            }
            if at_once(store.pending_deletions()).is_none_or(|pending| pending.is_err()) {
                continue;
            }
            instance.compared = Some(position);
            let state = self.ledger.state_at(position);
            let state = state.ok_or_else(|| format!("instance {index} is at {position}"))?;
            let model = &self.ledger.states[state];
            let at = |what| format!("instance {index} at {position}: {what}");
            let viewed = compare_view(store, model);
            // What is read short twice in a row is taken for damage: it shows what it could read.
            let torn = instance.faults.struck(Some(FaultKind::TornRead));
            if viewed.is_err() && torn && is_damaged(store) {
                stopped.push(index);
                continue;
            }
            viewed.map_err(at)?;
            if let Some(watch) = &mut instance.watch {
                self.counts.events += watch.follow(store).map_err(at)?;
                watch.compare(model).map_err(at)?;
            }
            let ids: Vec<ThreadId> = model.threads.keys().copied().collect();
            if !ids.is_empty() {
                let id = ids[self.rng.usize(..ids.len())];
                compare_thread(store, model, id).map_err(at)?;
            }
        }
        stopped.into_iter().for_each(|index| self.crash(index));
        Ok(())
    }

    pub(super) fn check_storage(&mut self) -> Checked {
        let model = self.ledger.newest().clone();
        for deletion in model.deletions.values().filter(|found| found.done) {
            for member in &deletion.members {
                self.gone.entry(model.threads[member].token).or_insert_with(|| {
                    self.counts.erased += u64::from(*member == deletion.root);
                    *member
                });
            }
        }
        for staging in model.stagings.values().filter(|staging| staging.over && staging.erased) {
            self.gone.entry(staging.thread.token).or_insert(staging.id);
        }
        let snapshot = self.memory.snapshot();
        self.look.for_traces(&snapshot, &model.without_copied(self.gone.clone()))?;
        self.look.into_segments(&snapshot, &model)?;
        let copy = Copy::open(&snapshot, self.executor.now())?;
        let at = |what| format!("a fresh instance: {what}");
        compare_view(&copy.store, &model).map_err(at)?;
        for (id, thread) in &model.threads {
            if thread.deletion.is_none() && !thread.items.is_empty() {
                let items = copy.items(*id).map_err(at)?;
                if items != thread.items {
                    return Err(format!("{id} holds {items:?}, it should be {:?}", thread.items));
                }
            }
            compare_thread(&copy.store, &model, *id).map_err(at)?;
            if thread.deletion.is_none() {
                copy.compare_work(*id, thread).map_err(at)?;
            }
        }
        if model.pending().next().is_some() && (self.calm || self.rng.u32(..3) == 0) {
            self.finish_on_copy(&copy)?;
        }
        Ok(())
    }

    /// Every pending deletion can be finished by one instance alone, and then nothing is left.
    fn finish_on_copy(&mut self, copy: &Copy) -> Checked {
        let model = self.ledger.newest().clone();
        let finished = copy.finish()?;
        let mut gone = self.gone.clone();
        for (_, deletion) in model.pending() {
            gone.extend(deletion.members.iter().map(|id| (model.threads[id].token, *id)));
        }
        let gone = model.without_copied(gone);
        Look::default().for_traces(&finished, &gone).map_err(|what| format!("finished: {what}"))?;
        compare_view(&copy.store, &model).map_err(|what| format!("finished: {what}"))?;
        self.counts.finished_on_copies += 1;
        Ok(())
    }
}

/// Tells whether a store refuses changes since something of it can't be read.
fn is_damaged<S: Storage>(store: &Store<S>) -> bool {
    let nothing = store.append(ThreadId::from_uuid(uuid::Uuid::nil()), Vec::new());
    matches!(at_once(nothing), Some(Err(Error::Corrupt { .. })))
}
