//! The protocol over a memory store: answers, errors and orders as the reference has them.

mod creel;
mod experimental;
mod frames;
mod goals;
mod items;
mod kept;
mod lists;
mod opening;
mod projects;
mod searches;
mod sections;
mod transfers;
mod trees;
#[cfg(feature = "calls")]
mod typed;

use std::sync::Arc;

use futures_lite::future::block_on;
use serde_json::{Value, json};

use super::*;
use crate::storage::MemoryStorage;
use crate::{CreateThread, Store, StoreOptions, SystemEnv, ThreadDetails, ThreadId};

struct Client {
    store: Store<MemoryStorage>,
    dispatcher: Dispatcher<MemoryStorage>,
}

impl Client {
    fn new() -> Self {
        let env = Arc::new(SystemEnv::new());
        let opening = Store::open(MemoryStorage::new(), env, StoreOptions::default());
        let store = block_on(opening).unwrap();
        let dispatcher = Dispatcher::new(store.clone()).with_source("vscode");
        Self { store, dispatcher }
    }

    fn ready() -> Self {
        let client = Self::new();
        client.introduce(true);
        client
    }

    fn introduce(&self, experimental: bool) {
        let params = json!({"clientInfo": {"name": "test", "version": "1"},
                            "capabilities": {"experimentalApi": experimental}});
        assert!(self.ask("initialize", params).is_ok());
    }

    fn send(&self, message: &str) -> Vec<Value> {
        let messages = block_on(self.dispatcher.handle(message));
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect()
    }

    /// Calls a method, and returns its answer and the notifications around it.
    fn call(&self, method: &str, params: Value) -> (Result<Value, Value>, Vec<Value>) {
        let request = json!({"id": 7, "method": method, "params": params});
        let mut messages = self.send(&request.to_string());
        let place = messages.iter().position(|message| message.get("id").is_some());
        let answer = messages.remove(place.unwrap());
        assert_eq!(answer["id"], 7);
        let answer = match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => {
                conforms(method, &answer["result"]);
                Ok(answer["result"].clone())
            }
        };
        (answer, messages)
    }

    fn ask(&self, method: &str, params: Value) -> Result<Value, Value> {
        self.call(method, params).0
    }

    fn refusal(&self, method: &str, params: Value) -> (i64, String) {
        let error = self.ask(method, params).unwrap_err();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    /// Returns what a call sends, in order: `answer`, `refusal`, or a notification's method and thread.
    fn order(&self, method: &str, params: Value) -> Vec<String> {
        let request = json!({"id": 7, "method": method, "params": params});
        let named = |message: &Value| match message["method"].as_str() {
            Some(method) => {
                let params = &message["params"];
                let id = params["threadId"].as_str().or_else(|| params["thread"]["id"].as_str());
                let number = u64::from_str_radix(&id.unwrap()[34..], 16).unwrap();
                format!("{method} {number}")
            }
            None if message.get("error").is_some() => "refusal".to_owned(),
            None => "answer".to_owned(),
        };
        self.send(&request.to_string()).iter().map(named).collect()
    }

    /// Starts a thread, and returns its id.
    fn start(&self, params: Value) -> Value {
        self.ask("thread/start", params).unwrap()["thread"]["id"].clone()
    }

    fn create(&self, n: u8, parent: Option<u8>, details: ThreadDetails) {
        let thread = CreateThread {
            id: Some(id(n)),
            parent_thread_id: parent.map(id),
            created_at: Some(1_735_689_600_000 + i64::from(n) * 60_000),
            preview: Some(format!("Thread {n}")),
            details,
            ..CreateThread::default()
        };
        block_on(self.store.create(thread)).unwrap();
    }

    /// A root 1 with children 2 and 3; 2 has the child 4, 3 has the child 5.
    fn tree() -> Self {
        let client = Self::ready();
        for (n, parent) in [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2)), (5, Some(3))] {
            client.create(n, parent, source(json!("cli")));
        }
        block_on(client.dispatcher.notifications());
        client
    }
}

/// Holds every answer against the type that documents it.
#[cfg(feature = "schema")]
fn conforms(method: &str, answer: &Value) {
    let shapes = types::shapes();
    let shapes = shapes.iter().find(|shapes| shapes.method == method).unwrap();
    if let Err(told) = shapes.result.check(answer.clone()) {
        panic!("{method}: {told}");
    }
}

#[cfg(not(feature = "schema"))]
fn conforms(_: &str, _: &Value) {}

fn id(n: u8) -> ThreadId {
    format!("00000000-0000-4000-8000-0000000000{n:02x}").parse().unwrap()
}

fn source(source: Value) -> ThreadDetails {
    ThreadDetails { source: Some(source), ..ThreadDetails::default() }
}

fn thread(n: u8) -> Value {
    json!({"threadId": id(n)})
}

/// The notifications as method and number of the thread.
fn told(messages: &[Value]) -> Vec<(&str, u64)> {
    let number = |message: &Value| {
        let id = message["params"]["threadId"].as_str().unwrap();
        u64::from_str_radix(&id[34..], 16).unwrap()
    };
    messages
        .iter()
        .map(|message| {
            assert!(message["emittedAtMs"].is_i64() && message.get("id").is_none());
            (message["method"].as_str().unwrap(), number(message))
        })
        .collect()
}

/// Items of two turns, as a rollout has them.
fn rollout() -> Vec<crate::Item> {
    let line = |payload: Value| {
        let line = json!({"timestamp": "2026-03-02T09:15:00.000Z", "type": "event_msg", "payload": payload});
        crate::Item::new(&line.to_string()).unwrap()
    };
    let turn = |n: u8| {
        [
            json!({"type": "task_started", "turn_id": format!("t{n}"), "started_at": 100 * i64::from(n)}),
            json!({"type": "user_message", "message": format!("question {n}"), "kind": "plain"}),
            json!({"type": "agent_message", "message": format!("answer {n}")}),
            json!({"type": "token_count", "info": null}),
            json!({"type": "task_complete", "turn_id": format!("t{n}"), "duration_ms": 61}),
        ]
    };
    turn(1).into_iter().chain(turn(2)).map(line).collect()
}

fn texts(turn: &Value) -> Vec<&str> {
    turn["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["text"].as_str().or_else(|| item["content"][0]["text"].as_str()).unwrap())
        .collect()
}
