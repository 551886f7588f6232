//! A daemon started in a way of the test's own: another binary, a wrapping shell, a file system of its own.
//!
//! Used where [`Daemon`] does too much: measurements and faults of the machine. Files, configuration and port are those
//! of a [`Daemon`] that has been stopped.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::daemon::Daemon;

/// Killed when the test ends. With it comes what copies its log, where there is one.
pub struct Process(pub Child, Option<thread::JoinHandle<io::Result<u64>>>);

impl Process {
    /// Starts `program` where the daemon's own would be started: same arguments, same environment.
    pub fn spawn(daemon: &Daemon, program: &Path) -> Process {
        Process::wrapped(daemon, &[program.as_os_str().to_owned()], "info")
    }

    /// Starts the daemon's binary by a command line that ends in it: `sh -c 'exec "$@"' sh`.
    pub fn behind(daemon: &Daemon, wrapper: &[&str]) -> Process {
        let mut words: Vec<OsString> = wrapper.iter().map(OsString::from).collect();
        words.push(daemon.command(&[]).get_program().to_owned());
        Process::wrapped(daemon, &words, "debug")
    }

    fn wrapped(daemon: &Daemon, words: &[OsString], level: &str) -> Process {
        let original = daemon.command(&[]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(original.get_args());
        command.env_remove("BOTMOTHER_CONFIG").env("BOTMOTHER_LOG", level);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the daemon starts");
        // By a pipe: a limit on files, or a full disk, must not take the log away.
        let mut from = child.stderr.take().expect("piped");
        let mut log = File::options().append(true).create(true).open(daemon.log()).expect("a log file");
        let copying = thread::spawn(move || io::copy(&mut from, &mut log));
        Process(child, Some(copying))
    }

    /// One whose output goes where its command says.
    pub fn of(child: Child) -> Process {
        Process(child, None)
    }

    /// Waits until all that it said is in the log: for a process that has ended.
    pub fn read_to_end(&mut self) {
        if let Some(copying) = self.1.take() {
            copying.join().expect("no panic").expect("its log is copied");
        }
    }

    /// Waits until it answers.
    pub fn wait_serving(&mut self, daemon: &Daemon) {
        let begun = Instant::now();
        while daemon.http().call("GET", "/health", None, &[], "").is_none() {
            let ended = self.0.try_wait().expect("waited");
            assert!(ended.is_none(), "the daemon ended at its start: {ended:?}\n{}", daemon.log_text());
            assert!(begun.elapsed() < Duration::from_secs(20), "the daemon does not serve\n{}", daemon.log_text());
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.0)
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::TERM).expect("signalled");
        self.0.wait().expect("waited");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
