// Validates templates against the published JSON schema. node validate.mjs TEMPLATES.json RESULTS.json
import { readFileSync, writeFileSync } from "node:fs";
import { validateZeebe } from "@bpmn-io/element-templates-validator";

const [templatesFile, resultsFile] = process.argv.slice(2);
const templates = JSON.parse(readFileSync(templatesFile, "utf8"));
const results = templates.map((template) => {
  const { valid, errors } = validateZeebe(template);
  return valid ? [] : errors.map((error) => `${error.instancePath ?? ""} ${error.message}`);
});
writeFileSync(resultsFile, JSON.stringify(results));
