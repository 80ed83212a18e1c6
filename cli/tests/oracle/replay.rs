//! Makes the calls of a recording, in order, and sets what came of them beside what was recorded.

use std::collections::BTreeMap;

use creel::protocol::{Defaults, Dispatcher};
use creel::storage::Storage;
use creel::{Store, ThreadManager};
use futures_lite::future::block_on;
use serde_json::{Value, json};

use super::Recording;
use super::compare::{align, difference, normalise};
use super::differences::{Context, DIFFERENCES, Outcome};

/// Where the threads of a replay come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The home that the recording began with.
    Home,
    /// What the recording tells of its threads; their histories are not known.
    Derived,
}

/// A case that was compared, what was recorded and answered normalised.
pub(crate) struct Compared {
    pub(crate) case: String,
    pub(crate) expected: Value,
    pub(crate) actual: Value,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) compared: Vec<Compared>,
    pub(crate) failures: Vec<String>,
    pub(crate) skipped: Vec<String>,
    /// The cases that a listed difference changed, and why.
    pub(crate) differing: Vec<String>,
}

pub(crate) struct Replay<'a, S: Storage> {
    recording: &'a Recording,
    store: Store<S>,
    origin: Origin,
    experimental: Dispatcher<S>,
    stable: Dispatcher<S>,
    /// The ids of threads that the replay started, by those of the recording.
    ours: BTreeMap<String, String>,
    /// Threads whose first turn, which ran between the calls, has been brought in.
    turned: Vec<String>,
    report: Report,
}

impl<'a, S: Storage> Replay<'a, S> {
    pub(crate) fn new(recording: &'a Recording, store: Store<S>, origin: Origin) -> Self {
        let threads = ThreadManager::new(store.clone(), Default::default());
        let client = |experimental: bool| {
            // What the configuration of the recorded server said.
            let mut defaults = Defaults::default();
            defaults.source = "vscode".into();
            defaults.model = Some("mock-model".into());
            defaults.model_provider = Some("mock_provider".into());
            let short = recording.name.split('_').next().unwrap();
            defaults.cwd = Some(format!("/home/dev/homes/{short}"));
            let dispatcher = Dispatcher::over(threads.clone()).with_defaults(defaults);
            let info = json!({"name": "oracle", "version": "0.169.0"});
            let params =
                json!({"clientInfo": info, "capabilities": {"experimentalApi": experimental}});
            let request = json!({"id": 0, "method": "initialize", "params": params});
            block_on(dispatcher.handle(&request.to_string()));
            dispatcher
        };
        Self {
            recording,
            store,
            origin,
            experimental: client(true),
            stable: client(false),
            ours: BTreeMap::new(),
            turned: Vec::new(),
            report: Report::default(),
        }
    }

    pub(crate) fn run(mut self) -> Report {
        for case in &self.recording.cases {
            if case.get("method").is_some() {
                self.case(case);
            }
        }
        self.report
    }

    fn case(&mut self, case: &Value) {
        let name = case["case"].as_str().unwrap();
        let method = case["method"].as_str().unwrap();
        if self.origin == Origin::Derived && method == "thread/search" {
            let why = format!("{name}: what was said is not known without the home");
            return self.report.skipped.push(why);
        }
        self.start_what_was_started_between(case);
        self.bring_turns(case);
        let subject = case["params"]["threadId"].as_str();
        let archived = subject.and_then(|id| self.archived(id));
        let before: Vec<String> = mentioned(case);
        let known: Vec<&String> = before.iter().filter(|id| self.archived(id).is_some()).collect();
        let knows = |id: &str| known.iter().any(|known| *known == id);
        let mut answered = self.call(name, method, &case["params"], case);
        let mut recorded = Outcome {
            answer: match &case["error"] {
                Value::Null => json!({"result": case["result"]}),
                error => json!({"error": error}),
            },
            order: case["order"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m.as_str().unwrap().to_owned())
                .collect(),
        };
        let context = Context { case: name, method, archived, knows: &knows };
        for difference in DIFFERENCES {
            let before = (recorded.clone(), answered.clone());
            (difference.apply)(&context, &mut recorded, &mut answered);
            if before != (recorded.clone(), answered.clone()) {
                self.report.differing.push(format!("{name}: {}", difference.why));
            }
        }
        let mut expected = json!({"answer": recorded.answer, "order": recorded.order});
        let mut actual = json!({"answer": answered.answer, "order": answered.order});
        align(&mut expected, &mut actual);
        normalise(&mut expected);
        normalise(&mut actual);
        if let Some(told) = difference(&expected, &actual) {
            self.report.failures.push(format!("{name}: {told}"));
        }
        self.report.compared.push(Compared { case: name.to_owned(), expected, actual });
    }

    fn call(&mut self, name: &str, method: &str, params: &Value, case: &Value) -> Outcome {
        let dispatcher =
            if name.starts_with("STABLE CLIENT") { &self.stable } else { &self.experimental };
        let request = json!({"id": 1, "method": method, "params": params}).to_string();
        let messages = block_on(dispatcher.handle(&self.ours_for_theirs(&request)));
        let started = messages.iter().find_map(|message| {
            let message: Value = serde_json::from_str(message).unwrap();
            message.get("id")?;
            message["result"]["thread"]["id"].as_str().map(str::to_owned)
        });
        let recorded = case["result"]["thread"]["id"].as_str();
        if let (Some(ours), Some(theirs)) = (started, recorded) {
            self.ours.insert(theirs.to_owned(), ours);
        }
        let (mut answer, mut order) = (Value::Null, vec![format!("-> {method}")]);
        for message in messages {
            let message: Value = serde_json::from_str(&self.theirs_for_ours(&message)).unwrap();
            match (&message["result"], &message["error"], message["method"].as_str()) {
                (_, _, Some(method)) => {
                    let params = &message["params"];
                    let id =
                        params["threadId"].as_str().or_else(|| params["thread"]["id"].as_str());
                    order.push(format!("<- {method} {}", id.unwrap_or_default()));
                }
                (Value::Null, error, None) => {
                    answer = json!({"error": error});
                    order.push("<- error".into());
                }
                (result, _, None) => {
                    answer = json!({"result": result});
                    order.push("<- response".into());
                }
            }
        }
        Outcome { answer, order }
    }

    /// A call that succeeded on a thread that nobody knows: it was started between the calls.
    fn start_what_was_started_between(&mut self, case: &Value) {
        let Some(theirs) = case["params"]["threadId"].as_str() else { return };
        let fails = !case["error"].is_null() || case["result"]["status"] == "notLoaded";
        if fails || self.archived(theirs).is_some() {
            return;
        }
        let start = json!({"result": {"thread": {"id": theirs}}});
        self.call("", "thread/start", &json!({}), &start);
    }

    /// A turn that ran between the calls is brought in as the lines that it left.
    fn bring_turns(&mut self, case: &Value) {
        let cases = &self.recording.cases;
        for lines in cases.iter().filter_map(|case| case["observation"].as_array()) {
            let Some(id) = lines.first().and_then(|line| line["payload"]["id"].as_str()) else {
                continue;
            };
            let shown = case.to_string().contains(&format!(r#""id":"{id}""#))
                && case["result"].to_string().contains("first user message");
            if !shown || self.turned.iter().any(|turned| turned == id) {
                continue;
            }
            self.turned.push(id.to_owned());
            let params = json!({"threadId": id, "items": lines});
            let outcome = self.call("", "creel/items/append", &params, &Value::Null);
            assert!(outcome.answer.get("result").is_some(), "{}", outcome.answer);
        }
    }

    /// Tells whether a thread is archived; `None` if there is none.
    fn archived(&self, theirs: &str) -> Option<bool> {
        let params = self.ours_for_theirs(&json!({"threadId": theirs}).to_string());
        let params: Box<serde_json::value::RawValue> = serde_json::from_str(&params).unwrap();
        block_on(self.experimental.request("thread/read", Some(&params))).ok()?;
        let ours = self.ours.get(theirs).map_or(theirs, String::as_str);
        let thread = block_on(self.store.read(ours.parse().ok()?));
        Some(thread.is_ok_and(|thread| thread.archived()))
    }

    fn ours_for_theirs(&self, text: &str) -> String {
        self.ours.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
    }

    fn theirs_for_ours(&self, text: &str) -> String {
        self.ours.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(ours, theirs))
    }
}

/// Returns the threads that the messages of a case are about.
fn mentioned(case: &Value) -> Vec<String> {
    let order = case["order"].as_array().into_iter().flatten();
    let ids = order.filter_map(|message| message.as_str()?.split(' ').nth(2).map(str::to_owned));
    ids.collect()
}
