import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/** The stream example on Kafka Streams: FraudStreams BROKERS IN OUT COUNT; COUNT 0 runs until standard input closes. */
public class FraudStreams {
    public static class Transaction {
        public String id;
        public long user_id;
        public double amount;
        public String ts;
    }

    public record Alert(String id, String alert) {}

    static final ObjectMapper MAPPER = new ObjectMapper();
    static final LongAdder seen = new LongAdder();

    interface Work<T> {
        T run() throws Exception;
    }

    static <T> T unchecked(Work<T> work) {
        try {
            return work.run();
        } catch (Exception e) {
            throw new RuntimeException(e);
        }
    }

    static <T> Serde<T> json(Class<T> type) {
        return Serdes.serdeFrom((topic, value) -> unchecked(() -> MAPPER.writeValueAsBytes(value)),
                (topic, bytes) -> unchecked(() -> MAPPER.readValue(bytes, type)));
    }

    static Topology topology(String in, String out) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(in, Consumed.with(Serdes.String(), json(Transaction.class)))
                .peek((key, transaction) -> seen.increment())
                .filter((key, transaction) -> transaction.amount > 10000)
                .mapValues(transaction -> new Alert(transaction.id, "High value: " + transaction.id))
                .to(out, Produced.with(Serdes.String(), json(Alert.class)));
        return builder.build();
    }

    public static void main(String[] arguments) throws Exception {
        long count = Long.parseLong(arguments[3]);
        Properties properties = new Properties();
        properties.putAll(Map.of("application.id", "fraud-" + ProcessHandle.current().pid(), "bootstrap.servers", arguments[0],
                "num.stream.threads", "2", "state.dir", System.getProperty("java.io.tmpdir") + "/fraud-" + ProcessHandle.current().pid(),
                "auto.offset.reset", count > 0 ? "earliest" : "latest", "replication.factor", "1"));
        long began = System.nanoTime();
        KafkaStreams streams = new KafkaStreams(topology(arguments[1], arguments[2]), properties);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.out.println("running");
            }
        });
        streams.start();
        while (count > 0 ? seen.sum() < count : System.in.read() >= 0) {
            Thread.sleep(count > 0 ? 2 : 0);
        }
        streams.close();
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.println(String.format(Locale.ROOT, "{\"records\": %d, \"seconds\": %.4f}", seen.sum(), seconds));
    }
}
