//! A panic ends the instance of the module: JavaScript hears of it once, before the trap.

use std::cell::RefCell;
use std::panic;

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Calls `listener` with the message of a panic; nothing of this instance may be used after it.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(
    #[wasm_bindgen(unchecked_param_type = "(message: string) => void")] listener: Function,
) {
    LISTENER.with(|kept| kept.replace(Some(listener)));
    panic::set_hook(Box::new(|info| {
        // The listener leaves its place first, so that a panic on the way can't call it again.
        let listener = LISTENER.with(|kept| kept.try_borrow_mut().ok()?.take());
        if let Some(listener) = listener {
            let _ = listener.call1(&JsValue::NULL, &info.to_string().into());
        }
    }));
}
