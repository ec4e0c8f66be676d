#!/bin/sh
# Runs the broker and keeps of its log what matters.
#
#   run.sh PROGRAM CONFIGURATION KEPT
#
# Mosquitto tells of a publish that its ACL refused at log_type debug only, and debug is four lines for each message
# besides. So the log goes through a filter (keep.awk, beside this file): what is left goes to standard output and is
# added to the file KEPT, which the ingester reads and counts. The broker becomes this very process, so that signals
# reach it; should the filter die, the broker goes on without a log.
set -eu
export LC_ALL=C
export TZ=UTC0   # Mosquitto asks for the zone with every line, and without this that is a look at a file each time
filter="${0%/*}/keep.awk"
at_once=
case $(awk -W version 2>&1 < /dev/null) in mawk*) at_once="-W interactive" ;; esac   # it would wait for 4 KiB
pipe=$(mktemp -u)
mkfifo -m 600 "$pipe"
# umask: the ingester, another user, cuts KEPT when it has grown.
# shellcheck disable=SC2086  # two words, or none
{ umask 0; rm -f "$pipe"; awk $at_once -f "$filter" | tee -a "$3"; } < "$pipe" &
exec "$1" -c "$2" 2> "$pipe"
