// node validate.cjs TOOLS DONDOC: TOOLS holds node_modules, DONDOC is the program. Exits with 1 if anything is wrong.

const { execFileSync } = require('node:child_process');
const { createRequire } = require('node:module');
const path = require('node:path');

const [tools, dondoc] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(tools), 'package.json'));
const { HtmlValidate } = load('html-validate');
const mjml = load('mjml').default ?? load('mjml');

// What MJML's layout for mail programs cannot keep: old programs know no style sheets, and tables need old attributes.
const html = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    'no-inline-style': 'off',
    'no-conditional-comment': 'off',
    'no-deprecated-attr': 'off',
    'prefer-native-element': 'off',
  },
});

// A page has a style sheet, and marks several things under one name.
const pages = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended'],
  rules: { 'form-dup-name': ['error', { shared: ['radio', 'button', 'reset', 'submit', 'checkbox'] }] },
});

const ask = (...args) => execFileSync(dondoc, ['mail', 'preview', ...args], { encoding: 'utf8', maxBuffer: 1 << 24 });

async function faults(mail, sample, language) {
  const show = (part) => ask(mail, '--sample', sample, '--language', language, '--part', part);
  const markup = mail === 'page' ? { errors: [] } : await mjml(show('mjml'), { validationLevel: 'soft' });
  const page = await (mail === 'page' ? pages : html).validateString(show('html'));
  return [
    ...markup.errors.map((error) => `MJML: ${error.formattedMessage}`),
    ...page.results.flatMap((result) => result.messages)
      .map((found) => `HTML ${found.line}:${found.column}: ${found.message} (${found.ruleId})`),
  ];
}

async function main() {
  let pages = 0;
  let wrong = 0;
  for (const { mail, samples } of JSON.parse(ask('--json'))) {
    for (const sample of samples) {
      for (const language of ['vi', 'en']) {
        pages += 1;
        for (const fault of await faults(mail, sample, language)) {
          wrong += 1;
          console.error(`${mail}, ${sample}, ${language}: ${fault}`);
        }
      }
    }
  }
  console.log(`${pages} mails validated, ${wrong} faults`);
  process.exitCode = pages > 0 && wrong === 0 ? 0 : 1;
}

main();
