//! Who may connect over WebSocket: whoever shows a token, and of web pages only those of the
//! origins that were named. A browser says which page asks, so no other page can use the token.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::rc::Rc;

use async_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use async_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode, header};
use smol::channel::{Receiver, Sender, bounded};

use super::limits::Bucket;
use super::metrics::Metrics;
use super::tokens::{Grant, Hash, Tokens};
use crate::args::{Limits, Serve};
use crate::failure::Failure;

/// The variable that holds the token unless a file does.
const VARIABLE: &str = "CREEL_TOKEN";
/// The subprotocol; a page, which can set no header, shows the token as another one beside it.
const PROTOCOL: &str = "creel";
const TOKEN_PROTOCOL: &str = "creel.token.";
/// A client that asks for it is refused by a close frame with a code and a reason: a page learns
/// nothing of the status of a handshake.
const REASON_PROTOCOL: &str = "creel.reason";

/// What became of a handshake.
#[derive(Debug)]
pub(super) enum Outcome {
    Admitted(Admitted),
    /// The status, and why.
    Refused(u16, &'static str),
}

#[derive(Debug)]
pub(super) struct Access {
    tokens: Tokens,
    origins: Vec<String>,
    limits: Limits,
    metrics: Metrics,
    guests: RefCell<HashMap<Hash, Guests>>,
    numbers: Cell<u64>,
}

/// The connections of one token.
#[derive(Debug)]
struct Guests {
    bucket: Rc<Bucket>,
    open: HashMap<u64, (Admitted, Sender<()>)>,
}

/// Who was let in, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) token: Hash,
    pub(super) store: String,
    pub(super) read_only: bool,
}

/// A connection that counts as one of its token until it is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) bucket: Rc<Bucket>,
    /// Closed when the token does not open the store any more.
    pub(super) revoked: Receiver<()>,
    number: u64,
    token: Hash,
    access: Rc<Access>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut guests = self.access.guests.borrow_mut();
        let Some(own) = guests.get_mut(&self.token) else { return };
        own.open.remove(&self.number);
        if own.open.is_empty() {
            guests.remove(&self.token);
        }
    }
}

impl Access {
    /// Reads the tokens: those of a file, or the one for the store `only`, from its file or from the
    /// environment.
    pub(super) fn new(args: &Serve, only: Option<&str>) -> Result<Self, Failure> {
        let tokens = match (&args.tokens, only) {
            (Some(file), _) => Tokens::of_file(file)?,
            (None, Some(store)) => Tokens::one(&one(args)?, store),
            (None, None) => return Err(Failure::Usage("--stores needs --tokens".into())),
        };
        Ok(Self {
            tokens,
            origins: args.allow_origin.clone(),
            limits: args.limits.clone(),
            metrics: Metrics::default(),
            guests: RefCell::default(),
            numbers: Cell::new(0),
        })
    }

    /// Counts refusals into `metrics`.
    pub(super) fn counted(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Lets a client in, or says with which status it is refused.
    #[expect(clippy::result_large_err, reason = "the type is the handshake's")]
    pub(super) fn check(
        &self,
        request: &Request,
        mut response: Response,
        outcome: &Cell<Option<Outcome>>,
    ) -> Result<Response, ErrorResponse> {
        match self.admit(request) {
            Ok(guest) => outcome.set(Some(Outcome::Admitted(guest))),
            Err((status, label, reason)) => {
                self.metrics.refuse(label);
                tracing::warn!(status = status.as_u16(), label, "a client was refused");
                if protocols(request).contains(&REASON_PROTOCOL) {
                    outcome.set(Some(Outcome::Refused(status.as_u16(), reason)));
                    add(response.headers_mut(), header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
                    return Ok(response);
                }
                let mut refusal = refusal(status, reason);
                if status == StatusCode::UNAUTHORIZED {
                    add(refusal.headers_mut(), header::WWW_AUTHENTICATE, "Bearer");
                }
                return Err(refusal);
            }
        }
        if protocols(request).contains(&PROTOCOL) {
            add(response.headers_mut(), header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        }
        Ok(response)
    }

    fn admit(
        &self,
        request: &Request,
    ) -> Result<Admitted, (StatusCode, &'static str, &'static str)> {
        if let Some(origin) = request.headers().get(header::ORIGIN) {
            let allowed = self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
            if !allowed {
                return Err((StatusCode::FORBIDDEN, "origin", "the origin is not allowed"));
            }
        }
        let wanted = asked(request.uri().query().unwrap_or_default())
            .map_err(|reason| (StatusCode::BAD_REQUEST, "address", reason))?;
        let protocols = protocols(request);
        let shown = bearer(request).or_else(|| {
            protocols.iter().find_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL))
        });
        let Some(grant) = shown.and_then(|shown| self.tokens.find(shown)) else {
            return Err((StatusCode::UNAUTHORIZED, "token", "the token is missing or wrong"));
        };
        let store =
            choose(&grant, wanted).map_err(|reason| (StatusCode::FORBIDDEN, "store", reason))?;
        let open = self.guests.borrow().get(&grant.hash).map_or(0, |guests| guests.open.len());
        if open >= self.limits.max_token_connections {
            let reason = "the token has as many connections as it may";
            return Err((StatusCode::TOO_MANY_REQUESTS, "token_connections", reason));
        }
        Ok(Admitted { token: grant.hash, store, read_only: grant.read_only })
    }

    /// Counts a client that was let in.
    pub(super) fn enter(self: &Rc<Self>, admitted: &Admitted) -> Entry {
        let number = self.numbers.get();
        self.numbers.set(number + 1);
        let (revoke, revoked) = bounded(1);
        let mut guests = self.guests.borrow_mut();
        let own = guests.entry(admitted.token).or_insert_with(|| Guests {
            bucket: Rc::new(Bucket::new(&self.limits)),
            open: HashMap::new(),
        });
        own.open.insert(number, (admitted.clone(), revoke));
        let (bucket, access) = (Rc::clone(&own.bucket), Rc::clone(self));
        Entry { bucket, revoked, number, token: admitted.token, access }
    }

    /// Reads the tokens again, and ends the connections that they don't allow any more.
    pub(super) fn reload(&self) {
        match self.tokens.reload() {
            Ok(tokens) => tracing::info!(tokens, "the tokens were read again"),
            Err(_) => {
                tracing::error!("the tokens can't be read; those read before stay");
                return;
            }
        }
        for guests in self.guests.borrow().values() {
            for (admitted, revoke) in guests.open.values() {
                let grant = self.tokens.by_hash(&admitted.token);
                let stays = grant.is_some_and(|grant| {
                    grant.stores.contains(&admitted.store) && grant.read_only == admitted.read_only
                });
                if !stays {
                    revoke.close();
                }
            }
        }
    }
}

/// Reads the one token of a server that has one.
fn one(args: &Serve) -> Result<String, Failure> {
    let text = match &args.token_file {
        Some(file) => fs::read_to_string(file).map_err(|error| {
            Failure::other("token", format!("{} can't be read: {error}", file.display()))
        })?,
        None => std::env::var(VARIABLE).map_err(|_| {
            let message =
                format!("ws:// needs a token: --token-file FILE, --tokens FILE or {VARIABLE}");
            Failure::Usage(message)
        })?,
    };
    let token = text.trim().to_owned();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = "the token must be of visible ASCII characters, without spaces";
        return Err(Failure::other("token", message));
    }
    Ok(token)
}

/// Returns the store that an address asks for. What is in an address is logged by others, so a token
/// has no place there.
fn asked(query: &str) -> Result<Option<String>, &'static str> {
    let mut store = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "store" if store.is_none() => store = Some(value.into_owned()),
            "store" => return Err("the address names two stores"),
            _ => return Err("the address may have `store` alone; a token goes into a header"),
        }
    }
    Ok(store)
}

/// What the token does not open is refused in the same words, whether it is there or not.
fn choose(grant: &Grant, wanted: Option<String>) -> Result<String, &'static str> {
    match (wanted, &*grant.stores) {
        (Some(name), stores) if stores.contains(&name) => Ok(name),
        (Some(_), _) => Err("the token does not open this store"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err("the token opens several stores: name one in the address, ?store=NAME"),
    }
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn protocols(request: &Request) -> Vec<&str> {
    let values = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

fn refusal(status: StatusCode, reason: &str) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(Some(format!("{reason}\n")));
    *refusal.status_mut() = status;
    add(refusal.headers_mut(), header::CONNECTION, "close");
    refusal
}

fn add(
    headers: &mut async_tungstenite::tungstenite::http::HeaderMap,
    name: HeaderName,
    value: &'static str,
) {
    headers.insert(name, HeaderValue::from_static(value));
}
