//! Reads what a Codex home keeps in its databases: spawn edges, names, archived flags, tools, goals.
//!
//! Another version may have other tables and columns: what is not there is noted, and a row that
//! can't be read is named and left out.

use std::path::Path;

use creel::import::{Importer, SpawnEdge};
use creel::storage::Storage;
use creel::{EdgeStatus, Goal, GoalStatus, Item, ThreadId};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::value::RawValue;

use super::copy::Copy;

/// Reads `state_<n>.sqlite`, and the goals that older versions keep in it.
pub(super) fn state<S: Storage>(path: &Path, importer: &mut Importer<S>) {
    with(path, importer, |database| {
        database.edges();
        database.threads();
        database.tools();
        if database.has("thread_goals") {
            database.goals();
        }
    });
}

/// Reads `goals_<n>.sqlite`.
pub(super) fn goals<S: Storage>(path: &Path, importer: &mut Importer<S>) {
    with(path, importer, |database| database.goals());
}

fn with<S: Storage>(
    path: &Path,
    importer: &mut Importer<S>,
    read: impl FnOnce(&mut Database<'_, S>),
) {
    let name = path.to_string_lossy().into_owned();
    let opened = Copy::new(path).and_then(|copy| {
        let connection = Connection::open(&copy.path).map_err(|error| error.to_string())?;
        // What is no database says so only when it is read.
        let count = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
        count.map_err(|error| error.to_string())?;
        Ok((connection, copy))
    });
    match opened {
        Ok((connection, _copy)) => read(&mut Database { name, connection, importer }),
        Err(reason) => importer.unreadable(&name, reason),
    }
}

struct Database<'a, S: Storage> {
    name: String,
    connection: Connection,
    importer: &'a mut Importer<S>,
}

/// A row of a table: its values in the order asked for, null where the table has no such column.
struct Row(Vec<Value>);

impl<S: Storage> Database<'_, S> {
    fn edges(&mut self) {
        let columns = ["parent_thread_id", "child_thread_id", "status"];
        self.each("thread_spawn_edges", &columns[..2], &columns[2..], "", |importer, row| {
            let closed = row.text(2)? == Some("closed");
            let status = if closed { EdgeStatus::Closed } else { EdgeStatus::Open };
            let (parent_thread_id, child_thread_id) = (row.thread(0)?, row.thread(1)?);
            importer.edges([SpawnEdge { parent_thread_id, child_thread_id, status }]);
            Ok(())
        });
    }

    fn threads(&mut self) {
        self.each("threads", &["id"], &["name", "archived"], "", |importer, row| {
            let id = row.thread(0)?;
            if let Some(name) = row.text(1)? {
                importer.names([(id, name.to_owned())]);
            }
            if row.number(2)?.is_some_and(|flag| flag != 0) {
                importer.archived([id]);
            }
            Ok(())
        });
    }

    /// Spells tools as the protocol does; one of a namespace keeps its name.
    fn tools(&mut self) {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Tool<'a> {
            #[serde(rename = "type")]
            kind: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            namespace: Option<&'a str>,
            name: &'a str,
            description: &'a str,
            input_schema: &'a RawValue,
            defer_loading: bool,
        }
        let required = ["thread_id", "position", "name", "description", "input_schema"];
        let optional = ["defer_loading", "namespace"];
        let order = "ORDER BY thread_id, position";
        self.each("thread_dynamic_tools", &required, &optional, order, |importer, row| {
            let tool = Tool {
                kind: "function",
                namespace: row.text(6)?,
                name: row.text(2)?.unwrap_or_default(),
                description: row.text(3)?.unwrap_or_default(),
                input_schema: serde_json::from_str(row.text(4)?.unwrap_or_default())
                    .map_err(|error| format!("its input_schema is no JSON: {error}"))?,
                defer_loading: row.number(5)?.is_some_and(|flag| flag != 0),
            };
            let item = Item::from_value(&tool).map_err(|error| error.to_string())?;
            importer.tool(row.thread(0)?, item);
            Ok(())
        });
    }

    fn goals(&mut self) {
        let required = ["thread_id", "goal_id", "objective", "status"];
        let optional =
            ["token_budget", "tokens_used", "time_used_seconds", "created_at_ms", "updated_at_ms"];
        self.each("thread_goals", &required, &optional, "", |importer, row| {
            let goal_id = row.text(1)?.unwrap_or_default();
            let created_at = row.number(7)?.unwrap_or_default();
            let goal = Goal {
                goal_id: goal_id
                    .parse::<ThreadId>()
                    .map(|id| *id.as_uuid())
                    .map_err(|_| format!("its goal_id `{goal_id:.80}` is no UUID"))?,
                objective: row.text(2)?.unwrap_or_default().to_owned(),
                status: status(row.text(3)?.unwrap_or_default())?,
                token_budget: row.count(4)?,
                tokens_used: row.count(5)?.unwrap_or_default(),
                time_used_seconds: row.count(6)?.unwrap_or_default(),
                created_at,
                updated_at: row.number(8)?.unwrap_or(created_at),
            };
            importer.goal(row.thread(0)?, goal).map_err(|error| error.to_string())
        });
    }

    fn has(&self, table: &str) -> bool {
        self.connection.table_exists(None, table).unwrap_or_default()
    }

    /// Gives every row of a table to `take`; `order` is what the query ends with.
    fn each(
        &mut self,
        table: &str,
        required: &[&str],
        optional: &[&str],
        order: &str,
        take: impl FnMut(&mut Importer<S>, &Row) -> Result<(), String>,
    ) {
        if let Err(error) = self.try_each(table, required, optional, order, take) {
            self.importer.unreadable(&self.name, format!("table {table}: {error}"));
        }
    }

    fn try_each(
        &mut self,
        table: &str,
        required: &[&str],
        optional: &[&str],
        order: &str,
        mut take: impl FnMut(&mut Importer<S>, &Row) -> Result<(), String>,
    ) -> rusqlite::Result<()> {
        if !self.connection.table_exists(None, table)? {
            self.importer.note(&self.name, format!("it has no table {table}"));
            return Ok(());
        }
        let mut columns = Vec::new();
        for column in required.iter().chain(optional) {
            if self.connection.column_exists(None, table, column)? {
                columns.push(format!("\"{column}\""));
                continue;
            }
            self.importer.note(&self.name, format!("table {table} has no column {column}"));
            if required.contains(column) {
                return Ok(());
            }
            columns.push("NULL".to_owned());
        }
        let query = format!("SELECT {} FROM \"{table}\" {order}", columns.join(", "));
        let mut query = self.connection.prepare(&query)?;
        let mut rows = query.query([])?;
        let mut number = 0_u64;
        while let Some(row) = rows.next()? {
            number += 1;
            let values = (0..columns.len()).map(|index| row.get(index));
            let row = Row(values.collect::<rusqlite::Result<_>>()?);
            if let Err(reason) = take(self.importer, &row) {
                self.importer.unreadable(&self.name, format!("{table}, row {number}: {reason}"));
            }
        }
        Ok(())
    }
}

impl Row {
    fn text(&self, index: usize) -> Result<Option<&str>, String> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(format!("{:?} is no text", other.data_type())),
        }
    }

    fn number(&self, index: usize) -> Result<Option<i64>, String> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(other) => Err(format!("{:?} is no whole number", other.data_type())),
        }
    }

    fn count(&self, index: usize) -> Result<Option<u64>, String> {
        let number = self.number(index)?;
        let count = number.map(u64::try_from).transpose();
        count.map_err(|_| format!("{} is less than nothing", number.unwrap_or_default()))
    }

    fn thread(&self, index: usize) -> Result<ThreadId, String> {
        self.text(index)?
            .unwrap_or_default()
            .parse()
            .map_err(|error: creel::Error| error.to_string())
    }
}

fn status(text: &str) -> Result<GoalStatus, String> {
    match text {
        "active" => Ok(GoalStatus::Active),
        "paused" => Ok(GoalStatus::Paused),
        "blocked" => Ok(GoalStatus::Blocked),
        "usage_limited" => Ok(GoalStatus::UsageLimited),
        "budget_limited" => Ok(GoalStatus::BudgetLimited),
        "complete" => Ok(GoalStatus::Complete),
        other => Err(format!("its status `{other:.80}` is unknown")),
    }
}
