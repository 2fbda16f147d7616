# test/vectors/octopus.json, one key a line, as lines of height, header hash, nonce and hash.
{ gsub(/[",]/, "") }
$1 == "height:" && $2 !~ /^0x/ { height = $2; header = nonce = "" }
($1 == "problemHash:" || $1 == "headerHash:") && header == "" { header = $2 }
$1 == "nonce:" && nonce == "" { nonce = $2 }
$1 == "powHash:" && header != "" { print height, header, nonce, $2; header = "" }
