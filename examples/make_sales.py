#!/usr/bin/env python3
"""Writes examples/data/sales as Spark writes it by default: snappy Parquet, one file per task, _SUCCESS beside them.

    python3 -m venv build/spark && build/spark/bin/pip install pyspark
    build/spark/bin/python examples/make_sales.py examples/data/sales

The numbers come from a formula and not from a generator of random ones, so every run writes the same rows.
"""
import sys

from pyspark.sql import SparkSession

ROWS = 6000
FILES = 3

QUERY = f"""
    SELECT CAST(1 + (id * 7919) % 12 AS INT)                                   AS store_id,
           concat('T', lpad(CAST(id AS STRING), 6, '0'))                        AS transactions,
           CAST(((id * 104729) % 99991 + 100) / 100 AS DECIMAL(12, 2))          AS amount,
           element_at(array('card', 'cash', 'voucher'), CAST(1 + id % 3 AS INT)) AS paid_with,
           CASE WHEN id % 40 = 0 THEN NULL ELSE CAST(1 + (id * 31) % 9 AS INT) END AS items,
           timestamp_seconds(1705276800 + id * 14)                              AS sold_at
    FROM range(0, {ROWS}, 1, {FILES})
"""


def main():
    folder = sys.argv[1]
    spark = (SparkSession.builder.master("local[1]").appName("make_sales")
             .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false").getOrCreate())
    spark.sql(QUERY).write.mode("overwrite").parquet(f"{folder}/date=2024-01-15")
    spark.stop()


main()
