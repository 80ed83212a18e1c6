//! Which token opens which stores. Only hashes are kept, in files and in memory; they are compared in
//! constant time, and all of them, so that time tells nothing of where a match is.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::failure::Failure;
use crate::serve::stores::check_name;

/// The SHA-256 of a token.
pub(crate) type Hash = [u8; 32];

/// What one token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) hash: Hash,
    pub(crate) stores: Vec<String>,
    pub(crate) read_only: bool,
}

/// A line of a tokens file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) sha256: String,
    pub(crate) stores: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) read_only: bool,
}

/// The tokens of a server.
#[derive(Debug)]
pub(crate) struct Tokens {
    file: Option<PathBuf>,
    grants: RefCell<Rc<[Grant]>>,
}

impl Tokens {
    /// One token, for the one store of a server.
    pub(crate) fn one(token: &str, store: &str) -> Self {
        let grant = Grant { hash: hash(token), stores: vec![store.to_owned()], read_only: false };
        Self { file: None, grants: RefCell::new([grant].into()) }
    }

    /// Those of a file.
    pub(crate) fn of_file(file: &Path) -> Result<Self, Failure> {
        let grants = RefCell::new(read(file)?.into());
        Ok(Self { file: Some(file.to_owned()), grants })
    }

    /// Reads the file again; what was read before stays where that fails. Returns how many there are.
    pub(crate) fn reload(&self) -> Result<usize, Failure> {
        if let Some(file) = &self.file {
            self.grants.replace(read(file)?.into());
        }
        Ok(self.grants.borrow().len())
    }

    /// Finds what a token may do.
    pub(crate) fn find(&self, token: &str) -> Option<Grant> {
        self.by_hash(&hash(token))
    }

    pub(crate) fn by_hash(&self, hash: &Hash) -> Option<Grant> {
        let grants = Rc::clone(&self.grants.borrow());
        let mut found = None;
        for grant in grants.iter() {
            if bool::from(grant.hash.ct_eq(hash)) {
                found = Some(grant.clone());
            }
        }
        found
    }
}

pub(crate) fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(file: &Path) -> Result<Vec<Grant>, Failure> {
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::other("tokens", format!("{} can't be read: {error}", file.display()))
    })?;
    parse(&text).map_err(|reason| Failure::other("tokens", format!("{}: {reason}", file.display())))
}

/// Reads lines; blank ones and those that begin with `#` say nothing.
fn parse(text: &str) -> Result<Vec<Grant>, String> {
    let mut grants: Vec<Grant> = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line: Line =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
        let grant = grant(line).map_err(|reason| format!("line {number}: {reason}"))?;
        if grants.iter().any(|known| known.hash == grant.hash) {
            return Err(format!("line {number}: the token is there twice"));
        }
        grants.push(grant);
    }
    Ok(grants)
}

fn grant(line: Line) -> Result<Grant, String> {
    let hash = bytes(&line.sha256).ok_or("sha256: expected 64 hexadecimal digits")?;
    if line.stores.is_empty() {
        return Err("stores: expected one name at least".into());
    }
    line.stores.iter().try_for_each(|name| check_name(name))?;
    Ok(Grant { hash, stores: line.stores, read_only: line.read_only })
}

fn bytes(hex: &str) -> Option<Hash> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_hash_its_stores_and_whether_they_may_only_be_read() {
        let text = format!(
            "# team\n\n{{\"sha256\":\"{}\",\"stores\":[\"a\",\"b\"]}}\n{{\"sha256\":\"{}\",\"stores\":[\"a\"],\"readOnly\":true}}\n",
            hex(&hash("one")),
            hex(&hash("two"))
        );
        let tokens = Tokens { file: None, grants: RefCell::new(parse(&text).unwrap().into()) };
        let found = tokens.find("one").unwrap();
        assert_eq!((found.stores, found.read_only), (vec!["a".to_owned(), "b".into()], false));
        assert!(tokens.find("two").unwrap().read_only);
        for wrong in ["", "three", "one ", "One"] {
            assert_eq!(tokens.find(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_line_that_is_wrong_is_named_and_never_shown() {
        let good = hex(&hash("one"));
        for (line, reason) in [
            ("secret".to_owned(), "line 1: expected value"),
            (r#"{"sha256":"ab","stores":["a"]}"#.into(), "line 1: sha256: expected 64"),
            (format!(r#"{{"sha256":"{}","stores":["a"]}}"#, "é".repeat(32)), "line 1: sha256"),
            (format!(r#"{{"sha256":"{good}","stores":[]}}"#), "line 1: stores: expected one"),
            (format!(r#"{{"sha256":"{good}","stores":["../b"]}}"#), "line 1: a store's name"),
            (format!(r#"{{"sha256":"{good}","stores":["a"],"admin":true}}"#), "unknown field"),
            (
                format!(
                    "{{\"sha256\":\"{good}\",\"stores\":[\"a\"]}}\n{{\"sha256\":\"{good}\",\"stores\":[\"a\"]}}"
                ),
                "line 2: the token is there twice",
            ),
        ] {
            let said = parse(&line).unwrap_err();
            assert!(said.contains(reason), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
