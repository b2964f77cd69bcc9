//! Does memory grow with the rows of a data set? `evaluate` on made-up files of several lengths, each run in a process of
//! its own, with the largest memory that the system saw it hold (Linux only).
//!
//! Usage: `cargo bench --bench stream -- [--rows 20000,100000,1000000] [--strategy SPEC …]`. One JSON line a file, and one that says
//! by how many bytes a row more what is held has grown between the last two.

#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufWriter;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;

/// Files that are run where no others are asked for.
const ROWS: &str = "20000,100000,1000000";
/// What is run beside the dense model.
const STRATEGY: &str = "power_bert:retention=0.5";
/// Words of the fixture's vocabulary and some that it cuts to pieces.
const WORDS: [&str; 16] = [
    "the",
    "food",
    "was",
    "great",
    "and",
    "film",
    "slow",
    "unbelievable",
    "doctor",
    "quiet",
    "joy",
    "from",
    "first",
    "last",
    "disappointment",
    "scene",
];

/// One measured run.
struct Run {
    rows: usize,
    peak_bytes: u64,
}

/// Rows with a name, 3 to 10 words, a label, a group and a cluster of five rows.
fn write_rows(path: &Path, rows: usize) -> Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "id,text,label,group,cluster")?;
    let mut line = String::new();
    let mut state = 1_u64;
    for row in 0..rows {
        line.clear();
        write!(line, "row-{row},")?;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..3 + next(8) {
            write!(line, "{} ", WORDS[usize::try_from(next(WORDS.len() as u64))?])?;
        }
        let group = ["women", "men", "", "women;men"][usize::try_from(next(4))?];
        writeln!(file, "{line}.,{},{group},c{}", next(2), row / 5)?;
    }
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

/// The most that a process has held, in bytes.
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

fn measure(rows: usize, strategies: &[String], folder: &Path) -> Result<Run> {
    let (data, out) = (folder.join("data.csv"), folder.join("out"));
    let bytes = write_rows(&data, rows)?;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let mut command = Command::new(env!("CARGO_BIN_EXE_prunescope"));
    command.arg("evaluate").arg("--model").arg(model).arg("--data").arg(&data).arg("--out").arg(&out).arg("--force");
    command.args(["--group-by", "group", "--draws", "100", "--latency-rounds", "0", "--progress", "none"]);
    command.args(strategies.iter().flat_map(|spec| ["--strategy", spec]));
    let started = Instant::now();
    let mut child = command.stdout(std::process::Stdio::null()).spawn()?;
    let mut peak_bytes = 0;
    // The mark only rises, so that the last look before the end sees all but the last moments.
    let status = loop {
        peak_bytes = peak_of(child.id()).unwrap_or(0).max(peak_bytes);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if !status.success() || peak_bytes == 0 {
        bail!("{rows} rows: {status}, peak {peak_bytes} bytes");
    }
    let secs = started.elapsed().as_secs_f64();
    let written = std::fs::metadata(out.join("predictions.parquet"))?.len();
    println!(
        "{}",
        serde_json::json!({
            "rows": rows, "strategies": 1 + strategies.len(), "file_mib": mib(bytes), "predictions_mib": mib(written),
            "peak_mib": mib(peak_bytes), "secs": secs,
        })
    );
    Ok(Run { rows, peak_bytes })
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let values = |name: &str| -> Vec<String> {
        args.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1].clone()).collect()
    };
    let rows = values("--rows").pop().unwrap_or_else(|| ROWS.to_owned());
    let mut strategies = values("--strategy");
    if strategies.is_empty() {
        strategies.push(STRATEGY.to_owned());
    }
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let mut runs = Vec::new();
    for count in rows.split(',') {
        let count = count.trim().parse().with_context(|| format!("{count:?} is no number of rows"))?;
        runs.push(measure(count, &strategies, folder.path())?);
    }
    if let [.., first, last] = &runs[..] {
        let bytes = last.peak_bytes as f64 - first.peak_bytes as f64;
        let grown = bytes / (last.rows as f64 - first.rows as f64);
        println!("{}", serde_json::json!({ "bytes_per_row": grown, "strategies": 1 + strategies.len() }));
    }
    Ok(())
}
