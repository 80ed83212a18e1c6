//! A layer below SQLite that records what it writes and syncs, in order.
//!
//! It is SQLite's own VFS but for the calls that change a file: those go through and are written
//! down. Once installed it serves every connection of the process.

#![allow(unsafe_code, reason = "SQLite takes a VFS as a table of C functions, and no other way")]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi::{
    SQLITE_OK, SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL, sqlite3_file, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

/// What happened to a file, or what the test did between.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Write {
        file: String,
        offset: u64,
        data: Vec<u8>,
    },
    Truncate {
        file: String,
        size: u64,
    },
    Delete {
        file: String,
    },
    Sync {
        file: String,
    },
    /// A call of the test begins.
    Begin,
    /// The call returned; `strict` says that what it did must survive from here on.
    Returned {
        strict: bool,
    },
}

#[derive(Default)]
struct Recorder {
    log: Option<Vec<Op>>,
    /// By the address of SQLite's file: its name and the table of its own functions.
    files: HashMap<usize, (String, usize)>,
    /// By the table of a file's own functions, the table that takes its place.
    tables: HashMap<usize, usize>,
}

static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);
static ORIGINAL: OnceLock<Original> = OnceLock::new();

type Open = unsafe extern "C" fn(
    *mut sqlite3_vfs,
    *const c_char,
    *mut sqlite3_file,
    c_int,
    *mut c_int,
) -> c_int;
type Delete = unsafe extern "C" fn(*mut sqlite3_vfs, *const c_char, c_int) -> c_int;

/// The functions of the VFS that the recording one stands before.
#[derive(Debug)]
struct Original {
    open: Open,
    delete: Delete,
}

/// Begins to record, in the place of what was recorded before.
pub(crate) fn start() {
    install();
    with(|recorder| recorder.log = Some(Vec::new()));
}

/// Notes what the test does between the writes.
pub(crate) fn note(op: Op) {
    with(|recorder| recorder.log.iter_mut().for_each(|log| log.push(op.clone())));
}

/// Ends the recording and returns it.
pub(crate) fn stop() -> Vec<Op> {
    with(|recorder| recorder.log.take()).unwrap_or_default()
}

fn with<T>(work: impl FnOnce(&mut Recorder) -> T) -> T {
    let mut recorder: MutexGuard<'_, Option<Recorder>> =
        RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    work(recorder.get_or_insert_default())
}

/// Makes the recording VFS the default one.
fn install() {
    ORIGINAL.get_or_init(|| {
        // SAFETY: the default VFS lives as long as the process, and so does its changed copy.
        unsafe {
            let original = *sqlite3_vfs_find(std::ptr::null());
            let vfs = Box::leak(Box::new(sqlite3_vfs {
                zName: c"recording".as_ptr(),
                pNext: std::ptr::null_mut(),
                xOpen: Some(open),
                xDelete: Some(delete),
                ..original
            }));
            assert_eq!(sqlite3_vfs_register(vfs, 1), SQLITE_OK);
            Original { open: original.xOpen.unwrap(), delete: original.xDelete.unwrap() }
        }
    });
}

fn name(path: *const c_char) -> String {
    // SAFETY: SQLite gives paths as C strings that outlive the call.
    let path = unsafe { CStr::from_ptr(path) }.to_str().unwrap();
    Path::new(path).file_name().unwrap().to_str().unwrap().to_owned()
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: called by SQLite with what the original asks for.
    let result = unsafe { (ORIGINAL.get().unwrap().open)(vfs, path, file, flags, out) };
    if result == SQLITE_OK && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL) != 0 {
        let name = name(path);
        with(|recorder| {
            // SAFETY: an open file has a table of functions, which is never freed.
            unsafe {
                let own = (*file).pMethods;
                let table = *recorder.tables.entry(own as usize).or_insert_with(|| {
                    let table = sqlite3_io_methods {
                        xWrite: Some(write),
                        xTruncate: Some(truncate),
                        xSync: Some(sync),
                        ..*own
                    };
                    std::ptr::from_ref(Box::leak(Box::new(table))) as usize
                });
                recorder.files.insert(file as usize, (name, own as usize));
                (*file).pMethods = table as *const sqlite3_io_methods;
            }
        });
    }
    result
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    // SAFETY: called by SQLite with what the original asks for.
    let result = unsafe { (ORIGINAL.get().unwrap().delete)(vfs, path, sync) };
    if result == SQLITE_OK {
        note(Op::Delete { file: name(path) });
    }
    result
}

/// Runs a function of the file's own, and writes it down if it did what it should.
fn through(
    file: *mut sqlite3_file,
    call: impl FnOnce(&sqlite3_io_methods) -> c_int,
    op: impl FnOnce(String) -> Op,
) -> c_int {
    let (name, own) = with(|recorder| recorder.files[&(file as usize)].clone());
    // SAFETY: the table of an open file is never freed.
    let result = call(unsafe { &*(own as *const sqlite3_io_methods) });
    if result == SQLITE_OK {
        note(op(name));
    }
    result
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    data: *const c_void,
    size: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite gives `size` bytes at `data`, and a file that it has opened.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size as usize) };
    let write = |own: &sqlite3_io_methods| unsafe { own.xWrite.unwrap()(file, data, size, offset) };
    through(file, write, |file| Op::Write { file, offset: offset as u64, data: bytes.to_vec() })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite gives a file that it has opened.
    let truncate = |own: &sqlite3_io_methods| unsafe { own.xTruncate.unwrap()(file, size) };
    through(file, truncate, |file| Op::Truncate { file, size: size as u64 })
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file that it has opened.
    let sync = |own: &sqlite3_io_methods| unsafe { own.xSync.unwrap()(file, flags) };
    through(file, sync, |file| Op::Sync { file })
}
