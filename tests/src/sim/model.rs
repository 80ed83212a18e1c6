//! A plain model of what the store must hold: maps and loops, nothing taken from the core.
//!
//! It is told what was asked for, in the order in which it was committed, and works out by itself
//! what that means.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use creel::{Children, DeletionId, ThreadId};

use super::op::{Action, Surface};
use super::staging::Staging;

/// One item, by the operation that appended it and its place in that.
pub type Mark = (u64, u64);

/// What a store must hold at one point of its journal.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Every thread there ever was.
    pub threads: BTreeMap<ThreadId, Rc<Thread>>,
    /// Every deletion there ever was.
    pub deletions: BTreeMap<DeletionId, Rc<Deletion>>,
    /// Every fork that was ever begun, by the number that its threads are hidden under.
    pub stagings: BTreeMap<DeletionId, Rc<Staging>>,
}

/// A thread.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// The token that all its content carries.
    pub token: u64,
    pub tree: Option<ThreadId>,
    /// The thread that it is under, also while that is deleted and may come back.
    pub parent: Option<ThreadId>,
    pub name: String,
    pub created_at: i64,
    /// The operation that archived it.
    pub archived: Option<u64>,
    pub items: Vec<Mark>,
    /// How often items were taken from its end.
    pub cuts: u64,
    pub forked_from: Option<ThreadId>,
    /// The tokens of the threads that it has copies of.
    pub inherited: BTreeSet<u64>,
    /// The operations that set the goal and the tools, and those that wrote to the log.
    pub goal: Option<u64>,
    pub tools: Option<u64>,
    pub logs: Vec<u64>,
    /// The deletion that hides it.
    pub deletion: Option<DeletionId>,
    pub erased: bool,
}

/// A deletion.
#[derive(Clone, Debug)]
pub struct Deletion {
    pub root: ThreadId,
    pub members: BTreeSet<ThreadId>,
    /// Children that outlive their parent, the root.
    pub detached: BTreeSet<ThreadId>,
    pub erased: BTreeSet<ThreadId>,
    pub undo_until: Option<i64>,
    pub undone: bool,
    /// It is finished.
    pub done: bool,
}

/// What a deletion takes: its members and the children left behind, each with its parent and the
/// length of its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub members: BTreeMap<ThreadId, (Option<ThreadId>, u64)>,
    pub detached: BTreeMap<ThreadId, (Option<ThreadId>, u64)>,
}

/// Why the model refuses something, by the code of the store's error.
pub type Refusal = &'static str;

impl Model {
    /// Returns a thread that is not deleted.
    pub fn visible(&self, id: ThreadId) -> Result<&Thread, Refusal> {
        match self.threads.get(&id) {
            None => Err("thread_not_found"),
            Some(thread) if thread.deletion.is_some() => Err("thread_deleted"),
            Some(thread) => Ok(thread),
        }
    }

    fn active(&self, id: ThreadId) -> Result<&Thread, Refusal> {
        let thread = self.visible(id)?;
        if thread.archived.is_some() { Err("thread_archived") } else { Ok(thread) }
    }

    /// Refuses to put a thread under what can't have children.
    pub fn parent(&self, parent: Option<ThreadId>) -> Result<(), Refusal> {
        let Some(parent) = parent else { return Ok(()) };
        match self.active(parent) {
            Ok(_) => Ok(()),
            Err("thread_not_found") => Err("parent_not_found"),
            Err(other) => Err(other),
        }
    }

    /// Returns `root` and everything visible below it.
    pub fn tree(&self, root: ThreadId) -> BTreeSet<ThreadId> {
        let mut found = BTreeSet::from([root]);
        loop {
            let more: Vec<ThreadId> = self
                .threads
                .iter()
                .filter(|(id, thread)| {
                    thread.deletion.is_none()
                        && !found.contains(id)
                        && thread.parent.is_some_and(|parent| found.contains(&parent))
                })
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    /// Returns the visible children of a thread.
    pub fn children(&self, id: ThreadId) -> BTreeSet<ThreadId> {
        let child = |thread: &Thread| thread.deletion.is_none() && thread.parent == Some(id);
        self.threads.iter().filter(|(_, thread)| child(thread)).map(|(id, _)| *id).collect()
    }

    /// Returns the thread that a thread is seen under.
    pub fn parent_of(&self, thread: &Thread) -> Option<ThreadId> {
        thread.parent.filter(|parent| self.visible(*parent).is_ok())
    }

    /// Tells whether a thread's parent is deleted, and was to leave it behind.
    fn is_detached(&self, id: ThreadId, thread: &Thread) -> bool {
        let parent = thread.parent.and_then(|parent| self.threads.get(&parent));
        let deletion = parent.and_then(|parent| self.deletions.get(&parent.deletion?));
        deletion.is_some_and(|deletion| deletion.detached.contains(&id))
    }

    /// Returns why an action is refused now; `None` if it is not.
    pub fn refusal(&self, action: &Action) -> Option<Refusal> {
        self.check(action).err()
    }

    fn check(&self, action: &Action) -> Result<(), Refusal> {
        match action {
            Action::Create { id, parent, .. } => match self.visible(*id) {
                Err("thread_not_found") if self.stored(*id).is_some() => Err("thread_exists"),
                Err("thread_not_found") => self.parent(*parent),
                Err(other) => Err(other),
                Ok(_) => Err("thread_exists"),
            },
            Action::Append { thread, .. }
            | Action::Rename { thread, .. }
            | Action::Work { thread, .. } => self.active(*thread).map(drop),
            Action::Truncate { thread, length } => {
                let most = self.active(*thread)?.items.len() as u64;
                if *length > most { Err("out_of_range") } else { Ok(()) }
            }
            Action::Pop { thread, .. } => self.active(*thread).map(drop),
            Action::Fork { source, length, new } => {
                let most = self.active(*source)?.items.len() as u64;
                if length.is_some_and(|length| length > most) {
                    return Err("out_of_range");
                }
                self.check(new)
            }
            Action::Move { thread, parent } => {
                self.active(*thread)?;
                self.parent(*parent)?;
                let mut at = *parent;
                while let Some(id) = at {
                    if id == *thread {
                        return Err("cycle");
                    }
                    at = self.threads.get(&id).and_then(|thread| thread.parent);
                }
                Ok(())
            }
            Action::Archive { thread } | Action::Read { thread, .. } => {
                self.visible(*thread).map(drop)
            }
            Action::Unarchive { thread } => {
                let found = self.visible(*thread)?;
                if found.archived.is_none() {
                    return Err("thread_not_archived");
                }
                let parent = self.parent_of(found).and_then(|parent| self.threads.get(&parent));
                match parent.is_some_and(|parent| parent.archived.is_some()) {
                    true => Err("thread_archived"),
                    false => Ok(()),
                }
            }
            Action::Delete { thread, children, .. } => {
                self.visible(*thread)?;
                let refused = *children == Children::Refuse && !self.children(*thread).is_empty();
                if refused { Err("has_children") } else { Ok(()) }
            }
            Action::Undelete { deletion } => {
                let found = self.deletions.get(deletion).ok_or("not_undoable")?;
                let orphan = found.members.iter().any(|id| {
                    let Some(member) = self.threads.get(id) else { return true };
                    let lost =
                        |parent| !found.members.contains(&parent) && self.visible(parent).is_err();
                    member.parent.is_some_and(lost) && !self.is_detached(*id, member)
                });
                let late = found.done || found.undone || !found.erased.is_empty();
                if late || orphan { Err("not_undoable") } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Carries out an action that was committed as operation `op`.
    pub fn commit(&mut self, op: u64, action: &Action) -> Result<(), String> {
        if let Some(refusal) = self.refusal(action) {
            return Err(format!("{action:?} was committed, but it is to be refused: {refusal}"));
        }
        match action {
            Action::Create { id, .. } => {
                self.threads.insert(*id, Rc::new(self.thread(action)));
            }
            Action::Truncate { thread, length } => {
                self.cut(*thread, usize::try_from(*length).unwrap_or(usize::MAX));
            }
            Action::Pop { thread, count } => {
                let there = self.threads.get(thread).map_or(0, |thread| thread.items.len());
                self.cut(*thread, there.saturating_sub(*count as usize));
            }
            Action::Append { thread, count, .. } => {
                self.edit(*thread, |thread| {
                    thread.items.extend((0..*count).map(|index| (op, index)));
                });
            }
            Action::Rename { thread, name } => {
                self.edit(*thread, |thread| thread.name.clone_from(name));
            }
            Action::Work { thread, surface, .. } => self.edit(*thread, |thread| match surface {
                Surface::Goal => thread.goal = Some(op),
                Surface::Tools => thread.tools = Some(op),
                Surface::Log => thread.logs.push(op),
            }),
            Action::Move { thread, parent } => self.edit(*thread, |thread| thread.parent = *parent),
            Action::Archive { thread } => {
                for id in self.tree(*thread) {
                    self.edit(id, |thread| thread.archived = thread.archived.or(Some(op)));
                }
            }
            Action::Unarchive { thread } => {
                let together = self.threads.get(thread).and_then(|thread| thread.archived);
                for id in self.tree(*thread) {
                    self.edit(id, |thread| {
                        if thread.archived == together {
                            thread.archived = None;
                        }
                    });
                }
            }
            Action::Undelete { deletion } => {
                let members = self.deletions.get(deletion).map(|found| found.members.clone());
                for id in members.unwrap_or_default() {
                    self.edit(id, |thread| thread.deletion = None);
                }
                self.edit_deletion(*deletion, |found| found.undone = true);
            }
            Action::Delete { .. } => return Err("a deletion needs an id".into()),
            other => return Err(format!("{other:?} changes nothing")),
        }
        Ok(())
    }

    /// A thread as it is when it is created.
    pub fn thread(&self, action: &Action) -> Thread {
        let Action::Create { id, parent, name, created_at, token } = action else {
            return Thread::default();
        };
        let tree = parent.and_then(|parent| self.threads.get(&parent)?.tree).unwrap_or(*id);
        Thread {
            token: *token,
            tree: Some(tree),
            parent: *parent,
            name: name.clone(),
            created_at: *created_at,
            ..Thread::default()
        }
    }

    fn cut(&mut self, thread: ThreadId, length: usize) {
        self.edit(thread, |thread| {
            thread.items.truncate(length);
            thread.cuts += 1;
        });
    }

    /// Returns what deleting a thread would take; `None` if it can't be deleted.
    pub fn plan(&self, id: ThreadId, children: Children) -> Option<Plan> {
        self.visible(id).ok()?;
        let (members, detached) = self.taken(id, children);
        let with_lengths = |ids: BTreeSet<ThreadId>| {
            let thread = |id: &ThreadId| self.threads.get(id);
            let known = ids.into_iter().filter_map(|id| Some((id, thread(&id)?)));
            known.map(|(id, it)| (id, (it.parent, it.items.len() as u64))).collect()
        };
        Some(Plan { members: with_lengths(members), detached: with_lengths(detached) })
    }

    /// Returns the members of a deletion, and the children that it leaves behind.
    fn taken(&self, id: ThreadId, children: Children) -> (BTreeSet<ThreadId>, BTreeSet<ThreadId>) {
        match children {
            Children::Delete => (self.tree(id), BTreeSet::new()),
            Children::Detach => (BTreeSet::from([id]), self.children(id)),
            Children::Refuse => (BTreeSet::from([id]), BTreeSet::new()),
        }
    }

    /// Carries out a deletion.
    pub fn delete(&mut self, id: DeletionId, action: &Action, at: i64) -> Result<(), String> {
        if let Some(refusal) = self.refusal(action) {
            return Err(format!("{action:?} was committed, but it is to be refused: {refusal}"));
        }
        let Action::Delete { thread, children, grace, .. } = action else { return Ok(()) };
        let (members, detached) = self.taken(*thread, *children);
        for member in &members {
            self.edit(*member, |member| member.deletion = Some(id));
        }
        let deletion = Deletion {
            root: *thread,
            members,
            detached,
            erased: BTreeSet::new(),
            undo_until: grace.map(|grace| at.saturating_add_unsigned(grace)),
            undone: false,
            done: false,
        };
        match self.deletions.insert(id, Rc::new(deletion)) {
            Some(_) => Err(format!("deletion {id} was committed twice")),
            None => Ok(()),
        }
    }

    /// Erases members of a deletion.
    pub fn erase(&mut self, id: DeletionId, members: &[ThreadId], at: i64) -> Result<(), String> {
        let found = self.deletions.get(&id).ok_or("an unknown deletion is erased")?;
        if found.done || found.undone {
            return Err(format!("deletion {id} is erased, but it is finished or undone"));
        }
        if found.undo_until.is_some_and(|until| at < until) {
            return Err(format!("deletion {id} is erased before its grace is over"));
        }
        if let Some(other) = members.iter().find(|member| !found.members.contains(member)) {
            return Err(format!("deletion {id} erases {other}, which is no member"));
        }
        let (root, detached) = (found.root, found.detached.clone());
        for id in detached.into_iter().filter(|_| members.contains(&root)) {
            self.edit(id, |child| child.parent = child.parent.filter(|parent| *parent != root));
        }
        for member in members {
            self.edit(*member, |thread| thread.erased = true);
        }
        self.edit_deletion(id, |found| found.erased.extend(members));
        Ok(())
    }

    /// Finishes a deletion.
    pub fn finish(&mut self, id: DeletionId) -> Result<(), String> {
        let found = self.deletions.get(&id).ok_or("an unknown deletion is finished")?;
        if found.done || found.undone || found.erased != found.members {
            return Err(format!("deletion {id} is finished before all of it is erased"));
        }
        self.edit_deletion(id, |found| found.done = true);
        Ok(())
    }

    /// Tells whether a deletion is decided and neither undone nor finished.
    pub fn pending(&self) -> impl Iterator<Item = (&DeletionId, &Rc<Deletion>)> {
        self.deletions.iter().filter(|(_, found)| !found.done && !found.undone)
    }

    /// Checks what must hold of any state.
    pub fn check_itself(&self) -> Result<(), String> {
        for (id, thread) in self.threads.iter().filter(|(_, thread)| thread.deletion.is_none()) {
            if thread.erased {
                return Err(format!("{id} is visible, and a part of it is erased"));
            }
            let lost = thread.parent.is_some_and(|parent| self.visible(parent).is_err());
            if lost && !self.is_detached(*id, thread) {
                return Err(format!("{id} is visible, its parent is not"));
            }
        }
        Ok(())
    }

    pub(super) fn edit(&mut self, id: ThreadId, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.threads.get_mut(&id) {
            change(Rc::make_mut(thread));
        }
    }

    fn edit_deletion(&mut self, id: DeletionId, change: impl FnOnce(&mut Deletion)) {
        if let Some(deletion) = self.deletions.get_mut(&id) {
            change(Rc::make_mut(deletion));
        }
    }
}
