"""batch: Spark's daily sales over Parquet files, as a whole process: leat, DuckDB's command line, PySpark once."""
import importlib.util
import pathlib
import shutil
import subprocess

from measure import LEAT, OUT, PYTHON, ROOT, Skipped, interleave, launch, output_of, print_table, say, spread, summarize

SELECT = "SELECT store_id, sum(amount) AS amount, count(transactions) AS transactions FROM {source} GROUP BY store_id"
THREADS = 2


def duckdb_program():
    """The command line itself; what pip puts on the path is a Python script that starts it."""
    found = output_of(PYTHON, "-c", "import importlib.util as u; print(u.find_spec('duckdb_cli').submodule_search_locations[0])")
    return str(pathlib.Path(found) / "duckdb")


def sales(rows):
    folder = OUT / "data" / f"sales-{rows}" / "date=2024-01-15"
    if not (folder / "done").exists():
        say(f"making {rows:,} rows of sales")
        subprocess.run([PYTHON, str(ROOT / "bench" / "sales_data.py"), str(folder), str(rows)], check=True)
        (folder / "done").touch()
    return folder


def fresh(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def run_leat(source):
    out = fresh("daily_sales-leat")
    query = SELECT.format(source=f"'{source}/*.parquet'")
    return launch(LEAT, "--set", f"workers={THREADS}", "-c", f"COPY ({query}) TO '{out}/' WITH (FORMAT parquet)")[0]


def run_duckdb(program, source):
    out = fresh("daily_sales-duckdb")
    out.mkdir()
    query = SELECT.format(source=f"read_parquet('{source}/*.parquet')")
    return launch(program, "-c", f"SET threads={THREADS}; COPY ({query}) TO '{out}/part-0.parquet' (FORMAT parquet)")[0]


def run_spark(source):
    try:
        if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
            raise Skipped("PySpark or Java is not there")
        out = fresh("daily_sales-spark")
        sample = launch(PYTHON, str(ROOT / "bench" / "sales_spark.py"), str(source), str(out), str(THREADS))[0]
        peak_kb, cpu_ms = map(float, pathlib.Path(f"{out}.usage").read_text(encoding="utf-8").split())
        return {"wall_ms": sample["wall_ms"], "cpu_ms": sample["cpu_ms"] + cpu_ms, "peak_mb": sample["peak_mb"] + peak_kb * 1024 / 1e6}
    except (Skipped, RuntimeError) as reason:
        return {"skipped": str(reason)}


def same_answers():
    """Sums of floats depend on their order in DuckDB, not in leat; so they are held to a part in 10^12."""
    import pyarrow.parquet
    answers = [sorted(zip(*pyarrow.parquet.read_table(OUT / name).to_pydict().values())) for name in ("daily_sales-leat", "daily_sales-duckdb")]
    return len(answers[0]) == len(answers[1]) and all(
        a[0] == b[0] and abs(a[1] - b[1]) <= 1e-12 * abs(b[1]) and a[2] == b[2] for a, b in zip(*answers))


def run(options):
    rows = 200_000 if options.quick else 20_000_000
    source, peer = sales(rows), duckdb_program()
    for path in source.glob("*.parquet"):
        path.read_bytes()  # all of them find the files in memory
    samples = interleave({"leat": lambda: run_leat(source), "duckdb": lambda: run_duckdb(peer, source)}, options.runs)
    figures = {name: summarize(values) for name, values in samples.items()}
    if not same_answers():
        raise RuntimeError("leat and DuckDB give different answers")
    spark = {"skipped": "--quick"} if options.quick else run_spark(source)
    wall = {name: f["wall_ms"]["median"] for name, f in figures.items()}
    peak = {name: f["peak_mb"]["median"] for name, f in figures.items()}
    lines = [[name, spread(f["wall_ms"]), spread(f["cpu_ms"]), spread(f["peak_mb"])] for name, f in figures.items()]
    if "skipped" not in spark:
        lines.append(["PySpark, once", *(f"{spark[k]:,.0f}" for k in ("wall_ms", "cpu_ms", "peak_mb"))])
    lines.append(["DuckDB / leat", f"{wall['duckdb'] / wall['leat']:.2f}", "", f"{peak['duckdb'] / peak['leat']:.2f}"])
    print_table(f"batch: {rows:,} rows, {THREADS} threads each, whole process, median (spread) of {options.runs} runs",
                ["what", "wall ms", "processor ms", "peak MB"], lines)
    return {"rows": rows, "threads": THREADS, "figures": figures, "spark": spark, "wall_ratio": wall["duckdb"] / wall["leat"],
            "memory_ratio": peak["duckdb"] / peak["leat"], "versions": {"duckdb": output_of(peer, "--version")}}
