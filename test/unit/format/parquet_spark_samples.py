"""Writes test/unit/format/parquet_samples with PySpark: parquet_spark_samples.py DIRECTORY [LEAT_FILE...]

The samples are small and kept in the tree, since Spark is heavy to install; run this by hand to make them anew. Files named
after the directory (written by leat) are read with Spark, and their rows and types printed.
"""
import datetime
import decimal
import glob
import os
import shutil
import sys

from pyspark.sql import SparkSession
from pyspark.sql import types as t

directory = sys.argv[1]
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
         .getOrCreate())
spark.sparkContext.setLogLevel("ERROR")

SCHEMA = t.StructType([
    t.StructField("store_id", t.IntegerType()), t.StructField("amount", t.DoubleType()), t.StructField("name", t.StringType()),
    t.StructField("flag", t.BooleanType()), t.StructField("tiny", t.ByteType()), t.StructField("small", t.ShortType()),
    t.StructField("big", t.LongType()), t.StructField("real", t.FloatType()), t.StructField("cents", t.DecimalType(9, 2)),
    t.StructField("money", t.DecimalType(18, 4)), t.StructField("huge", t.DecimalType(38, 6)), t.StructField("raw", t.BinaryType()),
    t.StructField("day", t.DateType()), t.StructField("at", t.TimestampType()), t.StructField("local", t.TimestampNTZType()),
    t.StructField("tags", t.ArrayType(t.StringType())), t.StructField("must", t.LongType(), False)])


def row(i):
    if i % 7 == 3:
        return tuple([None] * 16 + [i])
    return (i % 5, i / 8, f"store number {i % 11}", i % 2 == 0, i % 100, i, i * 10 ** 12, i / 4, decimal.Decimal(i).scaleb(-2),
            decimal.Decimal(i * 10 ** 9).scaleb(-4), decimal.Decimal(-i * 10 ** 25).scaleb(-6), bytes([i % 256] * (i % 20)),
            datetime.date(2024, 1, 1) + datetime.timedelta(i), datetime.datetime(2024, 1, 1, 10) + datetime.timedelta(seconds=i),
            datetime.datetime(2024, 1, 1, 10) + datetime.timedelta(microseconds=i), [f"t{i}"], i)


def write(name, frame, **options):
    folder = os.path.join(directory, name + ".dir")
    frame.coalesce(1).write.mode("overwrite").options(**options).parquet(folder)
    part, = glob.glob(os.path.join(folder, "part-*"))
    os.replace(part, os.path.join(directory, name + ".parquet"))
    shutil.rmtree(folder)


if len(sys.argv) == 2:
    frame = spark.createDataFrame([row(i) for i in range(100)], SCHEMA)
    write("spark_snappy", frame)
    write("spark_gzip", frame, compression="gzip")
    write("spark_zstd_v2", frame, compression="zstd", **{"parquet.writer.version": "v2"})
    write("spark_lz4", frame.limit(30), compression="lz4")
    spark.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
    write("spark_int96", frame.limit(30))
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "true")
    write("spark_legacy", frame.limit(30), compression="none")
for path in sys.argv[2:]:
    frame = spark.read.option("datetimeRebaseMode", "CORRECTED").parquet(path)
    frame.printSchema()
    for r in frame.limit(3).collect():
        print(r)
    print(frame.count(), "rows")
