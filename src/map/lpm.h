/* BPF_MAP_TYPE_LPM_TRIE: the longest of the stored prefixes that a key begins with; look-ups without
 * locks.
 *
 * Shape. The first `top_bits` bits of a key choose a slot of a table, and with it a path-compressed
 * binary trie of the prefixes that have at least so many bits. Shorter ones lie in `shorts`, indexed
 * by 1 << length | bits; `short_lens` says which lengths occur. With about as many slots as entries, a
 * look-up usually ends after a node or two, where a trie alone would have a dozen dependent loads.
 *
 * Nodes are named by index, from 1. A node's bits and length are fixed while it is linked; children
 * lie below it by at least one bit, on the side of their next bit. Nodes without a value join two.
 * Keys are held as 64-bit numbers, most significant bit first, zero-padded.
 *
 * Slots are words as htab.h's buckets: first node, version, lock. Writers hold their slot's lock. Rules:
 *   R1 a change is one store: of a link, of the slot's word, or of a node's `info`; whatever it makes
 *      reachable was complete before (release);
 *   R2 the version is another one when the lock is given back after a change;
 *   R3 a node that became unreachable is given back after that, and nothing in it changes earlier.
 *
 * Why a look-up that saw the same version before and after is right: at most one change's store lies
 * between (R2), so nothing it walked through was given back by a change of this slot and reused before
 * that second look (R3: what a next owner writes comes after the version's change; loads acquire, so who
 * reads such a thing sees the new version, too). So it walked through the trie as it was before the
 * change or, from the one store on, as it was after; each link is read once, so it is one of both.
 * Shorter prefixes follow the same rules, with `short_word` for the slot's word; a look-up that needs
 * them looks at its slot's version again after having found its answer there, so that both answers
 * hold at one moment. Otherwise it starts again; somebody made progress. After MAX_RETRIES it takes the
 * locks (slot, then shorts). A walk that is led astray ends: lengths must grow from node to node.
 *
 * What a program may see: the value it holds a pointer to stays memory of the map, but after a deletion
 * or replacement it may become another prefix's value, as in htab.h. */
#ifndef SKEP_MAP_LPM_H
#define SKEP_MAP_LPM_H

#include "map/copy.h"
#include "map/map.h"

#define LPM_MAX_DATA  256 /* bytes; Linux's limit */
#define LPM_MAX_WORDS (LPM_MAX_DATA / 8)
#define LPM_MAX_TOP                                                                                \
	16 /* the table has at most 2^16 slots: 512 KiB, of which used ones cost memory */

#define LPM_VALUE 1u /* node.info: has a value; the length stands above */

struct lpm_node {
	_Atomic u32 child[2];
	_Atomic u32 info; /* length << 1 | LPM_VALUE */
	u32 free_next;	  /* while it is free */
	_Atomic u64 bits[];
};

struct lpm {
	/* hot: read by every look-up */
	_Atomic u64 *slots; /* head << 32 | version << 1 | lock */
	char *nodes;	    /* node 0 would be here */
	u32 stride, value_off;
	u32 data_bits, words;
	u32 top_bits;
	_Atomic u32 short_lens; /* bit n: prefixes of n bits exist, n < top_bits */
	_Atomic u64 short_word; /* version << 1 | lock */
	_Atomic u32 *shorts;
	/* writers */
	u32 short_count[LPM_MAX_TOP];		       /* under short_word's lock */
	_Atomic u32 lock __attribute__((aligned(64))); /* guards the rest */
	u32 free, fresh, nr_entries;
};

#endif
