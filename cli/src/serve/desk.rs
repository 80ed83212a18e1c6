//! What every request passes before it is answered: may this client ask for this, and now; and how
//! it is counted when it has ended.

use std::rc::Rc;
use std::time::Instant;

use creel::protocol::{METHODS, RpcError, RpcErrorData, calls};

use super::limits::Bucket;
use super::metrics::{Fault, Metrics};

/// What a client that may only read can call beside what changes nothing.
const ALWAYS: [&str; 2] = ["initialize", "thread/unsubscribe"];
/// What a request of an unknown method is counted under, since its name is the client's.
const UNKNOWN: &str = "unknown";
/// The code of a server that does not do what is asked, as the protocol has it.
const REFUSED: i32 = -32600;

/// Stands before the requests of one connection.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) metrics: Metrics,
    pub(super) bucket: Option<Rc<Bucket>>,
    pub(super) read_only: bool,
}

/// A request that has begun.
#[derive(Debug)]
pub(super) struct Ticket {
    metrics: Metrics,
    method: &'static str,
    begun: Instant,
    /// Whether it may change something.
    pub(super) changes: bool,
}

impl Desk {
    /// Takes a request, and says whether it is refused.
    pub(super) fn take(&self, method: &str) -> (Ticket, Option<RpcError>) {
        let known = METHODS.iter().find(|known| known.name == method);
        let known = known.map(|known| (known.name, known.changes));
        let known = known.or_else(|| calls::find(method).map(|call| (call.name, call.changes)));
        let (method, changes) = known.unwrap_or((UNKNOWN, false));
        let begun = Instant::now();
        let ticket = Ticket { metrics: self.metrics.clone(), method, begun, changes };
        if self.bucket.as_ref().is_some_and(|bucket| !bucket.take()) {
            let message = "too many requests in this second; wait, and ask again";
            return (ticket, Some(refused("rate_limited", true, message)));
        }
        if changes && self.read_only && !ALWAYS.contains(&method) {
            let message = format!("{method} changes the store, and the token may only read it");
            return (ticket, Some(refused("read_only", false, &message)));
        }
        (ticket, None)
    }
}

impl Ticket {
    /// Counts the end of the request.
    pub(super) fn ended(self, error: Option<&RpcError>) {
        let failed =
            |error: &RpcError| if error.code == -32603 { Fault::Failed } else { Fault::Refused };
        self.metrics.request(self.method, error.map(failed), self.begun);
    }
}

/// Makes an error of the server itself.
pub(super) fn refused(code: &str, retryable: bool, message: &str) -> RpcError {
    let data = Some(RpcErrorData { code: code.to_owned(), retryable });
    RpcError { code: REFUSED, message: message.to_owned(), data }
}
