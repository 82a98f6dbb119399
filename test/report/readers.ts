/** Parsers that know nothing of dscheck, for reading back what it wrote. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Draft04 from "ajv-draft-04";
import addFormats from "ajv-formats";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import mermaid from "mermaid";

const require = createRequire(import.meta.url);

export interface JunitCase {
  readonly "@name": string;
  readonly "@classname": string;
  readonly "@file"?: string;
  readonly "@line"?: string;
  readonly failure?: { readonly "@message": string; readonly "@type": string; readonly "#text": string };
  readonly error?: { readonly "@message": string; readonly "@type": string; readonly "#text": string };
  readonly skipped?: { readonly "@message": string };
  readonly "system-out"?: string;
}

export interface JunitSuite {
  readonly "@name": string;
  readonly "@tests": string;
  readonly "@failures": string;
  readonly "@errors": string;
  readonly "@skipped": string;
  readonly testcase: readonly JunitCase[];
}

/** The one suite of a JUnit document. Throws when it is not well-formed. */
export function junitSuite(text: string): JunitSuite {
  // The validator lets characters pass that XML 1.0 does not have.
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(text))
    throw new Error("a character that XML cannot hold");
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new Error(`${valid.err.msg} at line ${valid.err.line}`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => name === "testcase",
    alwaysCreateTextNode: false,
  });
  const document = parser.parse(text) as {
    readonly testsuites: { readonly testsuite: JunitSuite };
  };
  return document.testsuites.testsuite;
}

const SCHEMA_FILE = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";

// A pattern of the schema is no regular expression in Unicode mode.
const validator = (() => {
  const ajv = new Draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(require.resolve(SCHEMA_FILE), "utf8")) as object);
})();

/** What is wrong with a SARIF document by the schema of the standard. */
export function sarifErrors(text: string): string[] {
  validator(JSON.parse(text));
  return (validator.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

/** Throws when Mermaid cannot read a diagram. */
export async function readDiagram(text: string): Promise<string> {
  return (await mermaid.parse(text)).diagramType;
}
