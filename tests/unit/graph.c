/* Lists and trees of objects: order, ownership, emptiness, against a plain model. */
#include "map/local.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

struct item {
	u64 key;
	u64 node[4]; /* struct bpf_rb_node, or bpf_list_node */
};
#define N 500

static struct item *item_of(void *node)
{
	return (struct item *)(void *)((char *)node - offsetof(struct item, node));
}

static bool less(void *arg, void *a, void *b)
{
	(void)arg;
	return item_of(a)->key < item_of(b)->key;
}

TEST("a list gives back what was pushed, from either end")
{
	static struct item items[4];
	u64 head[2] = { 0 };

	EXPECT(!list_peek(head, false) && !list_pop(head, true));
	for (u32 i = 0; i < 4; i++)
		EXPECT_EQ(list_push(head, items[i].node, 8, i % 2), 0);
	/* 2 0 1 3 */
	EXPECT(list_peek(head, false) == items[2].node);
	EXPECT(list_pop(head, true) == items[3].node);
	EXPECT(list_pop(head, false) == items[2].node);
	EXPECT_EQ(list_push(head, items[3].node, 8, false), 0);
	EXPECT(list_pop(head, true) == items[1].node);
	EXPECT(list_pop(head, true) == items[0].node);
	EXPECT(list_pop(head, true) == items[3].node);
	EXPECT(!list_pop(head, true));
}

TEST("a tree is in order whatever is added and removed")
{
	static struct item items[N];
	bool in[N] = { 0 };
	u64 root[2] = { 0 }, other[2] = { 0 }, last;
	u32 n = 0, seed = 1;

	for (u32 round = 0; round < 20000; round++) {
		u32 i;

		seed = seed * 1103515245 + 12345;
		i = (seed >> 8) % N;
		if (in[i]) {
			EXPECT(!tree_remove(other, items[i].node));
			EXPECT(tree_remove(root, items[i].node) == items[i].node);
			EXPECT(!tree_remove(root, items[i].node));
			n--;
		} else {
			items[i].key = (seed >> 16) % 100;
			EXPECT_EQ(tree_add(root, items[i].node, 8, less, NULL), 0);
			n++;
		}
		in[i] = !in[i];
	}
	last = 0;
	for (void *node; (node = tree_first(root)); n--) {
		EXPECT(item_of(node)->key >= last);
		last = item_of(node)->key;
		EXPECT(tree_remove(root, node) == node);
	}
	EXPECT_EQ(n, 0);
	EXPECT(!tree_root(root));
}
