/* How the benchmark's clients talk with its harness; see agents/stage.ts. */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int word_count;
static char **words;

static const char *text_of(const char *name) {
    size_t length = strlen(name);
    for (int index = 1; index < word_count; index++)
        if (strncmp(words[index], name, length) == 0 && words[index][length] == '=') return words[index] + length + 1;
    fprintf(stderr, "%s= is missing\n", name);
    exit(1);
}

static long number_of(const char *name) { return atol(text_of(name)); }

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void until_turn(void) {
    char line[16];
    printf("ready\n");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) exit(1);
}

/* The result has been printed. */
static void finish(void) {
    char line[16];
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) continue;
    _Exit(0);
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(name, why);
}
