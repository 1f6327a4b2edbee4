"""Consumes with confluent-kafka in a group, and prints each record as `partition,offset,keySize,valueSize\\n` key value."""
import json
import signal
import sys

from confluent_kafka import Consumer, KafkaException

task = json.loads(sys.argv[1])
is_asked_to_end = False


def end(_signal, _frame):
    global is_asked_to_end
    is_asked_to_end = True


signal.signal(signal.SIGTERM, end)
consumer = Consumer({
    "bootstrap.servers": task["address"],
    "group.id": task["group"],
    "client.id": f"confluent-{task['member']}",
    "auto.offset.reset": "earliest",
    "session.timeout.ms": 10000,
    "partition.assignment.strategy": "range,roundrobin",
})
consumer.subscribe([task["topic"]])
output = sys.stdout.buffer
while not is_asked_to_end:
    for message in consumer.consume(500, 0.2):
        error = message.error()
        if error is not None:
            # What may pass is tried again by the library itself.
            if error.fatal():
                raise KafkaException(error)
            continue
        key, value = message.key(), message.value()
        output.write(b"%d,%d,%d,%d\n" % (message.partition(), message.offset(), len(key), len(value)))
        output.write(key)
        output.write(value)
    output.flush()
consumer.close()
