//! The environment of a store in JavaScript: its clock, randomness, timers and microtasks.

use creel::{BoxFuture, Env};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// The longest time that one JavaScript timer waits: a longer one would fire at once.
const LONGEST_TIMER: u64 = i32::MAX as u64;

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
            while ms > LONGEST_TIMER {
                TimeoutFuture::new(LONGEST_TIMER as u32).await;
                ms -= LONGEST_TIMER;
            }
            TimeoutFuture::new(ms as u32).await;
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        spawn_local(task);
    }
}
