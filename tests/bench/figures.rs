//! What a run gives: rates, latencies, processor time, and what went wrong on the way; and the table of all runs.

use std::fs;
use std::time::{Duration, Instant};

/// The figures of one run of one task by one system.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Messages a second, from the first request to the last arrival.
    pub rate: f64,
    /// p50 and p99 in ms.
    pub latency: (f64, f64),
    /// Processor time of the system under test and of the XMPP server, µs a message.
    pub cpu: f64,
    pub server_cpu: f64,
    pub faults: Faults,
}

impl Run {
    /// Of a run that ended with an error: nothing of it counts as arrived.
    pub fn broken(messages: usize) -> Run {
        let faults = Faults { lost: messages, ..Faults::default() };
        Run { latency: (f64::NAN, f64::NAN), cpu: f64::NAN, server_cpu: f64::NAN, faults, rate: 0.0 }
    }
}

/// What must be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub lost: usize,
    pub doubled: usize,
    pub reordered: usize,
    /// Answers that are no success; each was tried again.
    pub refused: usize,
}

/// Counts numbered messages of several streams as they arrive; within a stream their order matters.
pub struct Tally {
    seen: Vec<Vec<bool>>,
    highest: Vec<usize>,
    pub arrived: usize,
    pub expected: usize,
    doubled: usize,
    reordered: usize,
    pub last: Instant,
}

impl Tally {
    /// So many are `expected` over all streams, at most `each` in one.
    pub fn new(streams: usize, each: usize, expected: usize) -> Tally {
        Tally {
            seen: vec![vec![false; each]; streams],
            highest: vec![0; streams],
            arrived: 0,
            expected,
            doubled: 0,
            reordered: 0,
            last: Instant::now(),
        }
    }

    /// Notes one; false if it came before.
    pub fn note(&mut self, stream: usize, number: usize) -> bool {
        if std::mem::replace(&mut self.seen[stream][number], true) {
            self.doubled += 1;
            return false;
        }
        if number < self.highest[stream] {
            self.reordered += 1;
        }
        self.highest[stream] = self.highest[stream].max(number);
        self.arrived += 1;
        self.last = Instant::now();
        true
    }

    pub fn is_full(&self) -> bool {
        self.arrived == self.expected
    }

    pub fn faults(&self, refused: usize) -> Faults {
        let lost = self.expected - self.arrived;
        Faults { lost, doubled: self.doubled, reordered: self.reordered, refused }
    }
}

/// p50 and p99.
pub fn percentiles(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values.get(((values.len() as f64 * part) as usize).min(values.len().saturating_sub(1)));
    (at(0.50).copied().unwrap_or(f64::NAN), at(0.99).copied().unwrap_or(f64::NAN))
}

/// Processor time of a process so far, all its threads. By schedstat, which counts nanoseconds; threads that ended
/// since the last reading are missed, but none of ours do.
pub fn cpu_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |thread: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(of).sum())
}

/// Resident memory of a process, in MB.
pub fn resident(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

/// All runs of one task.
pub struct Row {
    pub task: String,
    pub latency_of: &'static str,
    /// By system: its name and its runs. The first is the bare loop.
    pub runs: Vec<(String, Vec<Run>)>,
}

pub const HEADER: &str = "\
| | program | /s | to the bare loop | latency of | p50 / p99 ms | CPU µs a message | the server's µs | lost, doubled, \
reordered, refused |\n\
|---|---|---|---|---|---|---|---|---|";

impl Row {
    /// Lines of Markdown, one for each system: medians, and behind the rates how far the runs lie apart.
    pub fn print(&self) -> String {
        let done = self.runs.iter().filter(|(_, runs)| !runs.is_empty());
        let lines: Vec<String> = done.map(|(name, runs)| self.line(name, runs)).collect();
        lines.join("\n")
    }

    fn line(&self, name: &str, runs: &[Run]) -> String {
        let of = |runs: &[Run], what: fn(&Run) -> f64| median(runs.iter().map(what).collect());
        let (bare, rate) = (of(&self.runs[0].1, |run| run.rate), of(runs, |run| run.rate));
        format!(
            "| {} | {name} | {rate:.0} (±{:.0} %) | {} | {} | {} / {} | {} | {} | {} |",
            self.task,
            spread(&runs.iter().map(|run| run.rate).collect::<Vec<_>>()),
            digits(rate / bare),
            self.latency_of,
            digits(of(runs, |run| run.latency.0)),
            digits(of(runs, |run| run.latency.1)),
            // What has no process of its own costs the server's.
            digits(Some(of(runs, |run| run.cpu)).filter(|cpu| *cpu > 0.0).unwrap_or(f64::NAN)),
            digits(of(runs, |run| run.server_cpu)),
            faults(runs),
        )
    }
}

fn faults(runs: &[Run]) -> String {
    let add = |what: fn(&Faults) -> usize| runs.iter().map(|run| what(&run.faults)).sum::<usize>();
    [add(|f| f.lost), add(|f| f.doubled), add(|f| f.reordered), add(|f| f.refused)].map(|n| n.to_string()).join(", ")
}

fn digits(value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_string(),
        value if value < 10.0 => format!("{value:.2}"),
        value => format!("{value:.1}"),
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How far values lie apart: half of (max − min), in percent of the median.
pub fn spread(values: &[f64]) -> f64 {
    let (least, most) = (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(0.0, f64::max));
    if most <= least { 0.0 } else { (most - least) / median(values.to_vec()) * 50.0 }
}
