//! Where it was measured: processor, threads, and whether anybody else was at work.

use std::fs;

use serde::Serialize;

use crate::latency::cpu_time::CpuTime;
use crate::tensor;

/// Share of all cores' time that other processes may take before a warning.
///
/// On two cores that is a tenth of one core: daemons stay below; a compiler or a browser with a film does not.
const BUSY_SHARE: f64 = 0.05;
/// Load average before the start, per core, that counts as busy where the system does not tell more.
const BUSY_LOAD: f64 = 0.3;

/// The machine and its state. What the system does not tell is `None`, or `unknown` for the processor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Logical cores.
    pub cores: usize,
    /// Threads that computed.
    pub threads: usize,
    /// Instruction set of the products: `AVX-512`, `AVX2` or `portable`.
    pub instruction_set: &'static str,
    /// Number format of weights and activations.
    pub precision: &'static str,
    /// Where the model computed: `cpu` with this program's own kernels, `candle`, `cuda:0`.
    pub device: String,
    /// Operating system, architecture and, where known, kernel.
    pub os: String,
    /// The power governor of the first core: `performance`, `powersave`, …
    pub governor: Option<String>,
    /// Load average of the minute before.
    pub load_before: Option<f64>,
    /// Load average of the last minute of measuring; this program is in it.
    pub load_after: Option<f64>,
    /// Share of all cores' time that went to anybody but this program while it measured, time stolen by other virtual
    /// machines included. Range: 0–1.
    pub foreign_share: Option<f64>,
    /// Version of this program.
    pub version: &'static str,
}

impl Machine {
    /// The machine as it is now, before anything is measured with `threads` threads.
    #[must_use]
    pub fn look(threads: usize) -> Self {
        let kernel = first_line("/proc/sys/kernel/osrelease").map_or_else(String::new, |kernel| format!(", {kernel}"));
        Self {
            cpu: cpu_model().unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads,
            instruction_set: tensor::instruction_set(),
            precision: "f32",
            device: "cpu".to_owned(),
            os: format!("{} {}{kernel}", std::env::consts::OS, std::env::consts::ARCH),
            governor: first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            load_before: load_average(),
            load_after: None,
            foreign_share: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Adds what became known while measuring since `begun`.
    pub(super) fn look_again(&mut self, begun: Option<CpuTime>) {
        self.load_after = load_average();
        self.foreign_share = begun.and_then(|begun| CpuTime::now()?.foreign_share_since(&begun));
    }

    /// Whether others were at work, so that times are not this program's alone.
    ///
    /// The time others took while it measured decides; where the system does not tell it, the load average before the
    /// start does. The latter remembers a minute that may be long over, the former does not.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match (self.foreign_share, self.load_before) {
            (Some(share), _) => share > BUSY_SHARE,
            (None, Some(load)) => load > BUSY_LOAD * self.cores as f64,
            (None, None) => false,
        }
    }

    /// What to say if the machine was busy.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        if !self.is_busy() {
            return None;
        }
        let reason = match (self.foreign_share, self.load_before) {
            (Some(share), _) => {
                format!("other programs took {:.0}% of its time while this was measured", 100.0 * share)
            }
            (None, Some(load)) => format!("its load average was {load:.2} on {} cores before the start", self.cores),
            (None, None) => return None,
        };
        Some(format!("the machine was busy: {reason}; times are less certain, ratios hold better than milliseconds"))
    }

    /// One line for people: processor, threads, instruction set, precision, system, load.
    #[must_use]
    pub fn summary(&self) -> String {
        let device = if self.device == "cpu" { String::new() } else { format!(" on {}", self.device) };
        let mut line = format!(
            "{}, {} of {} cores, {}, {}{device}, {}",
            self.cpu, self.threads, self.cores, self.instruction_set, self.precision, self.os
        );
        if let Some(governor) = &self.governor {
            line = format!("{line}, governor {governor}");
        }
        if let Some(load) = self.load_before {
            line = format!("{line}, load {load:.2} before");
        }
        if let Some(share) = self.foreign_share {
            line = format!("{line}, {:.1}% of the time went to others", 100.0 * share);
        }
        line
    }
}

/// Model of the processor, where the system tells.
#[must_use]
pub fn cpu_model() -> Option<String> {
    let from_file = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model_name(&text));
    from_file
        .or_else(|| sysctl("machdep.cpu.brand_string"))
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok().filter(|name| !name.is_empty()))
}

fn model_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let name = line.split_once(':')?.1.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Load average of the last minute.
fn load_average() -> Option<f64> {
    let text = first_line("/proc/loadavg").or_else(|| sysctl("vm.loadavg"))?;
    parse_load(&text)
}

/// `0.52 0.58 0.59 1/467 12345` or, from sysctl, `{ 0.52 0.58 0.59 }`.
fn parse_load(text: &str) -> Option<f64> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// A value of the system's own table, on macOS.
fn sysctl(name: &str) -> Option<String> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let output = std::process::Command::new("/usr/sbin/sysctl").args(["-n", name]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_found_in_its_file() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t: fpu\n";
        assert_eq!(model_name(text).as_deref(), Some("Some CPU @ 3 GHz"), "what follows the colon");
        assert_eq!(model_name("processor : 0"), None, "some systems do not say");
    }

    #[test]
    fn loads_are_read_as_both_systems_write_them() {
        assert_eq!(parse_load("0.52 0.58 0.59 1/467 12345"), Some(0.52), "Linux");
        assert_eq!(parse_load("{ 1.25 1.30 1.40 }"), Some(1.25), "macOS");
        assert_eq!(parse_load(""), None, "nothing");
    }

    #[test]
    fn a_busy_machine_is_named_with_its_reason() {
        let quiet = Machine { cores: 4, load_before: Some(3.0), foreign_share: Some(0.01), ..Machine::look(2) };
        assert_eq!(quiet.warning(), None, "the load average remembers what is over");
        let busy = Machine { foreign_share: Some(0.25), ..quiet.clone() };
        assert!(busy.warning().unwrap().contains("25% of its time"), "others at work: {:?}", busy.warning());
        let loaded = Machine { foreign_share: None, ..quiet.clone() };
        assert!(loaded.warning().unwrap().contains("3.00 on 4 cores"), "all that is known: {:?}", loaded.warning());
        let silent = Machine { foreign_share: None, load_before: None, ..quiet };
        assert!(!silent.is_busy(), "nothing known, nothing said");
    }

    #[test]
    fn the_summary_names_threads_and_precision() {
        let machine = Machine { cpu: "Some CPU".to_owned(), cores: 4, ..Machine::look(3) };
        let summary = machine.summary();
        assert!(summary.starts_with("Some CPU, 3 of 4 cores, "), "got {summary}");
        assert!(summary.contains(", f32, "), "got {summary}");
        let elsewhere = Machine { device: "cuda:0".to_owned(), ..machine };
        assert!(elsewhere.summary().contains(", f32 on cuda:0, "), "got {}", elsewhere.summary());
    }
}
