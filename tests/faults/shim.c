/* shim.c -- makes calls of the C library fail on request: preloaded (LD_PRELOAD) by faults.py.
 *
 *   FAULT_CALL=NAME      the calls that count: "alloc", all memory allocations, or "thread", thread creation
 *   FAULT_LIBRARIES=A,B  from code in files whose names start with these
 *   FAULT_AT=N           the N-th of them fails, from 1, and all after it
 *   FAULT_ONCE=1         or only that one
 *   FAULT_CLOCK=SECONDS  the time of day jumps ahead by this and back, from call to call
 *   FAULT_LOG=FILE       written at exit: how many calls there were, and how many blocks the program itself did not free
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

#define CALLER __builtin_return_address(0)

/* ---- the call that fails ---- */

static struct {
    bool ready, once;
    char call[32], log[300];
    long at;
} fault;
static atomic_long counted;

static long number(const char *name, long usual)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : usual;
}

/* Libraries that end the process themselves when memory is short are left alone. */
static bool is_meant(const void *caller)
{
    const char *names = getenv("FAULT_LIBRARIES");
    Dl_info object;
    if (names == NULL || dladdr(caller, &object) == 0 || object.dli_fname == NULL)
        return false;
    const char *slash = strrchr(object.dli_fname, '/'),
               *file = slash != NULL ? slash + 1 : object.dli_fname;
    for (; *names != '\0'; names += names[0] == ',') {
        const size_t length = strcspn(names, ",");
        if (strncmp(file, names, length) == 0)
            return true;
        names += length;
    }
    return false;
}

/* Whether this call should fail; if so, sets errno. */
static bool fails(const char *call, const void *caller)
{
    if (!fault.ready || strcmp(call, fault.call) != 0 || !is_meant(caller))
        return false;
    const long this = atomic_fetch_add(&counted, 1) + 1;
    if (fault.at == 0 || (fault.once ? this != fault.at : this < fault.at))
        return false;
    errno = ENOMEM;
    return true;
}

/* ---- memory the program has allocated and not freed ---- */

#define PLACES (1u << 20)
static void *taken[PLACES];
static atomic_flag lock = ATOMIC_FLAG_INIT;
static uintptr_t program_first, program_end;

static int find_program(struct dl_phdr_info *object, size_t size, void *data)
{
    (void)size;
    (void)data;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const uintptr_t first = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
        if (object->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        if (program_end == 0)
            program_first = first;
        program_end = first + object->dlpi_phdr[i].p_memsz;
    }
    return 1; /* the first one is the program */
}

static void *note_taken(void *memory, const void *caller)
{
    if (memory == NULL || !fault.ready || (uintptr_t)caller < program_first ||
        (uintptr_t)caller >= program_end)
        return memory;
    while (atomic_flag_test_and_set(&lock))
        ;
    unsigned place = (unsigned)((uintptr_t)memory >> 4) % PLACES;
    for (unsigned i = 0; i < 64 && taken[place] != NULL; i++)
        place = (place + 1) % PLACES;
    if (taken[place] == NULL)
        taken[place] = memory;
    atomic_flag_clear(&lock);
    return memory;
}

static void note_given(const void *memory)
{
    if (memory == NULL || !fault.ready)
        return;
    while (atomic_flag_test_and_set(&lock))
        ;
    unsigned place = (unsigned)((uintptr_t)memory >> 4) % PLACES;
    for (unsigned i = 0; i < 64; i++, place = (place + 1) % PLACES) {
        if (taken[place] == memory) {
            taken[place] = NULL;
            break;
        }
    }
    atomic_flag_clear(&lock);
}

__attribute__((constructor)) static void begin(void)
{
    const char *call = getenv("FAULT_CALL"), *log = getenv("FAULT_LOG");
    snprintf(fault.call, sizeof fault.call, "%s", call != NULL ? call : "");
    snprintf(fault.log, sizeof fault.log, "%s", log != NULL ? log : "");
    fault.at = number("FAULT_AT", 0);
    fault.once = number("FAULT_ONCE", 0) != 0;
    dl_iterate_phdr(find_program, NULL);
    fault.ready = true;
}

__attribute__((destructor)) static void end(void)
{
    int left = 0;
    char text[80];
    fault.ready = false;
    if (fault.log[0] == '\0')
        return;
    for (unsigned i = 0; i < PLACES; i++)
        left += taken[i] != NULL;
    const int length = snprintf(text, sizeof text, "%ld %d\n", atomic_load(&counted), left);
    const int file = open(fault.log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, text, (size_t)length) != length)
        _exit(99);
    close(file);
}

/* ---- memory ---- */

void *malloc(size_t size)
{
    return fails("alloc", CALLER) ? NULL : note_taken(__libc_malloc(size), CALLER);
}

void *calloc(size_t count, size_t size)
{
    return fails("alloc", CALLER) ? NULL : note_taken(__libc_calloc(count, size), CALLER);
}

void *realloc(void *memory, size_t size)
{
    if (fails("alloc", CALLER))
        return NULL;
    note_given(memory);
    return note_taken(__libc_realloc(memory, size), CALLER);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails("alloc", CALLER) ? NULL : note_taken(__libc_memalign(alignment, size), CALLER);
}

void *memalign(size_t alignment, size_t size)
{
    return fails("alloc", CALLER) ? NULL : note_taken(__libc_memalign(alignment, size), CALLER);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (fails("alloc", CALLER))
        return ENOMEM;
    *memory = note_taken(__libc_memalign(alignment, size), CALLER);
    return *memory != NULL ? 0 : ENOMEM;
}

void free(void *memory)
{
    note_given(memory);
    __libc_free(memory);
}

/* ---- threads, time ---- */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if ((flags & MAP_ANONYMOUS) != 0 && fails("alloc", CALLER))
        return MAP_FAILED;
    return REAL(mmap)(at, size, protection, flags, file, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument)
{
    return fails("thread", CALLER) ? EAGAIN
                                   : REAL(pthread_create)(thread, attributes, body, argument);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static atomic_uint calls;
    const int result = REAL(clock_gettime)(clock, now);
    if (clock == CLOCK_REALTIME && atomic_fetch_add(&calls, 1) % 2 == 0)
        now->tv_sec += number("FAULT_CLOCK", 0);
    return result;
}
