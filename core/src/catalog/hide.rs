//! Applying the events of deletions: hiding their members, cutting their children off, and letting
//! go of what is erased. Threads that are being staged are hidden in the same way.

use super::apply::{Applied, missing};
use super::event::Event;
use super::{ApplyError, Catalog, Deletion, Ordinals};
use crate::id::DeletionId;
use crate::mutation::{self, Mutation};
use crate::query::Removed;
use crate::tree;

impl Catalog {
    pub(super) fn deleted(&mut self, event: &Event, at: i64) -> Applied {
        let Event::Deleted { deletion, root, members, detached, undo_until, staged } = event else {
            return Ok(());
        };
        let (deletion, root) = (*deletion, *root);
        self.check_members(deletion, members)?;
        if !members.contains(root) {
            return Err(ApplyError(format!("deletion {deletion} has not its root {root}")));
        }
        let order = self.members_in_deletion_order(root, members);
        let root_id = self.slot(root).ok_or_else(|| missing(root))?.id;
        let mut state = Deletion {
            deletion,
            root,
            root_id,
            at,
            members: members.clone(),
            detached: detached.clone(),
            erased: Ordinals::default(),
            ids: Vec::new(),
            trees: Vec::new(),
            undo_until: *undo_until,
            removed: Removed::default(),
            scrubbed: false,
            staged: *staged,
        };
        self.name_members(&mut state, &order);
        self.edit_all(members, |record| record.deletion = Some(deletion))?;
        self.set_deletion(deletion, Some(state));
        Ok(())
    }

    /// Takes more threads into a staging.
    pub(super) fn staged(&mut self, deletion: DeletionId, members: &Ordinals) -> Applied {
        let mut state = self.pending(deletion)?.clone();
        self.check_members(deletion, members)?;
        state.members.extend(members);
        self.name_members(&mut state, &members.iter().collect::<Vec<_>>());
        self.edit_all(members, |record| record.deletion = Some(deletion))?;
        self.set_deletion(deletion, Some(state));
        Ok(())
    }

    fn check_members(&self, deletion: DeletionId, members: &Ordinals) -> Applied {
        for ord in members.iter() {
            let by = self.slot(ord).ok_or_else(|| missing(ord))?.deletion;
            if by.is_some_and(|by| by != deletion) {
                let reason = format!("deletion {deletion} can't have the member {ord}");
                return Err(ApplyError(reason));
            }
        }
        Ok(())
    }

    /// Adds the ids of members, as many as a receipt names, and the trees that they were born in.
    fn name_members(&self, state: &mut Deletion, members: &[u32]) {
        let room = crate::deletion::RECEIPT_IDS.saturating_sub(state.ids.len());
        let records = || members.iter().filter_map(|ord| self.slot(*ord));
        state.ids.extend(records().take(room).map(|record| record.id));
        state.trees.extend(records().map(|record| record.tree));
        state.trees.sort_unstable();
        state.trees.dedup();
    }

    pub(super) fn erasing(
        &mut self,
        deletion: DeletionId,
        members: &Ordinals,
        removed: &Removed,
    ) -> Applied {
        let mut state = self.pending(deletion)?.clone();
        if !state.members.covers(members) {
            return Err(ApplyError(format!("deletion {deletion} erases what is no member of it")));
        }
        if members.contains(state.root) {
            self.cut_off(state.root, &state.detached)?;
        }
        for ord in members.iter() {
            if self.slot(ord).is_some() {
                self.set(ord, None);
            }
            if !mutation::on(Mutation::KeepTails) {
                self.drop_tail(ord);
            }
            if !mutation::on(Mutation::ErasedPagesClean) {
                self.mark(ord);
            }
        }
        state.erased.extend(members);
        state.removed.add(removed);
        state.scrubbed = false;
        self.set_deletion(deletion, Some(state));
        Ok(())
    }

    /// Makes roots of a thread's detached children, those apart that have got another parent.
    fn cut_off(&mut self, parent: u32, detached: &Ordinals) -> Applied {
        let is_below = |ord: &u32| self.slot(*ord).is_some_and(|it| it.parent == Some(parent));
        let below: Ordinals = detached.iter().filter(is_below).collect();
        self.edit_all(&below, |record| {
            record.parent = None;
            record.edge = None;
        })
    }

    /// Returns the members of a deletion that are not erased, deepest first and the root last.
    pub(crate) fn members_in_deletion_order(&self, root: u32, members: &Ordinals) -> Vec<u32> {
        let below = self.descendants_among(root, |ord| members.contains(ord));
        tree::deletion_order(root, &below)
    }
}
