//! `Send` where threads exist, nothing on wasm: the one file that knows the difference.
//!
//! Natively the futures of a store may move between threads; in a browser a JavaScript handle may
//! not. Contracts ask for [`MaybeSend`] and [`MaybeSync`], so that an implementor writes plain
//! `async fn` in both worlds.

use std::future::Future;
use std::pin::Pin;

/// `Send` natively, everything on wasm.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Send` natively, everything on wasm.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}

/// `Sync` natively, everything on wasm.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSync: Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Sync + ?Sized> MaybeSync for T {}

/// `Sync` natively, everything on wasm.
#[cfg(target_family = "wasm")]
pub trait MaybeSync {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSync for T {}

/// An owned future that is `Send` natively.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An owned future that is `Send` natively.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A callback that is `Send` natively.
#[cfg(not(target_family = "wasm"))]
pub type BoxFn<T> = Box<dyn Fn(T) + Send + Sync>;

/// A callback that is `Send` natively.
#[cfg(target_family = "wasm")]
pub type BoxFn<T> = Box<dyn Fn(T)>;
