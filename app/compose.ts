import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import type { Hono, MiddlewareHandler } from 'hono'
import { temporalAccess } from '../contracts/temporal.js'
import type { Log } from '../telemetry/logs.js'
import { clientInterceptors } from '../telemetry/temporal-client.js'
import { Accounts } from './account/accounts.js'
import { Sessions } from './account/session.js'
import type { AppEnv } from './account/signed.js'
import { CatalogSource } from './catalog/source.js'
import type { AppConfig } from './config.js'
import { CandidateFolder } from './extract/candidates.js'
import { FixtureShelf } from './extract/fixtures.js'
import { Jobs } from './extract/jobs.js'
import { Reader } from './extract/reader.js'
import { readerCode } from './extract/reader-code.js'
import { ExtractionStore } from './extract/store.js'
import { Runs } from './runs/temporal.js'
import { createApp } from './server.js'
import { openDatabase } from './storage/database.js'
import { Choices } from './variants/choices.js'
import { CatalogFigures } from './variants/figures.js'
import { HealthCheck } from './variants/health.js'

export interface RunningApp {
  app: Hono<AppEnv>
  /** Password of an account that was made just now. */
  firstPassword: string | undefined
  close(): Promise<void>
}

/** Wires the app to its database, its reading threads and Temporal. Reaches nothing yet. */
export async function composeApp({ root, stateDir, settings }: AppConfig, log: Log, observe?: MiddlewareHandler): Promise<RunningApp> {
  const db = openDatabase(join(stateDir, 'app', 'app.db'))
  const accounts = new Accounts(db)
  const firstPassword = await accounts.makeFirst()
  const store = new ExtractionStore(db, stateDir)
  store.failInterrupted()
  const reader = new Reader(await readerCode())
  const jobs = new Jobs(
    reader,
    store,
    {
      inference: {
        url: settings.FORMWRIGHT_INFERENCE_URL,
        api: settings.FORMWRIGHT_INFERENCE_API,
        ...(settings.FORMWRIGHT_INFERENCE_TOKEN ? { token: settings.FORMWRIGHT_INFERENCE_TOKEN } : {}),
      },
      anthropic: {
        ...(settings.ANTHROPIC_API_KEY ? { apiKey: settings.ANTHROPIC_API_KEY } : {}),
        ...(settings.ANTHROPIC_BASE_URL ? { baseUrl: settings.ANTHROPIC_BASE_URL } : {}),
      },
    },
    log,
  )
  const connection = Connection.lazy(temporalAccess(settings))
  const namespace = settings.FORMWRIGHT_TEMPORAL_NAMESPACE
  const health = new HealthCheck(settings)
  const catalog = new CatalogSource(settings.FORMWRIGHT_REPOSITORY ?? root)
  const app = createApp({
    root,
    accounts,
    sessions: new Sessions(accounts, settings.FORMWRIGHT_APP_URL?.startsWith('https:') ?? false),
    extract: {
      store,
      reader,
      jobs,
      fixtures: new FixtureShelf(root),
      candidates: new CandidateFolder(join(stateDir, 'candidates')),
      choices: new Choices(db, 'extraction/lora-v1'),
      health,
    },
    health,
    figures: new CatalogFigures(catalog),
    catalog,
    runs: new Runs(
      new Client({ connection, namespace, interceptors: await clientInterceptors('app') }),
      settings.FORMWRIGHT_TEMPORAL_UI,
      namespace,
    ),
    decisionKey: settings.FORMWRIGHT_DECISION_KEY,
    log,
    ...(observe ? { observe } : {}),
  })
  const close = async () => {
    await jobs.stopAll()
    await reader.close()
    await connection.close()
    db.close()
  }
  return { app, firstPassword, close }
}
