"""The batch example on PySpark: sales_spark.py SOURCE OUT THREADS. Settings are Spark's defaults, but for what makes it small.

The JVM's peak memory, in kB, and processor time, in ms, go to OUT.usage: it is a process of its own.
"""
import os
import pathlib
import re
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

source, out, threads = sys.argv[1:4]
spark = (SparkSession.builder.master(f"local[{threads}]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
         .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").config("spark.log.level", "ERROR").getOrCreate())
(spark.read.parquet(source).groupBy("store_id").agg(f.sum("amount").alias("amount"), f.count("transactions").alias("transactions"))
 .write.parquet(out))
jvm = pathlib.Path(f"/proc/{spark.sparkContext._gateway.proc.pid}")  # spark-submit has become the JVM
ticks = (jvm / "stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()[11:13]
peak_kb = re.search(r"VmHWM:\s+(\d+)", (jvm / "status").read_text(encoding="utf-8")).group(1)
pathlib.Path(f"{out}.usage").write_text(f"{peak_kb} {sum(map(int, ticks)) * 1000 / os.sysconf('SC_CLK_TCK')}", encoding="utf-8")
spark.stop()
