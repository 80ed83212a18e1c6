//! Groups the items of a history into turns, one item after the other.
//!
//! A rollout says where its turns begin and end; elsewhere a turn begins with what a person says.

use serde_json::Value;

use super::convert::{Meaning, Shown, meaning};
use crate::item::StoredItem;

/// A turn, without what was said in it.
#[derive(Clone, Debug)]
pub(in crate::protocol) struct Head {
    pub(in crate::protocol) id: String,
    /// The sequence number of its first item.
    pub(in crate::protocol) first: u64,
    /// The sequence number after its last item.
    pub(in crate::protocol) end: u64,
    root: Option<String>,
    status: &'static str,
    error: Option<Value>,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    duration_ms: Option<i64>,
}

/// An item of a turn.
#[derive(Debug)]
pub(in crate::protocol) struct TurnItem {
    pub(in crate::protocol) seq: u64,
    /// The bytes that its JSON has in the history.
    pub(super) bytes: u64,
    shown: Shown,
}

/// How much of a turn's items an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum View {
    NotLoaded,
    Summary,
    Full,
}

impl Head {
    /// Spells the turn for the wire.
    pub(in crate::protocol) fn wire(&self, items: &[TurnItem], view: View) -> Value {
        let shown: Vec<Value> = match view {
            View::NotLoaded => Vec::new(),
            View::Full => items.iter().map(TurnItem::timed).collect(),
            View::Summary => {
                let asked = items.iter().find(|item| item.shown.is_user());
                let mut answers = items.iter().rev();
                let answered = answers.find(|item| item.shown.kind() == "agentMessage");
                asked.into_iter().chain(answered).map(TurnItem::timed).collect()
            }
        };
        let view = match view {
            View::NotLoaded => "notLoaded",
            View::Summary => "summary",
            View::Full => "full",
        };
        serde_json::json!({
            "id": self.id, "rootTurnId": self.root, "items": shown, "itemsView": view,
            "status": self.status, "error": self.error, "startedAt": self.started_at,
            "completedAt": self.completed_at, "durationMs": self.duration_ms,
        })
    }
}

impl TurnItem {
    pub(in crate::protocol) fn id(&self) -> &str {
        self.shown.item.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns what was said, if the item is a message.
    pub(in crate::protocol) fn message(&self) -> Option<String> {
        matches!(self.shown.kind(), "userMessage" | "agentMessage").then(|| self.shown.text())
    }

    /// Spells the item with its times, as a turn has it.
    fn timed(&self) -> Value {
        let mut item = self.shown.item.clone();
        for (name, time) in [
            ("startedAtMs", self.shown.started_at_ms),
            ("completedAtMs", self.shown.completed_at_ms),
        ] {
            if let Some(time) = time {
                item.insert(name.to_owned(), time.into());
            }
        }
        Value::Object(item)
    }

    /// Spells the item with its place, as a timeline has it.
    pub(in crate::protocol) fn in_timeline(&self, turn: &str) -> Value {
        serde_json::json!({
            "type": "item", "item": self.shown.item, "position": self.seq, "turnId": turn,
        })
    }

    /// Spells the item with its turn, as a list of items has it.
    pub(in crate::protocol) fn entry(&self, turn: &str) -> Value {
        serde_json::json!({
            "turnId": turn, "item": self.shown.item, "startedAtMs": self.shown.started_at_ms,
            "completedAtMs": self.shown.completed_at_ms,
        })
    }
}

/// A turn with its items.
pub(super) type Turn = (Head, Vec<TurnItem>);

/// Takes items in their order and gives turns.
#[derive(Debug, Default)]
pub(super) struct Grouper {
    current: Option<Open>,
}

#[derive(Debug)]
struct Open {
    head: Head,
    items: Vec<TurnItem>,
    /// Whether the history itself says where the turn begins.
    explicit: bool,
    /// Whether a context has said which turn it is.
    named: bool,
    ended: bool,
}

/// What became of the turns when an item was taken.
#[derive(Debug)]
pub(super) enum Step {
    /// The turn goes on.
    None,
    /// The turn before is whole.
    Finished(Box<Turn>),
    /// So many turns before the open one were taken back with it.
    RolledBack(usize),
}

impl Grouper {
    pub(super) fn take(&mut self, stored: &StoredItem) -> Step {
        let seq = stored.seq;
        match meaning(&stored.item, &format!("item-{seq}")) {
            Meaning::Started { id, root, at } => {
                let at = at.or(Some(stored.at.div_euclid(1000)));
                let step = self.begin(id, root, seq, at);
                if let Some(open) = &mut self.current {
                    (open.explicit, open.head.status) = (true, "inProgress");
                }
                step
            }
            Meaning::Belongs { id } => self.name(id, seq),
            Meaning::Ended { status, at, duration_ms } => {
                if let Some(open) = self.current.as_mut().filter(|open| !open.ended) {
                    let at = at.unwrap_or_else(|| stored.at.div_euclid(1000));
                    open.head.completed_at = Some(at);
                    open.head.duration_ms = duration_ms;
                    if open.head.status != "failed" {
                        open.head.status = status;
                    }
                    open.ended = true;
                }
                Step::None
            }
            Meaning::Failed { error } => {
                if let Some(open) = self.current.as_mut().filter(|open| !open.ended) {
                    open.head.status = "failed";
                    open.head.error = Some(error);
                }
                Step::None
            }
            Meaning::RolledBack { turns } => {
                let open = usize::from(self.current.take().is_some());
                Step::RolledBack(turns.saturating_sub(open))
            }
            Meaning::Shown(shown) => {
                let bytes = stored.item.json().len() as u64;
                self.show(TurnItem { seq, bytes, shown })
            }
            Meaning::Hidden => Step::None,
        }
    }

    /// Returns the last turn, which ends before the item `end`.
    pub(super) fn finish(&mut self, end: u64) -> Option<Turn> {
        let Open { mut head, mut items, .. } = self.current.take()?;
        head.end = end;
        if head.status == "inProgress" {
            head.status = "interrupted";
        }
        let strong: Vec<String> = items
            .iter()
            .filter(|item| !item.shown.weak)
            .map(|item| item.shown.kind().to_owned())
            .collect();
        items.retain(|item| {
            !item.shown.weak || !strong.iter().any(|kind| kind == item.shown.kind())
        });
        Some((head, items))
    }

    fn show(&mut self, item: TurnItem) -> Step {
        let (seq, shown) = (item.seq, &item.shown);
        let goes_on = match &self.current {
            None => false,
            Some(open) if open.explicit => !open.ended || !shown.is_user(),
            Some(open) => !shown.is_user() || open.says_again(shown),
        };
        let step =
            if goes_on { Step::None } else { self.begin(format!("turn-{seq}"), None, seq, None) };
        if let Some(open) = &mut self.current {
            open.items.push(item);
        }
        step
    }

    /// A context names the turn that it is of: the one that goes on, one that has only been asked so
    /// far, or a new one.
    fn name(&mut self, id: String, seq: u64) -> Step {
        match &mut self.current {
            Some(open) if open.head.id == id || (open.explicit && !open.ended) => Step::None,
            Some(open) if open.can_be_named() => {
                open.named = true;
                open.head.root = Some(id.clone());
                open.head.id = id;
                Step::None
            }
            _ => {
                let step = self.begin(id, None, seq, None);
                if let Some(open) = &mut self.current {
                    open.named = true;
                }
                step
            }
        }
    }

    fn begin(&mut self, id: String, root: Option<String>, seq: u64, at: Option<i64>) -> Step {
        let before = self.finish(seq);
        let head = Head {
            root: root.or_else(|| Some(id.clone())),
            id,
            first: seq,
            end: seq,
            status: "completed",
            error: None,
            started_at: at,
            completed_at: None,
            duration_ms: None,
        };
        self.current =
            Some(Open { head, items: Vec::new(), explicit: false, named: false, ended: false });
        before.map_or(Step::None, |turn| Step::Finished(Box::new(turn)))
    }
}

impl Open {
    /// Tells whether nothing has come of the turn yet but what a person asked.
    fn can_be_named(&self) -> bool {
        !self.explicit && !self.named && self.items.iter().all(|item| item.shown.is_user())
    }

    /// Tells whether a message of a person is one that the turn has already, in the other form that
    /// rollouts keep it in.
    fn says_again(&self, shown: &Shown) -> bool {
        let mut users = self.items.iter().filter(|item| item.shown.is_user());
        let Some(last) = users.next_back() else { return true };
        last.shown.weak != shown.weak && last.shown.text().trim() == shown.text().trim()
    }
}
