// The symbols that Debian's libstdc++ and libgcc import from glibc and musl lacks. Installed beside
// them as ld-linux-x86-64.so.2, which they name as a dependency.
#include <stddef.h>

extern size_t strftime_l(char *, size_t, const char *, const void *, void *);
extern long getrandom(void *, size_t, unsigned);

char __libc_single_threaded = 0;

// Destructors of thread-local objects; a thread that ends keeps them.
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *library) { return 0; }

size_t __strftime_l(char *text, size_t size, const char *format, const void *time, void *locale) {
  return strftime_l(text, size, format, time, locale);
}

unsigned arc4random(void) {
  unsigned number;
  getrandom(&number, sizeof number, 0);
  return number;
}

// The unwinder then falls back to dl_iterate_phdr().
int _dl_find_object(void *address, void *found) { return -1; }

// libgcc exports them only under old symbol versions, which musl ignores.
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }
