"""start: SELECT 1 as a whole process, `leat serve` until ready, memory and processor time when idle."""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import time

from batch import duckdb_program
from measure import LEAT, OUT, Skipped, interleave, launch, output_of, print_table, spread, summarize
from server import Kafka, Leat

RUNS_OF_ROUND, IDLE_BEFORE_S, IDLE_S = 10, 2, 5


def select_one(program):
    """One round: the median of its runs."""
    runs = launch(program, "-c", "SELECT 1", runs=RUNS_OF_ROUND)
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def fresh_server():
    folder = OUT / "start"
    shutil.rmtree(folder, ignore_errors=True)
    return Leat(folder)


def serve():
    with fresh_server() as leat:
        return {"ready_ms": leat.ready_ms}


def idle():
    with fresh_server() as leat:
        time.sleep(IDLE_BEFORE_S)
        ticks, switches = leat.cpu_ticks(), leat.switches()
        time.sleep(IDLE_S)
        return {"resident_mb": leat.status("VmRSS") * 1024 / 1e6, "wake_ups_per_s": (leat.switches() - switches) / IDLE_S,
                "cpu_percent": (leat.cpu_ticks() - ticks) / os.sysconf("SC_CLK_TCK") / IDLE_S * 100}


def kafka_start():
    """The broker's start to its first answer, and its memory then. None where there is no Java."""
    try:
        with Kafka() as kafka:
            text = pathlib.Path(f"/proc/{kafka.pid}/status").read_text(encoding="utf-8")
            resident = int(re.search(r"VmRSS:\s+(\d+)", text).group(1))
            return {"ready_ms": kafka.ready_ms, "resident_mb": resident * 1024 / 1e6, "version": kafka.version()}
    except (Skipped, subprocess.CalledProcessError) as reason:
        return {"skipped": str(reason)}


def run(options):
    peer = duckdb_program()
    ones = interleave({"leat": lambda: select_one(LEAT), "duckdb": lambda: select_one(peer)}, options.runs)
    ones = {name: summarize(samples) for name, samples in ones.items()}
    ready = summarize([serve() for _ in range(2 * options.runs)])
    at_rest = summarize([idle()])
    kafka = kafka_start()
    ratio = ones["duckdb"]["wall_ms"]["median"] / ones["leat"]["wall_ms"]["median"]
    result = {"select_1": ones, "ready": ready, "idle": at_rest, "kafka": kafka, "select_1_ratio": ratio,
              "versions": {"duckdb": output_of(peer, "--version"), "kafka": kafka.get("version")}}
    kafka_ready = f"Kafka {spread_of(kafka, 'ready_ms')}"
    print_table(f"start: median (spread) of {options.runs} rounds of {RUNS_OF_ROUND} runs", ["what", "leat", "peer", "target"], [
        ["SELECT 1, whole process, ms", spread(ones["leat"]["wall_ms"]), f"DuckDB {spread(ones['duckdb']['wall_ms'])}", "< 5"],
        ["its peak memory, MB", spread(ones["leat"]["peak_mb"]), f"DuckDB {spread(ones['duckdb']['peak_mb'])}", ""],
        ["serve until ready, new folder, ms", spread(ready["ready_ms"]), kafka_ready, "< 50"],
        [f"resident after {IDLE_BEFORE_S} s idle, MB", spread(at_rest["resident_mb"]), f"Kafka {spread_of(kafka, 'resident_mb')}", "< 20"],
        [f"processor over {IDLE_S} s idle, %", f"{at_rest['cpu_percent']['median']:.1f}", "", "< 1"],
        ["wake-ups per second when idle", f"{at_rest['wake_ups_per_s']['median']:.1f}", "", ""]])
    return result


def spread_of(figures, name):
    return f"{figures[name]:,.0f}" if name in figures else "not run"
