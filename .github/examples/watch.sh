#!/bin/sh
vbsjob --version >/dev/null || exit 70
export VBSJOB_TIMEOUT="${VBSJOB_TIMEOUT:-2h}"
code=0
vbsjob watch "$1" || code=$?
case $code in
    0) echo "The backup is $(vbsjob get "$1" -f entities.backup_id)." ;;
    1) echo "The job has failed." >&2 ;;
    7) echo "The service did not answer. The job may be fine." >&2 ;;
    124) echo "No result within $VBSJOB_TIMEOUT. The job was not stopped." >&2 ;;
esac
exit "$code"
