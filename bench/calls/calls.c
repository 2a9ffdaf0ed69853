/* What a call into the core costs from C, by its exported functions: `make calls`. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 11, CALLS = 200000 };

typedef struct {
    uint64_t capacity;
    uint64_t len;
    uint8_t *data;
} Buffer;

typedef struct {
    int8_t code;
    Buffer error;
} Status;

typedef Buffer (*Give)(Status *);
typedef void (*Free)(Buffer, Status *);

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void *find(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "the library has no %s\n", name);
        exit(1);
    }
    return found;
}

static void measure(const char *what, Give give, Free give_back) {
    double rounds[ROUNDS];
    uint64_t bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double begun = now_ns();
        for (int call = 0; call < CALLS; call++) {
            Status status = {0};
            Buffer got = give(&status);
            if (status.code != 0 || got.len == 0) {
                fprintf(stderr, "%s failed with %d\n", what, status.code);
                exit(1);
            }
            bytes = got.len;
            give_back(got, &status);
        }
        rounds[round] = (now_ns() - begun) / CALLS;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_size);
    printf("%-8s %5lu bytes  median %7.1f ns  min %7.1f  max %7.1f\n", what, (unsigned long)bytes,
           rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1]);
}

int main(int count, char **arguments) {
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (!library) {
        fprintf(stderr, "usage: calls LIBRARY%s%s\n", count == 2 ? "\n" : "", count == 2 ? dlerror() : "");
        return 2;
    }
    Free give_back = (Free)find(library, "ffi_qroc_ffi_rustbuffer_free");
    measure("text", (Give)find(library, "uniffi_qroc_ffi_fn_func_library_version"), give_back);
    measure("record", (Give)find(library, "uniffi_qroc_ffi_fn_func_live_objects"), give_back);
    measure("list", (Give)find(library, "uniffi_qroc_ffi_fn_func_error_text_keys"), give_back);
    return 0;
}
