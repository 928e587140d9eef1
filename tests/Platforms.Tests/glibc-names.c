/* What Debian's libstdc++ and libgcc take from glibc and musl does not have. musl.sh makes a library of it, so that
   Microsoft's build of .NET for musl runs on Debian's musl. None of it has to do with numbers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
unsigned __cpu_model[4];

int __cpu_indicator_init(void)
{
    return 0;
}

unsigned arc4random(void)
{
    unsigned number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        abort();
    return number;
}

size_t __strftime_l(char *to, size_t size, const char *format, const struct tm *time, locale_t locale)
{
    return strftime_l(to, size, format, time, locale);
}

/* Destructors of a thread's variables: the last one first, when the thread ends. */
struct destructor { struct destructor *next; void (*call)(void *); void *object; };

static pthread_key_t destructors;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void destroy(void *first)
{
    for (struct destructor *d = first, *next; d; d = next) {
        next = d->next;
        d->call(d->object);
        free(d);
    }
}

static void make(void)
{
    if (pthread_key_create(&destructors, destroy) != 0)
        abort();
}

int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *library)
{
    struct destructor *d = malloc(sizeof *d);
    (void)library;
    if (d == NULL || pthread_once(&made, make) != 0)
        return -1;
    *d = (struct destructor){ pthread_getspecific(destructors), call, object };
    return pthread_setspecific(destructors, d);
}

/* The loaded file that has an address, and its table for unwinding the stack. */
struct search { size_t address; struct dl_find_object *found; };

static int look(struct dl_phdr_info *file, size_t size, void *argument)
{
    struct search *search = argument;
    struct dl_find_object *found = search->found;
    int here = 0;
    (void)size;
    found->dlfo_eh_frame = NULL;
    for (int i = 0; i < file->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &file->dlpi_phdr[i];
        size_t start = file->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME)
            found->dlfo_eh_frame = (void *)start;
        if (part->p_type == PT_LOAD && search->address - start < part->p_memsz) {
            here = 1;
            found->dlfo_map_start = (void *)start;
            found->dlfo_map_end = (void *)(start + part->p_memsz);
        }
    }
    return here;
}

int _dl_find_object(void *address, struct dl_find_object *found)
{
    struct search search = { (size_t)address, found };
    found->dlfo_flags = 0;
    found->dlfo_link_map = NULL;
    return dl_iterate_phdr(look, &search) && found->dlfo_eh_frame ? 0 : -1;
}
