//! Who may connect over WebSocket: whoever shows the token, and of web pages only those of the
//! origins that were named. A browser says which page asks, so no other page can use the token.

use std::fs;
use std::path::Path;

use async_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use async_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq;

use crate::failure::Failure;

/// The variable that holds the token unless a file does.
const VARIABLE: &str = "CREEL_TOKEN";
/// The subprotocol; a page, which can set no header, shows the token as another one beside it.
const PROTOCOL: &str = "creel";
const TOKEN_PROTOCOL: &str = "creel.token.";

pub(super) struct Access {
    token: String,
    origins: Vec<String>,
}

impl Access {
    /// Reads the token from the file, or from the environment if there is none.
    pub(super) fn new(file: Option<&Path>, origins: &[String]) -> Result<Self, Failure> {
        let text = match file {
            Some(file) => fs::read_to_string(file).map_err(|error| {
                Failure::other("token", format!("{} can't be read: {error}", file.display()))
            })?,
            None => std::env::var(VARIABLE).map_err(|_| {
                let message = format!("ws:// needs a token: --token-file FILE or {VARIABLE}");
                Failure::Usage(message)
            })?,
        };
        let token = text.trim().to_owned();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "the token must be of visible ASCII characters, without spaces";
            return Err(Failure::other("token", message));
        }
        Ok(Self { token, origins: origins.to_vec() })
    }

    /// Lets a client in, or says with which status it is refused.
    #[expect(clippy::result_large_err, reason = "the type is the handshake's")]
    pub(super) fn check(
        &self,
        request: &Request,
        mut response: Response,
    ) -> Result<Response, ErrorResponse> {
        if let Some(origin) = request.headers().get(header::ORIGIN) {
            let allowed = self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
            if !allowed {
                return Err(refusal(StatusCode::FORBIDDEN, "the origin is not allowed"));
            }
        }
        let protocols = protocols(request);
        let shown = bearer(request).or_else(|| {
            protocols.iter().find_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL))
        });
        if !shown.is_some_and(|shown| self.is_token(shown)) {
            let mut refusal = refusal(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
            add(refusal.headers_mut(), header::WWW_AUTHENTICATE, "Bearer");
            return Err(refusal);
        }
        if protocols.contains(&PROTOCOL) {
            add(response.headers_mut(), header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        }
        Ok(response)
    }

    fn is_token(&self, shown: &str) -> bool {
        shown.as_bytes().ct_eq(self.token.as_bytes()).into()
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
