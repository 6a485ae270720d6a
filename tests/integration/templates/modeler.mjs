// Applies templates as the current modeler does, without a browser. Bundled first: its packages are not written for Node.
import { readFileSync, writeFileSync } from "node:fs";
import Modeler from "bpmn-js-headless/lib/Modeler";
import { CloudElementTemplatesCoreModule } from "bpmn-js-element-templates/dist/core.esm.js";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

const [casesFile, resultsFile] = process.argv.slice(2);
const results = [];
for (const { diagram, template, element } of JSON.parse(readFileSync(casesFile, "utf8"))) {
  try {
    const modeler = new Modeler({ additionalModules: [CloudElementTemplatesCoreModule], moddleExtensions: { zeebe } });
    await modeler.importXML(diagram);
    const templates = modeler.get("elementTemplates");
    templates.set([template]);
    templates.applyTemplate(modeler.get("elementRegistry").get(element), template);
    results.push({ xml: (await modeler.saveXML({ format: true })).xml });
  } catch (error) {
    results.push({ error: String(error) });
  }
}
writeFileSync(resultsFile, JSON.stringify(results));
