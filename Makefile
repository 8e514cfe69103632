# Makefile -- builds the program, the library, the tests and the benchmarks into $(BUILD).
#
# 'make' ends with what was built in and what is missing.
# Variables: BUILD (folder), CC (host code), KERNEL_CC (kernels; clang gives SIMD lanes, any other
# compiler one sample at a time), SANITIZE (address,undefined or thread), WERROR=1, PREFIX, DESTDIR,
# LIBDIR (below PREFIX), ISAL= (zlib in place of ISA-L, even where that is there), LIBUV= (no event loop in the lab's patterns, likewise),
# FRIBIDI= (no lines of text in both directions, likewise), MPI=mpich (in place of Open MPI).

BUILD ?= build
PREFIX ?= /usr/local
LIBDIR ?= lib
KERNEL_CC ?= $(shell command -v clang || echo $(CC))
SANITIZE ?=
WERROR ?=

# What nothing can be built without is told before anything is compiled.
ifneq ($(filter-out clean help format lint uninstall,$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell command -v pkg-config),)
$(error pkg-config is missing: apt-get install pkg-config)
endif
NEEDED := $(if $(shell pkg-config --exists jansson && echo y),,libjansson-dev) $(if $(shell pkg-config --exists zlib && echo y),,zlib1g-dev) \
          $(if $(shell printf '\043include <CL/cl.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo y),,opencl-headers ocl-icd-opencl-dev)
ifneq ($(strip $(NEEDED)),)
$(error missing: $(strip $(NEEDED)). Install with: apt-get install $(strip $(NEEDED)), or all packages with: sh setup.sh deps)
endif
endif

MACHINE := $(shell $(CC) -dumpmachine | cut -d- -f1)
ifeq ($(MACHINE),x86_64)
LEVELS := scalar sse avx2 avx512 avx512icl
else ifeq ($(MACHINE),aarch64)
LEVELS := scalar neon
else
LEVELS := scalar simd
endif
FLAGS_sse := -march=x86-64-v2 -DLANES_BYTES=16
FLAGS_avx2 := -march=x86-64-v3 -DLANES_BYTES=64
FLAGS_avx512 := -march=x86-64-v4 -mprefer-vector-width=512 -DLANES_BYTES=64
# What Ice Lake and Zen 4 added: dot products of bytes, permutations of bytes.
FLAGS_avx512icl := $(FLAGS_avx512) -mavx512vbmi -mavx512vbmi2 -mavx512vnni -mavx512bitalg -mavx512vpopcntdq
FLAGS_neon := -DLANES_BYTES=16
FLAGS_simd := -DLANES_BYTES=16
FLAGS_scalar := -DSINGLE -fno-tree-vectorize -fno-tree-slp-vectorize

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wdouble-promotion
OPTIMIZE := -O3 -g
# Only what TRI_API marks is exported from libtriptych.so, and of a module only its entry.
COMMON := -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -ffp-contract=off $(if $(WERROR),-Werror) \
          $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
VERSION := $(shell sed -n 's/^.define TRI_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' host/triptych.h | paste -sd .)
# Changes with every change that programs linked against the library do not survive.
SOVERSION := 0
COMMIT := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

# A format is host/codec/NAME.c, which defines tri_codec_NAME, with host/codec/NAME_*.c. Those whose libraries, which
# PACKAGES_NAME lists, are not there are left out. docs/extending.md shows how one is added.
FORMATS_KNOWN := $(shell sed -n 's/^const struct tri_codec tri_codec_\([a-z0-9_]*\) = .*/\1/p' host/codec/*.c)
PACKAGES_png := libpng zlib
PACKAGES_jpeg := libjpeg
PACKAGES_webp := libwebp libwebpmux libwebpdemux
PACKAGES_tiff := libtiff-4
NEEDS_tiff := libtiff-4 >= 4.5
PACKAGES_avif := libavif
NEEDS_avif := libavif >= 0.11
PACKAGES_jxl := libjxl
NEEDS_jxl := libjxl >= 0.7
FORMATS := $(foreach f,$(FORMATS_KNOWN),$(if $(PACKAGES_$f),$(shell pkg-config --exists '$(or $(NEEDS_$f),$(PACKAGES_$f))' && echo $f),$f))
# Moving pictures alike: host/video/NAME.c. They are listed, for the order is that in which they are asked.
VIDEO_KNOWN := sequence y4m libav
PACKAGES_libav := libavformat libavcodec libavutil libswscale libswresample
VIDEO := $(foreach f,$(VIDEO_KNOWN),$(if $(wildcard host/video/$f.c),$(if $(PACKAGES_$f),$(shell pkg-config --exists $(PACKAGES_$f) && echo $f),$f)))
VIDEO_ABSENT := $(filter-out $(VIDEO),$(VIDEO_KNOWN))
# The kernel text, which is left out where its libraries are not there. Its module is host/text.
FRIBIDI := $(shell pkg-config --exists fribidi && echo fribidi)
PACKAGES_text := freetype2 harfbuzz fontconfig $(FRIBIDI)
TEXT := $(shell pkg-config --exists $(PACKAGES_text) && echo text)
# Those that take long to load are modules, which NAME_module.c begins: of these only host/codec/NAME.c or host/video/NAME.c is in
# the library.
MODULES_KNOWN := $(patsubst %_module.c,%,$(notdir $(wildcard host/*/*_module.c)))
# Results in SQLite, a module too: host/store.
PACKAGES_store := sqlite3
STORE := $(shell pkg-config --exists 'sqlite3 >= 3.38' && echo store)
# The HTTP side of triptych serve, a module too: host/serve/serve_*.c.
PACKAGES_serve := libevent nettle
SERVE := $(shell pkg-config --exists 'libevent >= 2.1' nettle && echo serve)
# The side of triptych cluster that knows MPI, a module too: host/cluster/cluster_*.c. MPI= names Open MPI or MPICH where both are
# there: they have different ABIs, so a module is for one of them.
MPI := $(firstword $(foreach p,ompi-c mpich,$(shell pkg-config --exists $p && echo $p)))
PACKAGES_cluster := $(MPI) $(if $(filter tiff,$(FORMATS)),libtiff-4)
CLUSTER := $(if $(MPI),$(shell pkg-config --exists $(MPI) && echo cluster))
FLAGS_cluster = $(shell pkg-config --cflags $(PACKAGES_cluster)) $(if $(filter tiff,$(FORMATS)),-DTRI_CLUSTER_TIFF)
MODULES := $(filter $(MODULES_KNOWN),$(FORMATS) $(VIDEO) $(TEXT) $(STORE) $(SERVE) $(CLUSTER))
ISAL := $(shell pkg-config --exists libisal && echo libisal)
# Traces for Perfetto. The schema is compiled by protoc-c.
PERFETTO := $(if $(shell command -v protoc-c),$(shell pkg-config --exists libprotobuf-c && echo libprotobuf-c))
# The lab's patterns: host/lab/patterns/*.c, the two that others are compared with first. Those whose libraries, which
# PACKAGES_NAME lists, are not there are left out, with host/lab/NAME_*.c.
PATTERNS_KNOWN := sequential engine $(filter-out sequential engine,$(sort $(basename $(notdir $(wildcard host/lab/patterns/*.c)))))
LIBUV := libuv
PACKAGES_event_loop := $(or $(LIBUV),without-libuv)
PATTERNS := $(foreach f,$(PATTERNS_KNOWN),$(if $(PACKAGES_$f),$(shell pkg-config --exists $(PACKAGES_$f) && echo $f),$f))
PATTERNS_ABSENT := $(filter-out $(PATTERNS),$(PATTERNS_KNOWN))
PACKAGES := jansson zlib $(ISAL) $(PERFETTO) $(foreach f,$(PATTERNS),$(PACKAGES_$f)) $(sort $(foreach f,$(filter-out $(MODULES),$(FORMATS) $(VIDEO)),$(PACKAGES_$f)))
MODULE_PACKAGES := $(foreach m,$(filter-out cluster,$(MODULES)),$(PACKAGES_$m))
VERSIONS := $(foreach m,$(MODULES),-DTRI_VERSION_$m='"$(shell pkg-config --modversion $(firstword $(PACKAGES_$m)))"')
CFLAGS_ALL := $(COMMON) $(WARNINGS) -O2 -g $(CFLAGS) -Ihost -I$(BUILD) -pthread \
              $(shell pkg-config --cflags $(PACKAGES) $(MODULE_PACKAGES)) $(VERSIONS) \
              -DTRI_DATADIR='"$(PREFIX)/share/triptych"' -DTRI_MODULEDIR='"$(PREFIX)/$(LIBDIR)/triptych"' \
              -DCL_TARGET_OPENCL_VERSION=120 $(if $(ISAL),-DTRI_ISAL) $(if $(FRIBIDI),-DTRI_FRIBIDI) $(if $(STORE),-DTRI_STORE) $(if $(SERVE),-DTRI_SERVE) $(if $(CLUSTER),-DTRI_CLUSTER) -DTRI_KERNEL_CC='"$(notdir $(firstword $(filter-out ccache,$(KERNEL_CC))))"'
KERNEL_WARNINGS := -Wall -Wextra -Wno-unused-function -Wno-unknown-pragmas -Wno-missing-field-initializers \
                   $(if $(findstring clang,$(KERNEL_CC)),-Wno-pass-failed)
KERNEL_FLAGS := $(COMMON) $(OPTIMIZE) $(KERNEL_WARNINGS) $(KERNEL_CFLAGS) -Ikernels/dialect -Ihost -Wno-psabi
LIBS := $(shell pkg-config --libs $(PACKAGES)) -lOpenCL -lm -ldl -pthread
MODULE_FLAGS := -DTRI_MODULE -include host/module_calls.h
MODULE_LIBS := $(shell pkg-config --libs $(MODULE_PACKAGES))

KERNELS := $(filter-out kernels/dialect/% kernels/shared/% $(if $(TEXT),,kernels/draw/text.cl),$(sort $(wildcard kernels/*/*.cl)))
KERNEL_FILES := $(KERNELS) $(sort $(wildcard kernels/shared/*.cl))
DIALECT := $(wildcard kernels/dialect/*.h)
FORMATS_ABSENT := $(filter-out $(FORMATS),$(FORMATS_KNOWN))
# Host code that is worth its own version for each ISA level.
LEVEL_SOURCES := $(wildcard host/image/interleave.c host/codec/png_filter.c host/codec/png_unfilter.c)
LIB_SOURCES := $(filter-out host/cli/% $(LEVEL_SOURCES) $(foreach f,$(FORMATS_ABSENT),host/codec/$f.c host/codec/$f_%.c) \
               $(foreach f,$(VIDEO_ABSENT),host/video/$f.c host/video/$f_%.c) \
               $(foreach m,$(MODULES),host/codec/$m_%.c host/video/$m_%.c) host/text/text_%.c $(if $(TEXT),,host/text/%) host/store/store_%.c host/serve/serve_%.c host/cluster/cluster_%.c \
               $(foreach f,$(PATTERNS_ABSENT),host/lab/patterns/$f.c host/lab/$f_%.c) \
               $(if $(PERFETTO),host/trace/no_perfetto.c,host/trace/perfetto.c host/trace/perfetto_%.c), \
               $(wildcard host/*.c host/*/*.c host/lab/experiments/*.c host/lab/patterns/*.c))
CLI_SOURCES := $(wildcard host/cli/*.c)
TEST_SOURCES := $(filter-out $(if $(TEXT),,tests/test_text.c) $(foreach f,$(FORMATS_ABSENT) $(VIDEO_ABSENT),tests/test_$f.c tests/test_$f_%.c tests/$f_files.c), \
                $(wildcard tests/*.c))
TEST_PROGRAMS := tests/make_images.c
ORACLES := $(filter-out $(if $(TEXT),,tests/oracles/text.c),$(wildcard tests/oracles/*.c))

KERNEL_OBJECTS := $(foreach f,$(KERNEL_FILES),$(foreach l,$(LEVELS),$(foreach b,8 16,$(BUILD)/kernels/$(notdir $(f:.cl=)).$(l).$(b).o)))
LEVEL_OBJECTS := $(foreach f,$(LEVEL_SOURCES),$(foreach l,$(LEVELS),$(BUILD)/$(f:.c=).$(l).o))
SCHEMA := $(BUILD)/trace/perfetto.pb-c
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(LEVEL_OBJECTS) $(BUILD)/sources.o $(BUILD)/page_texts.o $(BUILD)/pattern_sources.o $(KERNEL_OBJECTS) $(if $(PERFETTO),$(SCHEMA).o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(TEST_PROGRAMS),$(TEST_SOURCES)) $(ORACLES))

MODULE_FILES := $(MODULES:%=$(BUILD)/modules/%.so)
module_objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard host/codec/$1_*.c host/video/$1_*.c host/$1/$1_*.c))

.DELETE_ON_ERROR:
.PHONY: all summary test check fuzz faults bench bench-library bench-switch instructions limits scaling results gallery docs images format lint install uninstall wheel deb clean help FORCE
.SUFFIXES:

COMPLETIONS := $(BUILD)/completion/triptych $(BUILD)/completion/_triptych $(BUILD)/completion/triptych.fish
CMAKE_FILES := triptych-config.cmake triptych-config-version.cmake
all: $(BUILD)/triptych $(MODULE_FILES) $(BUILD)/libtriptych.a $(BUILD)/libtriptych.so $(BUILD)/triptych.pc $(CMAKE_FILES:%=$(BUILD)/cmake/%) $(COMPLETIONS) ## build the program and the library
	@$(SUMMARY)
summary: ## show what is built in, and what is missing
	@$(SUMMARY)

# What was built in, and what is missing, with the Debian package that has it. How much clang gains was measured with one
# thread on 1920x1080 RGB of 8 bits, clang 14 against gcc 12, AVX2: gaussian 8 and 122 ms, sobel 2.1 and 43 ms.
DEBIAN_png := libpng-dev
DEBIAN_jpeg := libjpeg-dev
DEBIAN_webp := libwebp-dev
DEBIAN_tiff := libtiff-dev (4.5 or newer)
DEBIAN_avif := libavif-dev (0.11 or newer)
DEBIAN_jxl := libjxl-dev (0.7 or newer)
DEBIAN_text := libfreetype-dev libharfbuzz-dev libfontconfig-dev libfribidi-dev
DEBIAN_store := libsqlite3-dev (3.38 or newer)
DEBIAN_serve := libevent-dev nettle-dev
DEBIAN_cluster := libopenmpi-dev openmpi-bin, or libmpich-dev mpich
DEBIAN_event_loop := libuv1-dev
DEBIAN_libav := libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
SUMMARY = echo "built in: $(strip $(FORMATS)); video: $(strip $(VIDEO)); PNG is deflated by $(if $(ISAL),ISA-L,zlib); kernels by $(KERNEL_CC)"; \
  $(foreach f,$(FORMATS_ABSENT) $(VIDEO_ABSENT),echo "missing: $f; install $(DEBIAN_$f)";) \
  $(foreach f,$(PATTERNS_ABSENT),echo "missing: the lab's pattern $(subst _,-,$f); install $(DEBIAN_$f)";) \
  $(if $(ISAL)$(filter-out x86_64 aarch64,$(MACHINE)),,echo "missing: fast deflate for PNG; install libisal-dev";) \
  $(if $(TEXT),,echo "missing: the kernel text; install $(DEBIAN_text)";) \
  $(if $(FRIBIDI),,echo "missing: lines of text in both directions; install libfribidi-dev";) \
  $(if $(STORE),,echo "missing: results in SQLite (--store); install $(DEBIAN_store)";) \
  $(if $(SERVE),,echo "missing: triptych serve; install $(DEBIAN_serve)";) \
  $(if $(CLUSTER),,echo "missing: triptych cluster; install $(DEBIAN_cluster)";) \
  $(if $(PERFETTO),,echo "missing: traces for Perfetto; install libprotobuf-c-dev protobuf-c-compiler";) \
  $(if $(findstring clang,$(KERNEL_CC)),,echo "warning: without clang kernels have no SIMD lanes and take 16 (gaussian) to 20 (sobel) times as long; install clang";) \
  true

# Changed flags rebuild what they are for.
HOST_STAMP = $(CC) $(CFLAGS_ALL) $(MODULE_FLAGS)
KERNEL_STAMP = $(KERNEL_CC) $(KERNEL_FLAGS) $(foreach l,$(LEVELS),$(FLAGS_$(l)))
$(BUILD)/host.flags: FORCE
	@mkdir -p $(BUILD)
	@echo "$(subst ",,$(HOST_STAMP))" | cmp -s - $@ || echo "$(subst ",,$(HOST_STAMP))" > $@
$(BUILD)/kernel.flags: FORCE
	@mkdir -p $(BUILD)
	@echo "$(subst ",,$(KERNEL_STAMP))" | cmp -s - $@ || echo "$(subst ",,$(KERNEL_STAMP))" > $@

# The registry: the kernel files that there are. A file that comes or goes changes the list.
$(BUILD)/registry_list.h: FORCE
	@mkdir -p $(BUILD)
	@for k in $(sort $(foreach k,$(KERNELS),$(basename $(notdir $(k))):$(notdir $(patsubst %/,%,$(dir $(k)))))); do \
	  echo "KERNEL_ENTRY($${k%%:*}, $${k##*:})"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
# What kernel files of users are compiled with.
$(BUILD)/level_flags.h: FORCE
	@mkdir -p $(BUILD)
	@{ $(foreach l,$(LEVELS),echo 'LEVEL_FLAGS($l, "$(strip $(FLAGS_$l))")';) } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/codec_list.h: FORCE
	@mkdir -p $(BUILD)
	@for f in $(sort $(FORMATS)); do echo "CODEC_ENTRY($$f)"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/video_list.h: FORCE
	@mkdir -p $(BUILD)
	@for f in $(VIDEO); do echo "VIDEO_ENTRY($$f)"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
comma := ,
EXPERIMENTS := $(sort $(basename $(notdir $(wildcard host/lab/experiments/*.c))))
$(BUILD)/experiments.h: FORCE
	@mkdir -p $(BUILD)
	@for e in $(EXPERIMENTS); do echo "EXPERIMENT($$e)"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/pattern_list.h: FORCE
	@mkdir -p $(BUILD)
	@{ $(foreach f,$(PATTERNS_KNOWN),echo '$(if $(filter $f,$(PATTERNS)),PATTERN_ENTRY($f$(comma) "$(subst _,-,$f)"),PATTERN_ABSENT($f$(comma) "$(subst _,-,$f)"$(comma) "$(DEBIAN_$f)"))';) } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
PATTERN_FILES := $(PATTERNS_KNOWN:%=host/lab/patterns/%.c)
$(BUILD)/pattern_sources.c: $(PATTERN_FILES) host/embed_patterns.sh $(BUILD)/pattern_list.h
	@sh host/embed_patterns.sh $(PATTERN_FILES) > $@
$(BUILD)/commit.h: FORCE
	@mkdir -p $(BUILD)
	@echo '#define TRI_COMMIT "$(COMMIT)"' | cmp -s - $@ || echo '#define TRI_COMMIT "$(COMMIT)"' > $@
# What kernel files of users need of the host.
OWN_HEADERS := host/triptych.h host/parallel/cpu.h host/pipeline/kernel_description.h host/pipeline/figures.h host/pipeline/own_calls.h $(wildcard host/cli/new/*.cl)
$(BUILD)/sources.c: $(KERNEL_FILES) $(DIALECT) $(OWN_HEADERS) host/embed.sh $(BUILD)/registry_list.h
	@sh host/embed.sh $(DIALECT) $(OWN_HEADERS) $(KERNEL_FILES) > $@
PAGE_TEXTS := host/report/chart.css host/report/page.css host/report/page.js
$(BUILD)/page_texts.c: $(PAGE_TEXTS) host/embed_text.sh
	@mkdir -p $(BUILD)
	@sh host/embed_text.sh $(PAGE_TEXTS) > $@
$(BUILD)/suites.h: FORCE
	@for t in $(patsubst tests/%.c,%,$(filter-out tests/test_main.c,$(filter tests/test_%.c,$(TEST_SOURCES)))); do echo "SUITE($${t}_suite)"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/oracles.h: FORCE
	@for o in $(basename $(notdir $(ORACLES))); do echo "ORACLE($$o)"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# protoc-c writes both files at once.
$(SCHEMA).h: host/trace/perfetto.proto
	@mkdir -p $(@D)
	@echo "  PB  $<"; protoc-c --c_out=$(@D) -Ihost/trace $<
$(SCHEMA).c: $(SCHEMA).h ;
$(SCHEMA).o: $(SCHEMA).c $(BUILD)/host.flags
	@echo "  CC  $<"; $(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

GENERATED := $(if $(PERFETTO),$(SCHEMA).h) $(BUILD)/level_flags.h $(BUILD)/codec_list.h $(BUILD)/video_list.h $(BUILD)/experiments.h $(BUILD)/pattern_list.h $(BUILD)/commit.h $(BUILD)/registry_list.h $(BUILD)/suites.h $(BUILD)/oracles.h

$(BUILD)/%.o: %.c $(BUILD)/host.flags | $(GENERATED)
	@mkdir -p $(dir $@)
	@echo "  CC  $<"; $(CC) $(CFLAGS_ALL) $(OWN_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/page_texts.o $(BUILD)/pattern_sources.o: $(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/host.flags
	@echo "  CC  $<"; $(CC) $(CFLAGS_ALL) -Wno-overlength-strings -c $< -o $@
$(BUILD)/sources.o: $(BUILD)/sources.c $(BUILD)/host.flags
	@echo "  CC  $<"; $(CC) $(CFLAGS_ALL) -Ihost/pipeline -Wno-overlength-strings -c $< -o $@

define KERNEL_RULE
$(BUILD)/kernels/$(notdir $(1:.cl=)).$(2).$(3).o: $(1) $(BUILD)/kernel.flags
	@mkdir -p $$(dir $$@)
	@echo "  CL  $(notdir $(1)) $(2) $(3)"; $$(KERNEL_CC) -x c $$(KERNEL_FLAGS) $$(FLAGS_$(2)) -DLEVEL=$(2) -DBITS=$(3) -DKERNEL_FILE='"$(notdir $(1:.cl=))"' \
	  $(if $(filter scalar8,$(2)$(3)),-DHOST) -MMD -MP -c $$< -o $$@
endef
define LEVEL_RULE
$(BUILD)/$(1:.c=).$(2).o: $(1) $(BUILD)/host.flags $(BUILD)/kernel.flags
	@mkdir -p $$(dir $$@)
	@echo "  CC  $(1) $(2)"; $$(KERNEL_CC) $$(COMMON) $$(OPTIMIZE) $$(WARNINGS) -Wno-psabi $$(FLAGS_$(2)) -DLEVEL=$(2) -MMD -MP -c $$< -o $$@
endef
$(foreach f,$(LEVEL_SOURCES),$(foreach l,$(LEVELS),$(eval $(call LEVEL_RULE,$f,$l))))
$(foreach f,$(KERNEL_FILES),$(foreach l,$(LEVELS),$(foreach b,8 16,$(eval $(call KERNEL_RULE,$(f),$(l),$(b))))))

$(BUILD)/libtriptych.a: $(LIB_OBJECTS)
	@rm -f $@
	@echo "  AR  $@"; $(AR) rcs $@ $^
# The linker finds libtriptych.so, programs the soname, and both are the file that has the version in its name.
SONAME := libtriptych.so.$(SOVERSION)
$(BUILD)/libtriptych.so.$(VERSION): $(LIB_OBJECTS)
	@echo "  LD  $@"; $(CC) $(COMMON) -shared -Wl,-soname,$(SONAME) $^ $(LIBS) $(LDFLAGS) -o $@
$(BUILD)/$(SONAME): $(BUILD)/libtriptych.so.$(VERSION)
	@ln -sf $(<F) $@
$(BUILD)/libtriptych.so: $(BUILD)/$(SONAME)
	@ln -sf $(<F) $@
# What drivers lose is not ours.
LEAKS := $(if $(findstring address,$(SANITIZE)),$(BUILD)/tests/leaks.o)
$(BUILD)/triptych: $(CLI_OBJECTS) $(LEAKS) $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $(CLI_OBJECTS) $(LEAKS) $(BUILD)/libtriptych.a $(LIBS) $(LDFLAGS) -o $@
define MODULE_RULE
$(call module_objects,$1): OWN_FLAGS := $(MODULE_FLAGS) $(FLAGS_$1)
# Its own symbols go before those of any host, and none may be left to the host.
$(BUILD)/modules/$1.so: $(call module_objects,$1)
	@mkdir -p $$(dir $$@)
	@echo "  LD  $$@"; $(CC) $(COMMON) -shared $$^ -Wl,-Bsymbolic $(if $(SANITIZE),,-Wl,-z,defs) \
	  $(shell pkg-config --libs $(PACKAGES_$1)) -lm -pthread $(LDFLAGS) -o $$@
endef
$(foreach m,$(MODULES),$(eval $(call MODULE_RULE,$m)))
# Another MPI has other headers.
$(call module_objects,cluster): $(BUILD)/cluster.flags
$(BUILD)/cluster.flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(FLAGS_cluster)' | cmp -s - $@ || echo '$(FLAGS_cluster)' > $@
$(BUILD)/completion/triptych: SHELL_NAME := bash
$(BUILD)/completion/_triptych: SHELL_NAME := zsh
$(BUILD)/completion/triptych.fish: SHELL_NAME := fish
$(COMPLETIONS): $(BUILD)/triptych
	@mkdir -p $(dir $@)
	@$(BUILD)/triptych completion $(SHELL_NAME) > $@
# Not Requires.private: pkg-config then wants the files of all these packages, even of those who link the shared library.
$(BUILD)/triptych.pc: FORCE
	@mkdir -p $(BUILD)
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/$(LIBDIR)' '' 'Name: triptych' \
	  'Description: image filters with the same bytes on every backend' 'Version: $(VERSION)' 'Cflags: -I"$${includedir}"' \
	  'Libs: -L"$${libdir}" -ltriptych' 'Libs.private: $(LIBS)' > $@

# From LIBDIR to PREFIX.
UP := $(subst $() ,/,$(patsubst %,..,$(subst /, ,$(LIBDIR))))
$(CMAKE_FILES:%=$(BUILD)/cmake/%): $(BUILD)/cmake/%: host/packages/% FORCE
	@mkdir -p $(@D)
	@sed 's|@UP@|$(UP)|; s|@SONAME@|$(SONAME)|; s|@VERSION@|$(VERSION)|; s|@MAJOR@|$(firstword $(subst ., ,$(VERSION)))|' $< > $@

# The library and the measuring functions that it does not export: for bench/*.py.
$(BUILD)/bench/libtriptych.so: bench/measuring.c $(LIB_OBJECTS)
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CC) $(CFLAGS_ALL) -shared $^ $(LIBS) $(LDFLAGS) -o $@

# Programs that modules have to work in: tests/hosts/host.c says what is special about each.
HOSTS := $(BUILD)/tests/host_static $(BUILD)/tests/host_dlopen $(BUILD)/tests/inside.so
$(HOSTS): HOST_CC = mkdir -p $(dir $@); echo "  LD  $@"; $(CC) $(COMMON) $(WARNINGS) -Wno-pedantic -Ihost tests/hosts/host.c
$(BUILD)/tests/host_static: tests/hosts/host.c $(BUILD)/libtriptych.a
	@$(HOST_CC) $(BUILD)/libtriptych.a $(LIBS) $(LDFLAGS) -o $@
$(BUILD)/tests/host_dlopen: tests/hosts/host.c $(BUILD)/libtriptych.so
	@$(HOST_CC) -DHOST_DLOPEN -ldl $(LDFLAGS) -o $@
$(BUILD)/tests/inside.so: tests/hosts/host.c $(BUILD)/libtriptych.a
	@$(HOST_CC) -DHOST_INSIDE -shared $(BUILD)/libtriptych.a -Wl,--exclude-libs,ALL $(LIBS) $(LDFLAGS) -o $@

$(BUILD)/tests/run: $(TEST_OBJECTS) $(BUILD)/libtriptych.a | $(HOSTS)
	@echo "  LD  $@"; $(CC) $(COMMON) $(TEST_OBJECTS) $(BUILD)/libtriptych.a -lcunit $(LIBS) $(MODULE_LIBS) -lz $(LDFLAGS) -o $@
# An OpenCL driver with faults: tests/icd/driver.c says which. It is loaded by the loader, so it takes nothing of ours.
$(BUILD)/tests/icd.so: $(wildcard tests/icd/*.[ch]) $(BUILD)/host.flags
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CC) -std=c11 -D_GNU_SOURCE -DCL_TARGET_OPENCL_VERSION=300 -DCL_USE_DEPRECATED_OPENCL_1_1_APIS \
	  -fPIC -fvisibility=hidden -O1 -g $(WARNINGS) -Wno-pedantic \
	  $(if $(WERROR),-Werror) -shared $(filter %.c,$^) -ldl -pthread -o $@
$(BUILD)/make_images: $(BUILD)/tests/make_images.o $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -o $@
$(BUILD)/example: docs/example.c $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $(WARNINGS) -Ihost docs/example.c $(BUILD)/libtriptych.a $(LIBS) $(LDFLAGS) -o $@

# Each suite is a process of its own, so that -j runs as many at a time; those that take longest go first.
SLOW_SUITES := kernels frames chains several device opencl_faults packed platforms choose tiles
SUITES := $(patsubst tests/test_%.c,%,$(filter-out tests/test_main.c,$(filter tests/test_%.c,$(TEST_SOURCES))))
$(BUILD)/tests/shim.so: tests/faults/shim.c $(BUILD)/host.flags
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CC) -std=c11 -fPIC -O1 -g -fno-builtin $(WARNINGS) -Wno-pedantic $(if $(WERROR),-Werror) -shared $< -ldl -pthread -o $@

# Programs as users write them: tests/users/*.c in C99 and in C++, against the header and the exported functions alone.
CXX_FOUND := $(shell command -v $(firstword $(filter-out ccache,$(CXX))))
USERS := $(BUILD)/tests/user_c99 $(BUILD)/tests/user_static $(if $(CXX_FOUND),$(BUILD)/tests/user_cpp) $(BUILD)/example
USER_FLAGS = -pedantic -Werror -Wall -Wextra -Ihost $(if $(SANITIZE),-fsanitize=$(SANITIZE))
SHARED := -Wl,-rpath,'$$ORIGIN/..' -L$(BUILD) -ltriptych
$(BUILD)/tests/user_c99: tests/users/user.c host/triptych.h $(BUILD)/libtriptych.so
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CC) -std=c99 $(USER_FLAGS) $< $(SHARED) $(LDFLAGS) -o $@
$(BUILD)/tests/user_static: tests/users/user.c host/triptych.h $(BUILD)/libtriptych.a
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CC) -std=c99 $(USER_FLAGS) $< $(BUILD)/libtriptych.a $(LIBS) $(LDFLAGS) -o $@
$(BUILD)/tests/user_cpp: tests/users/user.cpp host/triptych.h $(BUILD)/libtriptych.so
	@mkdir -p $(dir $@)
	@echo "  LD  $@"; $(CXX) -std=c++11 $(USER_FLAGS) -Wold-style-cast $< $(SHARED) $(LDFLAGS) -o $@

TESTED := $(BUILD)/triptych $(BUILD)/tests/run $(BUILD)/tests/icd.so $(BUILD)/bench/libtriptych.so $(USERS)
# EXCEPT: names of suites that are not run.
WANTED = $(filter-out $(EXCEPT),$(SUITES))
test: all $(TESTED) ## build and run all tests, or those of SUITE=name
ifdef SUITE
	TRIPTYCH=$(BUILD)/triptych $(BUILD)/tests/run $(SUITE)
else
	@rm -f $(BUILD)/tests/run-*.log
	@$(MAKE) --no-print-directory -k $(addprefix suite-,$(filter $(WANTED),$(SLOW_SUITES)) $(filter-out $(SLOW_SUITES),$(WANTED))); \
	  result=$$?; awk '/ passed, .* failed, /{p += $$1; f += $$3; s += $$5} END{print p " passed, " f " failed, " s " skipped"}' \
	  $(BUILD)/tests/run-*.log; exit $$result
endif
suite-%: $(TESTED)
	@TRIPTYCH=$(BUILD)/triptych sh tests/suite.sh $(BUILD)/tests/run $*

# Files of one's own may be added: FUZZ_FILES.
FUZZ_INPUTS ?= 2000000
FUZZ_SEED ?= 1
FUZZ_SHARED := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/fuzz/png.c tests/fuzz/codecs.c,$(wildcard tests/fuzz/*.c)))
$(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/%.o $(FUZZ_SHARED) $(BUILD)/libtriptych.a $(LEAKS)
	@mkdir -p $(BUILD)/fuzz
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -rdynamic -o $@
.SECONDARY: $(FUZZ_SHARED) $(BUILD)/tests/fuzz/png.o $(BUILD)/tests/fuzz/codecs.o
fuzz: $(BUILD)/fuzz-png $(BUILD)/fuzz-codecs $(MODULE_FILES) ## read FUZZ_INPUTS damaged files, compare PNG with libpng; FUZZ_SEED is the first seed
	$(BUILD)/fuzz-png $(FUZZ_INPUTS) $(FUZZ_SEED) $(BUILD)/fuzz $(FUZZ_FILES)
	$(BUILD)/fuzz-codecs $(FUZZ_INPUTS) $(FUZZ_SEED) $(BUILD)/fuzz $(FUZZ_FILES)

faults: all $(BUILD)/tests/shim.so $(BUILD)/tests/icd.so ## make everything around the program fail, and check that it copes
	python3 tests/faults/faults.py $(FAULTS) $(BUILD)

bench-library: all $(BUILD)/bench/libtriptych.so ## build the library for bench/*.py

# What a switch costs in the lab's event loop, and between threads through its channels.
$(BUILD)/bench/lab_switch: $(BUILD)/bench/lab_switch.o $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -o $@
bench-switch: $(BUILD)/bench/lab_switch ## measure switches of tasks, and hand-overs between threads
	@$(BUILD)/bench/lab_switch

# What bench/instructions.py runs under callgrind: valgrind 3.19 does not read all debugging information of clang.
$(BUILD)/bench/instructions: $(BUILD)/bench/instructions.o $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -Wl,--strip-debug -o $@
instructions: $(BUILD)/bench/instructions ## count the kernels' instructions with callgrind, compare with bench/results/instructions.json
	@python3 bench/instructions.py $(BUILD)

# What bench/limits.py needs besides the library: the instructions of a frame one by one, and what the units of a core reach.
$(BUILD)/bench/steps: $(BUILD)/bench/steps.o $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -o $@
$(BUILD)/bench/rates: $(BUILD)/bench/rates.o
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LDFLAGS) -o $@

$(BUILD)/bench/scaling: $(BUILD)/bench/scaling.o $(BUILD)/libtriptych.a
	@echo "  LD  $@"; $(CC) $(COMMON) $^ $(LIBS) $(LDFLAGS) -o $@
scaling: $(BUILD)/bench/scaling ## predict how pipelines scale to more cores than this machine has
	@$(BUILD)/bench/scaling

limits: bench-library $(BUILD)/bench/steps $(BUILD)/bench/rates ## measure how far each kernel is from the limits of this machine; LIMITS are further options
	@python3 bench/limits.py --build $(BUILD) $(LIMITS)

bench: all ## run the default benchmark
	$(BUILD)/triptych bench

results: all ## make docs/results.md and its chart from bench/results/machines
	@python3 bench/results_page.py $(BUILD)/triptych docs/results.md docs/pictures/machines.svg

gallery: all ## make docs/gallery.html, with a picture of what each kernel does
	@python3 bench/gallery.py $(BUILD)/triptych docs/gallery.html

docs: all ## run the lab and make docs/concurrency.md with its figures
	@python3 bench/concurrency_page.py $(BUILD)/triptych docs/concurrency.in.md docs/concurrency.md

images: $(BUILD)/make_images ## generate the pictures in images/ again
	$(BUILD)/make_images images

format: ## format the C sources
	git ls-files '*.c' '*.h' '*.cl' | xargs clang-format -i

# As one word of a shell command.
quoted = '$(subst ','\'',$1)'
lint: $(GENERATED) ## run static checks
	@sh tests/lint.sh $(call quoted,$(CFLAGS_ALL) -DLEVEL=scalar -DBITS=8 -DSINGLE) $(call quoted,$(MODULE_FLAGS) $(FLAGS_cluster))

# Paths go to the shell as a variable, so that blanks and other signs in them are left alone.
install uninstall: export TO = $(DESTDIR)$(PREFIX)
install uninstall: export STAGED = $(DESTDIR)
IMAGES := $(notdir $(wildcard images/*.png))
BENCH_SUITES := $(notdir $(wildcard bench/suites/*.txt))
COMPLETED := bash-completion/completions/triptych zsh/site-functions/_triptych fish/vendor_completions.d/triptych.fish
# The loader keeps a list of its libraries. What is staged for a package gets its place later.
LOADER = if [ -z "$$STAGED" ] && [ "$$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then echo ldconfig; ldconfig; fi
install: all ## install under $(DESTDIR)$(PREFIX)
	install -d "$$TO/bin" "$$TO/$(LIBDIR)/pkgconfig" "$$TO/$(LIBDIR)/cmake/triptych" "$$TO/include" "$$TO/share/triptych/images" "$$TO/share/triptych/suites" "$$TO/share/man/man1"
	install -m 755 $(BUILD)/triptych "$$TO/bin/"
	install -m 644 $(BUILD)/libtriptych.a "$$TO/$(LIBDIR)/"
	install -m 755 $(BUILD)/libtriptych.so.$(VERSION) "$$TO/$(LIBDIR)/"
	ln -sf libtriptych.so.$(VERSION) "$$TO/$(LIBDIR)/$(SONAME)"
	ln -sf $(SONAME) "$$TO/$(LIBDIR)/libtriptych.so"
	install -m 644 $(BUILD)/triptych.pc "$$TO/$(LIBDIR)/pkgconfig/"
	install -m 644 $(CMAKE_FILES:%=$(BUILD)/cmake/%) "$$TO/$(LIBDIR)/cmake/triptych/"
	$(if $(MODULES),install -d "$$TO/$(LIBDIR)/triptych" && install -m 755 $(MODULE_FILES) "$$TO/$(LIBDIR)/triptych/")
	install -m 644 host/triptych.h "$$TO/include/"
	install -m 644 $(IMAGES:%=images/%) "$$TO/share/triptych/images/"
	install -m 644 $(BENCH_SUITES:%=bench/suites/%) "$$TO/share/triptych/suites/"
	install -m 644 docs/triptych.1 "$$TO/share/man/man1/"
	for file in $(COMPLETED); do install -D -m 644 "$(BUILD)/completion/$${file##*/}" "$$TO/share/$$file"; done
	@$(LOADER)
	@case $$(ldconfig -p 2>/dev/null) in *"$$TO/$(LIBDIR)/$(SONAME)"*) ;; *) \
	  echo "to let programs find libtriptych.so, run 'ldconfig' as root if the loader searches $$TO/$(LIBDIR), else set LD_LIBRARY_PATH" ;; esac

uninstall: ## remove what install put there, and nothing else
	rm -f "$$TO/bin/triptych" "$$TO/$(LIBDIR)/libtriptych.a" "$$TO/$(LIBDIR)/libtriptych.so" "$$TO/$(LIBDIR)/$(SONAME)" "$$TO/$(LIBDIR)/libtriptych.so.$(VERSION)" \
	  "$$TO/$(LIBDIR)/pkgconfig/triptych.pc" "$$TO/include/triptych.h" "$$TO/share/man/man1/triptych.1"
	for file in $(IMAGES); do rm -f "$$TO/share/triptych/images/$$file"; done
	for file in $(BENCH_SUITES); do rm -f "$$TO/share/triptych/suites/$$file"; done
	for file in $(CMAKE_FILES); do rm -f "$$TO/$(LIBDIR)/cmake/triptych/$$file"; done
	for module in $(MODULES_KNOWN); do rm -f "$$TO/$(LIBDIR)/triptych/$$module.so"; done
	for file in $(COMPLETED); do rm -f "$$TO/share/$$file"; done
	for folder in share/triptych/images share/triptych/suites share/triptych $(LIBDIR)/triptych $(LIBDIR)/cmake/triptych $(LIBDIR)/cmake; do \
	  if [ -d "$$TO/$$folder" ]; then rmdir --ignore-fail-on-non-empty "$$TO/$$folder"; fi; done
	@$(LOADER)

# Built apart, as the folders that Debian uses are compiled in.
DEB_LIBDIR = lib/$(shell dpkg-architecture -qDEB_HOST_MULTIARCH)
deb: ## build Debian packages into $(BUILD)/packages
	@command -v dpkg-shlibdeps >/dev/null || { echo "dpkg-shlibdeps is missing: apt-get install dpkg-dev" >&2; exit 1; }
	@rm -rf $(BUILD)/deb/stage $(BUILD)/packages
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/deb PREFIX=/usr LIBDIR=$(DEB_LIBDIR) DESTDIR=$(BUILD)/deb/stage install >/dev/null
	@sh host/packages/debian.sh $(BUILD)/deb/stage $(BUILD)/packages $(VERSION) $(SONAME)
	@rm -rf $(BUILD)/deb/stage

# hatchling is that of setup.sh where it is there; otherwise pip fetches it.
WHEEL_PYTHON := $(if $(wildcard build/python/bin/python3),build/python/bin/python3,python3)
wheel: all ## build the Python package into $(BUILD)/wheel
	@rm -rf $(BUILD)/wheel
	@isolated=$$($(WHEEL_PYTHON) -c 'import hatchling' 2>/dev/null && echo --no-build-isolation); \
	  TRIPTYCH_MAKE="BUILD=$(BUILD)" $(WHEEL_PYTHON) -m pip wheel -q --no-deps $$isolated -w $(BUILD)/wheel . && ls $(BUILD)/wheel/*.whl

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo; echo "  variables: BUILD=$(BUILD) CC=$(CC) KERNEL_CC=$(KERNEL_CC) SANITIZE= WERROR= ISAL=$(ISAL) FRIBIDI=$(FRIBIDI) LIBUV=$(LIBUV) PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) DESTDIR= SUITE="

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
