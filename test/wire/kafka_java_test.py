"""The Java client, of the oldest and the newest line in use: java/KafkaClientTest.java is compiled and run with each."""
import os
import pathlib
import subprocess

from checks import CHECKS, run_all

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("BUILD", HERE.parent.parent / "build" / "test")).resolve()
VERSIONS = ("3.9.1", "4.1.0")


def output_of(*command, limit_s=300):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


def jars(version):
    """The client and what it needs, from Maven, once."""
    folder = BUILD / "java" / version
    if not (folder / "complete").exists():
        output_of("mvn", "-q", "-B", "-f", str(HERE / "java" / "pom.xml"), f"-Dkafka={version}", "dependency:copy-dependencies",
                  f"-DoutputDirectory={folder}")
        (folder / "complete").touch()
    return f"{folder}/*"


def make_check(version):
    def check(server):
        classes = server.folder / f"classes-{version}"
        output_of("javac", "-cp", jars(version), "-d", str(classes), str(HERE / "java" / "KafkaClientTest.java"))
        told = output_of("java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{jars(version)}:{classes}", "KafkaClientTest",
                         f"127.0.0.1:{server.kafka_port}")
        assert told.rstrip().endswith(" 0 failed"), told
        delete_topics(server)

    check.__name__ = f"java_client_{version}"
    return check


def delete_topics(server):
    """The next version begins anew."""
    listed = output_of("kcat", "-b", f"127.0.0.1:{server.kafka_port}", "-L", "-J")
    import json
    from confluent_kafka.admin import AdminClient
    names = [t["topic"] for t in json.loads(listed)["topics"]]
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{server.kafka_port}"})
    for future in admin.delete_topics(names).values():
        future.result(10)


CHECKS.extend(make_check(version) for version in VERSIONS)
run_all()
