#!/bin/sh
# oclgrind-inlined-structures.sh -- Oclgrind cannot create a kernel that inlines a function returning a structure, unless it optimises.
#
# Versions  Debian 12: oclgrind, liboclgrind-21.10 21.10-3, libclang-cpp14, libllvm14 1:14.0.6-12.
# Guess     -cl-opt-disable, with which one looks for faults, takes more programs than optimisation does, not fewer.
# Behaviour Clang's inliner marks the hidden pointer to the result with a call of llvm.experimental.noalias.scope.decl. Optimisation
#           removes it; without, it stays, and Oclgrind, which does not know it, refuses the kernel. clBuildProgram has succeeded by
#           then: it is clCreateKernel that fails, with CL_INVALID_KERNEL_NAME. A function that is not inlined, or that stores the
#           structure through a pointer, is taken.
# Seen      optimised: out[3] = 102
#           -cl-opt-disable: Undefined external function: llvm.experimental.noalias.scope.decl
#           -cl-opt-disable, through a pointer: out[3] = 102
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq download oclgrind=21.10-3 liboclgrind-21.10=21.10-3 libclang-cpp14=1:14.0.6-12 libllvm14=1:14.0.6-12
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH="$folder/usr/lib/x86_64-linux-gnu"
printf '%s\n' by_value.cl f '4 1 1' '1 1 1' '<size=16 fill=0 dump>' > by_value.sim
sed s/by_value/by_pointer/ by_value.sim > by_pointer.sim
cat > by_value.cl <<'END'
struct pair { long first, second; };
static inline __attribute__((always_inline)) struct pair halves(int n) { return (struct pair){n / 2, n - n / 2}; }
kernel void f(global int *out)
{
    const struct pair p = halves(get_global_id(0));
    out[get_global_id(0)] = p.first * 100 + p.second;
}
END
sed -e 's/struct pair halves(int n) { return/void halves(int n, struct pair *p) { *p =/' \
    -e 's/const struct pair p = halves(get_global_id(0));/struct pair p; halves(get_global_id(0), \&p);/' by_value.cl > by_pointer.cl

simulated() {
    usr/bin/oclgrind-kernel "$@" 2>&1 | grep -E 'out\[3\]|Undefined' || true
}
optimised=$(simulated by_value.sim)
plain=$(simulated --build-options -cl-opt-disable by_value.sim)
pointer=$(simulated --build-options -cl-opt-disable by_pointer.sim)
printf 'optimised: %s\n-cl-opt-disable: %s\n-cl-opt-disable, through a pointer: %s\n' "$optimised" "$plain" "$pointer"
case "$optimised/$plain/$pointer" in
*"= 102/"*noalias.scope.decl*"/"*"= 102") ;;
*) echo "it is not as it was" >&2 && exit 1 ;;
esac
