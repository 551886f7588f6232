//! How long servers may be silent before the links to them are tested.
//!
//! A test costs the one who asks two wakeups, and a thousand sessions that test theirs every 150 seconds would never let a
//! small machine sleep. So the more sessions there are, the longer each waits, and they wait for common moments. That a
//! connection is dead the kernel finds out meanwhile, as soon as a test would ([`limits::TCP_PROBE_AFTER`]).

use std::time::Duration;

use crate::base::limits;

/// How long from now on (monotonic) the server of one of so many sessions may be silent.
pub(super) fn silence(sessions: usize, now: Duration) -> Duration {
    let sessions = u32::try_from(sessions).unwrap_or(u32::MAX);
    // Elsewhere the kernel does not watch the links for us.
    let max = if cfg!(target_os = "linux") { limits::IDLE_BEFORE_PING_MAX } else { limits::IDLE_BEFORE_PING };
    let silence = limits::IDLE_PER_SESSION.saturating_mul(sessions).clamp(limits::IDLE_BEFORE_PING, max);
    match sessions {
        0..=1 => silence,
        _ => floor(now + silence, limits::PING_TICK).saturating_sub(now),
    }
}

/// When a deadline is looked at: near ones then, others a little later, together with those of other sessions.
pub(super) fn shared(due: Duration, now: Duration) -> Duration {
    let is_near = due < now + 4 * limits::DEADLINE_STEP;
    if is_near { due } else { floor(due, limits::DEADLINE_STEP) + limits::DEADLINE_STEP }
}

/// The last multiple of `step` until then.
fn floor(at: Duration, step: Duration) -> Duration {
    at - Duration::from_nanos((at.as_nanos() % step.as_nanos()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn many_sessions_test_their_links_rarely_and_together() {
        assert_eq!(silence(1, ms(1_234)), limits::IDLE_BEFORE_PING);
        for (sessions, longest) in [(2, 150_000), (100, 400_000), (1_000, 900_000), (100_000, 900_000)] {
            let ends = [ms(7), ms(1_234), ms(29_999)].map(|now| {
                let silence = silence(sessions, now);
                assert!(silence <= ms(longest) && silence + limits::PING_TICK > ms(longest), "{silence:?}");
                now + silence
            });
            // Nothing of this is anybody's promise but that they end together.
            assert!(ends.iter().all(|end| end.as_millis() % limits::PING_TICK.as_millis() == 0));
        }
    }

    #[test]
    fn the_kernel_finds_a_dead_link_as_soon_as_a_test_would() {
        let probed = Duration::from_millis(limits::TCP_USER_TIMEOUT_MS.into());
        assert!(probed <= limits::IDLE_BEFORE_PING + limits::PING_TIMEOUT);
        // One lost probe is no dead link.
        assert!(limits::TCP_PROBE_AFTER + 3 * limits::TCP_PROBE_EVERY < probed);
    }

    #[test]
    fn far_deadlines_are_shared_and_none_is_late() {
        let now = ms(10_000);
        assert_eq!(shared(ms(10_300), now), ms(10_300));
        assert_eq!([shared(ms(30_001), now), shared(ms(30_400), now)], [ms(30_500); 2]);
        assert!(limits::DEADLINE_STEP * 2 < limits::LATE);
    }
}
