"""Produces with confluent-kafka: idempotent, keys partitioned as the Java client does. Records come as `key 0x01 value 0x02`."""
import json
import sys

from confluent_kafka import Producer

task = json.loads(sys.argv[1])
failures = []
producer = Producer({
    "bootstrap.servers": task["address"],
    "enable.idempotence": True,
    "acks": "all",
    "compression.type": task["codec"],
    "partitioner": "murmur2_random",
    "message.timeout.ms": 120000,
    "linger.ms": 20,
})


def on_delivery(error, message):
    if error is not None:
        failures.append(f"{message.key()!r}: {error}")


pending = b""
while True:
    chunk = sys.stdin.buffer.raw.read(1 << 16)
    if not chunk:
        break
    *records, pending = (pending + chunk).split(b"\x02")
    for record in records:
        key, value = record.split(b"\x01", 1)
        while True:
            try:
                producer.produce(task["topic"], key=key, value=value, on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.1)
    producer.poll(0)
producer.flush()
if failures:
    sys.exit(f"{len(failures)} records were not delivered, the first: {failures[0]}")
