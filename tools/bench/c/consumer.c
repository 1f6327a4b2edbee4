/* librdkafka's consumer, in batches, which is its faster way; it reads both ends of every key and value; see content.ts. */
#include "stage.h"

static uint32_t int32_at(const void *bytes, size_t position) {
    uint32_t value;
    memcpy(&value, (const char *)bytes + position, sizeof value);
    return value;
}

static long count;
static uint32_t sum;
static double first_ms;

static void add(const rd_kafka_message_t *message) {
    if (count++ == 0) first_ms = now_ms();
    if (message->key != NULL) sum += int32_at(message->key, 0) + int32_at(message->key, 4) * 3 + (uint32_t)message->key_len * 11;
    sum += int32_at(message->payload, 0) * 5 + int32_at(message->payload, message->len - 4) * 7 + (uint32_t)message->len * 13;
}

/* The consumer is left open: closing it is not measured. */
static rd_kafka_t *read_all(const char *topic, const char *group, long count_max) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", text_of("address"));
    set(conf, "group.id", group);
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "check.crcs", "true");
    set(conf, "fetch.max.bytes", text_of("fetchSize"));
    set(conf, "max.partition.fetch.bytes", text_of("partitionFetchSize"));
    char why[256];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (client == NULL) fail("rd_kafka_new", why);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(client, topics);
    if (error) fail("subscribe", rd_kafka_err2str(error));
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    rd_kafka_message_t *messages[1000];
    count = 0;
    sum = 0;
    while (count < count_max) {
        ssize_t received = rd_kafka_consume_batch_queue(queue, 100, messages, 1000);
        for (ssize_t index = 0; index < received; index++) {
            if (!messages[index]->err) add(messages[index]);
            rd_kafka_message_destroy(messages[index]);
        }
    }
    rd_kafka_queue_destroy(queue);
    return client;
}

int main(int argc, char **argv) {
    word_count = argc;
    words = argv;
    const char *group = text_of("group");
    if (number_of("warmUpCount") > 0) {
        char warm_up_group[256];
        snprintf(warm_up_group, sizeof warm_up_group, "%s-warm-up", group);
        rd_kafka_t *client = read_all(text_of("warmUpTopic"), warm_up_group, number_of("warmUpCount"));
        rd_kafka_consumer_close(client);
        rd_kafka_destroy(client);
    }
    until_turn();
    double started = now_ms();
    read_all(text_of("topic"), group, number_of("count"));
    printf("{\"count\":%ld,\"sum\":%d,\"elapsedMs\":%.3f,\"joinMs\":%.3f}\n", count, (int32_t)sum, now_ms() - first_ms, first_ms - started);
    finish();
}
