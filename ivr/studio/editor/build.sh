#!/bin/sh
# Builds ../static/editor.js from entry.js. Only for whoever changes entry.js or takes a newer CodeMirror; needs npm.
set -eu
cd "$(dirname "$0")"
npm install --no-save --no-package-lock
npx esbuild entry.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --outfile=../static/editor.js
{
  echo "editor.js is built from entry.js and these packages, all under the MIT License:"
  for package in "@codemirror/*" "@lezer/*" @marijn/find-cluster-break crelt style-mod w3c-keyname; do
    for file in node_modules/$package/package.json; do
      node -e 'const p = require("./" + process.argv[1]); console.log("  " + p.name + " " + p.version)' "$file"
    done
  done
  echo
  cat node_modules/@codemirror/view/LICENSE
} > ../static/editor.LICENSE
rm -rf node_modules
