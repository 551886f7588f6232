//! Numbers that show how the daemon does, and Prometheus' text format (0.0.4) for them.
//!
//! Whoever counts makes [`Metric`]s when somebody asks; nothing here is on the way of a message but [`Histogram::observe`].

use std::fmt::Write;
use std::time::Duration;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows while the daemon runs.
    Counter,
    /// It goes either way.
    Gauge,
    /// How many of what was measured are not above each bound.
    Histogram,
}

/// One number, or one for each set of labels.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name, without the prefix that all have but those of the process.
    pub name: &'static str,
    /// What it counts, one line.
    pub help: &'static str,
    /// How it moves.
    pub kind: MetricKind,
    /// The numbers.
    pub samples: Vec<Sample>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Behind the name: of histograms `_bucket`, `_sum`, `_count`.
    pub suffix: &'static str,
    /// As printed, without braces: `state="online"`; may be empty.
    pub labels: String,
    /// The number.
    pub value: f64,
}

impl Metric {
    /// A number without labels that only grows.
    pub fn counter(name: &'static str, help: &'static str, value: f64) -> Metric {
        Metric { kind: MetricKind::Counter, ..Metric::gauge(name, help, value) }
    }

    /// A number without labels that goes either way.
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Metric {
        let samples = vec![Sample { suffix: "", labels: String::new(), value }];
        Metric { name, help, kind: MetricKind::Gauge, samples }
    }

    /// Numbers by labels, as [`labels`] prints them. Without any, nothing is shown but what they would be.
    pub fn labelled(
        kind: MetricKind,
        (name, help): (&'static str, &'static str),
        samples: impl IntoIterator<Item = (String, f64)>,
    ) -> Metric {
        let samples = samples.into_iter().map(|(labels, value)| Sample { suffix: "", labels, value }).collect();
        Metric { name, help, kind, samples }
    }

    /// Measurements, each histogram under its labels.
    pub fn histogram<'a>(
        (name, help): (&'static str, &'static str),
        all: impl IntoIterator<Item = (String, &'a Histogram)>,
    ) -> Metric {
        let samples = all.into_iter().flat_map(|(labels, histogram)| histogram.samples(&labels)).collect();
        Metric { name, help, kind: MetricKind::Histogram, samples }
    }

    /// The sum over all labels.
    pub fn total(&self) -> f64 {
        self.samples.iter().filter(|sample| sample.suffix.is_empty()).map(|sample| sample.value).sum()
    }
}

/// `a="b",c="d"`, with what must be escaped in values.
pub fn labels(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        let comma = if out.is_empty() { "" } else { "," };
        let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        let _ = write!(out, "{comma}{name}=\"{value}\"");
    }
    out
}

/// Measured values, counted by size.
#[derive(Clone, Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One more than bounds: what is above all of them.
    counts: Box<[u64]>,
    sum: f64,
}

impl Histogram {
    /// With these upper bounds, growing.
    pub fn new(bounds: &'static [f64]) -> Histogram {
        Histogram { bounds, counts: vec![0; bounds.len() + 1].into(), sum: 0.0 }
    }

    /// Counts one.
    pub fn observe(&mut self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.len());
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.sum += value;
    }

    /// Counts a time, in seconds.
    pub fn observe_time(&mut self, time: Duration) {
        self.observe(time.as_secs_f64());
    }

    fn samples(&self, own: &str) -> Vec<Sample> {
        let mut below = 0;
        let mut out = Vec::with_capacity(self.counts.len() + 2);
        let comma = if own.is_empty() { "" } else { "," };
        let bounds = self.bounds.iter().map(f64::to_string).chain(["+Inf".to_string()]);
        for (count, bound) in self.counts.iter().zip(bounds) {
            below += count;
            let labels = format!("{own}{comma}le=\"{bound}\"");
            out.push(Sample { suffix: "_bucket", labels, value: below as f64 });
        }
        out.push(Sample { suffix: "_sum", labels: own.to_string(), value: self.sum });
        out.push(Sample { suffix: "_count", labels: own.to_string(), value: below as f64 });
        out
    }
}

/// The Content-Type of what [`print()`] gives.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All of them as text.
pub fn print(metrics: &[Metric]) -> String {
    let mut out = String::new();
    for Metric { name, help, kind, samples } in metrics {
        let prefix = if name.starts_with("process_") { "" } else { "botmother_" };
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let _ = write!(out, "# HELP {prefix}{name} {help}\n# TYPE {prefix}{name} {kind}\n");
        for Sample { suffix, labels, value } in samples {
            let (open, close) = if labels.is_empty() { ("", "") } else { ("{", "}") };
            let _ = writeln!(out, "{prefix}{name}{suffix}{open}{labels}{close} {value}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed() {
        let mut times = Histogram::new(&[0.5, 2.0]);
        [0.5, 0.25, 1.0, 7.0].into_iter().for_each(|value| times.observe(value));
        let all = [
            Metric::gauge("up", "Up.", 3.0),
            Metric::labelled(MetricKind::Counter, ("tries_total", "Tries."), [(labels(&[("why", "a\"b\\\n")]), 1.0)]),
            Metric::histogram(("wait_seconds", "Waits."), [(labels(&[("via", "poll")]), &times)]),
            Metric::gauge("process_threads", "Threads.", 0.5),
        ];
        let text = print(&all);
        let wanted = "# HELP botmother_up Up.\n# TYPE botmother_up gauge\nbotmother_up 3\n\
            # HELP botmother_tries_total Tries.\n# TYPE botmother_tries_total counter\n\
            botmother_tries_total{why=\"a\\\"b\\\\\\n\"} 1\n\
            # HELP botmother_wait_seconds Waits.\n# TYPE botmother_wait_seconds histogram\n\
            botmother_wait_seconds_bucket{via=\"poll\",le=\"0.5\"} 2\n\
            botmother_wait_seconds_bucket{via=\"poll\",le=\"2\"} 3\n\
            botmother_wait_seconds_bucket{via=\"poll\",le=\"+Inf\"} 4\n\
            botmother_wait_seconds_sum{via=\"poll\"} 8.75\nbotmother_wait_seconds_count{via=\"poll\"} 4\n\
            # HELP process_threads Threads.\n# TYPE process_threads gauge\nprocess_threads 0.5\n";
        assert_eq!(text, wanted);
    }
}
