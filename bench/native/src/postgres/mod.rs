//! The workloads on a PostgreSQL server of their own: Creel, tables by hand and LangGraph's checkpointer take turns
//! on it, each in databases of its own, under the same settings.

mod counts;
mod distant;
mod hand;
mod langgraph;
mod place;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use creel::storage::{PostgresOptions, PostgresPool, PostgresStorage};
use creel_tests::postgres::{Server, programs};
use futures_lite::future::block_on;

use self::hand::Hand;
use self::langgraph::LangGraph;
use crate::contenders::{Contender, Creel, options};
use crate::data::{self, Spec};
use crate::lines::Line;
use crate::rounds::{LARGE_STORE, Run};
use crate::turns::turns;
use crate::workloads::{self as work, Bed, Effort, SMALL};

/// What an administrator sets first, so that no contender's log makes the others wait for a checkpoint; the rest
/// is as the server comes.
const SETTINGS: [&str; 3] = ["fsync=on", "shared_buffers=256MB", "max_wal_size=4GB"];
/// Lists come first: LangGraph's bring whole histories along, so they would measure the appends before them.
const RELAXED: [(&str, Run); 6] = [
    ("W4", |bed| work::list(bed, "list 50 of 10,000")),
    ("W4", work::list_children),
    ("W1", |bed| work::append_one(bed, "append one item, relaxed, 600 B", SMALL)),
    ("W1", |bed| work::append_at_once(bed, "append 25 at once, relaxed, 600 B")),
    ("W2", |bed| work::append_many(bed, "append 1,000 items, relaxed")),
    ("W3", work::load),
];
/// Without appends of 20 KB: LangGraph writes a thread's messages anew with each, so they would measure little
/// else than how long the threads have become.
const STRICT: [(&str, Run); 4] = [
    ("W1", |bed| work::append_one(bed, "append one item, strict, 600 B", SMALL)),
    ("W1", |bed| work::append_at_once(bed, "append 25 at once, strict, 600 B")),
    ("W2", |bed| work::append_many(bed, "append 1,000 items, strict")),
    ("W5", work::archive_and_delete),
];
/// The name of Creel's store in its database.
const STORE: &str = "bench";
/// How reports call LangGraph's checkpointer.
const LANGGRAPH: &str = "LangGraph";

/// How to run.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    /// The program of LangGraph's checkpointer.
    pub(crate) langgraph: Option<PathBuf>,
}

/// Opens a contender's store in the database of a URL; what it then writes survives a crash of the server if
/// `strict`.
type Open<'a> = dyn Fn(&str, bool) -> Result<Box<dyn Contender>> + Sync + 'a;

struct Entrant<'a> {
    name: &'static str,
    /// What the names of its databases begin with.
    database: &'static str,
    open: Box<Open<'a>>,
}

impl Postgres {
    /// Runs the workloads, then the counts.
    ///
    /// # Errors
    /// When a store can't be prepared. A contender that fails is reported as void.
    pub(crate) fn run(&self) -> Result<()> {
        if programs().is_none() {
            let reason = "PostgreSQL is not installed".into();
            return Line::Void { workload: "", case: "", contender: "all", reason }.emit();
        }
        let server = Server::start(&SETTINGS);
        place::describe(&server)?;
        let entrants = self.entrants();
        let mut small = data::ten_thousand();
        let trees = (0..=self.rounds).flat_map(|round| data::tree(work::tree(round as u64)));
        small.extend(trees);
        prepare(&server, &entrants, "small", &small)?;
        self.session(&server, &entrants, "small", false, 9000, &RELAXED)?;
        self.session(&server, &entrants, "small", true, 9000, &STRICT)?;
        if self.langgraph.is_some() {
            let reason = "it has no archive".into();
            let case = "archive a tree of 1,001";
            Line::Void { workload: "W6", case, contender: LANGGRAPH, reason }.emit()?;
        }
        if !self.quick {
            prepare(&server, &entrants, "large", &data::hundred_thousand())?;
            self.session(&server, &entrants, "large", false, 100_000, &LARGE_STORE)?;
        }
        counts::all(&server, &entrants)
    }

    fn entrants(&self) -> Vec<Entrant<'_>> {
        let creel = |url: &str, strict: bool| {
            let creel = Creel::over(storage(url)?, options(strict))?;
            Ok(Box::new(creel) as Box<dyn Contender>)
        };
        let hand =
            |url: &str, strict: bool| Ok(Box::new(Hand::open(url, strict)?) as Box<dyn Contender>);
        let mut entrants = vec![
            Entrant { name: "creel", database: "creel", open: Box::new(creel) },
            Entrant { name: "tables by hand", database: "hand", open: Box::new(hand) },
        ];
        if let Some(program) = &self.langgraph {
            let open = move |url: &str, strict: bool| {
                let langgraph = LangGraph::open(program, url, strict)?;
                Ok(Box::new(langgraph) as Box<dyn Contender>)
            };
            let open = Box::new(open);
            entrants.push(Entrant { name: LANGGRAPH, database: "langgraph", open });
        }
        entrants
    }

    /// Opens one store of every contender, runs some workloads on them, and closes them.
    fn session(
        &self,
        server: &Server,
        entrants: &[Entrant<'_>],
        size: &str,
        strict: bool,
        short: u64,
        runs: &[(&str, Run)],
    ) -> Result<()> {
        let open = |entrant: &Entrant<'_>| (entrant.open)(&entrant.url(server, size), strict);
        let mut stores = entrants.iter().map(open).collect::<Result<Vec<_>>>()?;
        // Every call is a round trip or several, so fewer of them tell as much.
        let effort = if self.quick { Effort::Least } else { Effort::Quick };
        let names: Vec<_> = entrants.iter().map(|entrant| entrant.name).collect();
        for (workload, run) in runs {
            turns(&names, self.rounds, workload, &mut |index, round| {
                let store: &mut dyn Contender = &mut *stores[index];
                run(&mut Bed { store, round: round as u64, short, effort })
            })?;
        }
        stores.into_iter().try_for_each(Contender::close)
    }
}

impl Entrant<'_> {
    /// The name of its database of a size.
    fn database(&self, size: &str) -> String {
        format!("{}_{size}", self.database)
    }

    /// Whether a list is short enough to be counted: LangGraph's newest checkpoints are the longest by then.
    fn lists_shortly(&self) -> bool {
        self.name != LANGGRAPH
    }

    fn url(&self, server: &Server, size: &str) -> String {
        server.url_of(&self.database(size))
    }
}

/// Opens Creel's storage as an application does that keeps the options as they are.
fn storage(url: &str) -> Result<PostgresStorage> {
    let pool = block_on(PostgresPool::connect(url, PostgresOptions::default()))?;
    Ok(block_on(pool.store(STORE))?)
}

/// Makes a database for every contender and fills it, without syncs and all at the same time.
fn prepare(server: &Server, entrants: &[Entrant<'_>], size: &str, threads: &[Spec]) -> Result<()> {
    let fill = |entrant: &Entrant<'_>| -> Result<()> {
        let database = entrant.database(size);
        server.sql(&format!("CREATE DATABASE {database}"));
        let mut store = (entrant.open)(&entrant.url(server, size), false)?;
        store.fill(threads, SMALL)?;
        store.close()?;
        // The planner of each knows its tables, as it does on a server that has run for a while.
        server.sql_in(&database, "VACUUM ANALYZE");
        Ok(())
    };
    let started = Instant::now();
    std::thread::scope(|scope| {
        let fills: Vec<_> = entrants.iter().map(|it| scope.spawn(|| fill(it))).collect();
        fills.into_iter().try_for_each(|it| it.join().unwrap_or_else(|_| bail!("filling failed")))
    })?;
    server.sql("CHECKPOINT");
    eprintln!("filling took {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}
