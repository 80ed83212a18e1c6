//! A client of the protocol in messages: JSON texts in, answers and notifications out, in order.

use std::rc::Rc;

use creel::protocol::Dispatcher;
use creel::storage::BoxedStorage;
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::convert::{JsResult, checked, promise};
use crate::store::Store;

/// One client of a store, which introduces itself and is told of changes as the protocol has it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Connection {
    dispatcher: Rc<Dispatcher<BoxedStorage>>,
    send: Rc<Function>,
}

#[wasm_bindgen]
impl Store {
    /// Makes a client; `send` is called with every message for it, in order.
    pub fn connect(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(message: string) => void")] send: Function,
    ) -> JsResult<Connection> {
        let dispatcher = Rc::new(Dispatcher::over(checked(self.threads())?));
        let connection = Connection { dispatcher, send: Rc::new(send) };
        let (dispatcher, send) = (Rc::clone(&connection.dispatcher), Rc::clone(&connection.send));
        spawn_local(async move {
            loop {
                let told = dispatcher.notifications().await;
                if told.is_empty() {
                    break;
                }
                send_each(&send, &told);
            }
        });
        Ok(connection)
    }
}

#[wasm_bindgen]
impl Connection {
    /// Takes one message; resolves when its answer has been sent.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn handle(&self, message: String) -> Promise {
        let (dispatcher, send) = (Rc::clone(&self.dispatcher), Rc::clone(&self.send));
        promise(async move {
            send_each(&send, &dispatcher.handle(&message).await);
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Sends no more notifications.
    pub fn close(&self) {
        self.dispatcher.close();
    }
}

fn send_each(send: &Function, messages: &[String]) {
    for message in messages {
        // The listener is the package's own and throws nothing.
        let _ = send.call1(&JsValue::NULL, &message.into());
    }
}
