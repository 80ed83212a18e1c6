//! The reference of error codes, in prose and as a TypeScript type, from the enums in Rust.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use syn::{Arm, Attribute, Expr, ExprLit, ImplItem, Item, ItemEnum, Lit, Meta, Pat};

use crate::workspace::Workspace;

const REFERENCE: &str = "docs/ERRORS.md";
const TYPES: &str = "pkg/src/error-codes.ts";

/// What the package and the wire say themselves: the code, whether trying again helps, and when.
const OTHERS: [(&str, &str, &str); 8] = [
    ("bridge_unanswered", "yes", "In JavaScript: nobody serves the other end of the bridge."),
    (
        "instance_dead",
        "no",
        "In JavaScript: the WebAssembly instance has stopped, as when it runs out of memory. Open the store again; what was acknowledged is there.",
    ),
    (
        "invalid_request",
        "no",
        "On the wire and of `Creel.request`: the method does not take what it was given. `rpcCode` and the message are those of the Codex app-server.",
    ),
    (
        "rate_limited",
        "yes",
        "Of `creel serve`: the token has asked too much in this second; nothing was done.",
    ),
    ("read_only", "no", "Of `creel serve`: the token may only read."),
    (
        "unauthorized",
        "no",
        "In JavaScript: the server refuses the token, the store or the page, or has taken the token back.",
    ),
    (
        "unreachable",
        "yes",
        "In JavaScript: the server was not reached in time. What was on its way and may have been done is `outcome_unknown` instead.",
    ),
    ("wasm_unavailable", "yes", "In JavaScript: the WebAssembly module can't be had, or is none."),
];

/// An error code.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    retryable: String,
    when: String,
}

/// Writes the reference and the type.
///
/// # Errors
/// When the enums are not as they were understood to be, or a file can't be written.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, text) in generate(workspace)? {
        workspace.shell.write_file(workspace.path(path), text)?;
    }
    Ok(())
}

fn generate(workspace: &Workspace) -> Result<[(&'static str, String); 2]> {
    let read = |path: &str| workspace.shell.read_file(workspace.path(path));
    let codes = codes(&read("core/src/error.rs")?, &read("core/src/storage/mod.rs")?)?;
    Ok([(REFERENCE, reference(&codes)), (TYPES, types(&codes))])
}

fn reference(codes: &BTreeMap<String, Code>) -> String {
    let mut text = "<!-- Written by `cargo xtask schema` from the enums in Rust. -->\n\n# Error codes\n\n\
        `CreelError.code` in JavaScript, `Error::code()` in Rust, `data.code` on the wire. Codes never change their meaning. Unless a\n\
        code says otherwise, nothing was written. `retryable` says whether the same call may succeed later without the caller changing anything.\n\n\
        | code | retryable | when |\n|---|---|---|\n"
        .to_owned();
    for (code, Code { retryable, when }) in codes {
        // Writing to a text can't fail.
        let _ = writeln!(text, "| `{code}` | {retryable} | {when} |");
    }
    text
}

fn types(codes: &BTreeMap<String, Code>) -> String {
    let mut text = "/** Written by `cargo xtask schema` from the enums in Rust. */\n\n\
        /** Lists every code of a `CreelError`; `docs/ERRORS.md` says when each comes. */\n\
        export type ErrorCode =\n"
        .to_owned();
    let listed: Vec<String> = codes.keys().map(|code| format!("  | \"{code}\"")).collect();
    text.push_str(&listed.join("\n"));
    text.push_str(";\n");
    text
}

fn codes(errors: &str, storage: &str) -> Result<BTreeMap<String, Code>> {
    let (errors, storage) = (syn::parse_file(errors)?, syn::parse_file(storage)?);
    let mut documented = documentation(&errors, "Error")?;
    let storage = documentation(&storage, "StorageError")?;
    documented
        .extend(storage.into_iter().map(|(name, when)| (format!("StorageError::{name}"), when)));
    let retryable: BTreeMap<String, String> = arms(&errors, "retryable")?
        .into_iter()
        .map(|(variant, body)| {
            let word = if literal(&body).is_some() { "yes" } else { "the error says" };
            (variant, word.to_owned())
        })
        .collect();
    let mut codes = BTreeMap::new();
    for (variant, body) in arms(&errors, "code")? {
        let Some(Lit::Str(code)) = literal(&body) else {
            bail!("the code of {variant} is no text")
        };
        // What is left of the storage's errors is that it fails.
        let variant = if variant == "_" { "StorageError::Unavailable" } else { &variant };
        let when = documented.get(variant).with_context(|| format!("{variant} is not there"))?;
        let retryable = retryable.get(variant).cloned().unwrap_or_else(|| "no".to_owned());
        codes.insert(code.value(), Code { retryable, when: when.clone() });
    }
    for (code, retryable, when) in OTHERS {
        codes.insert(code.to_owned(), Code { retryable: retryable.into(), when: when.into() });
    }
    Ok(codes)
}

/// The variants of an enum with their documentation, in one line each.
fn documentation(file: &syn::File, name: &str) -> Result<BTreeMap<String, String>> {
    let named = |item: &&ItemEnum| item.ident == name;
    let enums = file.items.iter().filter_map(|item| match item {
        Item::Enum(it) => Some(it),
        _ => None,
    });
    let found = enums.clone().find(named).with_context(|| format!("there is no enum {name}"))?;
    let variant = |variant: &syn::Variant| (variant.ident.to_string(), prose(&variant.attrs));
    Ok(found.variants.iter().map(variant).collect())
}

fn prose(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(it) if it.path.is_ident("doc") => match &it.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// The arms of the one `match` of a method of `Error`, an entry for each variant that a pattern names.
fn arms(file: &syn::File, method: &str) -> Result<Vec<(String, Expr)>> {
    let methods = file.items.iter().filter_map(|item| match item {
        Item::Impl(it) if it.trait_.is_none() => Some(&it.items),
        _ => None,
    });
    let body = methods.flatten().find_map(|item| match item {
        ImplItem::Fn(it) if it.sig.ident == method => it.block.stmts.first(),
        _ => None,
    });
    let Some(syn::Stmt::Expr(Expr::Match(found), _)) = body else {
        bail!("`Error::{method}` is not one match")
    };
    let named = |arm: &Arm| {
        let body = (*arm.body).clone();
        variants(&arm.pat).into_iter().map(move |name| (name, body.clone())).collect::<Vec<_>>()
    };
    let is_default = |arm: &&Arm| matches!(arm.pat, Pat::Wild(_));
    Ok(found.arms.iter().filter(|arm| !is_default(arm)).flat_map(named).collect())
}

/// The variants that a pattern names; those of the storage's errors with the enum's name.
fn variants(pattern: &Pat) -> Vec<String> {
    let last = |path: &syn::Path| path.segments.last().map(|it| it.ident.to_string());
    match pattern {
        Pat::Or(it) => it.cases.iter().flat_map(variants).collect(),
        Pat::Struct(it) => {
            last(&it.path).map(|name| qualified(&it.path, name)).into_iter().collect()
        }
        Pat::Path(it) => last(&it.path).map(|name| qualified(&it.path, name)).into_iter().collect(),
        Pat::TupleStruct(it) => it.elems.iter().flat_map(variants).collect(),
        Pat::Wild(_) => vec!["_".to_owned()],
        _ => Vec::new(),
    }
}

fn qualified(path: &syn::Path, name: String) -> String {
    match path.segments.first() {
        Some(first) if first.ident == "StorageError" => format!("StorageError::{name}"),
        _ => name,
    }
}

fn literal(body: &Expr) -> Option<Lit> {
    match body {
        Expr::Lit(it) => Some(it.lit.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{codes, generate};
    use crate::workspace::Workspace;

    #[test]
    fn what_is_committed_is_what_is_generated() {
        let workspace = Workspace::find().unwrap();
        for (path, text) in generate(&workspace).unwrap() {
            let committed = workspace.shell.read_file(workspace.path(path)).unwrap_or_default();
            assert!(
                committed == text,
                "{path}: run `cargo xtask schema` and commit what it writes"
            );
        }
    }

    #[test]
    fn every_variant_has_its_code_its_prose_and_whether_it_may_be_tried_again() {
        let errors = r#"
            enum Error {
                /// Not there,
                /// or gone.
                Gone { id: u8 },
                /// Nobody knows.
                Unknown,
                /// The storage failed.
                Storage(StorageError),
            }
            impl Error {
                fn code(&self) -> &'static str {
                    match self {
                        Self::Gone { .. } => "gone",
                        Self::Unknown => "unknown",
                        Self::Storage(StorageError::Conflict) => "conflict",
                        Self::Storage(_) => "storage_unavailable",
                    }
                }
                fn retryable(&self) -> bool {
                    match self {
                        Self::Unknown | Self::Storage(StorageError::Conflict) => true,
                        Self::Storage(StorageError::Unavailable { retryable }) => *retryable,
                        _ => false,
                    }
                }
            }
        "#;
        let storage = "enum StorageError {
            /// Somebody was first.
            Conflict,
            /// It fails.
            Unavailable { retryable: bool },
        }";
        let codes = codes(errors, storage).unwrap();
        let found = |code: &str| (codes[code].retryable.as_str(), codes[code].when.as_str());
        assert_eq!(found("gone"), ("no", "Not there, or gone."));
        assert_eq!(found("unknown"), ("yes", "Nobody knows."));
        assert_eq!(found("conflict"), ("yes", "Somebody was first."));
        assert_eq!(found("storage_unavailable"), ("the error says", "It fails."));
        assert!(super::codes(errors, "enum StorageError { Conflict }").is_err());
    }
}
