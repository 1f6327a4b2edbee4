import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.tools.api.RecordReader;

/**
 * A reader for ConsoleProducer's --line-reader: records as {@code key 0x01 value 0x02}, because its own reads lines and the
 * suite's values have many. Values keep their bytes.
 */
public final class DelimitedRecords implements RecordReader {
    private static final int KEY_END = 1;
    private static final int VALUE_END = 2;

    private String topic;

    @Override
    public void configure(Map<String, ?> configs) {
        topic = configs.get("topic").toString();
    }

    @Override
    public Iterator<ProducerRecord<byte[], byte[]>> readRecords(InputStream input) {
        return new Records(new BufferedInputStream(input, 1 << 16));
    }

    private final class Records implements Iterator<ProducerRecord<byte[], byte[]>> {
        private final InputStream input;
        private ProducerRecord<byte[], byte[]> next;

        private Records(InputStream input) {
            this.input = input;
        }

        @Override
        public boolean hasNext() {
            if (next == null) next = read();
            return next != null;
        }

        @Override
        public ProducerRecord<byte[], byte[]> next() {
            if (!hasNext()) throw new NoSuchElementException();
            ProducerRecord<byte[], byte[]> record = next;
            next = null;
            return record;
        }

        private ProducerRecord<byte[], byte[]> read() {
            byte[] key = readUntil(KEY_END);
            if (key == null) return null;
            byte[] value = readUntil(VALUE_END);
            if (value == null) throw new IllegalStateException("The input ends within a record");
            return new ProducerRecord<>(topic, key, value);
        }

        /** The bytes before {@code end}; null when the input ends before the first of them. */
        private byte[] readUntil(int end) {
            try {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
                for (int each = input.read(); each != end; each = input.read()) {
                    if (each == -1 && bytes.size() == 0) return null;
                    if (each == -1) throw new IllegalStateException("The input ends within a record");
                    bytes.write(each);
                }
                return bytes.toByteArray();
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }
}
