import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The Java consumer, that reads both ends of every key and value; see content.ts. */
public final class BenchConsumer {
    private long count;
    private int sum;
    private long firstNanos;

    private static int int32(byte[] bytes, int position) {
        return (bytes[position] & 0xff) | (bytes[position + 1] & 0xff) << 8 | (bytes[position + 2] & 0xff) << 16
            | bytes[position + 3] << 24;
    }

    private static int sumOf(byte[] key, byte[] value) {
        int keyPart = key == null ? 0 : int32(key, 0) + int32(key, 4) * 3 + key.length * 11;
        return keyPart + int32(value, 0) * 5 + int32(value, value.length - 4) * 7 + value.length * 13;
    }

    /** The consumer is left open: closing it is not measured, and what it fetches meanwhile ends with it. */
    private KafkaConsumer<byte[], byte[]> read(Stage stage, String topic, String group, long countMax) {
        Properties settings = stage.clientSettings();
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("fetch.max.bytes", stage.text("fetchSize"));
        settings.put("max.partition.fetch.bytes", stage.text("partitionFetchSize"));
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(topic));
        count = 0;
        sum = 0;
        while (count < countMax) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(1000))) {
                if (count == 0) firstNanos = System.nanoTime();
                count++;
                sum += sumOf(record.key(), record.value());
            }
        }
        return consumer;
    }

    public static void main(String[] words) throws Exception {
        Stage stage = new Stage(words);
        BenchConsumer bench = new BenchConsumer();
        String group = stage.text("group");
        long warmUpCount = stage.number("warmUpCount");
        if (warmUpCount > 0) bench.read(stage, stage.text("warmUpTopic"), group + "-warm-up", warmUpCount).close();
        Stage.untilTurn();
        long started = System.nanoTime();
        bench.read(stage, stage.text("topic"), group, stage.number("count"));
        long now = System.nanoTime();
        Stage.finish(String.format(Locale.ROOT, "{\"count\":%d,\"sum\":%d,\"elapsedMs\":%.3f,\"joinMs\":%.3f}",
            bench.count, bench.sum, (now - bench.firstNanos) / 1e6, (bench.firstNanos - started) / 1e6));
    }
}
