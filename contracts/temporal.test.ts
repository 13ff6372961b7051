import { expect, test } from '@jest/globals'
import { readSettings } from './settings.js'
import { temporalAccess } from './temporal.js'

const access = (env: Record<string, string> = {}) => temporalAccess(readSettings({ FORMWRIGHT_TEMPORAL_ADDRESS: 'temporal:7233', ...env }))

test('Temporal is reached plainly unless something asks for TLS', () => {
  expect(access()).toEqual({ address: 'temporal:7233', tls: false })
  expect(access({ FORMWRIGHT_TEMPORAL_TLS: 'on' })).toEqual({ address: 'temporal:7233', tls: {} })
})

test('an API key or a certificate never goes without TLS', () => {
  expect(access({ FORMWRIGHT_TEMPORAL_API_KEY: 'k' })).toEqual({ address: 'temporal:7233', apiKey: 'k', tls: {} })
  expect(access({ FORMWRIGHT_TEMPORAL_TLS_CERT: 'c', FORMWRIGHT_TEMPORAL_TLS_KEY: 'k', FORMWRIGHT_TEMPORAL_TLS_CA: 'a' }).tls).toEqual({
    clientCertPair: { crt: Buffer.from('c'), key: Buffer.from('k') },
    serverRootCACertificate: Buffer.from('a'),
  })
})

test('a certificate without its key is refused by name', () => {
  expect(() => access({ FORMWRIGHT_TEMPORAL_TLS_CERT: 'c' })).toThrow('expected both or neither')
})
