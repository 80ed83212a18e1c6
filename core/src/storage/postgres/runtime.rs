//! The driver's runtime: two threads that all pools of the process share.
//!
//! The driver needs tokio, and users of the core may have another runtime or none. So every call
//! runs as a task here, and its caller waits for the task's end, which any executor can do.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::storage::{StorageError, StorageResult};

/// Connections and calls are many small waits; two threads keep one long answer from holding up all.
const THREADS: usize = 2;

/// Runs `work` to its end, also when the caller goes away meanwhile.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = StorageResult<T>> + Send + 'static,
) -> StorageResult<T> {
    spawn(work)?.await.unwrap_or_else(|error| Err(StorageError::unavailable(true, error)))
}

/// Starts `task` beside the caller.
pub(super) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> StorageResult<JoinHandle<T>> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name("creel-postgres").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    match runtime {
        Ok(runtime) => Ok(runtime.spawn(task)),
        Err(reason) => Err(StorageError::Unavailable {
            retryable: false,
            reason: format!("the driver's threads can't be started: {reason}"),
            cause: None,
        }),
    }
}
