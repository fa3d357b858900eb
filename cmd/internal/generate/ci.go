package generate

import (
	"io"
	"text/template"
)

// workflow validates each change of a config, and shows the findings at the lines
// where they are. The commit that is checked out of a pull request merges it, so its
// first parent is what it changes: that is built too, to hold counts against, and to
// plan from. One that cannot be built must not keep away what mends it. Of what is
// wrong, validate tells; the plan shows the rest. Between double brackets, since its
// own have two braces.
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
        with:
          fetch-depth: 2
      - name: Get geodrop
        env:
          GEODROP_URL: ${{ vars.GEODROP_URL }}
          GEODROP_SHA256: ${{ vars.GEODROP_SHA256 }}
        run: |
          : "${GEODROP_URL:?set the repository variable GEODROP_URL}"
          : "${GEODROP_SHA256:?set the repository variable GEODROP_SHA256}"
          mkdir -p "$RUNNER_TEMP/bin"
          curl -fsSL --retry 3 -o "$RUNNER_TEMP/bin/geodrop" "$GEODROP_URL"
          echo "$GEODROP_SHA256  $RUNNER_TEMP/bin/geodrop" | sha256sum --check
          chmod +x "$RUNNER_TEMP/bin/geodrop"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
      - name: Build what it changes
        if: ${{ github.event_name == 'pull_request' }}
        run: |
          git worktree add --quiet --detach "$RUNNER_TEMP/before" HEAD^1
          geodrop build --src "dir:$RUNNER_TEMP/before/[[.Bundle]]" --out "$RUNNER_TEMP/base" || {
            rm -rf "$RUNNER_TEMP/base"
            echo '::warning::What is changed cannot be built: there is nothing to compare with.'
          }
      - name: Validate
        run: |
          set --
          if [ -d "$RUNNER_TEMP/base" ]; then set -- --base "$RUNNER_TEMP/base"; fi
          geodrop validate --src 'dir:[[.Bundle]]' --format sarif --out geodrop.sarif "$@"
      - name: Show the findings where they are
        # The token of a change from a fork may not upload; the log has the findings.
        if: ${{ !cancelled() && hashFiles('geodrop.sarif') != '' && (github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository) }}
        uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: geodrop.sarif
      - name: Show what it does to the map
        if: ${{ !cancelled() && github.event_name == 'pull_request' }}
        run: |
          [ -d "$RUNNER_TEMP/base" ] || exit 0
          plan() {
            geodrop plan --src 'dir:[[.Bundle]]' --max-rejected 100% --accept-rejected-config \
              --against "$RUNNER_TEMP/base" --against-src "dir:$RUNNER_TEMP/before/[[.Bundle]]" "$@"
          }
          plan --format markdown >> "$GITHUB_STEP_SUMMARY"
          plan --format html --out plan.html
      - name: Keep the map of before and after
        if: ${{ !cancelled() && hashFiles('plan.html') != '' }}
        uses: actions/upload-artifact@v4
        with:
          name: plan
          path: plan.html
`

// hook looks at what is staged, which is what will be committed, and not at what
// lies in the folder. The last commit is built, to hold counts against.
const hook = `#!/bin/sh
# .git/hooks/pre-commit (make it executable): no commit that breaks [[.Bundle]].
set -eu
git diff --cached --quiet -- '[[.Bundle]]' && exit 0
command -v geodrop > /dev/null || {
  echo 'geodrop is not on the PATH: put it there, or commit with --no-verify.' >&2
  exit 1
}
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
mkdir -p "$temp/before" "$temp/staged/[[.Bundle]]"
git ls-files -z -- '[[.Bundle]]' | git checkout-index -z --stdin --prefix="$temp/staged/"
if git rev-parse --quiet --verify HEAD > /dev/null; then
  git archive --format=tar HEAD -- '[[.Bundle]]' 2> /dev/null | tar -xf - -C "$temp/before" 2> /dev/null || true
fi
cd "$temp/staged"
set --
if geodrop build --src "dir:$temp/before/[[.Bundle]]" --out "$temp/base" > /dev/null 2>&1; then set -- --base "$temp/base"; fi
code=0
geodrop validate --src 'dir:[[.Bundle]]' "$@" || code=$?
if [ "$code" = 1 ]; then
  echo 'Mend it, accept it in [[.Bundle]]/rules.yaml, or commit with --no-verify.' >&2
fi
exit "$code"
`

func writeWorkflow(w io.Writer, o Options) error { return writeBracketed(w, workflow, o) }

func writeHook(w io.Writer, o Options) error { return writeBracketed(w, hook, o) }

func writeBracketed(w io.Writer, text string, o Options) error {
	return template.Must(template.New("").Delims("[[", "]]").Parse(text)).Execute(w, o)
}
