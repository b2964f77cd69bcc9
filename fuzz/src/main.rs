//! `cargo run --release --manifest-path fuzz/Cargo.toml -- --seconds N [--seed S] [--target NAME]`
//!
//! Feeds damaged inputs to every reader, in processes of their own: a panic, an abort, more memory than a gigabyte and a
//! half or more time than ten seconds for one input is a find. Finds are written to `tests/fixtures/fuzz_finds/TARGET`,
//! where `cargo test` replays them for ever. Exit code 1 if there was one.

mod mutate;
#[path = "../../tests/core/support/readers.rs"]
mod readers;

use std::fs;
use std::io;
use std::io::BufRead as _;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

/// Inputs of one target in one process.
const ROUND: u64 = 400;
/// For one input.
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_MEMORY: u64 = 1536 << 20;

struct Options {
    seconds: u64,
    seed: u64,
    target: Option<String>,
    /// Worker: feed so many inputs from this number on.
    worker: Option<u64>,
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("error: {message}; usage: fuzz --seconds N [--seed S] [--target NAME]");
            return ExitCode::from(2);
        }
    };
    let done = match (&options.worker, &options.target) {
        (Some(first), Some(target)) => work(target, options.seed, *first).map(|()| 0),
        _ => oversee(&options),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<Options, String> {
    let mut options = Options { seconds: 60, seed: 1, target: None, worker: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number =
            || value.parse::<u64>().map_err(|_not_a_number| format!("{word} needs a whole number, got {value:?}"));
        match word.as_str() {
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            "--worker" => options.worker = Some(number()?),
            "--target" if readers::TARGETS.iter().any(|(name, _)| *name == value) => options.target = Some(value),
            "--target" => {
                return Err(format!("no target {value:?}; known ones are {:?}", readers::TARGETS.map(|(name, _)| name)));
            }
            _ => return Err(format!("unknown option {word:?}")),
        }
    }
    Ok(options)
}

fn input(target: &str, seed: u64, number: u64, valid: &[u8]) -> Vec<u8> {
    let salt = target.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    mutate::mutate(valid, &mut mutate::Random::new(salt, number))
}

/// The worker: says before each input which it is, and after a panic what it said.
fn work(target: &str, seed: u64, first: u64) -> io::Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let folder = tempfile::tempdir()?;
    let valid = readers::valid(target);
    let mut out = io::stdout().lock();
    for number in first..first + ROUND {
        writeln!(out, "at {number}")?;
        out.flush()?;
        let bytes = input(target, seed, number, &valid);
        let fed = std::panic::catch_unwind(AssertUnwindSafe(|| readers::feed(target, &bytes, folder.path())));
        if let Err(panic) = fed {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            writeln!(out, "panic {}", text.replace('\n', " "))?;
        }
    }
    Ok(())
}

/// Round after round over all targets until the time is up; the number of finds.
fn oversee(options: &Options) -> io::Result<usize> {
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let chosen = |name: &&str| options.target.as_deref().is_none_or(|target| target == *name);
    let targets: Vec<&str> = readers::TARGETS.iter().map(|(name, _)| *name).filter(chosen).collect();
    let (mut fed, mut finds) = (0, 0);
    for round in 0.. {
        for target in &targets {
            if Instant::now() >= end {
                eprintln!("{fed} inputs, {finds} finds");
                return Ok(finds);
            }
            finds += watch(target, options.seed, round * ROUND, &mut fed)?;
        }
    }
    Ok(finds)
}

/// One worker from start to end, restarted behind an input that ended it.
fn watch(target: &str, seed: u64, first: u64, fed: &mut u64) -> io::Result<usize> {
    let mut child = start(target, seed, first)?;
    let lines = listen(&mut child);
    let (mut at, mut since, mut finds) = (first, Instant::now(), 0);
    let ended = loop {
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => match line.split_once(' ') {
                Some(("at", number)) => {
                    (at, since) = (number.parse().unwrap_or(at), Instant::now());
                    *fed += 1;
                }
                _ => {
                    finds += 1;
                    save(target, seed, at, &line)?;
                }
            },
            Err(mpsc::RecvTimeoutError::Disconnected) => break (!child.wait()?.success()).then_some("abort"),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        let memory = memory_of(&child);
        if since.elapsed() > MOST_TIME || memory > MOST_MEMORY {
            child.kill()?;
            child.wait()?;
            break Some(if memory > MOST_MEMORY { "memory" } else { "time" });
        }
    };
    if let Some(what) = ended {
        finds += 1;
        save(target, seed, at, what)?;
    }
    Ok(finds)
}

/// Under a limit of address space where a shell can set one: an abort there is a find of its own.
fn start(target: &str, seed: u64, first: u64) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v 8000000 2>/dev/null; ulimit -c 0; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe()?);
    command.args(["--target", target, "--seed", &seed.to_string(), "--worker", &first.to_string()]);
    command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

fn listen(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::sync_channel(64);
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in io::BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// Bytes that the process holds, where the system tells.
fn memory_of(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().map_or(0, |kib| kib << 10)
}

fn save(target: &str, seed: u64, number: u64, what: &str) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/fuzz_finds").join(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("seed{seed}-{number}"));
    fs::write(&path, input(target, seed, number, &readers::valid(target)))?;
    eprintln!("find: {target}: {what}: {}", path.display());
    Ok(())
}
