#!/bin/bash
# Debian's ejabberd 23.01-1, mod_mam on Mnesia: a query `after` an id that this archive never gave out is not refused.
#
# XEP-0059 §2.2 wants <item-not-found/> for an unknown id. ejabberd compares the id as a value instead:
# one that is shorter than its own counts as older than everything, a longer one as newer than everything. A client that
# comes back with the last id of its former server is told "complete, nothing since" and misses what was said meanwhile.
#
# Seen: three messages in the archive; `after` "1" gives three, `after` a UUID gives none, both complete and without error.
# Installs ejabberd and Erlang from Debian into a temporary folder and removes it. Fails if the behaviour changes.
set -euo pipefail

VERSION=23.01-1
C2S=${C2S_PORT:-15322}
WORK=$(mktemp -d)
NODE=finding$$@localhost
trap '{ kill -KILL -- "-${SERVER:-0}"; wait; } 2>/dev/null || true; rm -rf "$WORK"' EXIT

cd "$WORK"
mkdir debs root home db log
PACKAGES=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
  ejabberd | grep -E '^(erlang-|libyaml-0|libodbc|libsctp|libsqlite3-0)' | grep -v -E 'doc|dev|manpages' | sort -u)
(cd debs && apt-get -q download "ejabberd=$VERSION" $PACKAGES >/dev/null 2>&1)
for deb in debs/*.deb; do dpkg -x "$deb" root; done

LIB=$(echo "$WORK"/root/usr/lib/*-linux-gnu)
export HOME=$WORK/home ERL_ROOTDIR=$WORK/root/usr/lib/erlang ERL_LIBS=$LIB LD_LIBRARY_PATH=$LIB:$WORK/root/lib
export EJABBERD_CONFIG_PATH=$WORK/ejabberd.yml EJABBERD_LOG_PATH=$WORK/log/ejabberd.log
cat > ejabberd.yml <<YML
hosts: [ "test.example" ]
loglevel: warning
auth_method: internal
auth_password_format: plain
listen:
  - { port: $C2S, ip: "127.0.0.1", module: ejabberd_c2s, starttls: false }
modules:
  mod_admin_extra: {}
  mod_mam: { default: always, db_type: mnesia }
YML
ERL="$ERL_ROOTDIR/bin/erl"
DIST="-start_epmd false -erl_epmd_port $((C2S + 1)) -kernel inet_dist_use_interface {127,0,0,1}"
setsid "$ERL" -sname "$NODE" $DIST -mnesia dir "\"$WORK/db\"" -s ejabberd -noinput >log/out 2>&1 </dev/null &
SERVER=$!
ctl() { "$ERL" -sname "ctl$$@localhost" -hidden -noinput $DIST -dist_listen false -s ejabberd_ctl -extra "$NODE" "$@"; }
for _ in $(seq 50); do ctl status >/dev/null 2>&1 && break; sleep 0.2; done
ctl register ann test.example secret >/dev/null
ctl status | tail -n 1

C2S=$C2S python3 - <<'PY'
import base64, os, re, socket, sys

sock = socket.create_connection(("127.0.0.1", int(os.environ["C2S"])))
sock.settimeout(10)

def until(pattern, send=""):
    """Sends something and reads until it matches; gives all that was read."""
    sock.sendall(send.encode())
    got = ""
    while not re.search(pattern, got):
        piece = sock.recv(65536).decode()
        if not piece:
            sys.exit("closed after " + got)
        got += piece
    return got

OPEN = "<stream:stream to='test.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
until("</stream:features>", OPEN)
secret = base64.b64encode(b"\0ann\0secret").decode()
until("<success", f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
until("</stream:features>", OPEN)
until("id='b'|id=\"b\"", "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
for n in range(3):
    until(f"number {n}", f"<presence/><message to='ann@test.example' type='chat' id='m{n}'><body>number {n}</body></message>")

def query(name, after):
    got = until("</fin>|<error", f"<iq type='set' id='{name}'><query xmlns='urn:xmpp:mam:2' queryid='{name}'>"
                f"<set xmlns='http://jabber.org/protocol/rsm'><max>50</max><after>{after}</after></set></query></iq>")
    bodies = len(set(re.findall(r"number \d", got)))
    complete = "complete='true'" in got or 'complete="true"' in got
    print(f"after {after!r}: {bodies} messages, complete {complete}, error {'<error' in got}")
    return bodies, complete, "<error" in got

older = query("q1", "1")
newer = query("q2", "0f0c3d9e-8f6b-4d0e-9a51-6f7f7d0f2b11")
if older != (3, True, False) or newer != (0, True, False):
    sys.exit("ejabberd behaves differently now")
PY
echo "as described"
