//! Every limit of the store in one table, so that code, documentation and tests agree.

/// The longest thread name, in bytes of UTF-8.
pub const MAX_NAME: usize = 1024;
/// The longest preview that is kept, in characters; longer ones are cut.
pub const MAX_PREVIEW_CHARS: usize = 300;
/// The longest of the other text fields of a thread (cwd, model, …), in bytes of UTF-8.
pub const MAX_TEXT: usize = 4096;
/// The largest `metadata` or `source` value, in bytes of JSON.
pub const MAX_METADATA: usize = 16 * 1024;
/// The largest item, in bytes of JSON.
pub const MAX_ITEM: usize = 16 * 1024 * 1024;
/// The most items of one append.
pub const MAX_BATCH_ITEMS: usize = 10_000;
/// The most bytes of JSON of one append.
pub const MAX_BATCH_BYTES: usize = 64 * 1024 * 1024;
/// The most threads or items of one page.
pub const MAX_PAGE: usize = 1000;
/// The bytes of JSON after which a page of items or turns ends, whatever its limit; one is always on it.
pub const MAX_PAGE_BYTES: u64 = 4 * 1024 * 1024;
/// The threads of a page unless the caller says otherwise.
pub const DEFAULT_PAGE: usize = 50;
/// The longest objective of a goal, in characters.
pub const MAX_OBJECTIVE_CHARS: usize = 4000;
/// The most collections of documents that a thread, or the store itself, has.
pub const MAX_COLLECTIONS: usize = 64;
/// The most documents of a collection.
pub const MAX_COLLECTION: usize = 1000;
/// The most bytes of a collection's documents.
pub const MAX_COLLECTION_BYTES: usize = 256 * 1024;
/// The most tasks of a job.
pub const MAX_TASKS: usize = 10_000;
/// The longest message of the protocol, in bytes: the items of the largest append, and what is around
/// them.
pub const MAX_MESSAGE: usize = MAX_BATCH_BYTES + 1024 * 1024;
/// The longest id of a request, in bytes of JSON.
pub const MAX_REQUEST_ID: usize = 1024;
/// The longest message of an error on the wire, in bytes; longer ones, which repeat what the client
/// sent, are cut.
pub const MAX_ERROR_TEXT: usize = 4096;
/// The deepest nesting of an item's JSON.
pub const MAX_DEPTH: usize = 128;
/// The longest cursor or search term that is read, in bytes.
pub const MAX_QUERY_TEXT: usize = 4096;
/// The most threads that a store takes over its life, deleted ones included.
pub const MAX_THREADS: u32 = 1 << 24;
/// The size that a segment of a history grows to, in bytes.
pub const SEGMENT_BYTES: usize = 128 * 1024;
/// The threads of one catalog page.
pub const PAGE_THREADS: u32 = 256;
