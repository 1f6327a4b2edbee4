/* librdkafka's producer, with a delivery report for each record. */
#include "stage.h"

static long failed_count;
static long delivered_count;

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    (void)opaque;
    if (message->err) failed_count++;
    else delivered_count++;
}

static char *values[100000];
static size_t sizes[100000];
static long value_count;

static void read_values(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path, "cannot be read");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, file)) > 0 && value_count < 100000) {
        sizes[value_count] = size - 1;
        values[value_count++] = strndup(line, size - 1);
    }
    fclose(file);
}

static long send_all(rd_kafka_t *client, rd_kafka_topic_t *topic, long limit_ms) {
    double end = now_ms() + limit_ms;
    long count = 0;
    long delivered_before = delivered_count;
    while (now_ms() < end) {
        for (int index = 0; index < 64; index++, count++) {
            long at = count % value_count;
            while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, values[at], sizes[at], NULL, 0, NULL) == -1) {
                rd_kafka_resp_err_t error = rd_kafka_last_error();
                if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(error));
                rd_kafka_poll(client, 10);
            }
        }
        rd_kafka_poll(client, 0);
    }
    rd_kafka_flush(client, 60000);
    if (failed_count > 0 || delivered_count - delivered_before != count) fail("produce", "not all records were delivered");
    return count;
}

int main(int argc, char **argv) {
    word_count = argc;
    words = argv;
    read_values(text_of("values"));
    char buffer_kbytes[32];
    snprintf(buffer_kbytes, sizeof buffer_kbytes, "%ld", number_of("bufferSize") / 1024);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", text_of("address"));
    set(conf, "acks", text_of("acks"));
    set(conf, "enable.idempotence", strcmp(text_of("acks"), "all") == 0 ? "true" : "false");
    set(conf, "linger.ms", text_of("lingerMs"));
    set(conf, "batch.size", text_of("batchSize"));
    /* Its limit of records would end batches before their size does. */
    set(conf, "batch.num.messages", "1000000");
    set(conf, "queue.buffering.max.kbytes", buffer_kbytes);
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "compression.type", text_of("compression"));
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    char why[256];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (client == NULL) fail("rd_kafka_new", why);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, text_of("topic"), NULL);
    long warm_up_count = send_all(client, topic, number_of("warmUpMs"));
    until_turn();
    double started = now_ms();
    long count = send_all(client, topic, number_of("durationMs"));
    printf("{\"count\":%ld,\"elapsedMs\":%.3f,\"warmUpCount\":%ld}\n", count, now_ms() - started, warm_up_count);
    finish();
}
