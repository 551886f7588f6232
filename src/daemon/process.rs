//! Numbers of the process, as the kernel has them (proc(5)), under the names that Prometheus' own libraries use; and a signal
//! to itself.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::core::handle::Metric;
use crate::net;

/// Ticks a second in /proc, on every Linux that we run on.
const TICKS: f64 = 100.0;

/// Has the configuration read anew, as the signal HUP does.
pub(super) fn reload() {
    if let Err(error) = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP) {
        log::error!("the configuration is not read anew: {error}");
    }
}

/// All of them; what the kernel does not say is left out.
pub(super) fn metrics() -> Vec<Metric> {
    let mut all = Vec::new();
    let mut gauge = |name, help, value: Option<f64>| all.extend(value.map(|value| Metric::gauge(name, help, value)));
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may have spaces; what follows has not.
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(1).map(number).collect();
    let field = |index: usize| fields.get(index).copied();
    let page = rustix::param::page_size() as f64;
    let uptime = net::now().mono.as_secs_f64();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    gauge(
        "process_resident_memory_bytes",
        "Memory in use, files mapped into it included.",
        field(20).map(|n| n * page),
    );
    gauge("process_virtual_memory_bytes", "Address space in use.", field(19));
    gauge("process_threads", "Threads.", field(16));
    gauge("process_start_time_seconds", "When it began, Unix time.", Some((now - uptime).floor()));
    let files = fs::read_dir("/proc/self/fd").map(|files| files.count().saturating_sub(1) as f64).ok();
    gauge("process_open_fds", "Open files and connections.", files);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    gauge("process_max_fds", "How many it may have.", limit.map(|limit| limit as f64));
    let cpu = field(10).zip(field(11)).map(|(user, system)| (user + system) / TICKS);
    all.extend(cpu.map(|cpu| Metric::counter("process_cpu_seconds_total", "Time of the processor it has used.", cpu)));
    all
}

/// Bytes in memory; 0 where the kernel does not say.
pub(super) fn memory() -> u64 {
    let all = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = all.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_plausible() {
        let all = metrics();
        let of = |name: &str| all.iter().find(|metric| metric.name == name).map(Metric::total).unwrap();
        assert!(of("process_resident_memory_bytes") > 1e6 && of("process_resident_memory_bytes") < 1e11);
        assert!(of("process_virtual_memory_bytes") >= of("process_resident_memory_bytes"));
        assert!(of("process_threads") >= 1.0 && of("process_threads") < 1e4);
        assert!(of("process_open_fds") >= 3.0 && of("process_open_fds") <= of("process_max_fds"));
        assert!(of("process_start_time_seconds") > 1.7e9);
        assert!(of("process_cpu_seconds_total") >= 0.0 && of("process_cpu_seconds_total") < 1e6);
    }
}
