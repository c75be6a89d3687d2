"""Running and counting: processes, repetitions one after the other, medians, tables, the machine."""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
LEAT = os.environ.get("LEAT", str(ROOT / "build" / "leat"))
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build" / "release")).resolve()
PYTHON = os.environ.get("PYTHON", sys.executable)


class Skipped(Exception):
    """What a measurement needs is not there."""


def program(name):
    return str(BUILD / "bench" / name)


def say(text):
    print(text, file=sys.stderr, flush=True)


def output_of(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


def launch(*command, runs=1, environment=None):
    """Runs of a whole process: dicts of wall_ms, cpu_ms, peak_mb."""
    lines = output_of(program("launch"), str(runs), *map(str, command), env={**os.environ, **(environment or {})}).split("\n")
    results = []
    for line in lines:
        wall, cpu, peak, status = line.split()
        if status != "0":
            raise RuntimeError(f"{command[0]} ended with status {status}")
        results.append({"wall_ms": float(wall), "cpu_ms": float(cpu), "peak_mb": int(peak) * 1024 / 1e6})
    return results


def interleave(contestants, rounds):
    """contestants: {name: function that returns a dict of figures}. Each round runs every one of them, in turn."""
    samples = {name: [] for name in contestants}
    for turn in range(rounds):
        order = list(contestants) if turn % 2 == 0 else list(reversed(contestants))
        for name in order:
            samples[name].append(contestants[name]())
    return samples


def summarize(samples):
    """The median, least and greatest of each figure over the runs."""
    figures = {}
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        figures[name] = {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}
    return figures


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def spread(figure):
    text = number(figure["median"])
    return text if figure["runs"] == 1 else f"{text} ({number(figure['min'])}-{number(figure['max'])})"


def print_table(title, columns, rows):
    print(f"\n{title}")
    table = [columns] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    for index, row in enumerate(table):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if index == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def sync_times_us(folder, count=200):
    """How long fdatasync takes after 4 kB within a file that has its size already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sync-probe"
    times = []
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for position in range(count):
            os.pwrite(descriptor, b"\0" * 4096, position * 4096)
        os.fsync(descriptor)
        for position in range(count):
            os.pwrite(descriptor, os.urandom(4096), position * 4096)
            began = time.perf_counter_ns()
            os.fdatasync(descriptor)
            times.append((time.perf_counter_ns() - began) / 1e3)
    finally:
        os.close(descriptor)
        path.unlink()
    times.sort()
    return {"p50": times[count // 2], "p99": times[count * 99 // 100]}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    commit = subprocess.run(["git", "-c", "safe.directory=*", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "memory_gb": round(memory, 1), "kernel": platform.release(),
            "date": time.strftime("%Y-%m-%d %H:%M"), "commit": commit.stdout.strip(), "leat": output_of(LEAT, "--version"),
            "fdatasync_us": sync_times_us(OUT), "load_before": os.getloadavg()}


def write_json(name, result):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
