//! Checking what a catalog says: edges, deletions, receipts, tasks.

use std::collections::HashMap;

use super::report::{Finding, FindingCode, Report};
use crate::catalog::{Catalog, Record, page_of};
use crate::journal::replica::Replica;
use crate::keys;
use crate::storage::Table;

/// Adds what is wrong in the catalog, and its counts.
pub(super) fn check_catalog(replica: &Replica, report: &mut Report) {
    let catalog = &replica.catalog;
    for record in catalog.records() {
        report.threads += 1;
        report.items = report.items.saturating_add(record.len);
        if let Some((code, message)) = edge(catalog, record) {
            let key = page(record);
            report.findings.push(Finding::new(code, Some(key), Some(record.id), message));
        }
        if let Some(deletion) = catalog.receipt_of(record.id) {
            let message = format!("deletion {deletion} says that it is erased");
            let code = FindingCode::DeletedLeftover;
            report.findings.push(Finding::new(code, Some(page(record)), Some(record.id), message));
        }
    }
    for ord in cycles(catalog) {
        let Some(record) = catalog.slot(ord) else { continue };
        let message = "it is its own ancestor".to_owned();
        let code = FindingCode::Cycle;
        report.findings.push(Finding::new(code, Some(page(record)), Some(record.id), message));
    }
    // Threads that are lost may come back, and their tasks with them.
    for job in catalog.jobs().filter(|_| !replica.losses.lenient) {
        for task in &job.tasks {
            let missing = task.thread_id.filter(|id| catalog.record(*id).is_none());
            if let Some(id) = missing {
                let key = format!("{}/{}", Table::Catalog.name(), keys::job(job.id));
                let message = format!("task {} is assigned to a thread that is not there", task.id);
                let code = FindingCode::TaskThreadMissing;
                report.findings.push(Finding::new(code, Some(key), Some(id), message));
            }
        }
    }
}

/// Returns what is wrong with the edge to a thread's parent, cycles apart.
pub(super) fn edge(catalog: &Catalog, record: &Record) -> Option<(FindingCode, String)> {
    let parent = record.parent?;
    if parent == record.ord {
        return Some((FindingCode::SelfEdge, "it is its own parent".into()));
    }
    // A deleted child waits for its own erasure, whatever became of its parent.
    if !record.visible() {
        return None;
    }
    match catalog.slot(parent) {
        None => Some((FindingCode::ParentMissing, format!("its parent {parent} is not there"))),
        Some(parent) if !parent.visible() && !catalog.is_detached(record) => {
            Some((FindingCode::ParentDeleted, format!("its parent {} is deleted", parent.id)))
        }
        Some(_) => None,
    }
}

/// Returns one thread of every cycle of two or more: the one with the least id.
pub(super) fn cycles(catalog: &Catalog) -> Vec<u32> {
    let mut walked: HashMap<u32, u32> = HashMap::new();
    let mut found = Vec::new();
    for record in catalog.records() {
        let mut at = Some(record.ord);
        while let Some(ord) = at.filter(|ord| !walked.contains_key(ord)) {
            walked.insert(ord, record.ord);
            at = catalog.slot(ord).and_then(|record| record.parent);
        }
        let Some(start) = at.filter(|ord| walked.get(ord) == Some(&record.ord)) else { continue };
        let mut cycle = vec![start];
        let mut next = catalog.slot(start).and_then(|record| record.parent);
        while let Some(ord) = next.filter(|ord| *ord != start) {
            cycle.push(ord);
            next = catalog.slot(ord).and_then(|record| record.parent);
        }
        if cycle.len() > 1 {
            let id = |ord: &&u32| catalog.slot(**ord).map(|record| record.id);
            found.extend(cycle.iter().min_by_key(id));
        }
    }
    found
}

fn page(record: &Record) -> String {
    format!("{}/{}", Table::Catalog.name(), keys::page(page_of(record.ord)))
}
