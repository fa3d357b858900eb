package generate

import (
	"io"
	"text/template"
)

// workflow validates each change of a config, and shows the findings at the lines
// where they are. Between double brackets, since its own have two braces.
const workflow = `# .github/workflows/config.yml: what geodrop says of each change of [[.Bundle]].
#
# Two variables of the repository say where its binary is: GEODROP_URL, an https
# address, and GEODROP_SHA256, its digest (sha256sum geodrop). Known findings are
# accepted in [[.Bundle]]/rules.yaml; geodrop validate --accept writes the first.
name: config
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
  security-events: write
jobs:
  validate:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
      - name: Get geodrop
        env:
          GEODROP_URL: ${{ vars.GEODROP_URL }}
          GEODROP_SHA256: ${{ vars.GEODROP_SHA256 }}
        run: |
          mkdir -p "$RUNNER_TEMP/bin"
          curl -fsSL --retry 3 -o "$RUNNER_TEMP/bin/geodrop" "$GEODROP_URL"
          echo "$GEODROP_SHA256  $RUNNER_TEMP/bin/geodrop" | sha256sum --check
          chmod +x "$RUNNER_TEMP/bin/geodrop"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
      - name: Validate
        run: geodrop validate --src 'dir:[[.Bundle]]' --format sarif --out geodrop.sarif
      - name: Show the findings where they are
        if: ${{ !cancelled() && hashFiles('geodrop.sarif') != '' }}
        uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: geodrop.sarif
`

// hook looks at what is staged, which is what will be committed, and not at what
// lies in the folder.
const hook = `#!/bin/sh
# .git/hooks/pre-commit (make it executable): no commit that breaks [[.Bundle]].
set -eu
git diff --cached --quiet -- '[[.Bundle]]' && exit 0
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
git ls-files -z -- '[[.Bundle]]' | git checkout-index -z --stdin --prefix="$staged/"
cd "$staged"
mkdir -p '[[.Bundle]]'
geodrop validate --src 'dir:[[.Bundle]]' || {
  echo 'Mend it, accept it in [[.Bundle]]/rules.yaml, or commit with --no-verify.' >&2
  exit 1
}
`

func writeWorkflow(w io.Writer, o Options) error { return writeBracketed(w, workflow, o) }

func writeHook(w io.Writer, o Options) error { return writeBracketed(w, hook, o) }

func writeBracketed(w io.Writer, text string, o Options) error {
	return template.Must(template.New("").Delims("[[", "]]").Parse(text)).Execute(w, o)
}
