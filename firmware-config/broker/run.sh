#!/bin/sh
# Runs the broker and keeps of its log what matters.
#
#   run.sh PROGRAM CONFIGURATION KEPT
#
# Mosquitto tells of a publish that its ACL refused at log_type debug only, and debug is four lines for each message
# besides. So the log goes through a filter: what is left goes to standard output and is added to the file KEPT, which
# the ingester reads and counts. The broker becomes this very process, so that signals reach it; should the filter die,
# the broker goes on without a log.
set -eu
umask 0   # the ingester, another user, cuts KEPT when it has grown
export LC_ALL=C
export TZ=UTC0   # Mosquitto asks for the zone with every line, and without this that is a look at a file each time
pipe=$(mktemp -u)
mkfifo -m 600 "$pipe"
drop='^[^ ]*Z: (Received [A-Z]+ from|Sending [A-Z]+ to|No will message|Will message specified|	|[^ ]+ [012] )'
{ rm -f "$pipe"; grep --line-buffered -vE "$drop" | tee -a "$3"; } < "$pipe" &
exec "$1" -c "$2" 2> "$pipe"
