#include <stdlib.h>
#include <string.h>

#include "table.h"

static unsigned hash(const char *key)
{
    unsigned value = 5381;
    while (*key != '\0') {
        value = value * 33 + (unsigned char)*key++;
    }
    return value % BUCKETS;
}

static struct entry *find(struct table *table, const char *key)
{
    struct entry *entry = table->buckets[hash(key)];
    while (entry != NULL && strcmp(entry->key, key) != 0) {
        entry = entry->next;
    }
    return entry;
}

int table_get(struct table *table, const char *key, int otherwise)
{
    struct entry *entry = find(table, key);
    return entry == NULL ? otherwise : entry->value;
}

/* Keys are not copied. Gives 0 where there is no memory left. */
int table_put(struct table *table, const char *key, int value)
{
    struct entry *entry = find(table, key);
    if (entry == NULL) {
        unsigned at = hash(key);
        entry = malloc(sizeof *entry);
        if (entry == NULL) {
            return 0;
        }
        entry->key = key;
        entry->next = NULL;
        table->buckets[at] = entry;
    }
    entry->value = value;
    return 1;
}

void table_free(struct table *table)
{
    for (int i = 0; i < BUCKETS; i++) {
        struct entry *entry = table->buckets[i];
        while (entry != NULL) {
            struct entry *next = entry->next;
            free(entry);
            entry = next;
        }
        table->buckets[i] = NULL;
    }
}
