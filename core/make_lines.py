"""make_lines HEADER... - macros that note the line of each call of a function that records, as C (core/lines.h)."""
import re
import sys

names = []
for path in sys.argv[1:]:
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    names += re.findall(r"^(?:gra_tensor \*|int )(gra_\w+)\(", text, flags=re.M)

print("/* generated from the prototypes: included by gradus.h where GRA_LINES is defined */")
print('#include "core/lines.h"\n')
print("#ifndef __cplusplus")
for name in sorted(set(names)):
    print(f"#define {name}(...) (gra_note_line(__FILE__, __LINE__), ({name})(__VA_ARGS__))")
print("#endif")
