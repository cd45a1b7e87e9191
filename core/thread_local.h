/* thread_local.h - thread-local variables that every op touches.
 *
 * In a shared library a thread-local variable costs a call, unless it stands in the part of a thread's
 * memory that is laid out when the program begins (the initial-exec model).  That part is small, and a
 * program that loads the library later (Python does) has a few hundred bytes of it left.  All
 * thread-local variables of the library go there as soon as one does, so none of them is an array or
 * a large struct, marked or not: these are on the heap, behind a pointer.  check_symbols.sh looks.
 * What is read for every op is marked GRA__HOT.
 */
#ifndef GRA_CORE_THREAD_LOCAL_H
#define GRA_CORE_THREAD_LOCAL_H

#define GRA__HOT _Thread_local __attribute__((tls_model("initial-exec")))

#endif
