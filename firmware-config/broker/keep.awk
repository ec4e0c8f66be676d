# Drops from Mosquitto's log what log_type debug adds for every packet, and passes on the rest, line by line.
# A line is "2026-11-22T03:10:27Z: " and 22 characters later its words. Right for mawk, gawk and busybox.
{ word = substr($0, 23, 8) }
word == "Received" || word == "Sending " || word == "No will " || word == "Will mes" || word ~ /^\t/ { next }
# A subscription: client, quality of service, topic.
/^[^ ]*Z: [^ ]+ [012] / { next }
{ print; fflush() }
