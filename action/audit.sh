#!/usr/bin/env bash
# Runs `tracer audit` for the action: variables AUDIT_* become its options, its exit code the output `verdict` and the end of the
# step, the reports' paths outputs of their own.
set -uo pipefail

options=(--backend "${AUDIT_BACKEND:-auto}")
[ -z "${AUDIT_POLICY:-}" ] || options+=(--policy "$AUDIT_POLICY")
outputs=()
while IFS= read -r report; do
    # Blanks around a line are YAML's.
    report=${report#"${report%%[![:space:]]*}"}
    report=${report%"${report##*[![:space:]]}"}
    [ -n "$report" ] || continue
    options+=(--report "$report")
    form=${report%%=*} file=${report#*=}
    case $form in
        json | junit | sarif | markdown)
            case $file in /*) ;; *) file=$PWD/$file ;; esac
            outputs+=("$form=$file")
            ;;
    esac
done <<<"${AUDIT_REPORTS:-}"
# Split at blanks, without globs.
read -r -a more <<<"${AUDIT_OPTIONS:-}"
options+=("${more[@]}")

tracer audit "${options[@]}" -- bash -euo pipefail -c "$AUDIT_COMMAND"
code=$?

case $code in
    0) verdict=clean ;;
    1) verdict=command-failed ;;
    2) verdict=usage ;;
    3) verdict=violated ;;
    4) verdict=incomplete ;;
    *) verdict=failed ;;
esac
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    for output in "verdict=$verdict" "${outputs[@]}"; do
        # A report that was not written is no output.
        case $output in verdict=*) ;; *) [ -e "${output#*=}" ] || continue ;; esac
        printf '%s\n' "$output"
    done >>"$GITHUB_OUTPUT"
fi
exit $code
