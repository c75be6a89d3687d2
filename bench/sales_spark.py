"""The batch example on PySpark: sales_spark.py SOURCE OUT THREADS. Settings are Spark's defaults, but for what makes it small."""
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

source, out, threads = sys.argv[1:4]
spark = (SparkSession.builder.master(f"local[{threads}]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
         .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").config("spark.log.level", "ERROR").getOrCreate())
(spark.read.parquet(source).groupBy("store_id").agg(f.sum("amount").alias("amount"), f.count("transactions").alias("transactions"))
 .write.parquet(out))
spark.stop()
