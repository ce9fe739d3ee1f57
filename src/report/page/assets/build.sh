#!/bin/sh
# Makes plot.js and NOTICE anew from the locked versions in package-lock.json. `sh build.sh --check` fails where they differ from what is here.
# A changed script needs its new hash in html.rs, which a test tells.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/plot.entry.mjs" "$work"
cd "$work"
npm ci --silent --no-audit --no-fund
npx esbuild plot.entry.mjs --bundle --minify --format=iife --global-name=Plot --legal-comments=none --charset=ascii \
    --metafile=parts.json --outfile=plot.js --log-level=error
# What is in the bundle, each with its licence.
node -e '
const fs = require("fs");
const parts = JSON.parse(fs.readFileSync("parts.json")).outputs["plot.js"].inputs;
const names = new Set();
for (const path of Object.keys(parts)) {
  const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found && parts[path].bytesInOutput > 0) names.add(found[1]);
}
let out = "plot.js contains parts of these packages, under their licences.\n";
for (const name of [...names].sort()) {
  const folder = "node_modules/" + name;
  const licence = fs.readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  const version = JSON.parse(fs.readFileSync(folder + "/package.json")).version;
  out += "\n---- " + name + " " + version + "\n\n" + fs.readFileSync(folder + "/" + licence, "utf8").trim() + "\n";
}
fs.writeFileSync("NOTICE", out);
'
if [ "${1:-}" = --check ]; then
    cmp plot.js "$here/plot.js"
    cmp NOTICE "$here/NOTICE"
    echo "plot.js and NOTICE are what the locked versions make"
else
    cp plot.js NOTICE "$here"
fi
