//! Every difference from the reference, and why it is one. `docs/PROTOCOL.md` has the same table.

use serde_json::{Value, json};

/// What a call led to: `{result}` or `{error}`, and the order of its messages.
#[derive(Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) answer: Value,
    pub(crate) order: Vec<String>,
}

/// A call, and what is known of it.
pub(crate) struct Context<'a> {
    pub(crate) case: &'a str,
    pub(crate) method: &'a str,
    /// Whether the thread that it names is archived; `None` if there is none.
    pub(crate) archived: Option<bool>,
    /// Tells whether the store had a thread before the call.
    pub(crate) knows: &'a dyn Fn(&str) -> bool,
}

/// A difference: when it applies, and what it changes of what was recorded and what was answered.
pub(crate) struct Difference {
    pub(crate) why: &'static str,
    pub(crate) apply: fn(&Context<'_>, recorded: &mut Outcome, answered: &mut Outcome),
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        why: "a thread that is not there can't be deleted: `thread not found`, as an earlier \
              version of the reference said",
        apply: |call, recorded, _| {
            const MISSING: &str = "no rollout found for thread id ";
            let message = recorded.answer.pointer_mut("/error/message");
            let told = message.filter(|_| call.method == "thread/delete");
            if let Some(message) = told
                && let Some(id) = message.as_str().and_then(|text| text.strip_prefix(MISSING))
            {
                *message = format!("thread not found: {id}").into();
            }
        },
    },
    Difference {
        why: "archiving what is archived succeeds and tells of nothing, so that an archive that was \
              cut short can be tried again",
        apply: |call, recorded, _| {
            if call.method == "thread/archive" && call.archived == Some(true) {
                recorded.answer = json!({"result": {}});
                recorded.order = vec![format!("-> {}", call.method), "<- response".into()];
            }
        },
    },
    Difference {
        why: "what needs a model is not a store's: its methods are unknown, its notifications never come",
        apply: |call, recorded, _| {
            if call.method.starts_with("turn/") {
                let message = format!("Invalid request: unknown variant `{}`", call.method);
                recorded.answer = json!({"error": {"code": -32600, "message": message}});
                recorded.order = vec![format!("-> {}", call.method), "<- error".into()];
            }
            let runs =
                ["<- turn/", "<- item/", "<- deprecationNotice", "<- warning", "<- account/"];
            recorded.order.retain(|message| !runs.iter().any(|start| message.starts_with(start)));
        },
    },
    Difference {
        why: "a list of the known methods is another list here",
        apply: |call, recorded, answered| {
            let known = answered.answer["error"]["message"].as_str().unwrap_or_default();
            if known.starts_with(&format!("Invalid request: unknown variant `{}`", call.method)) {
                let cut = known.split(", expected").next().unwrap_or_default().to_owned();
                if recorded.answer["error"]["message"] == "(long text removed)" {
                    recorded.answer["error"]["message"] = cut.clone().into();
                }
                answered.answer["error"]["message"] = cut.into();
            }
        },
    },
    Difference {
        why: "an edge to a thread that never existed is not kept, so nothing is told of that thread",
        apply: |call, recorded, _| {
            recorded.order.retain(|message| {
                let told = ["<- thread/deleted ", "<- thread/archived "];
                let id = told.iter().find_map(|start| message.strip_prefix(start));
                id.is_none_or(|id| (call.knows)(id))
            });
        },
    },
    Difference {
        why: "a history is no file that can vanish under the store: the thread is archived with its tree",
        apply: |call, recorded, answered| {
            if call.case.contains("vanished") && call.method == "thread/archive" {
                let told = recorded.order.clone();
                answered.order.retain(|message| told.contains(message));
            }
        },
    },
    Difference {
        why: "every history can be searched, also one that the reference calls legacy",
        apply: |call, recorded, answered| {
            let refused = recorded.answer["error"]["message"]
                == "thread/searchOccurrences is not supported yet";
            if call.method == "thread/searchOccurrences"
                && refused
                && answered.answer.get("result").is_some()
            {
                recorded.answer = answered.answer.clone();
                recorded.order = answered.order.clone();
            }
        },
    },
    Difference {
        why: "what an agent says is not marked as unread by itself: a client marks it",
        apply: |_, recorded, answered| forget_unread(&mut recorded.answer, &mut answered.answer),
    },
];

/// Takes out the read states of threads that the reference marked by itself.
fn forget_unread(recorded: &mut Value, answered: &mut Value) {
    match (recorded, answered) {
        (Value::Object(recorded), Value::Object(answered)) => {
            let marked = recorded.get("revision").and_then(Value::as_str);
            if marked.is_some_and(|revision| !revision.starts_with("initial:")) {
                recorded.clear();
                answered.clear();
            }
            for (name, recorded) in recorded.iter_mut() {
                if let Some(answered) = answered.get_mut(name) {
                    forget_unread(recorded, answered);
                }
            }
        }
        (Value::Array(recorded), Value::Array(answered)) => {
            recorded
                .iter_mut()
                .zip(answered)
                .for_each(|(recorded, answered)| forget_unread(recorded, answered));
        }
        _ => {}
    }
}
