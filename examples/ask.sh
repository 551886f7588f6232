#!/bin/sh
# Asks a person before something is done, and does it only after a yes. Needs curl alone.
#
#   BOTMOTHER_TOKEN=bm_… BOTMOTHER_TO=you@example.org ./ask.sh 'Restart the server?' reboot
#
# Started again with the same question on the same day it goes on waiting for the same answer; nobody is asked twice.
set -u

url=${BOTMOTHER_URL:-http://localhost:7842}
: "${BOTMOTHER_TOKEN:?put the token of a bot into BOTMOTHER_TOKEN}" "${BOTMOTHER_TO:=owner@local}"
question=${1:?"usage: ask.sh QUESTION COMMAND…"}
shift
key="ask.sh $(date +%F) $(printf %s "$question" | cksum | tr -d ' ')"

while :; do
    answer=$(curl -sS -H "Authorization: Bearer $BOTMOTHER_TOKEN" -H "Idempotency-Key: $key" --data-binary "$question" \
        "$url/bot/ask?to=$BOTMOTHER_TO&options=yes,no&wait=${BOTMOTHER_WAIT:-50}&expires=1h")
    case $answer in
    *'"status":"answered"'*'"option":0'*) exec "$@" ;;
    *'"status":"answered"'*) echo "not done: somebody said no" >&2; exit 1 ;;
    *'"status":"expired"'* | *'"status":"cancelled"'*) echo "not done: nobody has answered in time" >&2; exit 4 ;;
    *'"status":"waiting"'*) ;;
    *'"ok":false'*) echo "$answer" >&2; exit 1 ;;
    *) sleep 1 ;; # The daemon is not there: it starts anew.
    esac
done
