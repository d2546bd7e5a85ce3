// Bun's build for musl wants a libstdc++ that came from a musl system. Debian's serves, with these
// functions of glibc added. Only the host needs it: our binary brings what it uses.
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

uint32_t arc4random(void) {
  uint32_t word = 0;
  getrandom(&word, sizeof word, 0);
  return word;
}

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time,
                    locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

unsigned long __getauxval(unsigned long type) { return getauxval(type); }

int __cxa_thread_atexit_impl(void *function, void *object, void *library) {
  (void)function, (void)object, (void)library;
  return 0;
}

// Not found: the unwinder asks dl_iterate_phdr() then.
int _dl_find_object(void *address, void *result) {
  (void)address, (void)result;
  return -1;
}
