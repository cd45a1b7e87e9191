/* thread_local.h - thread-local variables that every op touches.
 *
 * In a shared library a thread-local variable costs a call, unless it stands in the part of a thread's
 * memory that is laid out when the program begins (the initial-exec model).  That part is small, and a
 * program that loads the library later (Python does) has a few hundred bytes of it left, so only
 * what is read for every op is marked GRA__HOT: pointers, counts and flags, never arrays.
 */
#ifndef GRA_CORE_THREAD_LOCAL_H
#define GRA_CORE_THREAD_LOCAL_H

#define GRA__HOT _Thread_local __attribute__((tls_model("initial-exec")))

#endif
