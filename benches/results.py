#!/usr/bin/env python3
"""Measures every figure of RESULTS.md on this machine and writes the file. Needs an otherwise idle machine, 45 minutes, and Python 3.9.

    python3 benches/results.py                       all parts, then the file
    python3 benches/results.py --only promise,memory some parts anew; the others stay as measured before
    python3 benches/results.py --only dense --cases arrival:imdb_test_500.csv:32
                                                     some rows of dense, promise or promise_long anew
    python3 benches/results.py --write               the file alone

Beside ONNX Runtime, if it is there: --ort-python PYTHON --ort-model MODEL.onnx --ort-script time_onnx.py --model-dir DIR
(see ../shared/bench). Data sets: --data DIR with sst2_dev.csv and imdb_test_500.csv. What is missing is left out, loudly.
For the part rivals, system libraries: --blas "OpenBLAS=libopenblas.so.0 BLIS=libblis.so.4" (as Debian's libopenblas0-pthread and libblis4-pthread name them).
Measurements are kept in $CARGO_TARGET_DIR/results (or target/results), one JSON file a part.
"""
import argparse, datetime, json, os, pathlib, platform, re, statistics, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
KEPT = TARGET / "results"
SHAPES = ["1x32", "1x128", "1x512", "32x32", "32x128", "8x512"]


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def run(command, **more):
    done = subprocess.run([str(word) for word in command], **{"cwd": ROOT, "capture_output": True, "text": True, **more})
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return done


def timed(command, **more):
    """A run whose times count; RUN_ALONE names a command to put before it where other work goes on beside."""
    return run([*os.environ.get("RUN_ALONE", "").split(), *command], **more)


def bench_binary(name):
    """Builds a benchmark and finds its executable."""
    done = run(["cargo", "bench", "--bench", name, "--no-run"])
    return re.search(r"Executable benches/\S+ \((\S+)\)", done.stderr).group(1)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown") if os.path.exists("/proc/cpuinfo") else platform.processor()
    flags = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    sets = [name for name in ("avx2", "avx512f", "avx512_vnni") if name in flags]
    memory = next((int(line.split()[1]) / 2**20 for line in open("/proc/meminfo") if line.startswith("MemTotal")), 0) if os.path.exists("/proc/meminfo") else 0
    rustc = run(["rustc", "--version"]).stdout.strip()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {
        "cpu": cpu, "cores": os.cpu_count(), "sets": sets, "memory_gib": round(memory, 1), "system": platform.platform(),
        "rustc": rustc, "commit": commit, "load": os.getloadavg()[0], "date": datetime.date.today().isoformat(),
    }


def wanted(options, case):
    """Whether a case is to be measured; data sets are named without their folder."""
    return not options.cases or re.sub(r"[^:]*/", "", case) in options.cases.split(",")


def dense(options):
    """Ours and ONNX Runtime in turn, each in a process of its own; ratios are taken within a turn."""
    binary, threads = bench_binary("dense"), str(os.cpu_count())
    cases = [(case, 3) for case in SHAPES]
    for file in ("sst2_dev.csv", "imdb_test_500.csv"):
        path = options.data / file if options.data else None
        if path and path.exists():
            cases += [(f"{order}:{path}:32", 1 if "imdb" in file else 3) for order in ("sorted", "arrival")]
        else:
            say(f"LEFT OUT: no data set {file}; give --data DIR")
    has_ort = options.ort_python and options.ort_model
    if not has_ort:
        say("LEFT OUT: ONNX Runtime; give --ort-python and --ort-model")
    rows = []
    for case, turns in cases:
        if not wanted(options, case):
            continue
        repeats = "3" if ":" in case else "15"
        ours, theirs = [], []
        for turn in range(turns):
            def our_time():
                ours.append(json_lines(timed([binary, "--threads", threads, "--rounds", repeats, case]).stdout)[0])

            def their_time():
                if has_ort:
                    command = [options.ort_python, options.ort_script, options.ort_model, options.model_dir, threads, case]
                    theirs.append(json_lines(timed(command).stdout)[0])

            for side in (our_time, their_time) if turn % 2 else (their_time, our_time):
                side()
        row = {"case": ours[0]["case"], "ms": statistics.median(x["ms"] for x in ours), "gflops": statistics.median(x["useful_gflops_per_s"] for x in ours), "turns": turns}
        if theirs:
            ratios = sorted(a["ms"] / b["ms"] for a, b in zip(ours, theirs))
            row |= {"ort_ms": statistics.median(x["ms"] for x in theirs), "ratio": statistics.median(ratios), "low": ratios[0], "high": ratios[-1]}
        say(row)
        rows.append(row)
    return rows


def variants(options):
    """32-bit, eight-bit and head-row-only passes in turn."""
    binary = bench_binary("dense")
    ways = {"f32": [], "int8": ["--precision", "int8"], "head row only": ["--head-rows-only"]}
    found = {(case, way): [] for case in SHAPES for way in ways}
    for _ in range(3):
        for case in SHAPES:
            for way, flags in ways.items():
                found[case, way].append(json_lines(timed([binary, "--rounds", "9", *flags, case]).stdout)[0])
    return [
        {"case": case, "way": way, "ms": statistics.median(x["ms"] for x in lines), "extra_mib": max((x["extra_mib"] or 0) for x in lines)}
        for (case, way), lines in found.items()
    ]


def int8(options):
    """Accuracy of the eight-bit path."""
    data = options.data / "sst2_dev.csv" if options.data else ROOT / "sample_data/identity-sentiment.csv"
    if not data.exists():
        say(f"LEFT OUT: no data set {data}")
        return []
    run(["cargo", "build", "--release"])
    rows = []
    for precision in ("f32", "int8"):
        out = KEPT / f"evaluated-{precision}"
        command = [TARGET / "release/prunescope", "evaluate", "--data", data, "--strategy", "power_bert:retention=0.5", "--precision", precision, "--progress", "none", "--latency-rounds", "0", "--force", "--out", out]
        run(command)
        for strategy in json.load(open(out / "metrics.json"))["strategies"]:
            rows.append({"precision": precision, "data": data.name, "strategy": strategy["spec"].split(":")[0], "accuracy": strategy["overall"]["metrics"]["accuracy"]})
    return rows


def promise(options, shapes=("1x64", "1x128", "1x256", "1x512", "32x64", "32x128"), flags=()):
    rows = []
    binary = bench_binary("promise")
    for shape in filter(lambda shape: wanted(options, shape), shapes):
        batch, tokens = map(int, shape.split("x"))
        # Short passes need many rounds, or one disturbance decides.
        rounds = (41 if tokens <= 128 else 11) if batch == 1 else 5 if tokens <= 128 else 3
        rows += json_lines(timed([binary, "--rounds", rounds, *flags, shape]).stdout)
        say(f"promise: {shape} done")
    return rows


def promise_long(options):
    return promise(options, ("32x256", "32x512"))


def promise_int8(options):
    flags = ("--precision", "int8", "--strategy", "first_k,power_bert,ats,tome")
    return promise(options, ("1x32", "1x128", "32x128"), flags)


def same(options):
    return timed([bench_binary("dense_against_dense"), "--bench"]).stdout.splitlines()


def products(options):
    """All candidates; then ours as on a processor with AVX2 and no more."""
    binary = bench_binary("products")
    lines = timed([binary, "--bench"]).stdout.splitlines()
    more = {"env": {**os.environ, "PRUNESCOPE_INSTRUCTIONS": "avx2"}}
    return [*lines, "", *timed([binary, "--bench", "--ours"], **more).stdout.splitlines()]


def rivals(options):
    """Libraries that are no dependency of ours, and ours, in turn."""
    target = TARGET / "rivals"
    more = {"cwd": ROOT / "benches/rivals", "env": {**os.environ, "CARGO_TARGET_DIR": str(target)}}
    built = subprocess.run(["cargo", "build", "--release", "--locked"], capture_output=True, text=True, **more)
    if built.returncode:
        say("LEFT OUT: benches/rivals cannot be built:", built.stderr[-500:])
        return []
    theirs, ours = target / "release/rivals", bench_binary("products")
    found = {}
    for _ in range(3):
        done = timed([theirs, *options.blas.split()])
        say(*(line for line in done.stderr.splitlines() if "LEFT OUT" in line))
        for row in json_lines(done.stdout):
            shape = found.setdefault((row["rows"], row["inner"], row["columns"]), {})
            for name, speed in row["gflops"].items():
                shape.setdefault(name, []).append(speed)
        for line in timed([ours, "--bench", "--ours"]).stdout.splitlines():
            if numbers := re.fullmatch(r" *(\d+) x +(\d+) x +(\d+): +([\d.]+) .*", line):
                rows, inner, columns, speed = numbers.groups()
                found[int(rows), int(inner), int(columns)].setdefault("ours", []).append(float(speed))
    ours_first = lambda pair: pair[0] != "ours"
    return [{"shape": " x ".join(map(str, shape)), "gflops": {name: statistics.median(speeds) for name, speeds in sorted(by.items(), key=ours_first)}} for shape, by in found.items()]


def sweep(options):
    """What a sweep saves by sharing first layers."""
    done = timed([bench_binary("sweep"), "--bench"])
    return [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]


def candle(options):
    bench_binary("candle")
    timed(["cargo", "bench", "--bench", "candle"])
    rows = []
    for case in SHAPES:
        file = TARGET / "criterion/candle" / case / "new/estimates.json"
        if file.exists():
            rows.append({"case": case, "ms": json.load(open(file))["median"]["point_estimate"] / 1e6})
    return rows


def stream(options):
    """Memory of `evaluate` by the number of rows; nothing is timed that counts."""
    return json_lines(run([bench_binary("stream")]).stdout)


def window(options):
    """Criterion's report lines and our own medians, as printed."""
    lines = []
    for name in ("interaction", "frame"):
        bench_binary(name)
        done = timed(["cargo", "bench", "--bench", name])
        lines += [line.strip() for line in (done.stderr + done.stdout).splitlines() if re.search(r"median|time:", line)]
    return lines


PARTS = {"products": products, "rivals": rivals, "dense": dense, "variants": variants, "int8": int8, "promise": promise, "promise_long": promise_long, "promise_int8": promise_int8, "same": same, "candle": candle, "sweep": sweep, "stream": stream, "window": window}


def key(row):
    """What a row is about."""
    return json.dumps([row[name] for name in ("case", "strategy", "retention") if name in row], sort_keys=True)


def with_earlier(name, rows):
    """Rows measured now, in the places of earlier ones about the same."""
    fresh = {key(row): row for row in rows}
    earlier = [fresh.pop(key(row), row) for row in kept(name) or []]
    return earlier + list(fresh.values())


def measured_at(*names):
    """Which commit a section's figures belong to."""
    parts = (kept("machine") or {}).get("parts", {})
    of_rows = [row["commit"] for name in names for row in kept(name) or [] if isinstance(row, dict) and "commit" in row]
    found = sorted(set(of_rows or [parts[name]["commit"] for name in names if name in parts]))
    return [f"Measured at commit{'s' * (len(found) > 1)} {', '.join(found)}.", ""] if found else []


def kept(name):
    file = KEPT / f"{name}.json"
    return json.load(open(file)) if file.exists() else None


def number(value, digits):
    return "" if value is None else f"{value:.{digits}f}"


def value_of(estimate):
    return estimate.get("value") if isinstance(estimate, dict) else estimate


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def promise_tables(rows):
    """What share of the FLOPs' promise arrives; one table a retention."""
    out = []
    shapes = list(dict.fromkeys(f"{row['case']['shape']['batch']}x{row['case']['shape']['tokens']}" if "shape" in row["case"] else f"{row['case']['batch']}x{row['case']['tokens']}" for row in rows))
    for retention in (0.5, 0.25):
        lines = []
        for strategy in dict.fromkeys(row["strategy"] for row in rows):
            cells = {}
            for row in rows:
                case = row["case"].get("shape", row["case"])
                if row["strategy"] == strategy and row["retention"] == retention:
                    cells[f"{case['batch']}x{case['tokens']}"] = row
            if not cells:
                continue
            kept_shares = [f"{value_of(cells[shape]['promise_kept']):.2f} of {cells[shape]['flops_reduction']:.2f}" if shape in cells else "" for shape in shapes]
            shares = [f"{100 * max((row[name] or 0) for row in cells.values()):.1f}%" for name in ("scoring_share", "gathering_share")]
            lines.append([strategy, *kept_shares, *shares])
        out += [f"Retention {retention}: share kept, of the FLOPs reduction.", ""]
        out += table(["strategy", *shapes, "scoring", "gathering"], lines)
    return out


def write():
    here = kept("machine")
    out = ["# Measured speed", "", "Written by `python3 benches/results.py`; every figure was measured by it on the machine below, none by hand.", ""]
    out += [f"{here['cpu']}, {here['cores']} cores, {', '.join(here['sets'])}, {here['memory_gib']} GiB, {here['system']}; {here['rustc']}.", ""]
    out += ["The model is the bundled one (6 layers, hidden size 384, 12 heads, feed-forward width 1,536), on all cores, in 32-bit floats where nothing else is said.", "A shared, virtual machine: ratios within one turn hold better than milliseconds.", ""]
    rows = kept("dense")
    if rows:
        out += ["## The dense pass", "", "Ours and ONNX Runtime 1.32 in turn, each in its own process; the ratio of each turn's medians, then the median of the ratios, with the lowest and the highest. GFLOP/s count useful work only. `sorted` and `arrival`: a data set's texts in batches of 32, sorted by length or in the file's order; ONNX Runtime pads, ours never does.", ""]
        out += table(["case", "ours, ms", "GFLOP/s", "ONNX Runtime, ms", "ratio", "lowest to highest", "turns"], [[row["case"], number(row["ms"], 2), number(row["gflops"], 0), number(row.get("ort_ms"), 2), number(row.get("ratio"), 2), f"{row['low']:.2f} to {row['high']:.2f}" if "low" in row else "", str(row["turns"])] for row in rows])
        out += measured_at("dense")
    rows, plain = kept("candle"), {row["case"]: row["ms"] for row in kept("dense") or []}
    if rows:
        out += ["candle-transformers 0.11's BERT on the same weights, not in turn with ours:", ""]
        out += table(["case", "candle, ms", "ours, ms", "ratio"], [[row["case"], number(row["ms"], 1), number(plain.get(row["case"]), 1), number(plain[row["case"]] / row["ms"], 2) if row["case"] in plain else ""] for row in rows])
        out += measured_at("candle")
    rows = kept("variants")
    if rows:
        by = {(row["case"], row["way"]): row for row in rows}
        out += ["## Eight bits, and the last layer for one row", "", "Medians of three turns. *Head row only* computes in the last layer what the classifier reads and no more (`--head-rows-only`, off by default). Memory is the peak beside the loaded model.", ""]
        out += table(["case", "f32, ms", "int8, ms", "int8 ÷ f32", "head row only, ms", "÷ f32", "memory, MiB"], [[case, number(by[case, "f32"]["ms"], 2), number(by[case, "int8"]["ms"], 2), number(by[case, "int8"]["ms"] / by[case, "f32"]["ms"], 2), number(by[case, "head row only"]["ms"], 2), number(by[case, "head row only"]["ms"] / by[case, "f32"]["ms"], 2), number(by[case, "f32"]["extra_mib"], 1)] for case in SHAPES])
        out += measured_at("variants")
    rows = kept("int8")
    if rows:
        out += [f"Accuracy on `{rows[0]['data']}`:", ""]
        out += table(["precision", "strategy", "accuracy", "95% interval"], [[row["precision"], row["strategy"], number(row["accuracy"]["value"], 4), f"{row['accuracy']['low']:.4f} to {row['accuracy']['high']:.4f}"] for row in rows])
        out += measured_at("int8")
    rows = (kept("promise") or []) + (kept("promise_long") or [])
    if rows:
        out += ["## Promise kept", "", "Measured speed-up ÷ FLOPs reduction (unpadded, the strategy's own work counted), dense and pruned passes interleaved. Made-up texts. Strategies without a retention run at the setting that comes closest to it after the last layer; `ltp` jumps between its settings on such texts. *Scoring* and *gathering*: their largest share of the dense time over the shapes. `stop_words` removes nothing from made-up texts.", ""]
        out += promise_tables(rows)
        out += measured_at("promise", "promise_long")
    rows = kept("promise_int8")
    if rows:
        out += ["The same in eight bits, dense and pruned. Products shrink and the rest of a layer stays, while the promise counts multiply-accumulates as before: it is harder to keep.", ""]
        out += promise_tables(rows)
        out += measured_at("promise_int8")
    rows = kept("rivals")
    if rows:
        names = list(rows[0]["gflops"])
        out += ["## Matrix products of libraries that are no dependency", "", "`benches/rivals`, a crate of its own, and ours in 32-bit floats, in turn; GFLOP/s on one thread, medians of three turns. `tract-linalg` packs the weight once, as ours do; OpenBLAS and BLIS are the system's and pack at every call.", ""]
        out += table(["rows x inner x columns", *names], [[row["shape"], *(number(row["gflops"].get(name), 1) for name in names)] for row in rows])
        out += measured_at("rivals")
    for name, title, words in (
        ("products", "Matrix products", "One thread; ours are packed once, the crates pack at every call. `rows x inner x columns`. Below: ours limited to what AVX2 has."),
        ("same", "Dense against dense", "Twenty measurements of the dense model against itself for each shape; at least 19 of 20 intervals must hold 1."),
        ("sweep", "A sweep that shares first layers", "Settings of every strategy over one data set, each alone and all together, in turn."),
        ("window", "The window", "Printed by `cargo bench --bench interaction` and `--bench frame`: from a moved slider to the new ribbon (128 tokens, four strategies), frames while typing in a text of 480 tokens and more and while a sweep runs, from the process's start to the first ribbon under a virtual display with software drawing, and a frame of the largest ribbon."),
    ):
        lines = kept(name)
        if lines:
            out += [f"## {title}", "", words, "", "```text", *lines, "```", ""]
            out += measured_at(name)
    rows = kept("stream")
    if rows:
        files, grown = [row for row in rows if "rows" in row], [row for row in rows if "bytes_per_row" in row]
        out += ["## Memory by rows of a data set", "", "`prunescope evaluate`, the dense model and one strategy of the tiny encoder in `tests/fixtures/bert` on made-up texts with groups and clusters, each file in a process of its own; the most that the system saw it hold. Up to the first chunks (32,768 rows or 2 MiB of text) memory grows with the texts, then with a few numbers per row. The seconds are of a machine that had other work.", ""]
        out += table(["rows", "file, MiB", "predictions, MiB", "peak, MiB", "seconds"], [[f"{row['rows']:,}", number(row["file_mib"], 1), number(row["predictions_mib"], 1), number(row["peak_mib"], 0), number(row["secs"], 0)] for row in files])
        out += [f"Between the last two: {row['bytes_per_row']:.0f} bytes a row, for the data set and {row['strategies']} strategies, intervals and tests included." for row in grown] + [""]
        out += measured_at("stream")
    notes = ROOT / "benches/notes.md"
    if notes.exists():
        out += [notes.read_text().strip(), ""]
    target = ROOT / "benches/RESULTS.md"
    beside = target.with_suffix(".part")
    beside.write_text("\n".join(out))
    beside.rename(target)
    say(f"wrote {target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--cases", help="with --only: these rows alone, separated by commas")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--ort-python")
    parser.add_argument("--ort-model")
    parser.add_argument("--ort-script", default="../shared/bench/time_onnx.py")
    parser.add_argument("--blas", default="OpenBLAS=libopenblas.so.0 BLIS=libblis.so.4", help="NAME=LIBRARY ... for the part rivals")
    parser.add_argument("--model-dir", default="sample_models/sentiment-minilm-l6")
    options = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    if not options.write:
        before = kept("machine") or {}
        here = machine()
        # Figures of several machines do not belong into one file.
        is_same = all(before.get(name) == here[name] for name in ("cpu", "cores", "sets"))
        parts = before.get("parts", {}) if is_same else {}
        if before and not is_same and options.only != ",".join(PARTS):
            sys.exit(f"{KEPT} holds figures of another machine: measure all parts, or remove it")
        for name in options.only.split(","):
            started = time.monotonic()
            say(f"== {name}")
            found = PARTS[name](options)
            for row in found:
                if isinstance(row, dict):
                    row["commit"] = here["commit"]
            if options.cases:
                found = with_earlier(name, found)
            (KEPT / f"{name}.json").write_text(json.dumps(found))
            parts[name] = {"commit": here["commit"], "date": here["date"], "load": here["load"]}
            (KEPT / "machine.json").write_text(json.dumps(here | {"parts": parts}))
            say(f"   {time.monotonic() - started:.0f} s")
    write()


main()
