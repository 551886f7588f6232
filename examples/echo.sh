#!/bin/sh
# An echo bot with curl and jq.
#
#     BOTMOTHER_TOKEN=bm_… examples/echo.sh
#
# BOTMOTHER_URL names another daemon than http://localhost:7842.
set -u
url=${BOTMOTHER_URL:-http://localhost:7842}
token=${BOTMOTHER_TOKEN:?is not set: /newbot gives one}

fail() { echo "$1" >&2; exit 1; }

# call METHOD [curl's arguments]: puts what comes into $said; 1 where it was refused. Waits and tries again as long as that
# may help. The token goes in by standard input, as others can see arguments.
call() {
  method=$1; shift
  pause=1
  while :; do
    if said=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
      curl -sS -K - --max-time 70 -H "Content-Type: application/json" "$@" "$url/bot/$method"); then
      code=$(printf %s "$said" | jq -r 'if .ok then 200 else .error_code end')
      [ "$code" != 200 ] || return 0
      what="${method%%\?*}: $code $(printf %s "$said" | jq -r .description)"
      case $code in
        401 | 409) fail "$what" ;; # a wrong token, or another program polls this bot: nothing to wait for
        429 | 500 | 503 | 507) echo "$what" >&2 ;;
        *) echo "$what" >&2; return 1 ;;
      esac
      pause=$(printf %s "$said" | jq -r ".parameters.retry_after // $pause")
    fi # else the daemon is not there, or was stopped while we waited, and curl has said so
    sleep "$pause"
    pause=$((pause < 30 ? pause * 2 : 60))
  done
}

call setCommands -d '{"commands":[{"command":"start","description":"Say hello"}]}'
offset=0
while :; do
  call "getUpdates?offset=$offset&timeout=50" || { sleep 5; continue; }
  updates=$(printf %s "$said" | jq -c '.result[]')
  [ -n "$updates" ] || continue
  while read -r update; do
    id=$(printf %s "$update" | jq .update_id)
    body=$(printf %s "$update" | jq -c 'select(.type == "message" and .data.type == "chat") | .data | select(.body) |
      {to: .from, text: (if .body == "/start" then "Hello! What you write comes back." else "You said: " + .body end)}')
    # Tried again under the same key it is still sent once.
    [ -z "$body" ] || call sendMessage -H "Idempotency-Key: echo-$id" -d "$body"
    offset=$((id + 1)) # the next call says with it that this one is done
  done <<EOF
$updates
EOF
done
