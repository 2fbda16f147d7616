#!/bin/bash
# Healthy: the node's RPC answers with a result. The image has no curl, bash can speak HTTP. Argument: the RPC's port.
set -eu
body='{"jsonrpc":"2.0","id":1,"method":"cfx_getStatus","params":[]}'
exec 3<>"/dev/tcp/127.0.0.1/${1:-12537}"
printf 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
  "${#body}" "$body" >&3
grep -q '"result"' <&3
