import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The Java client against one address: produces, consumes without a group, administers. Prints "N passed, N failed". */
public class KafkaClientTest {
    interface Case {
        void run() throws Exception;
    }

    static String address;
    static int passed, failed;

    static void check(String name, Case test) {
        try {
            test.run();
            passed++;
        } catch (Throwable t) {
            failed++;
            System.out.println("FAILED " + name);
            t.printStackTrace(System.out);
        }
    }

    static void equal(Object got, Object wanted) {
        if (!got.equals(wanted))
            throw new AssertionError("got " + got + ", wanted " + wanted);
    }

    static Map<String, Object> options(Object... pairs) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", address);
        for (int i = 0; i < pairs.length; i += 2)
            all.put((String) pairs[i], pairs[i + 1]);
        return all;
    }

    static KafkaProducer<String, String> producer(Object... pairs) {
        return new KafkaProducer<>(options(pairs), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Object... pairs) {
        return new KafkaConsumer<>(options(pairs), new StringDeserializer(), new StringDeserializer());
    }

    static void create(Admin admin, String name, int partitions, Map<String, String> configs) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) -1).configs(configs))).all().get();
    }

    static List<ConsumerRecord<String, String>> drain(KafkaConsumer<String, String> source, int count) {
        List<ConsumerRecord<String, String>> found = new ArrayList<>();
        long until = System.currentTimeMillis() + 20000;
        while (found.size() < count) {
            if (System.currentTimeMillis() > until)
                throw new AssertionError(found.size() + " of " + count + " records came");
            source.poll(Duration.ofMillis(200)).forEach(found::add);
        }
        return found;
    }

    /** The defaults of the Java producer: idempotent, acks = all. */
    static void produceAndConsume(Admin admin, String codec) throws Exception {
        String topic = "java-" + codec;
        int count = 5000;
        create(admin, topic, 2, Map.of());
        try (KafkaProducer<String, String> sent = producer("compression.type", codec, "linger.ms", 1)) {
            List<Future<RecordMetadata>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ProducerRecord<String, String> record = new ProducerRecord<>(topic, i % 2, "k" + i, "value " + i);
                record.headers().add("number", Integer.toString(i).getBytes());
                all.add(sent.send(record));
            }
            for (int i = 0; i < count; i++)
                equal(all.get(i).get().offset(), (long) (i / 2));
        }
        try (KafkaConsumer<String, String> source = consumer("check.crcs", true, "max.partition.fetch.bytes", 20000)) {
            source.assign(List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1)));
            source.seekToBeginning(source.assignment());
            Set<String> values = new HashSet<>();
            for (ConsumerRecord<String, String> record : drain(source, count)) {
                int number = (int) (record.offset() * 2 + record.partition());
                equal(record.key(), "k" + number);
                equal(new String(record.headers().lastHeader("number").value()), Integer.toString(number));
                values.add(record.value());
            }
            equal(values.size(), count);
            equal(source.endOffsets(source.assignment()), Map.of(new TopicPartition(topic, 0), 2500L, new TopicPartition(topic, 1), 2500L));
        }
    }

    static void seekByTime(Admin admin) throws Exception {
        TopicPartition place = new TopicPartition("java-time", 0);
        create(admin, "java-time", 1, Map.of());
        try (KafkaProducer<String, String> sent = producer()) {
            for (int i = 0; i < 100; i++)
                sent.send(new ProducerRecord<>("java-time", 0, 1_000_000L + i * 1000, null, "v" + i));
        }
        try (KafkaConsumer<String, String> source = consumer("isolation.level", "read_committed")) {
            source.assign(List.of(place));
            Map<TopicPartition, OffsetAndTimestamp> found = source.offsetsForTimes(Map.of(place, 1_041_500L));
            equal(found.get(place).offset(), 42L);
            equal(found.get(place).timestamp(), 1_042_000L);
            source.seek(place, 42);
            equal(drain(source, 58).get(0).value(), "v42");
        }
        ListOffsetsResult.ListOffsetsResultInfo largest = admin.listOffsets(Map.of(place, OffsetSpec.maxTimestamp())).partitionResult(place).get();
        equal(largest.offset(), 99L);
    }

    static void administer(Admin admin) throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        equal(cluster.nodes().get().size(), 1);
        equal(cluster.controller().get().id(), 1);
        equal(cluster.clusterId().get().length(), 22);
        CreateTopicsResult made = admin.createTopics(List.of(new NewTopic("java-made", 3, (short) 1).configs(Map.of("cleanup.policy", "compact"))));
        equal(made.numPartitions("java-made").get(), 3);
        equal(made.config("java-made").get().get("cleanup.policy").value(), "compact");
        TopicDescription described = admin.describeTopics(List.of("java-made")).allTopicNames().get().get("java-made");
        equal(described.partitions().size(), 3);
        equal(described.topicId(), made.topicId("java-made").get());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "java-made");
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        equal(config.get("cleanup.policy").value(), "compact");
        equal(config.get("cleanup.policy").isDefault(), false);
        refused(TopicExistsException.class, () -> create(admin, "java-made", 1, Map.of()));
        refused(InvalidConfigurationException.class, () -> create(admin, "java-odd", 1, Map.of("no.such.config", "1")));
        equal(admin.listTopics().names().get().contains("java-made"), true);
        admin.deleteTopics(List.of("java-made")).all().get();
        equal(admin.listTopics().names().get().contains("java-made"), false);
        refused(UnknownTopicOrPartitionException.class, () -> admin.describeTopics(List.of("java-made")).allTopicNames().get());
        resource = new ConfigResource(ConfigResource.Type.BROKER, "1");
        config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        equal(config.get("auto.create.topics.enable").value(), "true");
    }

    static void refused(Class<?> wanted, Case test) throws Exception {
        try {
            test.run();
        } catch (ExecutionException e) {
            equal(e.getCause().getClass(), wanted);
            return;
        }
        throw new AssertionError(wanted + " was expected");
    }

    static void tooLarge(Admin admin) throws Exception {
        create(admin, "java-small", 1, Map.of("max.message.bytes", "1000"));
        try (KafkaProducer<String, String> sent = producer()) {
            refused(RecordTooLargeException.class, () -> sent.send(new ProducerRecord<>("java-small", "x".repeat(5000))).get());
            equal(sent.send(new ProducerRecord<>("java-small", "small")).get().offset(), 0L);
        }
    }

    /** The topic goes and comes back with another id: an open consumer notices, a producer goes on. */
    static void recreated(Admin admin) throws Exception {
        create(admin, "java-again", 1, Map.of());
        try (KafkaProducer<String, String> sent = producer("metadata.max.age.ms", 500)) {
            equal(sent.send(new ProducerRecord<>("java-again", "a")).get().offset(), 0L);
            admin.deleteTopics(List.of("java-again")).all().get();
            create(admin, "java-again", 1, Map.of());
            Thread.sleep(1000);
            equal(sent.send(new ProducerRecord<>("java-again", "b")).get().offset(), 0L);
        }
    }

    static void autoCreated() throws Exception {
        try (KafkaProducer<String, String> sent = producer("acks", "1", "enable.idempotence", false)) {
            equal(sent.send(new ProducerRecord<>("java-auto", "x")).get().offset(), 0L);
        }
        try (KafkaProducer<String, String> sent = producer("acks", "0", "enable.idempotence", false)) {
            sent.send(new ProducerRecord<>("java-auto", "y")).get();
        }
        try (KafkaConsumer<String, String> source = consumer()) {
            source.assign(List.of(new TopicPartition("java-auto", 0)));
            source.seekToBeginning(source.assignment());
            equal(drain(source, 2).get(1).value(), "y");
        }
    }

    public static void main(String[] arguments) {
        address = arguments[0];
        try (Admin admin = Admin.create(options())) {
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
                check("produceAndConsume " + codec, () -> produceAndConsume(admin, codec));
            check("seekByTime", () -> seekByTime(admin));
            check("administer", () -> administer(admin));
            check("tooLarge", () -> tooLarge(admin));
            check("recreated", () -> recreated(admin));
            check("autoCreated", () -> autoCreated());
        }
        System.out.println(passed + " passed, " + failed + " failed");
    }
}
