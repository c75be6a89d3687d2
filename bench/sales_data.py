#!/usr/bin/env python3
"""Makes the sales of the batch example: sales_data.py FOLDER ROWS. Four Parquet files as pyarrow writes them, the same at every run."""
import pathlib
import sys

import numpy
import pyarrow
import pyarrow.parquet

FILES, ROWS_OF_GROUP, STORES = 4, 1_000_000, 1000
DAY_US = 86_400_000_000


def make_file(path, first_id, rows, random):
    midnight = numpy.datetime64("2024-01-15T00:00:00", "us")
    within_day = numpy.sort(random.integers(0, DAY_US, rows)).astype("timedelta64[us]")
    table = pyarrow.table({
        "transaction_id": numpy.arange(first_id, first_id + rows, dtype=numpy.int64),
        "store_id": random.integers(1, STORES + 1, rows).astype(numpy.int32),
        "transactions": random.integers(1, 10, rows).astype(numpy.int64),
        "amount": numpy.round(random.gamma(2.0, 25.0, rows), 2),
        "ts": within_day + midnight,
    })
    pyarrow.parquet.write_table(table, path, compression="snappy", row_group_size=ROWS_OF_GROUP)


def main(folder, rows):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(42)
    rows_of_file = rows // FILES
    for index in range(FILES):
        make_file(folder / f"part-{index:05d}.parquet", index * rows_of_file, rows_of_file, random)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
