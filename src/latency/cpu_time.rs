//! How much of the machine's time went to others.

use std::fs;

/// Clock ticks since the system and since this program started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CpuTime {
    /// All cores, idle included.
    total: u64,
    /// All cores, idle and waiting for disks left out; time stolen by other virtual machines counts.
    busy: u64,
    /// This program, all threads.
    own: u64,
}

impl CpuTime {
    /// The counters now; `None` where the system has no such files.
    pub(super) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&stat, &own)
    }

    fn parse(stat: &str, own: &str) -> Option<Self> {
        // cpu user nice system idle iowait irq softirq steal; guests are part of user and nice.
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).take(8).collect();
        let total: u64 = ticks.iter().sum();
        let idle = ticks.get(3)? + ticks.get(4).copied().unwrap_or(0);
        // The program's name may hold spaces and brackets; utime and stime are the 12th and 13th field after it.
        let (_, fields) = own.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(11);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        Some(Self { total, busy: total - idle, own: user + system })
    }

    /// Share of all cores' time since `begun` that went to anybody but this program. Range: 0–1; `None` before the
    /// counters have moved.
    pub(super) fn foreign_share_since(&self, begun: &Self) -> Option<f64> {
        let total = self.total.checked_sub(begun.total).filter(|&ticks| ticks > 0)?;
        let busy = self.busy.saturating_sub(begun.busy);
        let own = self.own.saturating_sub(begun.own);
        Some((busy.saturating_sub(own) as f64 / total as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: 10 user, 1 nice, 4 system, 70 idle, 5 waiting, 1 + 2 interrupts, 7 stolen: 100 ticks, 25 busy.
    /// Own: 11 user and 3 system.
    #[test]
    fn counters_are_read_from_both_files() {
        let stat = "cpu  10 1 4 70 5 1 2 7 0 0\ncpu0 5 0 2 35 2 0 1 3 0 0\n";
        let own = "42 (a ) name) R 1 42 42 0 -1 4194304 100 0 0 0 11 3 0 0 20 0 1 0 12345";
        let expected = CpuTime { total: 100, busy: 25, own: 14 };
        assert_eq!(CpuTime::parse(stat, own), Some(expected), "all counters");
        assert_eq!(CpuTime::parse("intr 1 2", own), None, "another file");
    }

    #[test]
    fn the_share_of_others_leaves_this_program_out() {
        let begun = CpuTime { total: 100, busy: 25, own: 14 };
        let now = CpuTime { total: 300, busy: 125, own: 94 };
        assert_eq!(now.foreign_share_since(&begun), Some(0.1), "100 busy less 80 own, of 200");
        assert_eq!(begun.foreign_share_since(&begun), None, "no tick yet");
        let only_us = CpuTime { total: 300, busy: 100, own: 94 };
        assert_eq!(only_us.foreign_share_since(&begun), Some(0.0), "counters that lag are no negative share");
    }
}
