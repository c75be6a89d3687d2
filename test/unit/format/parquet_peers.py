"""Parquet against its peers: parquet_peers.py TOOL DIRECTORY [PART...]

Files that pyarrow, DuckDB and Polars write, in every type, codec, encoding, page version and nullability, and samples of what
Spark and fastparquet write (parquet_samples), are read by parquet_tool and compared with pyarrow's own reading, value by
value. Files that leat writes are read back by pyarrow, DuckDB and Polars. Prints one line per failure and a count.
"""
import datetime
import decimal
import itertools
import os
import random
import struct
import subprocess
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

TOOL, DIRECTORY = sys.argv[1], sys.argv[2]
EPOCH = datetime.date(1970, 1, 1)
passed = failed = 0


def check(name, problem):
    global passed, failed
    if problem is None:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {problem}")


def tool(*arguments):
    run = subprocess.run([TOOL, *arguments], capture_output=True)
    return run.returncode, run.stdout.decode(), run.stderr.decode().strip()


# --- what the tool should print -----------------------------------------------------------------------------------------

def unscaled(value, scale):
    with decimal.localcontext() as context:
        context.prec = 100
        return str(int(value.scaleb(scale)))


def wide_numeric(value, scale):
    with decimal.localcontext() as context:
        context.prec = 100
        n = int(value.scaleb(scale))
    magnitude = abs(n).to_bytes(64, "little").rstrip(b"\0")
    return "x" + (bytes([0, n < 0]) + struct.pack("<H", scale) + magnitude).hex()


def text_hex(value):
    return "x" + (value.encode() if isinstance(value, str) else value).hex()


def formatter(t):
    """From a value of a column of type t, as the cast below yields it, to the tool's text."""
    if pa.types.is_boolean(t):
        return lambda v: str(int(v))
    if pa.types.is_integer(t) or pa.types.is_date(t) or pa.types.is_time(t) or pa.types.is_timestamp(t):
        return str
    if pa.types.is_float16(t) or pa.types.is_float32(t):
        return lambda v: struct.pack(">f", v).hex()
    if pa.types.is_float64(t):
        return lambda v: struct.pack(">d", v).hex()
    if pa.types.is_decimal(t):
        if t.precision > 38:
            return lambda v: wide_numeric(v, t.scale)
        return lambda v: unscaled(v, t.scale)
    return text_hex


def expected_column(column):
    t = column.type
    if isinstance(t, pa.DictionaryType):
        column, t = column.cast(t.value_type), t.value_type
    if isinstance(t, pa.BaseExtensionType):
        column = pa.chunked_array([c.storage for c in column.chunks], t.storage_type)
        t = t.storage_type
    if pa.types.is_date64(t):
        column, t = column.cast(pa.date32()), pa.date32()
    if pa.types.is_date32(t):
        column = column.cast(pa.int32())
    elif pa.types.is_time(t) or pa.types.is_timestamp(t):
        factor = {"s": (1000000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}[t.unit]
        values = column.cast(pa.int32() if pa.types.is_time32(t) else pa.int64()).to_pylist()
        return ["\\N" if v is None else str(v * factor[0] // factor[1]) for v in values]
    put = formatter(t)
    return ["\\N" if v is None else put(v) for v in column.to_pylist()]


def expected_rows(table):
    columns = [expected_column(table.column(i)) for i in range(table.num_columns)]
    return list(zip(*columns))


def compare(name, path, *flags, rows=None):
    """rows: what is expected, if that is known without reading the file once more."""
    if rows is None:
        table = pq.ParquetFile(path).read()
        rows = expected_rows(table.select([f.name for f in table.schema if not pa.types.is_nested(f.type)]))
    code, out, err = tool("dump", *flags, path)
    if code != 0:
        return check(name, f"{err} (exit {code})")
    lines = out.split("\n")[1:-1]
    names = [c.rsplit(":", 1)[0] for c in out.split("\n")[0].split("\t")]
    if len(lines) != len(rows):
        return check(name, f"{len(lines)} rows instead of {len(rows)}")
    for i, (line, row) in enumerate(zip(lines, rows)):
        if line != "\t".join(row):
            cells = [(names[k], a, b) for k, (a, b) in enumerate(zip(line.split("\t"), row)) if a != b]
            return check(name, f"row {i}: got, expected {cells[:3]}")
    check(name, None)


# --- values -------------------------------------------------------------------------------------------------------------

ALPHABET = "abcdefghijklmnopqrstuvwxyzäöü€𝄞 "


def random_text(rng):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.choice([0, 1, 3, 11, 12, 13, 40])))


def integer(low, high):
    return lambda rng: rng.choice([low, high, 0, 1]) if rng.random() < 0.2 else rng.randint(low, high)


def decimal_of(precision, scale):
    limit = 10 ** precision - 1
    return lambda rng: decimal.Decimal(rng.choice([limit, -limit, 0, rng.randint(-limit, limit), rng.randint(-999, 999)]))\
        .scaleb(-scale, decimal.Context(prec=100))


TYPES = {
    "bool": (pa.bool_(), lambda r: r.random() < 0.5),
    "int8": (pa.int8(), integer(-128, 127)),
    "int16": (pa.int16(), integer(-2 ** 15, 2 ** 15 - 1)),
    "int32": (pa.int32(), integer(-2 ** 31, 2 ** 31 - 1)),
    "int64": (pa.int64(), integer(-2 ** 63, 2 ** 63 - 1)),
    "uint8": (pa.uint8(), integer(0, 255)),
    "uint16": (pa.uint16(), integer(0, 2 ** 16 - 1)),
    "uint32": (pa.uint32(), integer(0, 2 ** 32 - 1)),
    "uint64": (pa.uint64(), integer(0, 2 ** 64 - 1)),
    "small": (pa.int32(), lambda r: r.randint(0, 9)),
    "rising": (pa.int64(), lambda r: 10 ** 15 + r.randint(0, 50)),
    "float16": (pa.float16(), lambda r: r.choice([0.0, -0.0, 1.5, 65504.0, 6e-8, r.gauss(0, 100), float("inf")])),
    "float": (pa.float32(), lambda r: struct.unpack("f", struct.pack("f", r.choice([0.0, -0.0, 1.5, r.gauss(0, 1e9), float("inf")])))[0]),
    "double": (pa.float64(), lambda r: r.choice([0.0, -0.0, 1.5, r.gauss(0, 1e99), float("-inf")])),
    "string": (pa.string(), random_text),
    "large_string": (pa.large_string(), random_text),
    "words": (pa.string(), lambda r: "a common prefix of words " + str(r.randint(0, 30))),
    "binary": (pa.binary(), lambda r: r.randbytes(r.choice([0, 1, 12, 13, 100]))),
    "fixed": (pa.binary(5), lambda r: r.randbytes(5)),
    "fixed16": (pa.binary(16), lambda r: r.randbytes(16)),
    "date32": (pa.date32(), lambda r: EPOCH + datetime.timedelta(r.randint(-100000, 100000))),
    "date64": (pa.date64(), lambda r: EPOCH + datetime.timedelta(r.randint(-100000, 100000))),
    "time_s": (pa.time32("s"), lambda r: r.randint(0, 86399)),
    "time_ms": (pa.time32("ms"), lambda r: r.randint(0, 86399999)),
    "time_us": (pa.time64("us"), lambda r: r.randint(0, 86399999999)),
    "time_ns": (pa.time64("ns"), lambda r: r.randint(0, 86399999999) * 1000),
    "ts_s": (pa.timestamp("s"), lambda r: r.randint(-2 ** 33, 2 ** 33)),
    "ts_ms": (pa.timestamp("ms"), lambda r: r.randint(-2 ** 43, 2 ** 43)),
    "ts_us": (pa.timestamp("us"), lambda r: r.randint(-2 ** 53, 2 ** 53)),
    "ts_ns": (pa.timestamp("ns"), lambda r: r.randint(-2 ** 53, 2 ** 53) * 1000),
    "tz_us": (pa.timestamp("us", tz="UTC"), lambda r: r.randint(-2 ** 53, 2 ** 53)),
    "tz_ns": (pa.timestamp("ns", tz="Europe/Berlin"), lambda r: r.randint(-2 ** 53, 2 ** 53) * 1000),
    "dec5_2": (pa.decimal128(5, 2), decimal_of(5, 2)),
    "dec15_3": (pa.decimal128(15, 3), decimal_of(15, 3)),
    "dec38_10": (pa.decimal128(38, 10), decimal_of(38, 10)),
    "dec60_20": (pa.decimal256(60, 20), decimal_of(60, 20)),
    "categories": (pa.dictionary(pa.int32(), pa.string()), lambda r: r.choice(["red", "green", "a rather long colour"])),
    "null": (pa.null(), lambda r: None),
    "uuid": (pa.uuid(), lambda r: uuid.UUID(int=r.getrandbits(128)).bytes),
    "json": (pa.json_(), lambda r: '{"a": %d, "b": [1, "ü"]}' % r.randint(0, 1000)),
}


def make_array(name, count, null_share, rng):
    t, make = TYPES[name]
    values = [None if rng.random() < null_share else make(rng) for _ in range(count)]
    if null_share == 0.5:  # clustered: runs of NULLs and of values
        values = [None if (i // 37) % 2 == 0 else v if v is not None else make(rng) for i, v in enumerate(values)]
    if isinstance(t, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(t, pa.array(values, t.storage_type))
    if isinstance(t, pa.DictionaryType):
        return pa.array(values, pa.string()).dictionary_encode()
    if pa.types.is_float16(t):
        return pa.array(values, pa.float32()).cast(t)
    return pa.array(values, t)


def make_table(count, null_share, seed, names=None, required=False):
    rng = random.Random(seed)
    names = [n for n in (names or TYPES) if not (required and n == "null")]
    arrays = [make_array(n, count, null_share, rng) for n in names]
    fields = [pa.field(n, a.type, nullable=not required) for n, a in zip(names, arrays)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def write(name, table, **options):
    path = os.path.join(DIRECTORY, name + ".parquet")
    pq.write_table(table, path, **options)
    return path


# --- reading ------------------------------------------------------------------------------------------------------------

ENCODINGS = {
    "PLAIN": None,
    "DELTA_BINARY_PACKED": ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "small", "rising", "date32",
                            "time_ms", "time_us", "ts_ms", "ts_us", "tz_us"],
    "DELTA_LENGTH_BYTE_ARRAY": ["string", "large_string", "words", "binary", "json"],
    "DELTA_BYTE_ARRAY": ["string", "large_string", "words", "binary", "json", "fixed", "fixed16", "uuid", "dec38_10"],
    "BYTE_STREAM_SPLIT": ["int32", "int64", "uint32", "float16", "float", "double", "fixed", "fixed16", "dec5_2", "dec38_10",
                          "uuid", "ts_us"],
    "RLE": ["bool"],
}


def read_pyarrow():
    shares = [0, 0.1, 0.5, 0.97, 1]
    for version, codec, share in itertools.product(["1.0", "2.0"], ["none", "snappy", "gzip", "brotli", "lz4", "zstd"], shares):
        table = make_table(700, share, f"{version}{codec}{share}")
        rows = expected_rows(table)
        for dictionary in (True, False):
            name = f"pyarrow_{version}_{codec}_{share}_{'dictionary' if dictionary else 'plain'}"
            compare(name, write(name, table, compression=codec, data_page_version=version, use_dictionary=dictionary,
                                data_page_size=1000, row_group_size=500), rows=rows)
    for version, (encoding, names), share in itertools.product(["1.0", "2.0"], ENCODINGS.items(), [0, 0.3]):
        table = make_table(3000, share, encoding + version, names)
        name = f"pyarrow_{version}_{encoding}_{share}"
        compare(name, write(name, table, use_dictionary=False, data_page_version=version, data_page_size=3000,
                            column_encoding=None if names is None else {n: encoding for n in names}))
    for count in (0, 1, 7, 8, 9, 2047, 2048, 2049, 40000):
        names = ["small", "int64", "double", "words", "string", "bool", "dec15_3"]
        for required in (False, True):
            name = f"pyarrow_rows_{count}_{'required' if required else 'optional'}"
            compare(name, write(name, make_table(count, 0, name, names, required)))
        compare(f"pyarrow_rows_{count}_nulls", write(f"pyarrow_rows_{count}_nulls", make_table(count, 0.2, count, names)))
    for width in range(0, 18):  # every width of indexes
        rng = random.Random(width)
        table = pa.table({"a": [rng.randrange(2 ** width) for _ in range(2 ** width + 3000)],
                          "b": pa.array([None if rng.random() < 0.2 else rng.randrange(2 ** width)
                                         for _ in range(2 ** width + 3000)], pa.int32()),
                          "c": sorted(rng.randrange(2 ** width) for _ in range(2 ** width + 3000))})
        name = f"pyarrow_width_{width}"
        compare(name, write(name, table, dictionary_pagesize_limit=1 << 30))
    # A dictionary that grows too large: pages of indexes, then plain ones, within a batch.
    rng = random.Random(5)
    table = pa.table({"s": [rng.randbytes(9).hex() for _ in range(20000)],
                      "d": [rng.random() for _ in range(20000)],
                      "n": [None if i % 3 == 0 else rng.randrange(10 ** 12) for i in range(20000)]})
    for codec in ("none", "snappy"):
        name = f"pyarrow_fallback_{codec}"
        compare(name, write(name, table, dictionary_pagesize_limit=20000, data_page_size=7000, compression=codec))
    table = make_table(1000, 0.1, "int96", ["ts_us", "ts_ns", "tz_us"])
    compare("pyarrow_int96", write("pyarrow_int96", table, use_deprecated_int96_timestamps=True))
    table = make_table(3000, 0.1, "stored", ["dec5_2", "dec15_3"])
    compare("pyarrow_decimal_integer", write("pyarrow_decimal_integer", table, store_decimal_as_integer=True))
    compare("pyarrow_v1_format", write("pyarrow_v1_format", make_table(500, 0.1, "old", [
        "int8", "uint16", "uint32", "uint64", "string", "dec38_10", "ts_us", "time_us", "date32"]), version="1.0"))


def read_nested():
    table = pa.table({"a": [1, 2, 3], "l": [[1], [], None], "s": [{"x": 1, "y": "p"}] * 3, "z": ["u", None, "w"],
                      "m": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32()))})
    path = write("nested", table)
    compare("nested", path)
    check("nested columns", None if tool("dump", path)[1].startswith("a:bigint\tz:text\n") else "the wrong ones")
    for columns, problem in (("l", "columns of nested types are not supported"), ("*", "column l is a list: nested columns are not supported")):
        run = subprocess.run([os.environ["LEAT"], "-c", f"SELECT {columns} FROM '{path}'"], capture_output=True, text=True)
        check(f"nested {columns}", None if run.returncode == 1 and problem in run.stderr else run.stderr)


def read_names():
    path = write("names", pa.Table.from_arrays([pa.array([i]) for i in range(6)], names=["a", "a", "", "A", "a.b", "\u00fc \"\u540d"]))
    out = tool("dump", path)[1].split("\n")
    expected = [f"{name}:bigint" for name in ("a", "a_1", "column2", "A", "a.b", "\u00fc \"\u540d")]
    check("names", None if out[0].split("\t") == expected and out[1].split("\t") == list("012345") else out)


def read_errors():
    path = write("nanoseconds", pa.table({"a": [1, 2], "t": pa.array([1000, 1001], pa.timestamp("ns"))}))
    code, _, err = tool("dump", path)
    good = code == 1 and err.startswith("22008") and "column t" in err and "row 1" in err and "row group 0" in err
    check("nanoseconds", None if good else err)
    code, out, err = tool("dump", "-t", path)
    check("nanoseconds_truncated", None if code == 0 and out.endswith("1\t1\n2\t1\n") else out + err)
    for unit, limit in (("ms", 86400000), ("us", 86400000000), ("ns", 86400000000000)):
        stored = pa.int32() if unit == "ms" else pa.int64()
        for value, good in ((limit, True), (limit + limit // 1000, False), (-limit, False)):
            times = pa.array([0, value], stored).view(pa.time32(unit) if unit == "ms" else pa.time64(unit))
            code, out, err = tool("dump", write("times", pa.table({"t": times})))
            good = out.endswith("\n86400000000\n") if good else code == 1 and err.startswith("22008") and "row 1: the time is out of range" in err
            check(f"time {unit} {value}", None if good else out + err)
    bad = pa.array([b"good", b"\xff\xfe"]).cast(pa.binary()).view(pa.string())
    for dictionary in (True, False):
        path = write(f"utf8_{dictionary}", pa.table({"s": bad}), use_dictionary=dictionary)
        code, _, err = tool("dump", path)
        check(f"utf8_{dictionary}", None if code == 1 and err.startswith("22021") and "row 1" in err else err)
    import pyarrow.parquet.encryption  # a file with an encrypted footer begins and ends with PARE
    path = os.path.join(DIRECTORY, "encrypted.parquet")
    with open(path, "wb") as f:
        f.write(b"PARE" + b"\0" * 40 + struct.pack("<I", 10) + b"PARE")
    code, _, err = tool("dump", path)
    check("encrypted", None if code == 1 and err.startswith("0A000") and "encrypted" in err else err)


def read_duckdb():
    import duckdb
    db = duckdb.connect()
    db.execute("SET threads = 1; SET preserve_insertion_order = true")
    query = """SELECT i::INTEGER a, (i % 7)::SMALLINT b, (i * 1.5)::DOUBLE c, 'text ' || (i % 100) d, (i::DECIMAL(18,2) / 3)::DECIMAL(18,2) e,
        DATE '2024-01-01' + (i % 1000)::INTEGER f, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) SECOND g,
        (TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) SECOND)::TIMESTAMPTZ h, TIME '01:02:03' + INTERVAL (i) SECOND j,
        i % 3 = 0 k, CASE WHEN i % 5 = 0 THEN NULL ELSE i END l, 'x'::BLOB m, (i % 200)::UTINYINT n, i::UINTEGER o, i::UBIGINT p,
        (i / 3)::FLOAT q, md5(i::VARCHAR)::VARCHAR r, i::HUGEINT::DECIMAL(38,4) s FROM range(30000) t(i)"""
    for version, codec in itertools.product(["V1", "V2"], ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"]):
        name = f"duckdb_{version}_{codec}"
        path = os.path.join(DIRECTORY, name + ".parquet")
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, CODEC '{codec}', PARQUET_VERSION {version}, ROW_GROUP_SIZE 10000)")
        compare(name, path)
    path = os.path.join(DIRECTORY, "duckdb_interval.parquet")
    db.execute(f"COPY (SELECT INTERVAL '1 month 2 days 3.5 seconds' i, uuid() u) TO '{path}' (FORMAT parquet)")
    code, out, err = tool("dump", path)
    check("duckdb_interval", None if "1,2,3500000\tx" in out else out + err)


def read_polars():
    import polars
    n = 5000
    rng = random.Random(9)
    frame = polars.DataFrame({
        "a": [rng.randrange(1000) for _ in range(n)],
        "b": [None if rng.random() < 0.2 else rng.random() for _ in range(n)],
        "c": [rng.choice(["x", "a longer text than twelve bytes", None, "ä"]) for _ in range(n)],
        "d": [rng.random() < 0.5 for _ in range(n)],
        "e": [datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=i) for i in range(n)],
        "f": [datetime.date(2024, 1, 1) + datetime.timedelta(i) for i in range(n)],
        "g": [random_text(rng).encode() for _ in range(n)],
        "h": [decimal.Decimal(i).scaleb(-2) for i in range(n)],
    }).with_columns(polars.col("a").cast(polars.UInt16).alias("i"), polars.col("c").cast(polars.Categorical).alias("j"),
                    polars.col("b").cast(polars.Float32).alias("k"), polars.lit(None).cast(polars.Int64).alias("l"))
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"):
        name = f"polars_{codec}"
        path = os.path.join(DIRECTORY, name + ".parquet")
        frame.write_parquet(path, compression=codec, row_group_size=2000, data_page_size=2000)
        compare(name, path)


# --- writing ------------------------------------------------------------------------------------------------------------

WRITTEN = [n for n in TYPES if n not in ("dec60_20", "null")]


def copy(name, path, *options):
    to = os.path.join(DIRECTORY, "leat_" + name + ".parquet")
    if os.path.exists(to):
        os.remove(to)
    code, _, err = tool("copy", path, to, *map(str, options))
    if code != 0:
        check(name, err)
        return None
    return to


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def same_rows(name, table, rows):
    try:
        got = expected_rows(table)
    except Exception as e:  # a peer gives a type that the comparison does not know
        return check(name, repr(e))
    bad = next((i for i, (a, b) in enumerate(zip(got, rows)) if a != b), None)
    if len(got) != len(rows):
        check(name, f"{len(got)} rows instead of {len(rows)}")
    elif bad is not None:
        check(name, f"row {bad}: {[(table.column_names[k], a, b) for k, (a, b) in enumerate(zip(got[bad], rows[bad])) if a != b][:3]}")
    else:
        check(name, None)


def duckdb_table(path):
    import duckdb
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    names = pq.read_schema(path).names
    # DuckDB's Arrow form of UUIDs and JSON differs between versions: ask for bytes and text.
    types = dict(db.execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{path}')").fetchall())
    ask = [f'unhex(replace("{n}"::VARCHAR, \'-\', \'\')) AS "{n}"' if types[n] == "UUID"
           else f'"{n}"::VARCHAR AS "{n}"' if types[n] == "JSON" else f'"{n}"' for n in names]
    table = db.sql(f"SELECT {', '.join(ask)} FROM '{path}'").to_arrow_table()
    return table, types


def polars_table(path):
    import polars
    return polars.read_parquet(path).to_arrow()


def check_types(name, path):
    schema = pq.read_schema(path)
    expected = {"int8": pa.int16(), "uint8": pa.int16(), "uint16": pa.int32(), "uint32": pa.int64(), "uint64": pa.decimal128(20, 0),
                "float16": pa.float32(), "large_string": pa.string(), "fixed": pa.binary(), "fixed16": pa.binary(),
                "date64": pa.date32(), "time_s": pa.time64("us"), "time_ms": pa.time64("us"), "time_ns": pa.time64("us"),
                "ts_s": pa.timestamp("us"), "ts_ms": pa.timestamp("us"), "ts_ns": pa.timestamp("us"),
                "tz_ns": pa.timestamp("us", tz="UTC"), "categories": pa.string(), "json": pa.json_()}
    wrong = [(f.name, str(f.type)) for f in schema
             if f.type != expected.get(f.name, TYPES[f.name][0]) and not (f.name == "json" and f.type == pa.string())]
    check(name, f"types {wrong}" if wrong else None)


def check_duckdb_types(name, types):
    expected = {"bool": "BOOLEAN", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
                "string": "VARCHAR", "binary": "BLOB", "date32": "DATE", "time_us": "TIME", "ts_us": "TIMESTAMP",
                "tz_us": "TIMESTAMP WITH TIME ZONE", "dec5_2": "DECIMAL(5,2)", "dec38_10": "DECIMAL(38,10)", "uuid": "UUID",
                "json": "JSON"}
    wrong = [(n, types[n]) for n, t in expected.items() if n in types and types[n] != t]
    check(name, f"types {wrong}" if wrong else None)


def check_statistics(name, path, table):
    """Bounds in the footer against the values."""
    f = pq.ParquetFile(path)
    start = 0
    for g in range(f.metadata.num_row_groups):
        group = f.metadata.row_group(g)
        part = table.slice(start, group.num_rows)
        start += group.num_rows
        for c in range(group.num_columns):
            statistics, column = group.column(c).statistics, part.column(c)
            t = column.type
            if statistics is None or statistics.null_count != column.null_count:
                return check(name, f"NULLs of {table.column_names[c]} in row group {g}")
            if isinstance(t, (pa.BaseExtensionType, pa.DictionaryType)) or pa.types.is_float16(t):
                continue
            values = [v for v in column.to_pylist() if v is not None and v == v]
            if not statistics.has_min_max or not values:
                if values:
                    return check(name, f"no bounds of {table.column_names[c]}")
                continue
            if pa.types.is_string(t) or pa.types.is_large_string(t):
                values = [v.encode() for v in values]
            low, high = statistics.min, statistics.max
            low, high = (v.encode() if isinstance(v, str) else v for v in (low, high))
            if isinstance(low, datetime.datetime) and low.tzinfo is None and getattr(t, "tz", None):
                values = [v.astimezone(datetime.timezone.utc).replace(tzinfo=None) for v in values]
            if low > min(values) or high < max(values):
                return check(name, f"{table.column_names[c]} in row group {g}: {low}..{high}, {min(values)}..{max(values)}")
    check(name, None)


def write_leat():
    import duckdb
    for share, count in ((0, 2100), (0.2, 1000), (0.5, 6000), (1, 500), (0.1, 0), (0.1, 1)):
        table = make_table(count, share, f"write{share}", WRITTEN)
        source = write(f"source_{share}_{count}", table, row_group_size=777, data_page_size=1000)
        rows = expected_rows(table)
        for codec in ("none", "snappy", "gzip", "lz4_raw", "zstd"):
            for groups, pages, dictionary in ((122880, 20480, 1), (800, 100, 1), (2000, 999, 0)):
                name = f"write_{share}_{count}_{codec}_{groups}_{dictionary}"
                path = copy(name, source, codec, 0, groups, pages, dictionary)
                if path is None:
                    continue
                same_rows(name + " pyarrow", pq.ParquetFile(path).read(), rows)
                compare(name + " leat", path, rows=rows)
                if codec in ("none", "zstd"):
                    got, types = duckdb_table(path)
                    same_rows(name + " duckdb", got, rows)
                    check_duckdb_types(name + " duckdb types", types)
                    same_rows(name + " polars", polars_table(path), rows)
                    check_types(name + " types", path)
                    if count:
                        check_statistics(name + " statistics", path, table)
    # The same rows cut otherwise give the same bytes.
    table = make_table(3000, 0.1, "same", WRITTEN)
    paths = [copy(f"same_{n}", write(f"same_source_{n}", table, row_group_size=n, use_dictionary=n % 2 == 0), "zstd", 0, 1300, 1000, 1)
             for n in (50, 777, 2048, 3000)]
    check("same bytes", None if all(p and bytes_of(p) == bytes_of(paths[0]) for p in paths) else "they differ")
    # A dictionary that pays at first and grows too large.
    rng = random.Random(3)
    table = pa.table({"s": ["same"] * 1500 + [rng.randbytes(30).hex() for _ in range(40000)], "n": [7] * 1500 + list(range(40000)),
                      "u": [rng.getrandbits(60) for _ in range(41500)]})
    path = copy("large_dictionary", write("large_dictionary_source", table), "zstd", 0, 122880, 3000, 1)
    same_rows("large_dictionary pyarrow", pq.ParquetFile(path).read(), expected_rows(table))
    compare("large_dictionary leat", path)
    same_rows("large_dictionary duckdb", duckdb_table(path)[0], expected_rows(table))
    encodings = [set(pq.ParquetFile(path).metadata.row_group(0).column(i).encodings) for i in range(3)]
    check("large_dictionary encodings", None if "RLE_DICTIONARY" in encodings[0] and "RLE_DICTIONARY" not in encodings[2] else encodings)
    # Bounds of long text are cut, those of floats keep their zeros apart from NaN.
    table = pa.table({"s": ["zä" * 50, "z" * 100, "m"], "t": ["\U0010ffff" * 40, "a" * 70, "b"], "b": [b"\xff" * 80, b"\x01" * 80, b"c"],
                      "f": [0.0, None, 0.0], "g": [float("nan")] * 3, "h": [1.5, float("nan"), -2.0]})
    path = copy("bounds", write("bounds_source", table))
    group = pq.ParquetFile(path).metadata.row_group(0)
    bounds = {group.column(i).path_in_schema: group.column(i).statistics for i in range(6)}
    check("bounds f", None if str(bounds["f"].min) == "-0.0" and str(bounds["f"].max) == "0.0" else bounds["f"])
    check("bounds g", None if not bounds["g"].has_min_max else bounds["g"])
    check("bounds h", None if bounds["h"].null_count == 0 and not bounds["h"].has_min_max else bounds["h"])
    found = [duckdb.sql(f"SELECT count(*) FROM '{path}' WHERE {c}").fetchall()[0][0] for c in ("h = 'NaN'", "h > 2", "h < 0", "h < -2", "f = 0", "g > 1")]
    check("bounds in DuckDB", None if found == [1, 1, 1, 0, 2, 3] else found)
    compare("bounds leat", path)
    same_rows("bounds duckdb", duckdb_table(path)[0], expected_rows(table))
    same_rows("bounds polars", polars_table(path), expected_rows(table))
    low, high = (line.split("\t")[3:5] for line in tool("statistics", path)[1].split("\n")[:2])
    good = bytes.fromhex(low[0][1:]) <= "zä".encode() * 50 <= bytes.fromhex(low[1][1:]) and high[1] == ""
    check("bounds text", None if good else (low, high))
    # Numbers without a precision: exact in decimal(38,18), or refused by name.
    table = pa.table({"n": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal("-12345678901234567890")], pa.decimal256(45, 10))})
    path = copy("unconstrained", write("unconstrained_source", table))
    got = pq.read_table(path)
    check("unconstrained", None if got.column(0).type == pa.decimal128(38, 18) and
          got.column(0).to_pylist() == table.column(0).to_pylist() else got)
    table = pa.table({"n": pa.array([decimal.Decimal("1"), decimal.Decimal("1e-19")], pa.decimal256(45, 20))})
    code, _, err = tool("copy", write("inexact_source", table), os.path.join(DIRECTORY, f"inexact_{os.getpid()}.parquet"))
    check("inexact", None if code == 1 and err.startswith("22003") and "column n, row 1" in err else err)


def write_about():
    path = copy("about", write("about_source", pa.table({"a": range(250)})), "zstd", 0, 100)
    code, out, _ = tool("about", path)
    lines = out.split("\n")
    good = lines[0] == "250 rows" and lines[1].startswith("by leat version ") and "made_by = parquet_tool" in lines
    sizes = [line.split() for line in lines if line.startswith("group")]
    group = pq.ParquetFile(path).metadata.row_group
    good = good and [(s[2], s[4]) for s in sizes] == [(str(group(i).num_rows), str(group(i).column(0).total_compressed_size))
                                                      for i in range(3)]
    check("about", None if good else out)
    check("about metadata", None if pq.read_metadata(path).metadata[b"made_by"] == b"parquet_tool" else "none")


def read_statistics():
    for codec in ("snappy",):
        table = make_table(3000, 0.1, "statistics", [n for n in TYPES if n not in ("null", "dec60_20", "json", "float16")])
        path = write("statistics", table, row_group_size=500)
        code, out, err = tool("statistics", path)
        lines = [line.split("\t") for line in out.split("\n")[:-1]]
        for g, name, nulls, low, high in lines:
            part = table.column(name).slice(int(g) * 500, 500)
            cells = expected_column(part)
            values = [c for c in cells if c != "\\N"]
            problem = None if int(nulls) == part.null_count else f"{nulls} NULLs"
            t = part.type
            if pa.types.is_floating(t):
                form = ">f" if pa.types.is_float32(t) else ">d"
                low, high, values = (struct.unpack(form, bytes.fromhex(low)), struct.unpack(form, bytes.fromhex(high)),
                                     [struct.unpack(form, bytes.fromhex(v)) for v in values])
            elif low.startswith("x"):
                low, high, values = bytes.fromhex(low[1:]), bytes.fromhex(high[1:]), [bytes.fromhex(v[1:]) for v in values]
            else:
                low, high, values = int(low), int(high), [int(v) for v in values]
            if problem is None and (low != min(values) or high != max(values)):
                problem = f"{low}..{high} instead of {min(values)}..{max(values)}"
            check(f"statistics {g} {name}", problem)


def read_samples(directory):
    """Files kept with the tests: what Spark and others wrote."""
    for name in sorted(os.listdir(directory)):
        if name.endswith(".parquet"):
            compare("sample " + name, os.path.join(directory, name))


def main():
    os.makedirs(DIRECTORY, exist_ok=True)
    samples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parquet_samples")
    parts = [read_pyarrow, read_nested, read_names, read_errors, read_duckdb, read_polars, read_statistics, write_leat, write_about]
    for part in parts:
        if len(sys.argv) <= 3 or part.__name__ in sys.argv[3:]:
            part()
    if os.path.isdir(samples) and len(sys.argv) <= 3:
        read_samples(samples)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
