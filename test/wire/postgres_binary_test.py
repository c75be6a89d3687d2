"""Values in binary format, both ways, byte for byte beside a PostgreSQL server's."""
import psycopg

from checks import check, equal, run_all, servers

VALUES = {
    "bool": ["true", "false"], "int2": ["0", "-32768", "32767"], "int4": ["-1", "2147483647", "-2147483648"],
    "int8": ["9223372036854775807", "-9223372036854775808"],
    "float4": ["0", "-0", "1.5", "3.4e38", "1e-45", "NaN", "Infinity", "-Infinity"], "float8": ["0", "-0", "0.1", "1.7e308", "5e-324", "NaN", "-Infinity"],
    "text": ["", "plain", "größer ☃ 日本語"], "varchar": ["", "x"], "varchar(3)": ["abc"], "char(5)": ["ab"],
    "bytea": ["\\x", "\\x00ff10"], "date": ["2000-01-01", "1999-12-31", "0001-01-01", "4713-01-01 BC", "9999-12-31", "infinity", "-infinity"],
    "time": ["00:00:00", "23:59:59.999999", "24:00:00"],
    "timestamp": ["2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "infinity", "-infinity"],
    "timestamptz": ["2024-03-31 02:30:00+02", "1970-01-01 00:00:00+00", "infinity"],
    "interval": ["0", "1 year 2 mons 3 days 04:05:06.789", "-1 days +00:00:01", "-178000000 years"],
    "uuid": ["12345678-9abc-def0-1234-56789abcdef0"], "json": ['{"a": [1, 2]}'], "jsonb": ['{"bb": 1, "a": [1, 2]}'],
    "numeric": ["0", "0.00", "-0", "1", "-1", "10", "10000", "9999.9999", "10000.0001", "0.0001", "0.00001", "0.000012345", "-123456789.987654321", "1e30", "1.5e-20",
                "100000000", "12345678901234567890123456789012345678901234567890.12345678901234567890", "1e1000", "1e-1000", "NaN", "Infinity", "-Infinity", "0.10"],
    "numeric(12,2)": ["0", "10", "-10.05", "9999999999.99"], "numeric(38,10)": ["1234567890123456789012345678.0123456789"],
}
CASES = [(name, value) for name, values in VALUES.items() for value in values]


def answer(c, text, parameters, formats, types=None):
    """The raw value that comes back in binary format."""
    result = c.pgconn.exec_params(text.encode(), parameters, types, formats, 1)
    if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
        raise AssertionError((text, parameters, result.error_message.decode()))
    equal([result.fformat(i) for i in range(result.nfields)], [1] * result.nfields)
    return [result.get_value(0, i) for i in range(result.nfields)]


@check
def binary_values_are_postgresqls(server):
    oracle = servers.Postgres()
    try:
        with psycopg.connect(server.conninfo, autocommit=True) as ours, psycopg.connect(oracle.conninfo(), autocommit=True) as theirs:
            for name, value in CASES:
                text = f"SELECT $1::{name}, NULL::{name}"
                wanted = answer(theirs, text, [value.encode()], [0])
                got = answer(ours, text, [value.encode()], [0])
                if name != "json":  # text as it was sent
                    equal((name, value, got), (name, value, wanted))
                # And what PostgreSQL sends is understood.
                plain = name.split("(")[0]
                back = f"SELECT ($1::{plain})::text"
                equal((name, value, answer(ours, back, [wanted[0]], [1])), (name, value, answer(theirs, back, [wanted[0]], [1])))
    finally:
        oracle.stop()


@check
def each_column_may_have_its_format(server):
    with psycopg.connect(server.conninfo, autocommit=True) as c:
        c.execute("CREATE TABLE formatted (id int, name text)")
        c.execute("INSERT INTO formatted VALUES (258, 'x'), (NULL, NULL)")
        with c.cursor(binary=True) as cursor:
            equal(cursor.execute("SELECT id, name FROM formatted ORDER BY id").fetchall(), [(258, "x"), (None, None)])
            equal(cursor.execute("SHOW TimeZone").fetchone(), ("UTC",))
            equal(cursor.execute("SELECT id, count(*) FROM formatted WHERE id > %s GROUP BY id", (1,)).fetchall(), [(258, 1)])
        with c.transaction(), c.cursor(name="declared", binary=True) as cursor:
            equal(cursor.execute("SELECT i, i::numeric / 2 FROM generate_series(1, 3) AS g(i)").fetchone()[0], 1)
            equal(len(cursor.fetchall()), 2)


@check
def bad_binary_values_are_refused(server):
    with psycopg.connect(server.conninfo, autocommit=True) as c:
        for name, value in (("int4", b"\0"), ("int8", b"123456789"), ("uuid", b"short"), ("numeric", b"\0\1"), ("numeric", b"\0\1\0\0\0\0\0\0\x27\x10"),
                            ("numeric", b"\0\2\0\0\0\0\0\0\0\1"), ("jsonb", b"\2{}"), ("jsonb", b""), ("jsonb", b"\1{"), ("text", b"\xff"), ("date", b"\x7f\xff\xff\xf0"),
                            ("timestamp", b"\x7f\xff\xff\xff\xff\xff\xff\xf0"), ("bool", b"")):
            result = c.pgconn.exec_params(f"SELECT $1::{name}".encode(), [value], None, [1], 1)
            equal((name, value, result.status), (name, value, psycopg.pq.ExecStatus.FATAL_ERROR))
        equal(c.execute("SELECT 1").fetchone(), (1,))


if __name__ == "__main__":
    run_all()
