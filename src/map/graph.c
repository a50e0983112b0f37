/* Lists and trees of objects (local.h). Whoever calls holds the lock that belongs to the head or root.
 *
 * Lists are circles through their head; a head of zeros is an empty list. Trees are treaps: search trees in
 * the order of less(), heaps in the order of a hash of the nodes' addresses, hence balanced on average. */
#include <errno.h>

#include "map/local.h"

struct list {
	struct list *next, *prev;
};
struct list_node { /* struct bpf_list_node */
	struct list list;
	_Atomic(void *) owner;
};
struct tree_node { /* struct bpf_rb_node */
	struct tree_node *left, *right, *parent;
	_Atomic(void *) owner;
};
struct tree { /* struct bpf_rb_root */
	struct tree_node *root;
	void *unused;
};

/* A node that another list or tree has cannot be added: its object loses the reference that was given. */
static bool take(_Atomic(void *) *owner, void *new)
{
	void *none = NULL;

	return atomic_compare_exchange_strong(owner, &none, new);
}

static struct list *init(void *head)
{
	struct list *h = head;

	if (!h->next)
		h->next = h->prev = h;
	return h;
}

int list_push(void *head, void *node, u32 off, bool back)
{
	struct list *h = init(head), *after = back ? h->prev : h;
	struct list_node *n = node;

	if (!take(&n->owner, head)) {
		local_drop((char *)node - off);
		return -EINVAL;
	}
	n->list = (struct list){ after->next, after };
	after->next->prev = &n->list;
	after->next = &n->list;
	return 0;
}

void *list_peek(void *head, bool back)
{
	struct list *h = init(head);

	return h->next == h ? NULL : back ? h->prev : h->next;
}

void *list_pop(void *head, bool back)
{
	struct list_node *n = list_peek(head, back);

	if (!n)
		return NULL;
	n->list.next->prev = n->list.prev;
	n->list.prev->next = n->list.next;
	n->list = (struct list){ 0 };
	atomic_store(&n->owner, NULL);
	return n;
}

/* --- trees --- */

static u64 rank(const struct tree_node *n)
{
	return (u64)(uintptr_t)n * 0x9e3779b97f4a7c15ull;
}

static void replace_child(struct tree *t, struct tree_node *parent, struct tree_node *old,
			  struct tree_node *new)
{
	if (!parent)
		t->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

/* c, a child of p, takes p's place, p becomes its child. */
static void rotate_up(struct tree *t, struct tree_node *c)
{
	struct tree_node *p = c->parent, *between = p->left == c ? c->right : c->left;
	bool left = p->left == c;

	replace_child(t, p->parent, p, c);
	if (left) {
		p->left = between;
		c->right = p;
	} else {
		p->right = between;
		c->left = p;
	}
	if (between)
		between->parent = p;
	p->parent = c;
}

int tree_add(void *root, void *node, u32 off, bool (*less)(void *arg, void *a, void *b), void *arg)
{
	struct tree *t = root;
	struct tree_node *n = node, *parent = NULL, **link = &t->root;

	if (!take(&n->owner, root)) {
		local_drop((char *)node - off);
		return -EINVAL;
	}
	while (*link) {
		parent = *link;
		link = less(arg, n, parent) ? &parent->left : &parent->right;
	}
	n->left = n->right = NULL;
	n->parent = parent;
	*link = n;
	while (n->parent && rank(n->parent) < rank(n))
		rotate_up(t, n);
	return 0;
}

void *tree_remove(void *root, void *node)
{
	struct tree *t = root;
	struct tree_node *n = node;

	if (!n || atomic_load(&n->owner) != root)
		return NULL;
	while (n->left && n->right)
		rotate_up(t, rank(n->left) > rank(n->right) ? n->left : n->right);
	replace_child(t, n->parent, n, n->left ? n->left : n->right);
	n->left = n->right = n->parent = NULL;
	atomic_store(&n->owner, NULL);
	return n;
}

void *tree_root(void *root)
{
	return ((struct tree *)root)->root;
}

void *tree_first(void *root)
{
	struct tree_node *n = tree_root(root);

	while (n && n->left)
		n = n->left;
	return n;
}

void *tree_child(void *root, void *node, bool right)
{
	struct tree_node *n = node;

	if (atomic_load(&n->owner) != root)
		return NULL;
	return right ? n->right : n->left;
}
