//! Puts the functions of a module in an order in which it compresses well: like ones side by side.
//!
//! A compressor finds what it has seen shortly before. The functions of one generic are much the same for each type,
//! and the linker leaves them wherever they were first needed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, FunctionSection, Module, NameMap, NameSection};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Name, Naming, Payload, Result, TypeRef,
};

/// The length of what two functions may have in common.
const SEQUENCE: usize = 6;
/// What more functions than this have in common says nothing of any two.
const COMMON: usize = 200;
/// How many of the functions before it a function is to be like.
const NEAR: usize = 8;
/// Added to a function's length, so that the shortest are not taken for one common sequence.
const ALLOWANCE: f64 = 20.0;

/// Reorders the functions of a module.
#[derive(Debug, Parser)]
struct Args {
    /// The module.
    module: PathBuf,
    /// The file that receives the module in its new order.
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Args { module, out } = Args::parse();
    let data = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut ordered = Module::new();
    Ordered::of(&data)?.parse_core_module(&mut ordered, wasmparser::Parser::new(0), &data)?;
    fs::write(&out, ordered.finish()).with_context(|| format!("cannot write {}", out.display()))
}

/// An order of the functions that a module defines.
#[derive(Default)]
struct Ordered {
    /// How many functions it imports, which come before its own and stay where they are.
    imported: usize,
    /// Its own functions, by their new places.
    order: Vec<usize>,
    /// Their new places.
    places: Vec<usize>,
}

impl Ordered {
    fn of(data: &[u8]) -> anyhow::Result<Self> {
        let (mut imported, mut bodies) = (0, Vec::new());
        for payload in wasmparser::Parser::new(0).parse_all(data) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
                _ => {}
            }
        }
        let order = chain(&bodies);
        let mut places = vec![0; order.len()];
        for (place, function) in order.iter().enumerate() {
            places[*function] = place;
        }
        Ok(Self { imported, order, places })
    }
}

impl Reencode for Ordered {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let own = (function as usize).checked_sub(self.imported);
        let place = own.and_then(|own| self.places.get(own));
        Ok(place.map_or(function, |place| (self.imported + place) as u32))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>>>()?;
        for function in &self.order {
            functions.function(types[*function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function].clone())?;
        }
        Ok(())
    }

    fn parse_custom_name_subsection(
        &mut self,
        names: &mut NameSection,
        section: Name<'_>,
    ) -> Result<(), Error<Infallible>> {
        let Name::Function(functions) = section else {
            return utils::parse_custom_name_subsection(self, names, section);
        };
        let mut named = Vec::new();
        for naming in functions {
            let Naming { index, name } = naming?;
            named.push((self.function_index(index)?, name));
        }
        // Names go by index, and the indexes are others now.
        named.sort_unstable();
        let mut sorted = NameMap::new();
        for (index, name) in named {
            sorted.append(index, name);
        }
        names.functions(&sorted);
        Ok(())
    }
}

/// Begins with the longest function; the next is always the one that has most in common with the last few, for its
/// length.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let sequences: Vec<HashSet<&[u8]>> =
        bodies.iter().map(|body| body.windows(SEQUENCE).collect()).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, held) in sequences.iter().enumerate() {
        for sequence in held {
            holders.entry(sequence).or_default().push(function);
        }
    }
    holders.retain(|_, functions| functions.len() <= COMMON);
    // How many sequences each function has in common with those that are near.
    let mut common = vec![0_usize; bodies.len()];
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let (mut order, mut near) = (Vec::with_capacity(bodies.len()), VecDeque::new());
    let likeness = |function: usize, common: &[usize]| {
        common[function] as f64 / (sequences[function].len() as f64 + ALLOWANCE)
    };
    while let Some(at) = if order.is_empty() {
        (0..left.len()).max_by_key(|at| bodies[left[*at]].len())
    } else {
        (0..left.len())
            .max_by(|a, b| likeness(left[*a], &common).total_cmp(&likeness(left[*b], &common)))
    } {
        let function = left.remove(at);
        order.push(function);
        let mut count = |function: usize, add: bool| {
            let held = sequences[function].iter().filter_map(|sequence| holders.get(sequence));
            for other in held.flatten() {
                common[*other] = if add { common[*other] + 1 } else { common[*other] - 1 };
            }
        };
        count(function, true);
        near.push_back(function);
        if near.len() > NEAR
            && let Some(far) = near.pop_front()
        {
            count(far, false);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[test]
    fn like_functions_stand_side_by_side_and_none_is_lost() {
        let bodies: [&[u8]; 4] = [b"abcdefgh!", b"0123456789", b"abcdefgh?", b"012345678"];
        assert_eq!(chain(&bodies), [1, 3, 2, 0]);
        assert!(chain(&[]).is_empty());
    }
}
