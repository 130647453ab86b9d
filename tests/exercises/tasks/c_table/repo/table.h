#ifndef TABLE_H
#define TABLE_H

#define BUCKETS 4

struct entry {
    const char *key;
    int value;
    struct entry *next;
};

struct table {
    struct entry *buckets[BUCKETS];
};

int table_get(struct table *table, const char *key, int otherwise);
int table_put(struct table *table, const char *key, int value);
void table_free(struct table *table);

#endif
