import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java producer with a callback for each record, as its own performance tool uses it. */
public final class BenchProducer {
    private static final int STRIDE = 64;
    /** Latencies are counted in tenths of a millisecond up to ten seconds. */
    private static final int TENTHS = 100_000;

    private final AtomicIntegerArray latencies = new AtomicIntegerArray(TENTHS + 1);
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final byte[][] values;

    private BenchProducer(Stage stage) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(stage.text("values")), StandardCharsets.ISO_8859_1);
        values = lines.stream().map(line -> line.getBytes(StandardCharsets.ISO_8859_1)).toArray(byte[][]::new);
        topic = stage.text("topic");
        Properties settings = stage.clientSettings();
        settings.put("acks", stage.text("acks"));
        // Idempotence needs acks=all; it is the default there.
        if (!stage.text("acks").equals("all")) settings.put("enable.idempotence", "false");
        settings.put("linger.ms", stage.text("lingerMs"));
        settings.put("batch.size", stage.text("batchSize"));
        settings.put("buffer.memory", stage.text("bufferSize"));
        settings.put("compression.type", stage.text("compression"));
        settings.put("max.request.size", "4194304");
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private long send(long limitMs) throws Exception {
        long end = System.nanoTime() + limitMs * 1_000_000;
        long count = 0;
        while (System.nanoTime() < end) {
            for (int index = 0; index < STRIDE; index++, count++) {
                long sent = System.nanoTime();
                producer.send(new ProducerRecord<>(topic, values[(int) (count % values.length)]), (metadata, exception) -> {
                    if (exception != null) failure.set(exception);
                    latencies.incrementAndGet((int) Math.min(TENTHS, (System.nanoTime() - sent) / 100_000));
                });
            }
        }
        producer.flush();
        if (failure.get() != null) throw failure.get();
        return count;
    }

    private double latency(double part, long count) {
        long rest = (long) (count * part);
        for (int tenths = 0; tenths <= TENTHS; tenths++) {
            rest -= latencies.get(tenths);
            if (rest <= 0) return tenths / 10.0;
        }
        return TENTHS / 10.0;
    }

    public static void main(String[] words) throws Exception {
        Stage stage = new Stage(words);
        BenchProducer bench = new BenchProducer(stage);
        long warmUpCount = bench.send(stage.number("warmUpMs"));
        for (int tenths = 0; tenths <= TENTHS; tenths++) bench.latencies.set(tenths, 0);
        Stage.untilTurn();
        long started = System.nanoTime();
        long count = bench.send(stage.number("durationMs"));
        double elapsedMs = (System.nanoTime() - started) / 1e6;
        Stage.finish(String.format(
            Locale.ROOT,
            "{\"count\":%d,\"elapsedMs\":%.3f,\"warmUpCount\":%d,\"p50Ms\":%.1f,\"p99Ms\":%.1f}",
            count, elapsedMs, warmUpCount, bench.latency(0.5, count), bench.latency(0.99, count)));
    }
}
