"""Parquet against its peers: parquet_peers.py TOOL DIRECTORY

Files that pyarrow, DuckDB, Polars and fastparquet write, in every type, codec, encoding, page version and nullability, are
read by parquet_tool and compared with pyarrow's own reading, value by value. Files that leat writes are read back by
pyarrow, DuckDB and Polars. Prints one line per failure and a count.
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


def compare(name, path, *flags, table=None):
    if table is None:
        table = pq.ParquetFile(path).read()
    code, out, err = tool("dump", *flags, path)
    if code != 0:
        return check(name, f"{err} (exit {code})")
    lines = out.split("\n")[1:-1]
    rows = expected_rows(table)
    if len(lines) != table.num_rows:
        return check(name, f"{len(lines)} rows instead of {table.num_rows}")
    for i, (line, row) in enumerate(zip(lines, rows)):
        if line != "\t".join(row):
            cells = [(table.column_names[k], a, b) for k, (a, b) in enumerate(zip(line.split("\t"), row)) if a != b]
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
    "float16": (pa.float16(), None),
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
    if name == "float16":
        import numpy
        make = lambda r: numpy.float16(r.choice([0.0, -0.0, 1.5, 65504, 6e-8, r.gauss(0, 100), float("inf")]))
    values = [None if rng.random() < null_share else make(rng) for _ in range(count)]
    if null_share == 0.5:  # clustered: runs of NULLs and of values
        values = [None if (i // 37) % 2 == 0 else v if v is not None else make(rng) for i, v in enumerate(values)]
    if isinstance(t, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(t, pa.array(values, t.storage_type))
    if isinstance(t, pa.DictionaryType):
        return pa.array(values, pa.string()).dictionary_encode()
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
        table = make_table(3000, share, f"{version}{codec}{share}")
        for dictionary in (True, False):
            name = f"pyarrow_{version}_{codec}_{share}_{'dictionary' if dictionary else 'plain'}"
            compare(name, write(name, table, compression=codec, data_page_version=version, use_dictionary=dictionary,
                                data_page_size=4000, row_group_size=2500))
    for version, (encoding, names), share in itertools.product(["1.0", "2.0"], ENCODINGS.items(), [0, 0.3]):
        table = make_table(5000, share, encoding + version, names)
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
    compare("nested", path, table=table.select(["a", "z"]))


def read_errors():
    path = write("nanoseconds", pa.table({"a": [1, 2], "t": pa.array([1000, 1001], pa.timestamp("ns"))}))
    code, _, err = tool("dump", path)
    good = code == 1 and err.startswith("22008") and "column t" in err and "row 1" in err and "row group 0" in err
    check("nanoseconds", None if good else err)
    code, out, err = tool("dump", "-t", path)
    check("nanoseconds_truncated", None if code == 0 and out.endswith("1\t1\n2\t1\n") else out + err)
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


def read_fastparquet():
    import fastparquet
    import pandas
    n = 3000
    frame = pandas.DataFrame({"a": range(n), "b": [i / 7 for i in range(n)], "c": [f"text {i % 50}" for i in range(n)],
                              "d": pandas.date_range("2024-01-01", periods=n, freq="s"),
                              "e": pandas.array([None if i % 3 == 0 else i for i in range(n)], dtype="Int32"),
                              "f": [i % 2 == 0 for i in range(n)], "g": pandas.Categorical([f"k{i % 5}" for i in range(n)])})
    for codec in ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"):
        for times in ("int64", "int96"):
            name = f"fastparquet_{codec}_{times}"
            path = os.path.join(DIRECTORY, name + ".parquet")
            fastparquet.write(path, frame, compression=codec, times=times, write_index=False, row_group_offsets=1000)
            compare(name, path)


def read_samples(directory):
    """Files kept with the tests: what Spark and others wrote."""
    for name in sorted(os.listdir(directory)):
        if name.endswith(".parquet"):
            compare("sample " + name, os.path.join(directory, name))


def main():
    os.makedirs(DIRECTORY, exist_ok=True)
    samples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parquet_samples")
    parts = [read_pyarrow, read_nested, read_errors, read_duckdb, read_polars, read_fastparquet]
    for part in parts:
        if len(sys.argv) <= 3 or part.__name__ in sys.argv[3:]:
            part()
    if os.path.isdir(samples) and len(sys.argv) <= 3:
        read_samples(samples)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
