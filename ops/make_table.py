"""make_table NAME... - the table of all ops, from the list in ops/meson.build, as C."""
import sys

names = sorted(sys.argv[1:])
print("/* generated from the list in ops/meson.build */")
print('#include "ops/ops.h"\n')
for name in names:
    print(f"extern const gra_op gra_op_{name};")
print("\nstatic const gra_op *const table[] = {")
for name in names:
    print(f"    &gra_op_{name},")
print("};\n\nconst gra_op *const *gra_ops(size_t *count)\n{")
print("    *count = sizeof table / sizeof table[0];\n    return table;\n}")
