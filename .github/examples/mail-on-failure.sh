#!/bin/sh
# cron sends a mail if a command prints something. This script prints the log of a watch if a job failed,
# has not ended in time, or could not be queried. Its arguments are those of vbsjob watch. In a crontab,
# create-backup is your command that prints the answer of the request:
#     30 3 * * * create-backup | mail-on-failure.sh - --cloud prod --timeout 6h
# cron has no OS_* variables: use --cloud with a clouds.yaml or config.toml.
log=$(vbsjob watch "$@" 2>&1) || printf '%s\n' "$log"
