'use strict';
// Tells `tracer audit` which test of node:test, jest or vitest a process runs, as `../pytest/tracer_audit.py` does for pytest.
//
// Before a test and after it, the process asks for the access rights of a path that cannot be:
//
//     /dev/null/tracer-unit/RUNNER/FILE/NAME    from now on the test NAME of FILE (node-test, jest or vitest)
//     /dev/null/tracer-unit/RUNNER/FILE/        from now on FILE, but no single test: hooks, or tests that run at the same time
//     /dev/null/tracer-unit/                    from now on no test
//
// The kernel answers ENOTDIR, as /dev/null is no directory; who traces the process reads the path. Names are percent-encoded; what is
// too long is cut, and ends in `-` and the hash of the whole instead.
//
// `tracer audit` loads it by NODE_OPTIONS, into every process and worker of node. It reads no file and loads no module. Where a runner
// is not what is expected here, it does nothing, and the tests of this runner are not told apart.

const { accessSync, access } = require('fs');
const { relative } = require('path');
const { AsyncResource } = require('async_hooks');
const Module = require('module');
const vm = require('vm');

const PREFIX = '/dev/null/tracer-unit/';
const cwd = process.cwd();

// Bytes of a whole path: PATH_MAX is 4096, with its NUL, and a tracer may want some for itself.
const LONGEST = 3900;
const LONGEST_FILE = 1900;

// Tests replace functions of these.
const { from: bytesOf } = Buffer;

/** FNV-1a, of 64 bits, as the plugin of pytest has it. */
function hash(bytes) {
  let value = 0xcbf29ce484222325n;
  for (const byte of bytes) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return `-${value.toString(16).padStart(16, '0')}`;
}

/** Percent-encodes text, in at most so many bytes. */
function quote(text, longest) {
  const bytes = bytesOf(String(text));
  const plain = (byte) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2e || byte === 0x5f || byte === 0x2d;
  const parts = Array.from(bytes, (byte) =>
    plain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  const whole = parts.join('');
  if (whole.length <= longest) return whole;
  const end = hash(bytes);
  let cut = '';
  for (const part of parts) {
    if (cut.length + part.length + end.length > longest) break;
    cut += part;
  }
  return cut + end;
}

function tell(path) {
  try {
    accessSync(path);
  } catch {
    // ENOTDIR, always.
  }
}

/** The path that says what begins; without a name, no single test. */
function marker(runner, file, name) {
  const front = `${PREFIX}${runner}/${quote(relative(cwd, file) || file, LONGEST_FILE)}/`;
  return front + (name === '' ? '' : quote(name, LONGEST - front.length));
}

let pooled = false;

/** The threads that carry file operations out are started before any test, or they would be one test's for good. */
function pool() {
  if (!pooled) {
    pooled = true;
    access(PREFIX, () => {});
  }
}

function mark(runner, file, name) {
  if (name !== '') pool();
  tell(marker(runner, file, name));
}

const none = () => tell(PREFIX);

// The tracer knows now that this is loaded.
none();

// ---------------------------------------------------------------------------------------------------------------------- node:test
//
// Its class of tests is known by the first of them that does something: every test is an AsyncResource that runs its function by
// runInAsyncScope, a suite already while it is defined.

/** In a process for one file, that file; with `--test` in this process itself, the file in which the test stands. */
const isRunner = process.execArgv.some((word) => word === '--test' || word.startsWith('--test='));
const fileOf = (test) => (isRunner ? test.entryFile ?? test.loc?.file : process.argv[1]) ?? test.loc?.file ?? '[eval]';

/** Tests that run, and no test of theirs does. */
const running = new Set();
/** What was marked last. */
let current;

function nodeTestName(test) {
  const names = [];
  for (let at = test; at && at.parent; at = at.parent) names.unshift(at.name);
  return names.join(' > ');
}

/** Marks what runs: one test, or the file where tests of it run at the same time, or where none does. */
function settle(file) {
  const inner = [...running].filter((test) => ![...running].some((other) => isWithin(other, test)));
  const name = inner.length === 1 && !isConcurrent(inner[0]) ? nodeTestName(inner[0]) : '';
  const path = marker('node-test', file, name);
  if (path !== current) {
    current = path;
    if (name !== '') pool();
    tell(path);
  }
}

/** It may run at the same time as others: whether it does is chance, so it is never told. */
function isConcurrent(test) {
  for (let at = test.parent; at; at = at.parent) if (at.concurrency > 1) return true;
  return false;
}

function isWithin(test, outer) {
  for (let at = test.parent; at; at = at.parent) if (at === outer) return true;
  return false;
}

function begin(test) {
  running.add(test);
  settle(fileOf(test));
}

function end(test) {
  if (running.delete(test)) settle(fileOf(test));
}

/** A test with a function of its own: no suite, no hook, not the root, no file that another process runs. */
const isTest = (test) => test.parent && test.hookType === undefined && test.reportedType !== 'suite' &&
  test.constructor.name === 'Test';

const { runInAsyncScope } = AsyncResource.prototype;

function watchNodeTest(first) {
  AsyncResource.prototype.runInAsyncScope = runInAsyncScope;
  let prototype = first;
  while (prototype && Object.getPrototypeOf(prototype) !== AsyncResource.prototype) prototype = Object.getPrototypeOf(prototype);
  if (typeof prototype?.run !== 'function' || typeof prototype.postRun !== 'function') return;
  const { run, postRun } = prototype;
  prototype.run = function(...args) {
    if (isTest(this)) begin(this);
    return Reflect.apply(run, this, args);
  };
  // The next test begins before the promise of this one is settled.
  prototype.postRun = function(...args) {
    end(this);
    return Reflect.apply(postRun, this, args);
  };
  if (isTest(first)) return begin(first);
  // A hook before the first test.
  const waits = first.parentTest?.subtests?.find((test) => test.startTime !== null && !test.finished && isTest(test));
  if (waits) begin(waits);
}

AsyncResource.prototype.runInAsyncScope = function(...args) {
  // Of many things that are run in a scope, a test has these.
  if (this !== undefined && this !== null && typeof this.postRun === 'function' && 'subtests' in this) watchNodeTest(this);
  return Reflect.apply(runInAsyncScope, this, args);
};

// `node --test` runs each file in a process of its own.
if (process.env.NODE_TEST_CONTEXT?.startsWith('child') && process.argv[1]) {
  current = marker('node-test', process.argv[1], '');
  tell(current);
}

// ------------------------------------------------------------------------------------------------------------------------- jest
//
// The runner that jest loads is given the environment of the tests, which it tells of every step.

const wrapped = new WeakMap();

function watchJest(runner) {
  return function(globalConfig, config, environment, runtime, testPath, ...rest) {
    const told = environment.handleTestEvent;
    let concurrent = false;
    environment.handleTestEvent = async function(event, state) {
      switch (event.name) {
        case 'run_start':
          concurrent = hasConcurrent(state.rootDescribeBlock);
          mark('jest', testPath, '');
          break;
        case 'test_start':
          if (!concurrent) mark('jest', testPath, jestName(event.test));
          break;
        case 'test_done':
        case 'test_skip':
        case 'test_todo':
          if (!concurrent) mark('jest', testPath, '');
          break;
        case 'run_finish':
          none();
          break;
      }
      if (told) await Reflect.apply(told, this, [event, state]);
    };
    const ran = Reflect.apply(runner, this, [globalConfig, config, environment, runtime, testPath, ...rest]);
    return Promise.resolve(ran).finally(none);
  };
}

const hasConcurrent = (block) => block.children.some((child) =>
  child.type === 'describeBlock' ? hasConcurrent(child) : child.concurrent);

function jestName(test) {
  const names = [test.name];
  for (let at = test.parent; at && at.parent; at = at.parent) names.unshift(at.name);
  return names.join(' > ');
}

const isJest = /[/\\]jest-circus[/\\](?:build[/\\])?runner(?:\.js)?$/;
const { _load: load } = Module;
Module._load = function(request, ...rest) {
  const loaded = Reflect.apply(load, this, [request, ...rest]);
  if (typeof request !== 'string' || !isJest.test(request)) return loaded;
  const runner = loaded?.default ?? loaded;
  if (typeof runner !== 'function') return loaded;
  if (!wrapped.has(runner)) wrapped.set(runner, watchJest(runner));
  return runner === loaded ? wrapped.get(runner) : { __esModule: true, ...loaded, default: wrapped.get(runner) };
};

// ----------------------------------------------------------------------------------------------------------------------- vitest
//
// A worker keeps what it runs as `current` of its state, which is a global; all that it runs is compiled by vm.runInThisContext.

const watched = new WeakSet();
const collected = new WeakSet();

function watchVitest(state) {
  watched.add(state);
  let task = state.current;
  if (task) collected.add(task);
  Object.defineProperty(state, 'current', {
    configurable: true,
    enumerable: true,
    get: () => task,
    set(value) {
      task = value;
      vitestRuns(value);
    },
  });
}

function vitestRuns(task) {
  const file = task?.file?.filepath ?? task?.filepath;
  if (!file) return none();
  if (task.type === 'test' || task.type === 'custom') return mark('vitest', file, task.concurrent ? '' : vitestName(task));
  // A file is told once when its tests are looked for, and once more when they are run.
  if (task.filepath && !collected.has(task)) {
    collected.add(task);
    return none();
  }
  mark('vitest', file, '');
}

function vitestName(task) {
  const names = [task.name];
  for (let at = task.suite; at && !at.filepath; at = at.suite) names.unshift(at.name);
  return names.filter((name) => name !== '').join(' > ');
}

const { runInThisContext } = vm;
vm.runInThisContext = function(...args) {
  const state = globalThis.__vitest_worker__;
  if (state && !watched.has(state)) watchVitest(state);
  return Reflect.apply(runInThisContext, this, args);
};
