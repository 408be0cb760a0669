#!/usr/bin/env bash
# Records what golden tests replay: for when the form of recordings has changed. Then UPDATE_EXPECT=1 cargo test -p tracer-tests --test golden
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tracer=${TRACER:-$here/../../target/release/tracer}
fixtures=$here/../../target/fixtures
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cp "$fixtures"/{signals,sockets,threads,pageend,fds} .
record() { # NAME BACKEND COMMAND...
    rm -f "$here/$1.trace"
    env -i PATH=/usr/bin:/bin "$tracer" --backend "$2" -f -yy --record "$here/$1.trace" -o /dev/null "${@:3}" >out || true
    chmod 644 "$here/$1.trace"
}
record shell ebpf sh -c 'echo one | cat; exit 3'
record shell_ptrace ptrace sh -c 'echo one | cat; exit 3'
record signals ptrace ./signals all
record sockets ebpf ./sockets
record threads ptrace ./threads exec
record pageend ptrace ./pageend
record fds ebpf ./fds
