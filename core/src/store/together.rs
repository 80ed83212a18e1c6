//! Several commands that belong together: queued at once, so that they share an entry.

use std::sync::Arc;

use futures_channel::oneshot;

use super::inner::{Committed, Request};
use super::{Store, driver};
use crate::catalog::Command;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::Item;
use crate::observe::{Observed, observe_at};
use crate::storage::Storage;
use crate::thread::CreateThread;

impl<S: Storage> Store<S> {
    /// Creates threads, parents first, and appends to the last of them.
    ///
    /// Nothing comes between the commands, and unless more is waiting than one entry takes they are
    /// one commit. A thread that is there already is no error: an earlier try may have stored it.
    /// The first result is that of the creations, the second that of the append.
    pub(crate) async fn create_with(
        &self,
        threads: Vec<CreateThread>,
        items: Vec<(i64, Item)>,
    ) -> (Result<()>, Result<()>) {
        let Some(last) = threads.last().and_then(|thread| thread.id) else {
            return (Ok(()), Ok(()));
        };
        let mut commands: Vec<Command> = threads
            .into_iter()
            .filter_map(|thread| Some(Command::Create { id: thread.id?, thread: Box::new(thread) }))
            .collect();
        let created = commands.len();
        commands.push(append(last, items));
        let mut results = self.together(commands).await.into_iter();
        let mut creating = Ok(());
        for result in results.by_ref().take(created) {
            match result {
                Err(Error::ThreadExists { .. }) | Ok(_) => {}
                Err(error) => creating = creating.and(Err(error)),
            }
        }
        (creating, results.next().unwrap_or(Err(Error::Closed)).map(drop))
    }

    /// Gives what the store asks for time and chance.
    pub(crate) fn env(&self) -> &Arc<dyn Env> {
        &self.inner.env
    }

    async fn together(&self, commands: Vec<Command>) -> Vec<Result<Committed>> {
        let durability = self.inner.options.durability;
        let mut answers = Vec::with_capacity(commands.len());
        {
            let mut shared = self.inner.lock();
            if let Err(error) = shared.check_sound() {
                return commands.iter().map(|_| Err(error.clone())).collect();
            }
            for command in commands {
                let (reply, answer) = oneshot::channel();
                shared.queue.push_back(Request { command, durability, reply });
                answers.push(answer);
            }
        }
        driver::kick(&self.inner);
        let mut results = Vec::with_capacity(answers.len());
        for answer in answers {
            results.push(answer.await.unwrap_or(Err(Error::Closed)));
        }
        results
    }
}

fn append(thread: ThreadId, items: Vec<(i64, Item)>) -> Command {
    let observed = items
        .iter()
        .map(|(at, item)| observe_at(item, Some(*at)))
        .fold(Observed::default(), Observed::merge);
    let items = items.into_iter().map(|(at, item)| (Some(at), item)).collect();
    Command::Append { thread, items, observed: Box::new(observed) }
}
