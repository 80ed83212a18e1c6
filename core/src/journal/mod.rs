//! The journal: one entry a commit, pulled by every instance, packed by checkpoints.

pub(crate) mod checkpoint;
pub(crate) mod commit;
pub(crate) mod entry;
pub(crate) mod front;
pub(crate) mod load;
pub(crate) mod pull;
pub(crate) mod replica;
