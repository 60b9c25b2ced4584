import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';

export interface Metrics {
  /** Times the requests of a plugin instance; `part` is a dialect's name, `admin` or `server`. */
  observe(app: FastifyInstance, part: string): void;
  /** An ask on the desk: what kind, on which dialect, and how it ended (`issued`, `waiting` or an error's kind). */
  asked(kind: string, dialect: string, outcome: string): void;
  /** One turn at an issuer, in seconds. */
  issued(issuer: string, outcome: string, seconds: number): void;
  /** A job that ended, in seconds. */
  worked(kind: string, outcome: string, seconds: number): void;
  /** An answer to a validator of a CA outside, or a refusal to answer. */
  answered(responder: string, outcome: string): void;
  /** A number read when it is asked for; NaN where it is not known. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
}

const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const WORK_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** The numbers of one server, in a registry of its own; with those of the process, its event loop's lag among them. */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'chancery_http_request_duration_seconds',
    help: 'HTTP requests by part, method, route template and status',
    labelNames: ['part', 'method', 'route', 'status'],
    buckets: HTTP_BUCKETS,
    registers,
  });
  const asks = new Counter({
    name: 'chancery_requests_total',
    help: 'Certificate requests and revocations asked for, by kind, dialect and outcome',
    labelNames: ['kind', 'dialect', 'outcome'],
    registers,
  });
  const issuances = new Histogram({
    name: 'chancery_issuance_duration_seconds',
    help: 'Turns at an issuer, by issuer and outcome',
    labelNames: ['issuer', 'outcome'],
    buckets: WORK_BUCKETS,
    registers,
  });
  const answers = new Counter({
    name: 'chancery_responder_answers_total',
    help: 'Questions to the responders, by responder and outcome',
    labelNames: ['responder', 'outcome'],
    registers,
  });
  const jobs = new Histogram({
    name: 'chancery_job_duration_seconds',
    help: 'Jobs done, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    buckets: WORK_BUCKETS,
    registers,
  });

  return {
    observe: (app, part) => {
      app.addHook('onResponse', async (request, reply) => {
        // The template, never the path: a path would make as many series as there are orders.
        const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
        requests.observe({ part, method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
      });
    },
    asked: (kind, dialect, outcome) => asks.inc({ kind, dialect, outcome }),
    issued: (issuer, outcome, seconds) => issuances.observe({ issuer, outcome }, seconds),
    worked: (kind, outcome, seconds) => jobs.observe({ kind, outcome }, seconds),
    answered: (responder, outcome) => answers.inc({ responder, outcome }),
    gauge: (name, help, read) => {
      const gauge: Gauge = new Gauge({
        name,
        help,
        registers,
        collect: async (): Promise<void> => gauge.set(await read()),
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
