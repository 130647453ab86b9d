#include <stdlib.h>

struct node {
    int value;
    struct node *next;
};

struct node *list_push(struct node *head, int value)
{
    struct node *added = malloc(sizeof *added);
    if (added == NULL) {
        return head;
    }
    added->value = value;
    added->next = head;
    return added;
}

struct node *list_reverse(struct node *head)
{
    struct node *reversed = NULL;
    while (head != NULL) {
        struct node *next = head->next;
        head->next = reversed;
        reversed = head;
        head = next;
    }
    return reversed;
}

int list_length(const struct node *head)
{
    int length = 0;
    while (head != NULL) {
        length++;
        head = head->next;
    }
    return length;
}

void list_free(struct node *head)
{
    while (head != NULL) {
        struct node *next = head->next;
        free(head);
        head = next;
    }
}
