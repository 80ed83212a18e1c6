//! A PostgreSQL server of a test's own: in a temporary directory, on a free port, as an ordinary
//! user, and gone with the test.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use creel::storage::{PostgresOptions, PostgresPool};
use futures_lite::future::block_on;

/// The password of the server's one user.
pub const PASSWORD: &str = "hunter2-sesame";

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it is killed when dropped.
#[derive(Debug)]
pub struct Server {
    directory: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
    settings: Vec<String>,
    postmaster: Option<Child>,
}

impl Server {
    /// Makes and starts a server with settings such as `max_connections=300`.
    ///
    /// # Panics
    /// Where there is no PostgreSQL, or it doesn't start.
    pub fn start(settings: &[&str]) -> Self {
        // A password is checked by thousands of hashes, which an unoptimised build feels.
        Self::make("trust", settings, &[])
    }

    /// Makes and starts a server that asks for the password, and in whose directory are copies of
    /// files that are its user's alone.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_guarded(settings: &[&str], files: &[&Path]) -> Self {
        Self::make("scram-sha-256", settings, files)
    }

    fn make(auth: &str, settings: &[&str], files: &[&Path]) -> Self {
        let programs = programs().expect("PostgreSQL's programs are not installed");
        let directory = tempfile::tempdir().unwrap();
        let user = other_user();
        if let Some((uid, gid)) = user {
            chown(directory.path(), Some(uid), Some(gid)).unwrap();
        }
        for file in files {
            let copy = directory.path().join(file.file_name().unwrap());
            std::fs::copy(file, &copy).unwrap();
            std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o600)).unwrap();
            if let Some((uid, gid)) = user {
                chown(copy, Some(uid), Some(gid)).unwrap();
            }
        }
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut server = Self { directory, programs, port: 0, user, settings, postmaster: None };
        let password = server.directory.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let made = server
            .command("initdb")
            .args(["--username=creel", "--auth", auth, "--no-sync", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(server.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {made:?}");
        server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        server.restart();
        server
    }

    /// Returns the server's directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the server's database.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Returns the URL of another database of the server.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://creel:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the place of a store, as [`crate::place::open`] takes it.
    pub fn place(&self, store: &str) -> String {
        format!("{}#{store}", self.url())
    }

    /// Makes a pool with the options for tests.
    ///
    /// # Panics
    /// Where that fails.
    pub fn pool(&self) -> PostgresPool {
        block_on(PostgresPool::connect(&self.url(), patient())).unwrap()
    }

    /// Runs SQL by `psql` and returns what it prints.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub fn sql(&self, text: &str) -> String {
        self.sql_in("postgres", text)
    }

    /// Runs SQL by `psql` in a database and returns what it prints.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub fn sql_in(&self, database: &str, text: &str) -> String {
        let output = self
            .command("psql")
            .args([&self.url_of(database), "-AXqt", "-v", "ON_ERROR_STOP=1", "-c", text])
            .output()
            .unwrap();
        assert!(output.status.success(), "{text}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Waits until no pool is connected any more.
    ///
    /// # Panics
    /// Where that takes longer than the server's patience.
    pub fn wait_until_unused(&self) {
        let deadline = Instant::now() + PATIENCE;
        let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'creel'";
        while self.sql(open) != "0" {
            assert!(Instant::now() < deadline, "a pool stays connected");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills the postmaster with -9, as the kernel does when memory is short.
    ///
    /// # Panics
    /// Where the server isn't running.
    pub fn kill(&mut self) {
        let mut postmaster = self.postmaster.take().unwrap();
        postmaster.kill().unwrap();
        postmaster.wait().unwrap();
    }

    /// Stops the server at once, without a checkpoint, as a crash of one of its processes does.
    ///
    /// # Panics
    /// Where the server isn't running.
    pub fn stop_immediately(&mut self) {
        let mut postmaster = self.postmaster.take().unwrap();
        let pid = postmaster.id().to_string();
        assert!(Command::new("kill").args(["-QUIT", &pid]).status().unwrap().success());
        postmaster.wait().unwrap();
    }

    /// Starts the server, which recovers from how it ended.
    ///
    /// # Panics
    /// Where it doesn't start.
    pub fn restart(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut postmaster = self.postmaster();
            while postmaster.try_wait().unwrap().is_none() {
                if self.is_ready() {
                    self.postmaster = Some(postmaster);
                    return;
                }
                assert!(Instant::now() < deadline, "{}", self.log());
                std::thread::sleep(Duration::from_millis(20));
            }
            // The children of a killed one may still have its memory for a moment.
            assert!(Instant::now() < deadline, "{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns what the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn postmaster(&self) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.path().join("log"))
            .unwrap();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data());
        command.arg("-k").arg(self.directory.path());
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    fn is_ready(&self) -> bool {
        let port = self.port.to_string();
        let mut command = self.command("pg_isready");
        command.args(["-q", "-h", "127.0.0.1", "-p", &port]).status().unwrap().success()
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.directory.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.postmaster.is_some() {
            self.stop_immediately();
        }
    }
}

/// Returns options for a machine with much else to do, where a call may take longer than a user
/// would wait.
pub fn patient() -> PostgresOptions {
    let mut options = PostgresOptions::default();
    options.connect_timeout_ms = 120_000;
    options.statement_timeout_ms = 120_000;
    options
}

/// Returns the directory of the newest PostgreSQL, or of the one that `CREEL_POSTGRES` names.
pub fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CREEL_POSTGRES") {
        return Some(named.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let newest = versions.filter_map(|entry| version(entry.ok()?)).max()?;
    Some(PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin")))
}

/// PostgreSQL refuses to run as root, so root runs it as the system's user for that, or as nobody.
fn other_user() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    user("postgres").or_else(|| user("nobody"))
}
