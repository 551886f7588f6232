#!/bin/bash
# rrule 0.14.0 (Rust): an event with RDATE and without RRULE loses its own start.
#
# RFC 5545 §3.8.5.2 builds the recurrence set from DTSTART together with what RDATE adds, and §3.8.2.4 calls DTSTART the
# first instance. The crate gives the added date alone. python-dateutil 2.9.0 behaves alike when it parses such a text;
# recurring-ical-events 3.8.2, which reads whole events, gives both.
#
# Seen: 1 date from the crate, 2 from recurring-ical-events, for a start on 1 January and an added date on 5 January.
# Builds and installs in a temporary folder from crates.io and PyPI. Fails if the behaviour changes.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
cargo init -q --vcs none --name start .
echo 'rrule = "=0.14.0"' >> Cargo.toml
cat > src/main.rs <<'RUST'
fn main() {
    let text = "DTSTART;TZID=Europe/Berlin:20260101T090000\nRDATE;TZID=Europe/Berlin:20260105T090000";
    let set: rrule::RRuleSet = text.parse().unwrap();
    println!("crate {:?}", set.all(10).dates.iter().map(|date| date.to_rfc3339()).collect::<Vec<_>>());
}
RUST
cargo run -q | tee out
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check recurring-ical-events==3.8.2 python-dateutil==2.9.0.post0
venv/bin/python - <<'PY' | tee -a out
import icalendar, recurring_ical_events
from dateutil.rrule import rrulestr
text = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r
DTSTART;TZID=Europe/Berlin:20260101T090000\r\nDTEND;TZID=Europe/Berlin:20260101T100000\r
RDATE;TZID=Europe/Berlin:20260105T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
events = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between((2026, 1, 1), (2026, 2, 1))
print("recurring-ical-events", [event["DTSTART"].dt.isoformat() for event in events])
dates = list(rrulestr("DTSTART:20260101T090000\nRDATE:20260105T090000", forceset=True))
print("dateutil", [date.isoformat() for date in dates])
PY
diff out - <<'TXT' || { echo "they behave differently now" >&2; exit 1; }
crate ["2026-01-05T09:00:00+01:00"]
recurring-ical-events ['2026-01-01T09:00:00+01:00', '2026-01-05T09:00:00+01:00']
dateutil ['2026-01-05T09:00:00']
TXT
echo "as described"
