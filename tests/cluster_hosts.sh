#!/bin/sh
# cluster_hosts.sh -- triptych cluster on four hosts: network namespaces with a switch between them, each with a host name and an
# SSH server of its own, over which mpirun starts the ranks. They share the file system. All of it is made here, and taken down
# at the end, also after a failure; the machine's own network is left alone.
#
# usage: sh tests/cluster_hosts.sh TRIPTYCH FOLDER openmpi|mpich
# exit code: 0, 1 if a check fails, 77 if the machine lacks what this needs (then it says what).
set -eu

program=$1
folder=$2
mpi=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
name=triptych$$
made_run=

lacks() {
    echo "$*"
    exit 77
}

[ "$(id -u)" -eq 0 ] || lacks "hosts as network namespaces need root"
for tool in ip ssh ssh-keygen unshare hostname; do
    command -v "$tool" >/dev/null || lacks "$tool is missing: apt-get install iproute2 openssh-client util-linux hostname"
done
[ -x /usr/sbin/sshd ] || lacks "sshd is missing: apt-get install openssh-server"
command -v "mpirun.$mpi" >/dev/null || lacks "mpirun.$mpi is missing"
ip netns add "$name-0" 2>/dev/null || lacks "this machine allows no network namespaces"

take_down() {
    for host in 1 2 3 4; do
        [ ! -f "$folder/sshd-$host.pid" ] || kill "$(cat "$folder/sshd-$host.pid")" 2>/dev/null || true
    done
    for host in 0 1 2 3 4; do
        ip netns del "$name-$host" 2>/dev/null || true
    done
    [ -z "$made_run" ] || rmdir /run/sshd 2>/dev/null || true
}
trap take_down EXIT
trap 'exit 1' INT TERM

mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd)
[ -d /run/sshd ] || { mkdir /run/sshd && made_run=yes; }
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
ssh-keygen -q -t ed25519 -N '' -f "$folder/server"

# On a host: $1 is its number.
on() {
    host=$1
    shift
    # shellcheck disable=SC2016 # the inner shell expands them
    ip netns exec "$name-$host" unshare --uts sh -c 'hostname "$0" && exec "$@"' "host$host" "$@"
}

ip -n "$name-0" link add switch type bridge 2>/dev/null || lacks "this machine allows no bridges between namespaces"
ip -n "$name-0" link set switch up
for host in 1 2 3 4; do
    ip netns add "$name-$host"
    ip -n "$name-$host" link set lo up
    ip -n "$name-0" link add "port$host" type veth peer name eth0 netns "$name-$host"
    ip -n "$name-0" link set "port$host" master switch up
    ip -n "$name-$host" addr add "10.77.0.$host/24" dev eth0
    ip -n "$name-$host" link set eth0 up
    cat >"$folder/sshd-$host.conf" <<END
ListenAddress 10.77.0.$host
HostKey $folder/server
AuthorizedKeysFile $folder/key.pub
PidFile $folder/sshd-$host.pid
PasswordAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
END
    on "$host" /usr/sbin/sshd -f "$folder/sshd-$host.conf"
    echo "10.77.0.$host$([ "$mpi" = mpich ] && echo ":2" || echo " slots=2")" >>"$folder/hosts"
done

cat >"$folder/ssh" <<END
#!/bin/sh
exec ssh -F none -i $folder/key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "\$@"
END
chmod +x "$folder/ssh"

# $1: ranks; the rest: the command.
ranks() {
    count=$1
    shift
    if [ "$mpi" = mpich ]; then
        on 1 timeout 100 mpirun.mpich -launcher ssh -launcher-exec "$folder/ssh" -iface eth0 -f "$folder/hosts" -n "$count" "$@"
    else
        on 1 env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 100 mpirun.openmpi --hostfile "$folder/hosts" \
            --mca plm_rsh_agent "$folder/ssh" --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 \
            --map-by node --bind-to none ${ASAN_OPTIONS:+-x ASAN_OPTIONS} -n "$count" "$@"
    fi
}

# The ranks are where they should be.
[ "$(ranks 4 hostname | sort | tr '\n' ' ')" = "host1 host2 host3 host4 " ]

cd "$folder"
"$program" run resize:width=900:height=1200 "$here/images/street.png" -o big.ppm
"$program" run equalize,gaussian:sigma=2 big.ppm -o run.pam
mkdir in
for i in 1 2 3 4 5 6; do "$program" run "resize:width=${i}00" big.ppm -o "in/$i.png"; done
"$program" run sobel in -o run/
for i in 1 2 3 4 5 6; do "$program" run "box:radius=$i" in/3.png -o "frame-$i.png"; done
"$program" run copy frame-%d.png -o clip.y4m
"$program" run gaussian clip.y4m -o run.y4m
"$program" learn in run --colors -o run.txt -q

for count in 4 8; do
    rm -rf out out.pam out.y4m out.txt
    ranks "$count" "$program" cluster equalize,gaussian:sigma=2 "$folder/big.ppm" -o "$folder/out.pam" -v 2>&1 | grep -E "^triptych: $count ranks"
    cmp run.pam out.pam
    ranks "$count" "$program" cluster sobel "$folder/in" -o "$folder/out/"
    diff -r run out
    ranks "$count" "$program" cluster gaussian "$folder/clip.y4m" -o "$folder/out.y4m"
    cmp run.y4m out.y4m
    ranks "$count" "$program" learn --mpi "$folder/in" "$folder/run" --colors -o "$folder/out.txt" -q
    cmp run.txt out.txt
done
echo "four hosts: same bytes"
