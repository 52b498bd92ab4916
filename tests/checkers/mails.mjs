// Check mails: {name: html} on standard input, {name: [problem, …]} on standard output.
// A problem is {checker, rule, about}; `about` is the mail program for caniemail, the message for html-validate.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({ root: true, extends: ["html-validate:recommended"] });

function unsupported(html) {
  const { issues } = caniemail({ clients: ["*"], html });
  return [...issues.errors].flatMap(([client, found]) =>
    found.map((issue) => ({ checker: "caniemail", rule: issue.title, about: client })),
  );
}

async function invalid(html) {
  const report = await validator.validateString(html);
  return report.results.flatMap((result) =>
    result.messages.map((found) => ({
      checker: "html-validate",
      rule: found.ruleId,
      about: `${found.message} (${found.line}:${found.column})`,
    })),
  );
}

const mails = JSON.parse(readFileSync(0, "utf8"));
const found = {};
for (const [name, html] of Object.entries(mails)) {
  found[name] = [...unsupported(html), ...(await invalid(html))];
}
process.stdout.write(JSON.stringify(found));
