#!/usr/bin/env bash
# caniemail 2.0.2 (npm): asked for all mail programs, clients: ["*"], it raises over a plain paragraph, because its data
# on one program has no entry for <p>; named programs work.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm init --yes >/dev/null
npm install --silent --no-audit --no-fund caniemail@2.0.2
cat >check.mjs <<'NODE'
import { caniemail } from "caniemail";
const html = "<p>x</p>";
console.log("gmail.*", caniemail({ clients: ["gmail.*"], html }).success);
try {
  caniemail({ clients: ["*"], html });
} catch (error) {
  console.log("*", error.message);
  process.exit(/not found on/.test(error.message) ? 0 : 1);
}
console.log("* works now");
process.exit(1);
NODE
node check.mjs
