//! The address of a server: the URL's part for the driver, and what TLS it asks for.
//!
//! The URL holds a password, so no error here repeats any of it but the names of parameters.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::options::{PostgresOptions, invalid};
use crate::storage::{StorageError, StorageResult};

/// What is proven of the server before anything is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verify {
    /// Nothing: the connection is encrypted, if at all, against those who only listen.
    Nothing,
    /// That a trusted authority made its certificate.
    Authority,
    /// That, and that the certificate is for the host in the URL.
    Full,
}

/// A server, and how it is connected to.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) verify: Verify,
    /// A file of trusted authorities instead of the system's.
    pub(super) roots: Option<PathBuf>,
}

impl Address {
    /// Reads a URL `postgres://user:password@host:port/database?sslmode=…`.
    ///
    /// `sslmode` is libpq's: `disable`, `prefer` (the default), `require`, `verify-ca` or
    /// `verify-full`; `sslrootcert` names a file of authorities, or is `system`.
    pub(super) fn parse(url: &str, options: &PostgresOptions) -> StorageResult<Self> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(bad("must start with postgres:// or postgresql://"));
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut verify, mut roots) = (SslMode::Prefer, Verify::Nothing, None);
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => {
                    (mode, verify) = match value {
                        "disable" => (SslMode::Disable, Verify::Nothing),
                        "prefer" | "allow" => (SslMode::Prefer, Verify::Nothing),
                        "require" => (SslMode::Require, Verify::Nothing),
                        "verify-ca" => (SslMode::Require, Verify::Authority),
                        "verify-full" => (SslMode::Require, Verify::Full),
                        _ => {
                            return Err(bad(
                                "sslmode must be disable, prefer, require, verify-ca \
                                            or verify-full",
                            ));
                        }
                    };
                }
                Some(("sslrootcert", "system" | "")) => roots = None,
                Some(("sslrootcert", value)) => roots = Some(PathBuf::from(decode(value)?)),
                _ => rest.push(pair),
            }
        }
        let url =
            if rest.is_empty() { place.into() } else { format!("{place}?{}", rest.join("&")) };
        // The driver's own words could hold a part of the URL.
        let mut config = Config::from_str(&url).map_err(|_| {
            bad("can't be read: it must be postgres://user:password@host:port/database, with what \
                 is special in user and password percent-encoded, and libpq's parameters")
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(bad("names no host"));
        }
        config.ssl_mode(mode);
        prepare(&mut config, options);
        Ok(Self { config, verify, roots })
    }
}

/// Adds what every connection needs and the URL leaves open.
fn prepare(config: &mut Config, options: &PostgresOptions) {
    if config.get_application_name().is_none() {
        config.application_name("creel");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout());
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(options.patience());
    }
    config.keepalives_idle(Duration::from_secs(60));
    if !options.pooler {
        // Every statement goes by the primary key. A plan that was made while a table was empty
        // would read all of it for as long as the server keeps the plan.
        let settings = format!(
            "-c enable_seqscan=off -c jit=off -c statement_timeout={0} -c lock_timeout={0} \
             -c idle_in_transaction_session_timeout={0}",
            options.statement_timeout_ms
        );
        let given = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
        config.options(format!("{settings} {given}").trim());
    }
}

fn bad(reason: &str) -> StorageError {
    invalid("url", reason.into())
}

/// Undoes percent-encoding.
fn decode(text: &str) -> StorageResult<String> {
    let broken = || bad("sslrootcert is not percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next().ok_or_else(broken)?, rest.next().ok_or_else(broken)?];
            let digits = std::str::from_utf8(&digits).map_err(|_| broken())?;
            u8::from_str_radix(digits, 16).map_err(|_| broken())?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> StorageResult<Address> {
        Address::parse(url, &PostgresOptions::default())
    }

    #[test]
    fn sslmode_says_what_is_encrypted_and_what_is_verified() {
        for (parameter, mode, verify) in [
            ("", SslMode::Prefer, Verify::Nothing),
            ("?sslmode=disable", SslMode::Disable, Verify::Nothing),
            ("?sslmode=prefer", SslMode::Prefer, Verify::Nothing),
            ("?connect_timeout=3&sslmode=require", SslMode::Require, Verify::Nothing),
            ("?sslmode=verify-ca", SslMode::Require, Verify::Authority),
            ("?sslmode=verify-full&sslrootcert=system", SslMode::Require, Verify::Full),
        ] {
            let address = parse(&format!("postgres://user@host/db{parameter}")).unwrap();
            assert_eq!(
                (address.config.get_ssl_mode(), address.verify),
                (mode, verify),
                "{parameter}"
            );
            assert_eq!(address.roots, None);
        }
        let address =
            parse("postgresql://h/d?sslmode=verify-ca&sslrootcert=/a%20b/ca.pem").unwrap();
        assert_eq!(address.roots, Some(PathBuf::from("/a b/ca.pem")));
    }

    #[test]
    fn no_error_repeats_the_password() {
        for url in [
            "postgres://user:hunter2@host:port/db",
            "postgres://user:hunter2@host/db?sslmode=hunter2",
            "postgres://user:hunter2@host/db?hunter2=1",
            "postgres://user:hunter2%@host/db",
            "postgres://user:hunter2/db",
            "postgres://user:hunter2@",
            "postgres://user:hunter2@host/db?sslrootcert=%hunter2",
            "mysql://user:hunter2@host/db",
            "hunter2",
        ] {
            match parse(url) {
                Err(error @ StorageError::InvalidField { .. }) => {
                    let said = format!("{error} {error:?}");
                    assert!(!said.contains("hunter2"), "{url}: {said}");
                    assert!(said.starts_with("url: "), "{said}");
                }
                Ok(address) => {
                    assert!(!format!("{:?}", address.config).contains("hunter2"), "{url}")
                }
                Err(error) => panic!("{url}: {error}"),
            }
        }
    }
}
