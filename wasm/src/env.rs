//! The environment of a store in JavaScript: its clock, randomness, timers and microtasks.

use creel::{BoxFuture, Env};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: i32) -> JsValue;

    type MessageChannel;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<MessageChannel, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> MessagePort;

    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> MessagePort;

    type MessagePort;

    #[wasm_bindgen(method, setter, js_name = onmessage)]
    fn set_onmessage(this: &MessagePort, callback: &Function);

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &MessagePort, message: &JsValue);

    #[wasm_bindgen(method)]
    fn close(this: &MessagePort);
}

/// The longest time that one JavaScript timer waits: a longer one would fire at once.
const LONGEST_TIMER: u64 = i32::MAX as u64;
/// Nothing that a caller waits for sleeps longer than this, in milliseconds: a longer timer must not
/// keep a program alive.
const LONG: u64 = 60_000;

/// Takes time, randomness and timers from the host of the module.
#[derive(Debug)]
pub(crate) struct WasmEnv;

impl Env for WasmEnv {
    fn now_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    fn monotonic_ms(&self) -> f64 {
        performance_now()
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        #[expect(clippy::expect_used, reason = "ids without randomness would collide")]
        getrandom::fill(&mut bytes).expect("crypto.getRandomValues");
        bytes
    }

    fn sleep(&self, mut ms: u64) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            while ms > LONG {
                let part = ms.min(LONGEST_TIMER);
                // It is never rejected.
                let _ = JsFuture::from(long_timer(part as i32)).await;
                ms -= part;
            }
            TimeoutFuture::new(ms as u32).await;
        })
    }

    /// Goes on in a task of its own. A timer would do so late: browsers let nested ones wait for 4 ms, and those of
    /// hidden pages for a second.
    fn pause(&self) -> BoxFuture<'static, ()> {
        Box::pin(async {
            let Ok(channel) = MessageChannel::new() else { return TimeoutFuture::new(0).await };
            let (heard, told) = (channel.port1(), channel.port2());
            let message = Promise::new(&mut |resolve, _| {
                heard.set_onmessage(&resolve);
                told.post_message(&JsValue::NULL);
            });
            // It is never rejected.
            let _ = JsFuture::from(message).await;
            heard.close();
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        spawn_local(task);
    }
}

/// Starts a timer that lets the program end before it fires, where programs end.
fn long_timer(ms: i32) -> Promise {
    Promise::new(&mut |resolve, _| {
        let timer = set_timeout(&resolve, ms);
        if let Ok(unref) = Reflect::get(&timer, &"unref".into())
            && let Some(unref) = unref.dyn_ref::<Function>()
        {
            let _ = unref.call0(&timer);
        }
    })
}
