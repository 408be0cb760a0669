#!/usr/bin/env bash
# Gets tracer for the action: what is installed, else what is built from source. There are no released binaries. A build takes a few
# minutes and a stable Rust; a workflow that caches ~/.cargo pays for it once.
set -euo pipefail
sources=$(cd "$(dirname "$0")/.." && pwd)

if [ -n "${AUDIT_VERSION:-}" ] || ! command -v tracer >/dev/null; then
    if ! command -v cargo >/dev/null; then
        echo "tracer audit: there is no cargo to build tracer with; install Rust in a step before" >&2
        exit 125
    fi
    if [ -z "${AUDIT_VERSION:-}" ]; then
        cargo install --locked --path "$sources/tracer"
    else
        # A version is a tag or a commit; what looks like an option is neither.
        case $AUDIT_VERSION in
            -*) echo "tracer audit: no version: $AUDIT_VERSION" >&2; exit 2 ;;
        esac
        kind=--tag
        [[ $AUDIT_VERSION =~ ^[0-9a-f]{40}$ ]] && kind=--rev
        cargo install --locked --git "$AUDIT_REPOSITORY" "$kind" "$AUDIT_VERSION" tracer
    fi
fi

# As an ordinary user, eBPF needs capabilities of the program; the audited command gets none of them.
if [ "${AUDIT_BACKEND:-auto}" = ebpf ] && [ "$(id -u)" != 0 ]; then
    sudo -n setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep "$(readlink -f "$(command -v tracer)")"
fi
