// Applies templates as element-templates-cli does. node command_line.mjs CASES.json RESULTS.json
import { readFileSync, writeFileSync } from "node:fs";
import { applyTemplate } from "./node_modules/element-templates-cli/dist/index.js";

const [casesFile, resultsFile] = process.argv.slice(2);
const results = [];
for (const { diagram, template, element } of JSON.parse(readFileSync(casesFile, "utf8"))) {
  try {
    results.push({ xml: await applyTemplate(diagram, JSON.stringify(template), element) });
  } catch (error) {
    results.push({ error: String(error) });
  }
}
writeFileSync(resultsFile, JSON.stringify(results));
