//! What `doctor` has found: told line by line, or as JSON at the end.

use crate::base::json::{self, Object};
use crate::cli::print;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Ok,
    Warn,
    Fail,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Report {
    /// Everything for a program, instead of lines.
    pub(super) as_json: bool,
    pub(super) has_failed: bool,
    pub(super) has_lost_server: bool,
    pub(super) has_refused_login: bool,
    findings: Vec<String>,
}

impl Report {
    /// One check.
    pub(super) fn say(&mut self, mark: Mark, what: &str, found: &str) {
        self.has_failed |= mark == Mark::Fail;
        self.tell(mark, what, found);
    }

    /// A server that cannot be reached is not our failure: the exit code says which of both.
    pub(super) fn say_lost(&mut self, what: &str, found: &str) {
        self.has_lost_server = true;
        self.tell(Mark::Fail, what, found);
    }

    /// Nor is one that refuses the login.
    pub(super) fn say_refused(&mut self, what: &str, found: &str) {
        self.has_refused_login = true;
        self.tell(Mark::Fail, what, found);
    }

    fn tell(&mut self, mark: Mark, what: &str, found: &str) {
        let (word, state) = match mark {
            Mark::Ok => ("ok  ", "ok"),
            Mark::Warn => ("warn", "warn"),
            Mark::Fail => ("FAIL", "fail"),
        };
        if self.as_json {
            self.findings.push(Object::new().text("check", what).text("state", state).text("text", found).end());
            return;
        }
        print(format_args!("{word}  {what}: {}\n", found.replace('\n', "\n      ")));
    }

    /// A step of a check, for people only.
    pub(super) fn step(&self, text: &str) {
        if !self.as_json {
            print(format_args!("      {text}\n"));
        }
    }

    /// The end of all.
    pub(super) fn end(self) -> Self {
        if self.as_json {
            let is_good = !(self.has_failed || self.has_lost_server || self.has_refused_login);
            let all = json::array(self.findings.iter().cloned());
            print(format_args!("{}\n", Object::new().truth("ok", is_good).raw("findings", &all).end()));
        }
        self
    }
}
