#!/vm/busybox sh
# The first process of the guest: makes a Linux of it, runs the tests, says what came of them, ends the machine.
b=/vm/busybox
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TRACER=/vm/tracer CARGO_TARGET_DIR=/vm HOME=/root
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
exec </dev/null
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o ptmxmode=666,mode=620 devpts /dev/pts
$b mount -t tmpfs -o mode=1777 tmpfs /dev/shm
$b mount -t tmpfs -o mode=1777 tmpfs /tmp
$b mount -t tmpfs tmpfs /run
$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
$b mount -t bpf bpf /sys/fs/bpf
$b mount -t tracefs tracefs /sys/kernel/tracing
$b ln -s /proc/self/fd /dev/fd
for name in stdin:0 stdout:1 stderr:2; do $b ln -s "/proc/self/fd/${name#*:}" "/dev/${name%:*}"; done
$b hostname guest
$b ip link set lo up
for module in /vm/modules/*; do $b insmod "$module"; done
# Lines of the kernel would fall into ours; its log is looked at in the end.
$b dmesg -n 1

echo "@vm kernel $($b uname -r)"
/vm/tracer doctor
/vm/tracer --backend ebpf -o /tmp/first /vm/busybox true
code=$?
echo "@vm loads $code"
if [ $code = 0 ]; then
    # An object that loads may still trace little; the cases tell how little, and those of ptrace do not depend on it.
    $b grep -q '^execve("/vm/busybox", .* = 0$' /tmp/first && $b grep -qxF '+++ exited with 0 +++' /tmp/first
    code=$?
    [ $code = 0 ] || $b cat /tmp/first
    echo "@vm traces $code"
    $b timeout -s KILL "$limit" /vm/live FILTER
    echo "@vm live $?"
fi
# A processor that is emulated on a busy machine stands still at times: only a real one has stalls to complain about.
stalls='|soft lockup|rcu.*stall'
[ "$TRACER_TEST_SLOWNESS" = 1 ] || stalls=
$b dmesg | $b grep -E "BUG:|WARNING:|Oops|general protection|Out of memory$stalls" | $b sed 's/^/@vm complaint /'
$b sync
$b poweroff -f
