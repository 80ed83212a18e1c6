//! Operations: what can be asked of a store, how one is drawn, and how it is carried out.

use std::sync::Arc;

use creel::storage::Storage;
use creel::{
    ArchiveFilter, Children, CreateThread, DeleteOptions, DeletionId, DeletionPlan, Error, Fork,
    GoalPatch, Item, ItemQuery, Receipt, Store, Thread, ThreadId, ThreadPatch, ThreadQuery, Wait,
};

use super::model::Mark;

/// The kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Open,
    Create,
    Spawn,
    Append,
    AppendLarge,
    Rename,
    Work,
    Truncate,
    Fork,
    Move,
    Archive,
    Unarchive,
    Delete,
    Undelete,
    Checkpoint,
    Refresh,
    List,
    Read,
    Close,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Open,
        Self::Create,
        Self::Spawn,
        Self::Append,
        Self::AppendLarge,
        Self::Rename,
        Self::Work,
        Self::Truncate,
        Self::Fork,
        Self::Move,
        Self::Archive,
        Self::Unarchive,
        Self::Delete,
        Self::Undelete,
        Self::Checkpoint,
        Self::Refresh,
        Self::List,
        Self::Read,
        Self::Close,
    ];

    /// Tells whether a fault of the operation may as well strike a read.
    pub fn reads(self) -> bool {
        matches!(self, Self::Open | Self::Refresh | Self::List | Self::Read | Self::Close)
    }
}

/// What a thread has beside its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Goal,
    Log,
    Tools,
}

/// An operation with its arguments.
#[derive(Clone, Debug)]
pub enum Action {
    Open,
    Create {
        id: ThreadId,
        parent: Option<ThreadId>,
        name: String,
        created_at: i64,
        token: u64,
    },
    Append {
        thread: ThreadId,
        count: u64,
        large: bool,
        token: u64,
    },
    Rename {
        thread: ThreadId,
        name: String,
    },
    Work {
        thread: ThreadId,
        surface: Surface,
        token: u64,
    },
    Truncate {
        thread: ThreadId,
        length: u64,
    },
    Pop {
        thread: ThreadId,
        count: u32,
    },
    /// `new` is what creating the fork as an empty thread would be.
    Fork {
        source: ThreadId,
        length: Option<u64>,
        new: Box<Action>,
    },
    Move {
        thread: ThreadId,
        parent: Option<ThreadId>,
    },
    Archive {
        thread: ThreadId,
    },
    Unarchive {
        thread: ThreadId,
    },
    /// With `planned` it is bound to a plan made some time before.
    Delete {
        thread: ThreadId,
        children: Children,
        grace: Option<u64>,
        wait: Wait,
        planned: bool,
    },
    Undelete {
        deletion: DeletionId,
    },
    Checkpoint,
    Refresh,
    List {
        limit: u32,
        archived: ArchiveFilter,
        refresh: bool,
    },
    Read {
        thread: ThreadId,
        limit: u32,
        descending: bool,
    },
    Close,
}

impl Action {
    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Open => Kind::Open,
            Self::Create { parent: None, .. } => Kind::Create,
            Self::Create { .. } => Kind::Spawn,
            Self::Append { large: false, .. } => Kind::Append,
            Self::Append { .. } => Kind::AppendLarge,
            Self::Rename { .. } => Kind::Rename,
            Self::Work { .. } => Kind::Work,
            Self::Truncate { .. } | Self::Pop { .. } => Kind::Truncate,
            Self::Fork { .. } => Kind::Fork,
            Self::Move { .. } => Kind::Move,
            Self::Archive { .. } => Kind::Archive,
            Self::Unarchive { .. } => Kind::Unarchive,
            Self::Delete { .. } => Kind::Delete,
            Self::Undelete { .. } => Kind::Undelete,
            Self::Checkpoint => Kind::Checkpoint,
            Self::Refresh => Kind::Refresh,
            Self::List { .. } => Kind::List,
            Self::Read { .. } => Kind::Read,
            Self::Close => Kind::Close,
        }
    }

    /// Returns the thread that it changes.
    pub fn target(&self) -> Option<ThreadId> {
        match self {
            Self::Create { id: thread, .. }
            | Self::Append { thread, .. }
            | Self::Rename { thread, .. }
            | Self::Work { thread, .. }
            | Self::Truncate { thread, .. }
            | Self::Pop { thread, .. }
            | Self::Move { thread, .. }
            | Self::Archive { thread }
            | Self::Unarchive { thread }
            | Self::Delete { thread, .. } => Some(*thread),
            Self::Fork { new, .. } => new.target(),
            _ => None,
        }
    }
}

/// What an operation answered.
#[derive(Clone, Debug)]
pub enum Answer {
    Done,
    /// A thread as it is after the operation.
    Thread(Box<Thread>),
    /// The place of the first item.
    Appended(u64),
    /// The threads that were changed together.
    Threads(Vec<ThreadId>),
    Receipt(Box<Receipt>),
    /// The items that were taken from the end.
    Popped(Vec<Mark>),
    /// A whole history: the position and the length known at the start, and what was read.
    History {
        position: u64,
        known: u64,
        items: Vec<Mark>,
        descending: bool,
    },
}

/// A page of a list as it was answered, with the position of the instance at that moment.
#[derive(Clone, Debug)]
pub struct ListedPage {
    pub position: u64,
    pub after: Option<(i64, ThreadId)>,
    pub limit: u32,
    pub archived: ArchiveFilter,
    pub threads: Vec<ThreadId>,
    pub more: bool,
}

/// A deletion's plan, with the operation that made it and the position of the instance then.
#[derive(Clone, Debug)]
pub struct Planned {
    pub op: u64,
    pub position: u64,
    pub plan: DeletionPlan,
}

/// What an operation tells while it is under way.
#[derive(Clone, Debug)]
pub enum Told {
    Page(ListedPage),
    Plan(Box<Planned>),
}

/// Tells the simulation.
pub type Telling = Arc<dyn Fn(Told) + Send + Sync>;

/// Makes the text that marks content as belonging to the thread of `token`.
pub fn canary(token: u64) -> String {
    format!("cnry{token:016x}")
}

/// Makes the items of an append: small ones, or one that is larger than a segment.
pub fn items(op: u64, count: u64, large: bool, token: u64) -> Result<Vec<Item>, Error> {
    let canary = canary(token);
    (0..count)
        .map(|index| {
            let pad = if large && index == 0 { "x".repeat(132_000) } else { String::new() };
            let kind = match op % 3 {
                0 => format!(r#""role":"user","content":"{canary} asks {op}""#),
                _ => r#""type":"note""#.to_owned(),
            };
            Item::new(&format!(
                r#"{{"op":{op},"index":{index},{kind},"c":"{canary}","pad":"{pad}"}}"#
            ))
        })
        .collect()
}

/// Reads the mark of an item.
pub fn mark(item: &str) -> Option<Mark> {
    let number = |field: &str| {
        let start = item.find(field)? + field.len();
        let digits = item[start..].bytes().take_while(u8::is_ascii_digit).count();
        item[start..start + digits].parse().ok()
    };
    Some((number(r#""op":"#)?, number(r#""index":"#)?))
}

/// Carries an operation out on an open store.
pub async fn perform<S: Storage>(
    store: Store<S>,
    op: u64,
    action: Action,
    telling: Telling,
) -> Result<Answer, Error> {
    Ok(match action {
        Action::Create { .. } => Answer::Thread(Box::new(store.create(wanted(&action)).await?)),
        Action::Fork { source, length, new } => {
            let fork = Fork { length, thread: wanted(&new) };
            Answer::Thread(Box::new(store.fork(source, fork).await?))
        }
        Action::Truncate { thread, length } => {
            Answer::Thread(Box::new(store.truncate(thread, length).await?))
        }
        Action::Pop { thread, count } => {
            let popped = store.pop(thread, count).await?;
            let missing = (u64::MAX, 0);
            Answer::Popped(
                popped.iter().map(|it| mark(it.item.json()).unwrap_or(missing)).collect(),
            )
        }
        Action::Append { thread, count, large, token } => {
            let appended = store.append(thread, items(op, count, large, token)?).await?;
            Answer::Appended(appended.first)
        }
        Action::Rename { thread, name } => {
            let patch = ThreadPatch { name: Some(Some(name)), ..ThreadPatch::default() };
            Answer::Thread(Box::new(store.update(thread, patch).await?))
        }
        Action::Work { thread, surface, token } => {
            match surface {
                Surface::Goal => {
                    let objective = Some(format!("{} {op}", canary(token)));
                    let patch = GoalPatch { objective, ..GoalPatch::default() };
                    store.set_goal(thread, patch).await.map(drop)?;
                }
                Surface::Log => store.append_logs(thread, items(op, 1, false, token)?).await?,
                Surface::Tools => store.set_tools(thread, items(op, 1, false, token)?).await?,
            }
            Answer::Done
        }
        Action::Move { thread, parent } => {
            Answer::Thread(Box::new(store.set_parent(thread, parent).await?))
        }
        Action::Archive { thread } => Answer::Threads(store.archive(thread).await?),
        Action::Unarchive { thread } => Answer::Threads(store.unarchive(thread).await?),
        Action::Delete { thread, children, grace, wait, planned } => {
            let plan = if planned {
                Some(plan(&store, op, thread, children, telling).await?)
            } else {
                None
            };
            let options = DeleteOptions { children, grace, wait, plan };
            Answer::Receipt(Box::new(store.delete(thread, options).await?))
        }
        Action::Undelete { deletion } => Answer::Threads(store.undelete(deletion).await?),
        Action::Checkpoint => {
            store.checkpoint().await?;
            Answer::Done
        }
        Action::Refresh => {
            store.refresh().await?;
            Answer::Done
        }
        Action::List { limit, archived, refresh } => {
            list(&store, limit, archived, refresh, telling).await?;
            Answer::Done
        }
        Action::Read { thread, limit, descending } => {
            read(&store, thread, limit, descending).await?
        }
        Action::Close => {
            store.close().await?;
            Answer::Done
        }
        Action::Open => Answer::Done,
    })
}

/// The thread that a creation asks for.
fn wanted(action: &Action) -> CreateThread {
    let Action::Create { id, parent, name, created_at, .. } = action else {
        return CreateThread::default();
    };
    CreateThread {
        id: Some(*id),
        parent_thread_id: *parent,
        name: Some(name.clone()),
        created_at: Some(*created_at),
        ..CreateThread::default()
    }
}

/// Plans a deletion, and lets the others go on before it is carried out.
async fn plan<S: Storage>(
    store: &Store<S>,
    op: u64,
    thread: ThreadId,
    children: Children,
    telling: Telling,
) -> Result<String, Error> {
    let plan = store.plan_delete(thread, children).await?;
    let (token, position) = (plan.token.clone(), store.stats().position);
    telling(Told::Plan(Box::new(Planned { op, position, plan })));
    for _ in 0..[0, 5, 40][op as usize % 3] {
        super::executor::give_way().await;
    }
    if op.is_multiple_of(2) {
        store.refresh().await?;
    }
    Ok(token)
}

/// Pages through a list, at the pace of the others.
async fn list<S: Storage>(
    store: &Store<S>,
    limit: u32,
    archived: ArchiveFilter,
    refresh: bool,
    telling: Telling,
) -> Result<(), Error> {
    let (mut cursor, mut after) = (None, None);
    loop {
        let query = ThreadQuery {
            limit: Some(limit),
            archived: Some(archived),
            sort_direction: creel::SortDirection::Asc,
            cursor,
            ..ThreadQuery::default()
        };
        // Nothing comes between: both answer from memory.
        let page = store.list(query).await?;
        let position = store.stats().position;
        let threads = page.data.iter().map(|thread| thread.id).collect();
        let more = page.next_cursor.is_some();
        telling(Told::Page(ListedPage { position, after, limit, archived, threads, more }));
        after = page.data.last().map(|thread| (thread.created_at, thread.id)).or(after);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
        if refresh {
            store.refresh().await?;
        } else {
            super::executor::give_way().await;
        }
    }
}

/// Pages through a history.
async fn read<S: Storage>(
    store: &Store<S>,
    thread: ThreadId,
    limit: u32,
    descending: bool,
) -> Result<Answer, Error> {
    let known = store.read(thread).await?.items;
    let position = store.stats().position;
    let (mut cursor, mut items) = (None, Vec::new());
    loop {
        let direction =
            if descending { creel::SortDirection::Desc } else { creel::SortDirection::Asc };
        let query =
            ItemQuery { limit: Some(limit), sort_direction: Some(direction), cursor, from: None };
        let page = store.items(thread, query).await?;
        for item in &page.data {
            let missing = (u64::MAX, item.seq);
            items.push(mark(item.item.json()).unwrap_or(missing));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(Answer::History { position, known, items, descending });
        }
    }
}
