import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** How a program of ours that imports the package is started. */
export interface Runnable {
  command: string;
  environment: Record<string, string>;
}

/** Installs a package of a registry below a directory of its own, or tells what is missing. */
export type Install = (name: string, directory: string) => Runnable | { missing: string };

/** Into a virtual environment of `python3`, with all it depends on. */
export function installPython3(name: string, directory: string): Runnable | { missing: string } {
  const fault = sh('python3', ['-m', 'venv', directory]) ?? sh(join(directory, 'bin/pip'), pip(name));
  return fault === null ? { command: join(directory, 'bin/python'), environment: {} } : { missing: fault };
}

/** For an old Python, whose own pip the registry does not serve any more: a package without dependencies. */
export function installTarget(python: string): Install {
  return (name, directory) => {
    const found = spawnSync(python, ['--version']);
    if (found.status !== 0) return { missing: `there is no ${python} on the path` };
    const fault = sh('python3', ['-m', 'pip', ...pip(name), '--no-deps', '--no-compile', '--target', directory]);
    return fault === null ? { command: python, environment: { PYTHONPATH: directory } } : { missing: fault };
  };
}

/** Packages of npm that drive a browser, where the machine has one: Chromium or Chrome, or that of `PEER_BROWSER`. */
export function installForBrowser(names: string, directory: string): Runnable | { missing: string } {
  const known = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const asked = process.env.PEER_BROWSER;
  const browser = asked ?? known.map(pathOf).find((path) => path !== '');
  if (browser === undefined) return { missing: 'there is no Chromium on the path' };
  const installed = installNpm(names, directory);
  if ('missing' in installed) return installed;
  return { ...installed, environment: { ...installed.environment, PEER_BROWSER: browser } };
}

/** Packages of npm; what they depend on comes along, none of their scripts is run. */
export function installNpm(names: string, directory: string): Runnable | { missing: string } {
  mkdirSync(directory);
  const npm = ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', directory, ...names.split(' ')];
  const fault = sh('npm', npm);
  if (fault !== null) return { missing: fault };
  return { command: process.execPath, environment: { PEER_PACKAGES: directory } };
}

/** Where a command lies; empty where there is none. */
function pathOf(command: string): string {
  return spawnSync('which', [command], { encoding: 'utf8' }).stdout.trim();
}

function pip(name: string): string[] {
  return ['install', '--quiet', '--disable-pip-version-check', name];
}

/** Null, or the last thing that was said. */
function sh(command: string, args: string[]): string | null {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return null;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `${command} failed`;
}
