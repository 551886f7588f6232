#!/bin/bash
# cron 0.17.0 (Rust): in the night when clocks go back, the times of "every 30 minutes" come out of order.
#
# `Schedule::after` promises upcoming times and gives, for Europe/Berlin on 2026-10-25, 02:00 summer time, then 02:00 winter
# time, then 02:30 summer time, which is half an hour before the one given last. A loop that sleeps until each in turn runs
# the 02:30 job late, and one that refuses to go back leaves it out. croner 4.0.3 gives the same eight times in order.
#
# Seen: times in UTC 23:00 23:30 00:00 01:00 00:30 01:30 02:00 02:30 from cron; sorted from croner.
# Builds in a temporary folder from crates.io. Fails if the behaviour changes.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
cargo init -q --vcs none --name autumn .
cat >> Cargo.toml <<'TOML'
cron = "=0.17.0"
croner = "=4.0.3"
chrono = "=0.4.42"
chrono-tz = "=0.10.4"
TOML
cat > src/main.rs <<'RUST'
use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::{Europe::Berlin, Tz};
use std::str::FromStr;

fn print(name: &str, times: impl Iterator<Item = DateTime<Tz>>) {
    let times: Vec<String> = times.take(8).map(|time| time.with_timezone(&Utc).format("%H:%M").to_string()).collect();
    println!("{name} {}", times.join(" "));
}

fn main() {
    let from = Berlin.with_ymd_and_hms(2026, 10, 25, 0, 50, 0).unwrap();
    print("cron", cron::Schedule::from_str("0 0,30 * * * *").unwrap().after(&from));
    print("croner", croner::Cron::from_str("0,30 * * * *").unwrap().iter_after(from));
}
RUST
cargo run -q | tee out
diff out - <<'TXT' || { echo "they behave differently now" >&2; exit 1; }
cron 23:00 23:30 00:00 01:00 00:30 01:30 02:00 02:30
croner 23:00 23:30 00:00 00:30 01:00 01:30 02:00 02:30
TXT
echo "as described"
