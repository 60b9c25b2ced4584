// Walks the shop's pages in Chromium: by keyboard, without scripts, and past axe-core's rules for accessibility.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { CHANCERY_URL: base, PEER_PACKAGES: packages, PEER_BROWSER: browserPath } = process.env;
const { CHANCERY_CPANEL_USER: user, CHANCERY_CPANEL_TOKEN: token, CHANCERY_CPANEL_PASSWORD: password } = process.env;
const installed = createRequire(`${packages}/`);
const puppeteer = await import(pathToFileURL(installed.resolve('puppeteer-core')).href);
const axe = readFileSync(installed.resolve('axe-core/axe.min.js'), 'utf8');

// The client's own website, to which the browser comes back.
const visits = [];
const site = createServer((request, response) => {
  visits.push(request.url);
  response.end('<title>Back</title>Back');
});
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const panel = `http://127.0.0.1:${site.address().port}`;

const browser = await puppeteer.launch({
  executablePath: browserPath,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage();
const complaints = [];
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));

async function call(func, parameters = []) {
  const query = new URLSearchParams(parameters);
  const headers = { authorization: `cpanel ${user}:${token}` };
  const reply = await fetch(`${base}/execute/Market/${func}?${query}`, { headers });
  const { status, data, errors } = await reply.json();
  if (status !== 1) throw new Error(errors.join('; '));
  return data;
}

async function step(what, work) {
  try {
    await work();
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`not ok ${what}: ${String(error.message).replaceAll('\n', ' ').slice(0, 500)}`);
  }
}

function must(condition, message) {
  if (!condition) throw new Error(message);
}

/** Fields and buttons keep a distance, so that each can be told and hit. */
async function apart() {
  const touching = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('input:not([type=hidden]), button')];
    const boxes = controls.map((control) => control.getBoundingClientRect());
    const gap = (a, b) => Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
    return boxes.flatMap((box, at) => boxes.slice(0, at).filter((other) => gap(box, other) < 8)).length;
  });
  must(touching === 0, `${touching} controls touch`);
}

/** No violation of WCAG 2.2 A and AA that axe finds, in light and dark colours. */
async function accessible() {
  await apart();
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await page.evaluate(axe);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await page.evaluate((only) => globalThis.axe.run({ runOnly: only }), tags);
    const told = violations.map(({ id, nodes }) => `${id} at ${nodes[0]?.html}`);
    must(told.length === 0, `${value}: ${told.join('; ')}`);
  }
}

/** Presses Tab until the element with this text has the focus, as somebody without a mouse does. */
async function tabTo(text) {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.textContent);
    if (focused?.startsWith(text)) return;
  }
  throw new Error(`Tab does not come to “${text}”`);
}

async function press(text) {
  await tabTo(text);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

async function heading() {
  return page.evaluate(() => document.querySelector('h1')?.textContent);
}

async function order() {
  const certificate = {
    product_id: 159,
    price: 9,
    subject_names: [['dNSName', 'shop.test']],
    validity_period: [1, 'year'],
    vhost_names: ['*'],
  };
  return call('request_ssl_certificates', [
    ['provider', 'cPStore'],
    ['access_token', accessToken],
    ['certificate', JSON.stringify(certificate)],
    ['url_after_checkout', `${panel}/done`],
  ]);
}

let accessToken;
const back = `${panel}/back`;
await step('the page to sign in is accessible', async () => {
  await page.goto(await call('get_login_url', [['provider', 'cPStore'], ['url_after_login', back]]));
  await accessible();
});
await step('a wrong password is told, and the summary has the focus', async () => {
  await page.type('#pass', 'wrong');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  must((await page.title()).startsWith('Error: '), await page.title());
  must((await page.evaluate(() => document.activeElement?.className)) === 'errors', 'the focus is elsewhere');
  await accessible();
});
await step('signed in by keyboard, the question is accessible', async () => {
  await page.focus('#user');
  await page.keyboard.down('Control');
  await page.keyboard.press('KeyA');
  await page.keyboard.up('Control');
  await page.keyboard.type(user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  must((await heading()).startsWith('Allow orders'), await heading());
  await accessible();
});
await step('allowed by keyboard, the browser is back with a code that can be exchanged', async () => {
  await press('Allow');
  must(page.url().startsWith(`${back}?code=`), page.url());
  const code = new URL(page.url()).searchParams.get('code');
  const exchange = [['provider', 'cPStore'], ['login_token', code], ['url_after_login', back]];
  accessToken = (await call('validate_login_token', exchange)).access_token;
});
let placed;
await step('the page to pay is accessible, with its table, on a narrow screen too', async () => {
  placed = await order();
  await page.goto(placed.checkout_url);
  await accessible();
  await page.setViewport({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  must(wide <= 320, `it is ${wide} wide`);
  await accessible();
  await page.setViewport({ width: 1024, height: 768 });
  if (process.env.PEER_SCREENSHOT) await page.screenshot({ path: process.env.PEER_SCREENSHOT });
});
await step('paid without scripts, by keyboard, the browser is back with success', async () => {
  await page.setJavaScriptEnabled(false);
  await page.goto(placed.checkout_url);
  await press('Pay 9.00');
  await page.setJavaScriptEnabled(true);
  must(page.url() === `${panel}/done?order_status=success`, page.url());
});
await step('called off, the browser is back with cancelled', async () => {
  await page.goto((await order()).checkout_url);
  await press('Cancel the order');
  must(page.url() === `${panel}/done?order_status=cancelled`, page.url());
});
await step('the page of a paid order is accessible and leads back', async () => {
  await page.goto(placed.checkout_url);
  must((await heading()) === 'Paid', await heading());
  await accessible();
  await press('Continue');
  must(page.url() === `${panel}/done?order_status=success`, page.url());
});
await step('no page sits in a frame of another site', async () => {
  await page.goto(back);
  await page.setContent(`<iframe src="${placed.checkout_url}"></iframe>`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const inside = await Promise.all(page.frames().map((frame) => frame.evaluate(() => document.body?.textContent ?? '')));
  must(!inside.some((text) => text.includes('is paid')), 'it is shown in a frame');
});
await step('the browser had nothing to complain of but that frame', async () => {
  const others = complaints.filter((text) => !/frame|favicon|404|401/i.test(text));
  must(others.length === 0, others.join('; '));
});
await browser.close();
site.close();
