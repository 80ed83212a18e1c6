//! `creel show`: one thread, or its items.

use std::io::{self, Write};

use creel::protocol::WireThread;
use creel::{ItemQuery, Thread, ThreadId};

use crate::args::Show;
use crate::failure::Failure;
use crate::open::FileStore;
use crate::{list, open, output};

pub(crate) async fn run(args: Show) -> Result<(), Failure> {
    let id = open::id(&args.thread)?;
    let store = open::existing(&args.common.store).await?;
    if args.items {
        items(&store, id).await?;
    } else {
        let thread = store.read(id).await?;
        if args.common.json {
            output::json(&WireThread::from(&thread))?;
        } else {
            let descendants = store.descendants(id).await?;
            describe(&thread, descendants)?;
        }
    }
    Ok(store.close().await?)
}

async fn items(store: &FileStore, id: ThreadId) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let limit = Some(creel::limits::MAX_PAGE as u32);
    let mut query = ItemQuery { limit, ..ItemQuery::default() };
    loop {
        let page = store.items(id, query.clone()).await?;
        for stored in &page.data {
            writeln!(out, "{}", stored.item.json())?;
        }
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return Ok(out.flush()?),
        }
    }
}

fn describe(thread: &Thread, descendants: Vec<Thread>) -> Result<(), Failure> {
    let mut tree = vec![thread.clone()];
    let mut out = io::BufWriter::new(io::stdout().lock());
    let details = &thread.details;
    let time = |millis| Some(output::full_time(millis));
    let git = details.git_info.as_ref().map(|git| {
        let parts = [&git.branch, &git.sha, &git.origin_url];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    });
    let history = output::count(thread.items, "item") + ", " + &output::size(thread.bytes);
    let fields = [
        ("thread", Some(thread.id.to_string())),
        ("name", thread.name.clone()),
        ("preview", Some(thread.preview.clone()).filter(|preview| !preview.is_empty())),
        ("title", thread.title.clone()),
        ("history", Some(history)),
        ("created", time(thread.created_at)),
        ("updated", time(thread.updated_at)),
        ("last turn", time(thread.recency_at)),
        ("archived", thread.archived_at.and_then(time)),
        ("parent", thread.parent_thread_id.map(|id| id.to_string())),
        ("edge", thread.edge_status.map(|status| format!("{status:?}").to_lowercase())),
        ("forked from", thread.forked_from_id.map(|id| id.to_string())),
        ("session", Some(thread.session_id.clone())),
        ("cwd", details.cwd.clone()),
        ("source", details.source.as_ref().map(plain)),
        ("model", details.model.clone()),
        ("provider", details.model_provider.clone()),
        ("program", details.originator.clone()),
        ("version", details.cli_version.clone()),
        ("git", git),
        ("nickname", details.agent_nickname.clone()),
        ("role", details.agent_role.clone()),
        ("tokens", details.token_usage.as_ref().map(plain)),
        ("metadata", details.metadata.as_ref().map(|metadata| plain(&metadata.clone().into()))),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            let line = format!("{name:<12}{}", output::one_line(&value));
            writeln!(out, "{}", output::fit(&line))?;
        }
    }
    if descendants.is_empty() {
        return Ok(out.flush()?);
    }
    writeln!(out, "\nsub-agents")?;
    out.flush()?;
    drop(out);
    tree.extend(descendants);
    tree.sort_by_key(|thread| std::cmp::Reverse((thread.created_at, thread.id)));
    list::print(&tree)
}

/// Spells a text without quotes, anything else as JSON.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
