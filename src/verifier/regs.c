/* Registers: setting, testing and checking them. */
#include "verifier/env.h"

int check_readable(struct verifier *v, u32 r)
{
	if (r >= 11)
		return reject(v, -EINVAL, "R%u is invalid", r);
	touch_reg(v, r);
	if (reg(v, r)->kind == V_NONE)
		return reject(v, -EACCES, "R%u !read_ok", r);
	return 0;
}

int check_writable(struct verifier *v, u32 r)
{
	if (r >= 11)
		return reject(v, -EINVAL, "R%u is invalid", r);
	if (r == BPF_REG_10)
		return reject(v, -EACCES, "frame pointer is read only");
	touch_reg(v, r);
	return 0;
}

void set_scalar(struct value *d, struct scalar s)
{
	*d = (struct value){ .kind = V_SCALAR, .var = s };
}

void set_unknown(struct value *d)
{
	set_scalar(d, scalar_unknown());
}

void set_const(struct value *d, u64 x)
{
	set_scalar(d, scalar_const(x));
}

/* A pointer without offset to something of that kind. */
void set_pointer(struct value *d, enum value_kind kind)
{
	*d = (struct value){ .kind = (u8)kind, .var = scalar_const(0) };
}

bool value_is_const(const struct value *val, u64 *x)
{
	if (val->kind != V_SCALAR || !scalar_is_const(&val->var))
		return false;
	*x = val->var.bits.value;
	return true;
}

bool value_is_zero(const struct value *val)
{
	u64 x;

	return value_is_const(val, &x) && x == 0;
}

bool is_packet(const struct value *val)
{
	return val->kind == V_PKT || val->kind == V_PKT_META;
}

bool is_sock(const struct value *val)
{
	return val->kind >= V_SOCK_COMMON && val->kind <= V_XDP_SOCK;
}

bool leaks_pointer(struct verifier *v, const struct value *val)
{
	return !v->allow_ptr_leaks && value_is_pointer(val);
}

/* A copy and its origin learn together from later comparisons: give them a common id. Constants need
 * none. An id with a distance is another register's: start a new one. */
void link_scalar(struct verifier *v, struct value *src)
{
	if (src->kind != V_SCALAR || scalar_is_const(&src->var))
		return;
	if (src->id & SCALAR_ID_ADD) {
		src->id = 0;
		src->fixed = 0;
	}
	if (!src->id)
		src->id = new_id(v);
}
