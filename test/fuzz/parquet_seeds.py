"""Writes the seeds of the parquet target: parquet_seeds.py DIRECTORY. Small files of every type, encoding, codec and page
version; made once with pyarrow and DuckDB, kept in corpus/parquet."""
import decimal
import os
import sys
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

DIRECTORY = sys.argv[1]
WORDS = ["", "a", None, "twelve bytes", "a word longer than that", "a word as long"]


def write(name, columns, **options):
    pq.write_table(pa.table(columns), os.path.join(DIRECTORY, name), store_schema=False, **options)


def integers():
    return {t: pa.array([0, None, 1, 100], getattr(pa, t)())
            for t in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")}


def times():
    columns = {f"ts_{unit}": pa.array([0, None, 1000000000], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")}
    columns |= {f"tz_{unit}": pa.array([-1000, None], pa.timestamp(unit, "UTC")).take([0, 1, 0]) for unit in ("ms", "us", "ns")}
    columns |= {"ms": pa.array([0, 1, None], pa.time32("ms")), "us": pa.array([0, 1, None], pa.time64("us")),
                "ns": pa.array([0, 1000, None], pa.time64("ns")), "date": pa.array([-1, 0, 20000], pa.date32())}
    return columns


def decimals():
    values = [decimal.Decimal("-1.25"), None, decimal.Decimal("99.99")]
    return {f"d{p}": pa.array(values, pa.decimal256(p, 2) if p > 38 else pa.decimal128(p, 2)) for p in (4, 9, 18, 38, 60)}


def others():
    half = pa.array([0.5, None, -0.0], pa.float32())
    return {"bool": pa.array([True, None, False]), "half": half.cast(pa.float16()), "float": half, "double": half.cast(pa.float64()),
            "binary": pa.array([b"\0\xff", None, b""]), "fixed": pa.array([b"abc", None, b"\0\0\0"], pa.binary(3)),
            "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=7).bytes, None, b"x" * 16], pa.binary(16))),
            "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}", None, "[1, 2]"])), "null": pa.nulls(3)}


def main():
    for version in ("1.0", "2.0"):
        v = version[0]
        common = {"data_page_version": version, "compression": "none"}
        write(f"integers_v{v}", integers(), use_dictionary=False, **common)
        write(f"decimals_v{v}", decimals(), store_decimal_as_integer=v == "2", **common)
        write(f"others_v{v}", others(), use_dictionary=v == "1", **common)
        numbers = pa.array(list(range(150)) + [None] * 9 + [2 ** 31 - 1, -5])
        delta = {"a": numbers.cast(pa.int32()), "b": numbers}
        write(f"delta_v{v}", delta, use_dictionary=False, column_encoding={n: "DELTA_BINARY_PACKED" for n in delta}, **common)
        write(f"delta_bytes_v{v}", {"s": WORDS, "f": pa.array([b"abc", b"abd", None] * 2, pa.binary(3))}, use_dictionary=False,
              column_encoding={"s": "DELTA_BYTE_ARRAY", "f": "DELTA_BYTE_ARRAY"}, **common)
        split = {"f": pa.array([1.5, None, -0.0]), "i": pa.array([1, 2, 3], pa.int32()), "x": pa.array([b"ab", b"cd", None], pa.binary(2))}
        write(f"split_v{v}", split, use_dictionary=False, column_encoding={n: "BYTE_STREAM_SPLIT" for n in split}, **common)
        write(f"bool_rle_v{v}", {"b": [True] * 20 + [None] + [False, True] * 5}, use_dictionary=False, column_encoding={"b": "RLE"}, **common)
        for codec in ("snappy", "gzip", "brotli", "lz4", "zstd"):
            write(f"{codec}_v{v}", {"s": WORDS * 4, "n": [1, None, 1] * 8}, data_page_version=version, compression=codec)
        # Pages of indexes, then of values, within a batch; several row groups.
        write(f"fallback_v{v}", {"s": [f"value {i}" for i in range(60)]}, dictionary_pagesize_limit=100, data_page_size=40, write_batch_size=8,
              row_group_size=40, **common)
    write("times", times(), compression="none")
    write("times_old", times(), version="1.0", compression="none", coerce_timestamps="ms", allow_truncated_timestamps=True)
    write("int96", {"t": pa.array([0, None, 1], pa.timestamp("us"))}, use_deprecated_int96_timestamps=True, compression="none")
    write("extras", {"n": [1, 2]}, write_page_index=True, write_page_checksum=True, compression="none",
          sorting_columns=[pq.SortingColumn(0)])
    write("no_rows", {"n": pa.array([], pa.int64()), "s": pa.array([], pa.string())})
    write("no_columns", {})
    write("nested", {"l": [[1], [], None], "s": [{"x": 1, "y": "p"}] * 3, "m": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
                     "z": [1, 2, 3]}, compression="none")
    path = os.path.join(DIRECTORY, "duckdb_interval")
    duckdb.sql(f"COPY (SELECT INTERVAL '1 month 2 days' i, uuid() u, 1::HUGEINT h, 'x' s, DATE '2024-01-01' d) TO '{path}' (FORMAT parquet)")


main()
